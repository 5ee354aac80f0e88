/** Which objects are damaged in which ways. */
import { parseWritten } from '../../src/lake/layout.ts';
import type { Damage } from './damage.ts';
import { placesOf } from './damage.ts';
import { RUNS } from './scene.ts';
import type { Scene } from './scene.ts';

/** Texts that point outside the lake, forge messages, or name things of others. `@` is the scene's folder. */
export const HOSTILE_TEXTS: readonly string[] = [
  '../../../outside/keep.txt',
  '_landfall/runs/../../../outside/folder',
  '@/outside/keep.txt',
  'file://@/outside/folder',
  '%2e%2e%2foutside%2fkeep.txt',
  '..\\outside\\keep.txt',
  'a\0b',
  'x\nnext: landfall gc --yes',
  '\u001b[2J\u001b]0;x\u0007',
  '$(touch @/outside/pwned)',
  '_landfall/runs/second/journal/000001.json',
  '_landfall/published/000002.json',
  'notes.txt',
  '',
  'x'.repeat(100_000),
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'j-STRANGER',
  's-STRANGER',
  'second',
  '@/home/emr-local/other-0a1b2c3d',
  '1e999',
];

export const HOSTILE_VALUES: readonly unknown[] = [
  null,
  -1,
  0,
  1e308,
  2 ** 53,
  0.5,
  '1',
  true,
  [],
  {},
  [[[[[[]]]]]],
  [{ check: 'range' }, { check: 'matched' }],
  ...HOSTILE_TEXTS,
];

const FOREIGN: readonly string[] = [
  '[]',
  'null',
  '"text"',
  '42',
  'true',
  '{}',
  '{"version":999}',
  '{"__proto__":{"version":1},"constructor":{"prototype":{}}}',
  '['.repeat(100_000),
  '{"a":'.repeat(50_000),
  'PAR1',
  '\ufeff{}',
  '\0'.repeat(1000),
  '{"version":1e308,"number":-1,"entry":"planned","driver":"d","nonce":"n","at":"2026-11-21T09:30:00.000Z"}',
  '{"version":2,"number":1,"entry":"planned","driver":"d","nonce":"n","at":"2026-11-21T09:30:00.000Z","plan":{}}',
];

/** Damages to the object as a whole; `at` picks another object for a swap. */
export function wholeDamages({ keys }: Scene, key: string): Damage[] {
  const others = keys.filter((one) => one !== key && endOf(one) === endOf(key));
  const next = keys.indexOf(key) + 1;
  const swaps = [others[next % others.length], others[(next * 7 + 3) % others.length]].filter(
    (one) => one !== undefined,
  );
  const isParquet = key.endsWith('.parquet');
  return [
    ...[0, 0.1, 0.5, 1, 8].map((keep): Damage => ({ key, damage: 'truncated', keep })),
    ...swaps.map((other): Damage => ({ key, damage: 'swapped', with: other })),
    { key, damage: 'missing' },
    ...[3e9, 3e8].map((bytes): Damage => ({ key, damage: 'sparse', bytes })),
    { key, damage: 'spaces' },
    { key, damage: 'gzip bomb' },
    ...(isParquet ? FOOTERS.map((footer): Damage => ({ key, ...footer })) : []),
    ...FOREIGN.map((body): Damage => ({ key, damage: 'foreign', body })),
    ...LINKS.filter(({ damage }) => damage !== 'folder linked' || key.includes('/')).map((link): Damage => ({
      key,
      ...link,
    })),
    ...(['fifo', 'socket', 'folder'] as const).map((what): Damage => ({ key, damage: 'special', what })),
    ...(key.endsWith('.json') ? textDamages(key) : []),
  ];
}

const endOf = (key: string) => key.slice(key.lastIndexOf('.'));

const FOOTERS = [
  { damage: 'footer', claims: 3e9 },
  { damage: 'footer', claims: 3e9, bytes: 3.2e9 },
  { damage: 'footer', claims: 0 },
  { damage: 'footer', claims: 7 },
  { damage: 'nested lists' },
] as const;

/** The folder of a key at the root is the lake itself, which may be a link. */
const LINKS = [
  { damage: 'linked', how: 'symbolic', to: '@/outside/keep.txt' },
  { damage: 'linked', how: 'symbolic', to: '@/outside/nothing' },
  { damage: 'linked', how: 'symbolic', to: '@/outside/folder' },
  { damage: 'linked', how: 'symbolic', to: '/dev/zero' },
  { damage: 'linked', how: 'symbolic', to: '@/lake' },
  { damage: 'linked', how: 'hard', to: '@/outside/keep.txt' },
  { damage: 'folder linked', to: '@/outside/folder' },
  { damage: 'folder linked', to: '.' },
] as const;

