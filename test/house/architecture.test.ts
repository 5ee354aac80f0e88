/** The arrows of the architecture (src/README.md), checked against the actual imports. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { verbs } from '../../src/cli/verbs.ts';
import { cyclesOf, modules, room, specifiersOf } from '../support/import-graph.ts';

/**
 * What the files of each room may import beside its own. '' are the files of src itself: pure helpers, and the entry.
 * `lake/layout.ts`, which imports nothing, is open to every room.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  pipeline: [''],
  run: ['', 'pipeline'],
  store: [''],
  config: ['', 'store'],
  emr: ['', 'run', 'store'],
  lake: ['', 'pipeline', 'run', 'store'],
  report: ['', 'pipeline', 'run'],
  'emr-local': ['', 'run', 'store'],
  local: ['', 'pipeline', 'run', 'emr-local'],
  cli: ['', 'run', 'report'],
  session: ['', 'cli', 'config', 'pipeline', 'run', 'emr', 'store', 'lake', 'report', 'local', 'emr-local'],
  commands: ['', 'cli', 'session', 'report'],
};

/** The files of src itself that are not pure helpers, and what they may import. */
const ENTRY: Readonly<Record<string, readonly string[]>> = {
  'cli.ts': [],
  'main.ts': ['cli', 'report', 'run', 'session'],
  'system-clock.ts': ['run'],
  'verb-bodies.ts': ['cli', 'commands'],
};

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
const isFile = (specifier: string) => specifier.endsWith('.ts');
const rooms = [...new Set(modules.map(({ path }) => room(path)))];

