/** The arrows of the house (src/README.md), checked against the imports that are really there. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const src = join(import.meta.dirname, '../../src');

interface Module {
  /** Relative to src: `run/drive.ts`. */
  path: string;
  text: string;
  imports: string[];
}

const modules: Module[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const text = readFileSync(join(src, path), 'utf8');
    const specifiers = [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(
      ([, specifier = '']) => specifier,
    );
    const imports = specifiers.map((specifier) =>
      specifier.startsWith('.') ? relative(src, join(src, dirname(path), specifier)) : specifier,
    );
    return { path, text, imports };
  });

const room = (path: string) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '');

/** `file -> import` of every import that `wrong` objects to. */
function offences(rooms: readonly string[], wrong: (specifier: string, path: string) => boolean): string[] {
  return modules
    .filter(({ path }) => rooms.includes(room(path)))
    .flatMap(({ path, imports }) =>
      imports.filter((one) => wrong(one, path)).map((one) => `${path} -> ${one}`),
    );
}

const withoutComments = (text: string) => text.replace(/\/\*.*?\*\//gs, '').replace(/\/\/.*$/gm, '');
const isSdk = (specifier: string) => /^@(aws-sdk|smithy|aws-crypto)\//.test(specifier);
const rooms = [...new Set(modules.map(({ path }) => room(path)))];

describe('the house', () => {
  it('has the rooms that its design names', () => {
    expect(rooms.sort()).toEqual(
      [
        '',
        'cli',
        'commands',
        'config',
        'emr',
        'emr-local',
        'lake',
        'local',
        'pipeline',
        'report',
        'run',
        'session',
        'store',
      ].sort(),
    );
  });

  it('keeps pipeline and run free of SDK, file system and process', () => {
    expect(offences(['pipeline', 'run'], (one) => isSdk(one) || one.startsWith('node:'))).toEqual([]);
    const impure = modules.filter(({ path }) => ['pipeline', 'run'].includes(room(path)));
    expect(impure.filter(({ text }) => /\bprocess\.\w/.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('lets run know only itself, the pipeline, the faults and the layout of the lake', () => {
    const known = ['', 'run', 'pipeline'];
    const isKnown = (one: string) => known.includes(room(one)) || one === 'lake/layout.ts';
    expect(offences(['run'], (one) => one.endsWith('.ts') && !isKnown(one))).toEqual([]);
  });

  it('builds and parses the keys of a lake in its layout module, which imports nothing', () => {
    const builders = modules.filter(({ text }) =>
      /['"`/](_landfall\/|report\.json|journal\/|published\/)/.test(withoutComments(text)),
    );
    const documented = ['config/schema.ts'];
    const found = builders.map(({ path }) => path).filter((path) => !documented.includes(path));
    expect(found).toEqual(['lake/layout.ts']);
    expect(modules.find(({ path }) => path === 'lake/layout.ts')?.imports).toEqual([]);
  });

  it('lets pipeline know only itself and the faults', () => {
    expect(
      offences(['pipeline'], (one) => one.endsWith('.ts') && !['', 'pipeline'].includes(room(one))),
    ).toEqual([]);
  });

  it('stops SDK types at emr and store', () => {
    const others = rooms.filter((one) => !['emr', 'store', 'emr-local'].includes(one));
    expect(offences(others, isSdk)).toEqual([]);
    expect(offences(['emr-local'], (one) => one.startsWith('@aws-sdk/'))).toEqual([]);
  });

  it('keeps emr-local on the other side of the wire', () => {
    expect(offences(['emr-local'], (one) => room(one) === 'emr')).toEqual([]);
    expect(offences(['emr'], (one) => room(one) === 'emr-local')).toEqual([]);
  });

  it('joins adapters to ports in compose.ts alone', () => {
    const adapters = (one: string) => room(one) === 'emr';
    const elsewhere = offences(['run', 'lake', 'store', 'report', 'pipeline', 'config', 'local'], adapters);
    expect(elsewhere).toEqual([]);
  });

  it('imports nothing of scripts or tests', () => {
    expect(offences(rooms, (one) => one.startsWith('../'))).toEqual([]);
  });

  it('writes to streams in report alone', () => {
    const writers = modules.filter(({ text }) => /process\.(stdout|stderr)\b|\bconsole\./.test(text));
    expect(writers.map(({ path }) => room(path)).filter((one) => one !== 'report')).toEqual([]);
  });

  it('reads argv, sets the exit code and handles signals in cli.ts and main.ts alone', () => {
    const users = modules.filter(({ text }) => /process\.(argv|exitCode|exit\(|on\()/.test(text));
    expect(users.map(({ path }) => path).sort()).toEqual(['cli.ts', 'main.ts']);
  });

  it('has files of at most 300 lines', () => {
    const long = modules.filter(({ text }) => text.split('\n').length > 301);
    expect(long.map(({ path }) => path)).toEqual([]);
  });
});