/** All names in the object at once. */
function textDamages(key: string): Damage[] {
  return [
    ...HOSTILE_TEXTS.flatMap((value): Damage[] => [
      { key, damage: 'texts', like: '/', value },
      { key, damage: 'texts', like: '^(j|s)-', value },
    ]),
    ...['song_transform', 'song_data', 'songs'].map((one): Damage => {
      return { key, damage: 'texts', like: `^${one}$`, value: 'constructor' };
    }),
  ];
}

/** Damages to one value of the object's JSON, fewer for deeper values; `pick` chooses. */
export function valueDamage({ original }: Scene, key: string, pick: <T>(all: readonly T[]) => T): Damage {
  const places = placesOf(JSON.parse(original(key).toString()));
  const depth = pick([...new Set(places.map(({ length }) => length))]);
  const path = pick(places.filter(({ length }) => length === depth));
  return { key, damage: 'value', path, value: pick([undefined, ...HOSTILE_VALUES]) };
}

/** Objects that Landfall did not write, or with numbers far ahead. */
export const PLANTED: readonly Damage[] = [
  ...[
    '_landfall/published/999999999999.json',
    '_landfall/published/000006.json',
    '_landfall/published/000000.json',
    '_landfall/published/1e3.json',
    '_landfall/published/x.json',
    '_landfall/runs/live/journal/999999.json',
    '_landfall/runs/live/journal/000009.json',
    '_landfall/runs/third/journal/000000.json',
    '_landfall/runs/$(touch pwned)/journal/000001.json',
    '_landfall/runs/a\nnext: landfall gc --yes/journal/000001.json',
    '_landfall/runs/\u001b[2J/journal/000001.json',
    '_landfall/runs/--yes/journal/000001.json',
    '_landfall/runs/..%2f..%2foutside/journal/000001.json',
    '_landfall/runs/__proto__/journal/000001.json',
    `_landfall/runs/${'n'.repeat(200)}/journal/000001.json`,
    '_landfall/runs/journal',
    'delta/songs/nobody.local-1-ff/part-00000-u.zstd.parquet',
    'delta/songs/second.local-1-ff/year=..%2f..%2foutside/part-00000-u.zstd.parquet',
    'delta/../songs/second.local-1-ff/part-00000-u.zstd.parquet',
    'delta/\u001b[2J/x',
    'songs/year=2018/000001.json',
    'songs/year=..%2f..%2foutside/second-4-part-00000-u.zstd.parquet',
  ].flatMap((key): Damage[] => [
    { key, damage: 'planted', body: '{}' },
    { key, damage: 'planted', body: '' },
  ]),
];

/** One object of each kind: each kind of journal entry, and everything else that a run or a publication writes. */
export function kindsOf({ original, keys }: Scene): string[] {
  const kinds = new Map<string, string>();
  const order: readonly string[] = RUNS;
  const age = (key: string) => order.indexOf(runOf(key) ?? '');
  for (const key of keys.toSorted((a, b) => age(b) - age(a))) {
    const kind = kindOf(key, () => original(key).toString());
    if (!kinds.has(kind)) kinds.set(kind, key);
  }
  return [...kinds.values()];
}

function kindOf(key: string, read: () => string): string {
  if (key.includes('/journal/')) return (JSON.parse(read()) as { entry: string }).entry;
  if (key.startsWith('_landfall/published/')) return key;
  const [top = ''] = key.split('/');
  const name = key.slice(key.lastIndexOf('/') + 1);
  if (key.startsWith('delta/')) return key.startsWith('delta/quarantine/') ? 'quarantine' : 'a data file';
  if (key.includes('/logs/')) return `log ${name}`;
  return top === '_landfall' ? name : `at ${top}`;
}

/** One damage for each kind of object, each of another sort; `turn` varies the choice. */
export function oneOfEach(scene: Scene, turn: number): Damage[] {
  return kindsOf(scene).map((key, at) => {
    const damages = wholeDamages(scene, key);
    const sorts = [...new Set(damages.map(({ damage }) => damage))];
    const sort = sorts[(at + turn) % sorts.length];
    const alike = damages.filter(({ damage }) => damage === sort);
    return alike[(at * 7 + turn) % alike.length]!;
  });
}

/** The run to which an object belongs. */
export function runOf(key: string): string | undefined {
  const [, run] = /^_landfall\/runs\/([^/]+)\//.exec(key) ?? [];
  return run ?? parseWritten(key)?.run;
}