describe('the architecture', () => {
  it('has the rooms that the design names', () => {
    expect(rooms.sort()).toEqual(['', ...Object.keys(MAY_IMPORT)].sort());
  });

  it('has no import cycle, type-only and dynamic imports included', () => {
    expect(cyclesOf(new Map(modules.map(({ path, imports }) => [path, imports.filter(isFile)])))).toEqual([]);
  });

  it('detects imports of every form, and the cycles that they make', () => {
    const text = `import type { A } from './a.ts';
      import './b.ts';
      export { c } from "./c.ts";
      const d = await import('./d.ts');
      type E = import('./e.ts').E;
      // import './not.ts';`;
    expect(specifiersOf(text)).toEqual(['./a.ts', './b.ts', './c.ts', './d.ts', './e.ts']);
    const graph = { a: ['b'], b: ['c', 'd'], c: ['a'], d: ['d'], e: ['a'] };
    expect(cyclesOf(new Map(Object.entries(graph)))).toEqual([['a', 'b', 'c'], ['d']]);
  });

  it('has no cycle between its rooms', () => {
    expect(cyclesOf(new Map(Object.entries(MAY_IMPORT)))).toEqual([]);
  });

  it.each(Object.entries(MAY_IMPORT))('lets %s import only what the design allows', (name, allowed) => {
    const isForeign = (one: string) =>
      isFile(one) && one !== 'lake/layout.ts' && (one in ENTRY || ![name, ...allowed].includes(room(one)));
    expect(offences([name], isForeign)).toEqual([]);
  });

  it('has helpers and the entry point beside its rooms, and nothing else', () => {
    const isForeign = (one: string, path: string) =>
      isFile(one) && room(one) !== '' && !(ENTRY[path] ?? []).includes(room(one));
    expect(offences([''], isForeign)).toEqual([]);
  });

  it('keeps pipeline and run free of SDK, file system and process', () => {
    expect(offences(['pipeline', 'run'], (one) => isSdk(one) || one.startsWith('node:'))).toEqual([]);
    const impure = modules.filter(({ path }) => ['pipeline', 'run'].includes(room(path)));
    expect(impure.filter(({ text }) => /\bprocess\.\w/.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('builds and parses the keys of a lake only in the layout module, which imports nothing', () => {
    const builders = modules.filter(({ text }) =>
      /['"`/](_landfall\/|report\.json|journal\/|published\/)/.test(withoutComments(text)),
    );
    const documented = ['config/schema.ts'];
    const found = builders.map(({ path }) => path).filter((path) => !documented.includes(path));
    expect(found).toEqual(['lake/layout.ts']);
    expect(modules.find(({ path }) => path === 'lake/layout.ts')?.imports).toEqual([]);
  });

  it('uses SDK types only in emr and store', () => {
    const others = rooms.filter((one) => !['emr', 'store', 'emr-local'].includes(one));
    expect(offences(others, isSdk)).toEqual([]);
    expect(offences(['emr-local'], (one) => one.startsWith('@aws-sdk/'))).toEqual([]);
  });

  it('imports nothing of scripts or tests', () => {
    expect(offences(rooms, (one) => one.startsWith('../'))).toEqual([]);
  });

  it('writes to streams only in report', () => {
    const writers = modules.filter(({ text }) => /process\.(stdout|stderr)\b|\bconsole\./.test(text));
    expect(writers.map(({ path }) => room(path)).filter((one) => one !== 'report')).toEqual([]);
  });

  it('reads argv, sets the exit code and handles signals only in cli.ts and main.ts', () => {
    const users = modules.filter(({ text }) => /process\.(argv|exitCode|exit\(|on\()/.test(text));
    expect(users.map(({ path }) => path).sort()).toEqual(['cli.ts', 'main.ts']);
  });

  it('has one file for each verb in commands, and nothing else there', () => {
    const found = modules.flatMap(({ path }) => (room(path) === 'commands' ? [path] : []));
    expect(found.sort()).toEqual(verbs.map(({ name }) => `commands/${name}.ts`).sort());
  });

  it('gets from argv to RunJobFlow through the functions that its README lists, at most 12', () => {
    const list = readFileSync(join(import.meta.dirname, '../../src/README.md'), 'utf8');
    const hops = [...list.matchAll(/^\d+\. `([^`]+\.ts)`: `(\w+)` /gm)].map(([, path, name]) => ({
      path,
      name,
    }));
    expect(hops[0]?.name).toBe('main');
    expect(hops.length).toBeLessThanOrEqual(12);
    const next = [...hops.slice(1).map(({ name }) => name), 'RunJobFlowCommand'];
    const broken = hops.filter(({ path, name }, at) => {
      const text = modules.find((one) => one.path === path)?.text ?? '';
      const from = text.search(new RegExp(`(function ${name}\\(|\\b${name}: (async )?\\()`));
      return from < 0 || !new RegExp(`\\b${next[at]}\\(`).test(text.slice(from + name!.length + 10));
    });
    expect(broken).toEqual([]);
  });

  it('keeps no state in module-level variables', () => {
    const changing =
      /^(export )?(let|var) |^(export )?const [^=]*= (new (Weak)?(Map|Set)\b[^(]*\(\)|\[\]|\{\})/m;
    expect(modules.flatMap(({ path, text }) => (changing.test(text) ? [path] : []))).toEqual([]);
    expect(changing.test('const told = new WeakMap<Ports, Map<string, number>>();')).toBe(true);
    expect(changing.test('const looks: Record<string, Look> = {};\n')).toBe(true);
    expect(changing.test("const NAMES = new Set(['a']);")).toBe(false);
  });

  it('has no two rooms with a file of the same name, unless both are about the same thing', () => {
    // A verb's flags, output and body may share its name; EMR's step logs are the same thing in client and server.
    const same = ['cancel.ts', 'plan.ts', 'render.ts', 'runs.ts', 'step-logs.ts', 'verify.ts'];
    const names = modules.map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
    const twice = names.filter((name, at) => names.indexOf(name) !== at);
    expect(twice.filter((name) => !same.includes(name))).toEqual([]);
  });

  it('has files of at most 300 lines', () => {
    const long = modules.filter(({ text }) => text.split('\n').length > 301);
    expect(long.map(({ path }) => path)).toEqual([]);
  });
});
