/**
 * Every kind of object that a lake holds, damaged, and every verb. Here each kind is damaged in one way and meets one verb;
 * in test/full/hostile-lakes.test.ts it is damaged in every way and meets every verb.
 */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { verbs } from '../../src/cli/verbs.ts';
import { oneOfEach, PLANTED, runOf } from './catalogue.ts';
import { complaintsOf, damage, examine, look, tryDamaged } from './examine.ts';
import type { Examined } from './examine.ts';
import type { Damage } from './damage.ts';
import { props, scene } from './stage.ts';
import { allVerbs, changingVerbs, lookingVerbs } from './verbs.ts';

/** The run used for verbs if an object belongs to no run. */
const NEWEST = 'second';
const aboutRun = (key: string) => runOf(key) ?? NEWEST;

/** Tries each damage with the next verb in turn. */
async function complaintsInTurns(damages: readonly Damage[]): Promise<string[]> {
  const complaints: string[] = [];
  for (const [at, one] of damages.entries()) {
    const run = aboutRun(one.key);
    const verbs = allVerbs(run);
    const verb = verbs[at % verbs.length]!;
    const told = await tryDamaged(scene, props, { run, damages: [one], verb });
    complaints.push(...told.map((complaint) => `${JSON.stringify(one)} ${complaint}`));
  }
  return complaints;
}

it('every verb that uses a lake is tried', () => {
  const withLake = verbs.filter(({ options }) => 'lake' in options).map(({ name }) => name);
  expect([...new Set(allVerbs(NEWEST).map(({ name }) => name.split(' ')[0]))].sort()).toEqual(
    withLake.sort(),
  );
});

describe('a damaged lake', () => {
  it('does not make a verb crash, hang, use much memory, or touch anything outside the lake', async () => {
    expect(await complaintsInTurns(oneOfEach(scene, 0))).toEqual([]);
  }, 600_000);

  it('does not change the result of a verb by adding unknown objects', async () => {
    expect(await complaintsInTurns(PLANTED.filter((_, at) => at % 5 === 0))).toEqual([]);
  }, 300_000);
});

/** What a verb said about each run, without parts that change with time. */
function toldOf(value: unknown): unknown {
  const rows: unknown[] = Array.isArray(value) ? value : [value];
  return rows
    .map((row) => (row ?? {}) as { run?: unknown; verdict?: unknown; publication?: unknown })
    .map(({ run, verdict, publication }) => ({ run, verdict, publication }))
    .filter(({ run }) => run !== 'third');
}

const ENTRY = '_landfall/runs/third/journal/000005.json';

describe('a run whose journal is damaged', () => {
  const others = [
    'status first',
    'verify first',
    'runs',
    'verify',
    'publications',
    'rollback 1 --dry-run',
    'gc',
  ];
  const examinedWith = (damages: readonly Damage[]) => {
    damage(scene, props, damages);
    return look(
      scene,
      'first',
      lookingVerbs('first').filter(({ name }) => others.includes(name)),
    );
  };
  const whatIsTold = ({ verb, failure, value }: Examined) => [verb, failure?.fault, toldOf(value)];
  let undamaged: Examined[];
  beforeAll(async () => {
    undamaged = await examinedWith([]);
  });
  const damages: Damage[] = [
    { key: ENTRY, damage: 'missing' },
    { key: ENTRY, damage: 'truncated', keep: 0.5 },
    { key: ENTRY, damage: 'sparse', bytes: 3e9 },
    { key: ENTRY, damage: 'special', what: 'fifo' },
    { key: ENTRY, damage: 'linked', how: 'symbolic', to: '@/outside/keep.txt' },
    {
      key: '_landfall/runs/third/journal/000001.json',
      damage: 'value',
      path: ['plan', 'steps'],
      value: null,
    },
    {
      key: '_landfall/runs/third/journal/000001.json',
      damage: 'value',
      path: ['plan', 'steps', 0, 'tables', 0, 'checks'],
      value: [{ check: 'matched', severity: 'warn', column: 'x' }],
    },
    {
      key: ENTRY,
      damage: 'foreign',
      body: JSON.stringify({
        ...{ version: 2, number: 5, driver: 'd', nonce: 'n', at: '2026-11-21T09:30:00.000Z' },
        ...{ entry: 'step-ended', step: 'constructor', attempt: 1, state: 'FAILED' },
      }),
    },
  ];

  it.each(damages)(
    'does not keep the other runs from being listed, verified and rolled back to: $damage',
    async (one) => {
      const after = await examinedWith([one]);
      expect(after.map(whatIsTold)).toEqual(undamaged.map(whatIsTold));
      expect(complaintsOf(after)).toEqual([]);
    },
  );

  const changing = changingVerbs('third').filter(({ name }) => name.includes(' third'));
  /** Each damage with two verbs, so that each verb meets two damages. */
  const pairs = damages.flatMap((one, at) =>
    [at, at + 3].map((turn) => ({ one, verb: changing[turn % changing.length]! })),
  );
  it.each(pairs)(
    'is not continued by $verb.name, which names the place: $one.damage',
    async ({ one, verb }) => {
      damage(scene, props, [one]);
      const { failure, text, complaints } = await examine(scene, 'third', verb);
      expect([failure?.fault, complaints]).toEqual(['input', []]);
      expect(text).toContain(one.key.slice(one.key.lastIndexOf('/') + 1));
      expect(scene.emr.touched()).toEqual([]);
    },
  );
});

describe('a cluster or step that a journal names, but that is not the run’s', () => {
  it.each(['attach detached --take-over', 'cancel detached', 'submit --run-id detached'])(
    'is neither ended nor given steps by %s, whether it is a stranger’s or another run’s',
    async (name) => {
      const verb = changingVerbs('detached').find((one) => one.name === name)!;
      const entries = scene.keys.filter((key) => key.startsWith('_landfall/runs/detached/journal/'));
      for (const cluster of ['j-STRANGER', liveCluster()]) {
        const damages = entries.map((key): Damage => ({ key, damage: 'texts', like: '^j-', value: cluster }));
        damage(scene, props, damages);
        expect(complaintsOf([await examine(scene, 'detached', verb)])).toEqual([]);
      }
    },
  );
});

/** The cluster of the run that another driver owns. */
function liveCluster(): string {
  const key = scene.keys.find(
    (one) => one.startsWith('_landfall/runs/live/journal/') && read(one).id !== undefined,
  )!;
  return read(key).id!;
}

function read(key: string): { id?: string } {
  return JSON.parse(scene.original(key).toString()) as { id?: string };
}
