/**
 * Checks a JSON value against the SDK's own schema of a request. The SDK leaves out what its schema does not name,
 * in silence; so a misspelt field would be lost, not refused.
 */
import { RunJobFlowInput$ } from '@aws-sdk/client-emr';
import { nearest } from '../nearest.ts';
import type { Diagnostic } from '../faults.ts';
import { plainLine } from './plain-text.ts';

type Kind = 'list' | 'map' | 'struct' | 'text' | 'number' | 'boolean' | 'any';

interface Shape {
  kind: Kind;
  /** Of a list or map. */
  member?: unknown;
  /** Of a struct. */
  fields?: ReadonlyMap<string, unknown>;
}

const LIST_OF = 64;
const MAP_OF = 128;
const SIMPLE: Readonly<Record<number, Kind>> = { 0: 'text', 1: 'number', 2: 'boolean' };

export interface Checked {
  found: Diagnostic[];
  /**
   * The value without fields that EMR does not have and values of the wrong kind; undefined when nothing is left of
   * it.
   */
  sound: unknown;
}

/** Every field of a RunJobFlow request that EMR does not have, or whose value is of the wrong kind. */
export function checkRunJobFlowShape(request: unknown, file: string): Checked {
  return check(request, RunJobFlowInput$, { file, path: '' });
}

interface Place {
  file: string;
  path: string;
}

function check(value: unknown, schema: unknown, place: Place): Checked {
  const shape = shapeOf(schema);
  if (value === undefined || shape.kind === 'any') return { found: [], sound: value };
  if (kindOf(value) !== containerOf(shape.kind)) {
    return {
      found: [
        wrong(
          place,
          `holds ${HELD[kindOf(value)] ?? 'another kind of value'}, where EMR wants ${NAMES[shape.kind]}`,
        ),
      ],
      sound: undefined,
    };
  }
  if (Array.isArray(value)) {
    const items = value.map((item, index) => check(item, shape.member, inside(place, `[${String(index)}]`)));
    return {
      found: items.flatMap(({ found }) => found),
      sound: items.flatMap(({ sound }) => (sound === undefined ? [] : [sound])),
    };
  }
  if (typeof value !== 'object' || value === null) return { found: [], sound: value };
  const fields = Object.entries(value).map(([name, item]): [string, Checked] => {
    if (shape.kind === 'map') return [name, check(item, shape.member, inside(place, `.${name}`))];
    const field = shape.fields?.get(name);
    return [
      name,
      field === undefined
        ? { found: [unknown(place, name, shape)], sound: undefined }
        : check(item, field, inside(place, `.${name}`)),
    ];
  });
  return {
    found: fields.flatMap(([, { found }]) => found),
    sound: Object.fromEntries(
      fields.flatMap(([name, { sound }]) => (sound === undefined ? [] : [[name, sound]])),
    ),
  };
}

/** The kind of a value, never the value: it may be a secret. */
const HELD: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
  array: 'a list',
  object: 'an object',
};

const NAMES: Readonly<Record<Kind, string>> = {
  list: 'a list',
  map: 'an object of names and values',
  struct: 'an object',
  text: 'a string in quotes',
  number: 'a number',
  boolean: 'true or false',
  any: 'anything',
};

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
}

function containerOf(kind: Kind): string {
  if (kind === 'list') return 'array';
  if (kind === 'map' || kind === 'struct') return 'object';
  return kind === 'text' ? 'string' : kind;
}

/** Reads the SDK's schema notation; unknown notation counts as `any`, so that nothing valid is refused. */
function shapeOf(schema: unknown): Shape {
  const given: unknown = typeof schema === 'function' ? (schema as () => unknown)() : schema;
  if (typeof given === 'number') {
    if ((given & MAP_OF) !== 0) return { kind: 'map', member: given & ~MAP_OF };
    if ((given & LIST_OF) !== 0) return { kind: 'list', member: given & ~LIST_OF };
    return { kind: SIMPLE[given] ?? 'any' };
  }
  if (!Array.isArray(given)) return { kind: 'any' };
  const parts = given as readonly unknown[];
  if (parts.length === 2) return shapeOf(parts[0]);
  switch (parts[0]) {
    case 0:
      return shapeOf(parts[4]);
    case 1:
      return { kind: 'list', member: parts[4] };
    case 2:
      return { kind: 'map', member: parts[5] };
    case 3: {
      const names = parts[4] as readonly string[];
      const members = parts[5] as readonly unknown[];
      return { kind: 'struct', fields: new Map(names.map((name, index) => [name, members[index]])) };
    }
    default:
      return { kind: 'any' };
  }
}

function inside({ file, path }: Place, more: string): Place {
  return { file, path: path === '' && more.startsWith('.') ? more.slice(1) : path + more };
}

function wrong({ file, path }: Place, message: string): Diagnostic {
  return { severity: 'error', at: path === '' ? file : `${file} ${path}`, message };
}

function unknown(place: Place, name: string, { fields }: Shape): Diagnostic {
  const near = nearest(name, fields?.keys() ?? []);
  return {
    ...wrong(inside(place, `.${plainLine(name, 60)}`), 'EMR has no such field'),
    ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
  };
}
