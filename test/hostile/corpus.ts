/**
 * Every kind of object that a lake holds, in every way damaged, and every verb. Here each damage of each kind meets one
 * verb; in test/full/hostile-lakes.test.ts it meets all of them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { kindsOf, PLANTED, runOf, wholeDamages } from './catalogue.ts';
import { complaintsOf, damage, examine, look } from './examine.ts';
import type { Damage } from './damage.ts';
import { props, scene } from './stage.ts';
import { changingVerbs, lookingVerbs } from './verbs.ts';

/** The run whose verbs are tried on an object that is of no run. */
const NEWEST = 'second';
const aboutRun = (key: string) => runOf(key) ?? NEWEST;

/** Every damage with one of the verbs, taken in turns, and of these every `step`th. */
function inTurns(damages: readonly Damage[], step: number) {
  return damages.flatMap((one, at) => {
    const verbs = [...lookingVerbs(aboutRun(one.key)), ...changingVerbs(aboutRun(one.key))];
    return at % step === 0 ? [{ damages: [one], verb: verbs[(at / step) % verbs.length]! }] : [];
  });
}

async function complaintsInTurns(damages: readonly Damage[], step: number): Promise<string[]> {
  const complaints: string[] = [];
  for (const { damages: its, verb } of inTurns(damages, step)) {
    damage(scene, props, its);
    const examined = await examine(scene, aboutRun(its[0]!.key), verb);
    complaints.push(...complaintsOf([examined]).map((one) => `${JSON.stringify(its)} ${one}`));
  }
  return complaints;
}

describe('a damaged lake', () => {
  it('makes no verb end as a bug would, hang, take much memory, or touch what is not its own', async () => {
    const all = kindsOf(scene).flatMap((key) => wholeDamages(scene, key));
    expect(await complaintsInTurns(all, 41)).toEqual([]);
  }, 600_000);

  it('is not led astray by objects that nobody wrote', async () => {
    expect(await complaintsInTurns(PLANTED, 1)).toEqual([]);
  }, 300_000);
});

/** What a verb told of each run, without what passes with time. */
function toldOf(value: unknown): unknown {
  const rows: unknown[] = Array.isArray(value) ? value : [value];
  return rows
    .map((row) => (row ?? {}) as { run?: unknown; verdict?: unknown; publication?: unknown })
    .map(({ run, verdict, publication }) => ({ run, verdict, publication }))
    .filter(({ run }) => run !== 'third');
}

const ENTRY = '_landfall/runs/third/journal/000005.json';

describe('a run whose journal is damaged', () => {
  const others = ['status first', 'verify first', 'runs', 'verify', 'rollback 1 --dry-run'];
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
  ];

  it.each(damages)(
    'leaves the other runs as they are told, verified and rolled back to: $damage',
    async (one) => {
      const verbs = lookingVerbs('first').filter(({ name }) => others.includes(name));
      scene.reset();
      const before = await look(scene, 'first', verbs);
      damage(scene, props, [one]);
      const after = await look(scene, 'first', verbs);
      expect(after.map(({ verb, failure, value }) => [verb, failure?.fault, toldOf(value)])).toEqual(
        before.map(({ verb, failure, value }) => [verb, failure?.fault, toldOf(value)]),
      );
      expect(complaintsOf(after)).toEqual([]);
    },
  );

  it.each(damages)('is not gone on with, and the place is named: $damage', async (one) => {
    for (const verb of changingVerbs('third').filter(({ name }) => name.includes(' third'))) {
      damage(scene, props, [one]);
      const { failure, text, complaints } = await examine(scene, 'third', verb);
      expect([verb.name, failure?.fault, complaints]).toEqual([verb.name, 'input', []]);
      expect(text).toContain(one.key.slice(one.key.lastIndexOf('/') + 1));
      expect(scene.emr.touched()).toEqual([]);
    }
  });
});

describe('what a journal names that is not the run’s', () => {
  it.each(['attach detached --take-over', 'cancel detached', 'submit --run-id detached'])(
    'is neither ended nor given steps by %s: a stranger’s cluster and step, and another run’s',
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

/** The cluster of the run that is driven by somebody else. */
function liveCluster(): string {
  const key = scene.keys.find(
    (one) => one.startsWith('_landfall/runs/live/journal/') && read(one).id !== undefined,
  )!;
  return read(key).id!;
}

function read(key: string): { id?: string } {
  return JSON.parse(readFileSync(join(scene.base, 'first-lake', key), 'utf8')) as { id?: string };
}
