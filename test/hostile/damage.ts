/** Damages to one object of a lake, as plain data that can be printed, and the code that applies them. */
import { closeSync, existsSync, ftruncateSync, linkSync, lstatSync, mkdirSync, openSync } from 'node:fs';
import { readFileSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Props } from './props.ts';
import type { Scene } from './scene.ts';

export type Damage = { key: string } & (
  | { damage: 'truncated'; keep: number }
  | { damage: 'swapped'; with: string }
  | { damage: 'missing' }
  /** Replaces the whole body. */
  | { damage: 'foreign'; body: string }
  /** Replaces one value of the JSON, or removes it if no new value is given. */
  | { damage: 'value'; path: readonly (string | number)[]; value?: unknown }
  /** Replaces every matching text of the JSON. */
  | { damage: 'texts'; like: string; value: string }
  | { damage: 'sparse'; bytes: number }
  | { damage: 'spaces' }
  | { damage: 'gzip bomb' }
  | { damage: 'footer'; claims: number; bytes?: number }
  /** A footer of nested lists, each of which claims two million elements. */
  | { damage: 'nested lists' }
  | { damage: 'linked'; to: string; how: 'symbolic' | 'hard' }
  | { damage: 'folder linked'; to: string }
  | { damage: 'special'; what: keyof Props['special'] | 'folder' }
  /** Adds an object. */
  | { damage: 'planted'; body: string }
);

/** Applies the damage to the scene's lake. Paths that begin with `/` are absolute; `@` stands for the scene's folder. */
export function inflict(scene: Scene, props: Props, damage: Damage): void {
  const path = join(scene.lake, damage.key);
  const absolute = (text: string) => text.replaceAll('@', scene.base);
  const replace = (body: string | Uint8Array) => {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, body);
  };
  const before = () => (existsSync(path) && lstatSync(path).isFile() ? readFileSync(path) : Buffer.alloc(0));
  const json = (change: (value: unknown) => unknown) => {
    const value = parsed(before().toString());
    if (value !== undefined) replace(JSON.stringify(change(value) ?? null));
  };
  switch (damage.damage) {
    case 'truncated': {
      const body = before();
      replace(body.subarray(0, damage.keep < 1 ? Math.floor(body.length * damage.keep) : -damage.keep));
      break;
    }
    case 'swapped': {
      const other = join(scene.lake, damage.with);
      const [one, another] = [before(), existsSync(other) ? readFileSync(other) : Buffer.alloc(0)];
      replace(another);
      if (existsSync(other)) {
        rmSync(other);
        writeFileSync(other, one);
      }
      break;
    }
    case 'missing':
      rmSync(path, { recursive: true, force: true });
      break;
    case 'foreign':
    case 'planted':
      replace(absolute(damage.body));
      break;
    case 'value':
      json((value) => withValue(value, damage.path, textual(damage.value, absolute)));
      break;
    case 'texts':
      json((value) => withTexts(value, new RegExp(damage.like), absolute(damage.value)));
      break;
    case 'sparse':
      replace('');
      sparse(path, damage.bytes);
      break;
    case 'spaces':
      linkInto(path, props.spaces);
      break;
    case 'gzip bomb':
      replace(props.bomb);
      break;
    case 'footer':
      writeFooter(path, before(), damage.claims, damage.bytes);
      break;
    case 'nested lists':
      replace(NESTED_LISTS);
      break;
    case 'linked':
      rmSync(path, { recursive: true, force: true });
      mkdirSync(dirname(path), { recursive: true });
      if (damage.how === 'symbolic') symlinkSync(absolute(damage.to), path);
      else linkSync(absolute(damage.to), path);
      break;
    case 'folder linked':
      rmSync(dirname(path), { recursive: true, force: true });
      mkdirSync(dirname(dirname(path)), { recursive: true });
      symlinkSync(absolute(damage.to), dirname(path));
      break;
    case 'special':
      rmSync(path, { recursive: true, force: true });
      if (damage.what === 'folder') mkdirSync(path, { recursive: true });
      else linkInto(path, props.special[damage.what]);
  }
}

const NESTED_LISTS = Buffer.concat([
  Buffer.from('PAR1\x19', 'latin1'),
  Buffer.alloc(196, Buffer.from([0xf9, 0xff, 0xff, 0x7f])),
  Buffer.from([197, 0, 0, 0]),
  Buffer.from('PAR1'),
]);

function linkInto(path: string, from: string): void {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(dirname(path), { recursive: true });
  linkSync(from, path);
}

function sparse(path: string, bytes: number): void {
  const file = openSync(path, 'r+');
  ftruncateSync(file, bytes);
  closeSync(file);
}

/** A Parquet file whose last eight bytes claim a footer of that length. */
function writeFooter(path: string, body: Buffer, claims: number, bytes = body.length): void {
  const tail = Buffer.from('\0\0\0\0PAR1', 'latin1');
  tail.writeUInt32LE(claims);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, body);
  sparse(path, bytes);
  const file = openSync(path, 'r+');
  writeSync(file, tail, 0, tail.length, Math.max(0, bytes - tail.length));
  closeSync(file);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textual(value: unknown, absolute: (text: string) => string): unknown {
  return typeof value === 'string' ? absolute(value) : value;
}

/** The JSON value with one value replaced. */
export function withValue(
  value: unknown,
  [first, ...rest]: readonly (string | number)[],
  other: unknown,
): unknown {
  if (first === undefined) return other;
  if (Array.isArray(value))
    return value.map((one: unknown, at) => (at === first ? withValue(one, rest, other) : one));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  if (!(first in value)) entries.push([String(first), undefined]);
  return Object.fromEntries(
    entries.map(([name, one]) => [name, name === first ? withValue(one, rest, other) : (one as unknown)]),
  );
}

function withTexts(value: unknown, like: RegExp, text: string): unknown {
  if (typeof value === 'string') return like.test(value) ? text : value;
  if (Array.isArray(value)) return value.map((one: unknown) => withTexts(one, like, text));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withTexts(one, like, text)]));
}

/** Every path in the JSON value: its leaves, and the objects and arrays around them. */
export function placesOf(value: unknown, above: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [[...above]];
  const inside: [string | number, unknown][] = Array.isArray(value)
    ? value.map((one: unknown, at) => [at, one])
    : Object.entries(value);
  return [[...above], ...inside.flatMap(([name, one]) => placesOf(one, [...above, name]))];
}

/** A body that is small when stored, but large when decompressed. */
export function gzipBomb(): Uint8Array {
  const member = gzipSync(Buffer.alloc(16_000_000));
  return Buffer.concat(Array.from({ length: 48 }, () => member));
}
