/** One object of a lake is damaged: what each verb that reads it does and says. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Flags } from '../../src/cli/context.ts';
import { QUARANTINE, keys } from '../../src/lake/layout.ts';
import type { Damage } from './damage.ts';
import { complaintsOf, damage, examine, look } from './examine.ts';
import type { Examined } from './examine.ts';
import { RUNS } from './scene.ts';
import { props, scene } from './stage.ts';
import { allVerbs, lookingVerbs } from './verbs.ts';
import type { LakeVerb } from './verbs.ts';

/** Longer, by the fast clock, than any step whose end is scripted. */
const LONG = { timeout: 1000 };

/** Tries the verb of that name on the run, in a lake with the damage. */
async function tried(name: string, run: string, one: Damage, more: Flags = {}): Promise<Examined> {
  const verb = allVerbs(run).find((each) => each.name === name)!;
  damage(scene, props, [one]);
  const examined = await examine(scene, run, { ...verb, flags: { ...verb.flags, ...more } });
  expect(examined.complaints).toEqual([]);
  return examined;
}

const LANDED = ['first', 'second', 'third'];

it.each(RUNS)('without damage, each verb that only reads works on %s', async (run) => {
  scene.reset();
  const isAboutAll = ({ name }: LakeVerb) => !name.includes(` ${run}`);
  const told = await look(
    scene,
    run,
    lookingVerbs(run).filter((verb) => run === RUNS[0] || !isAboutAll(verb)),
  );
  const unfinished = LANDED.includes(run) ? [] : [`verify ${run}`];
  expect(told.filter(({ failure }) => failure !== undefined).map(({ verb }) => verb)).toEqual(unfinished);
  expect(complaintsOf(told)).toEqual([]);
});

describe('the manifest of a run', () => {
  const key = '_landfall/runs/failed/inputs.json.gz';
  it.each<[Damage, RegExp]>([
    [{ key, damage: 'truncated', keep: 0.5 }, /is damaged: unexpected end/],
    [{ key, damage: 'foreign', body: 'PAR1' }, /is damaged: incorrect header/],
    [{ key, damage: 'missing' }, /is gone/],
    [{ key, damage: 'sparse', bytes: 3e9 }, /is damaged: .*too large/],
    [{ key, damage: 'linked', how: 'symbolic', to: '@/outside/keep.txt' }, /is damaged: .*is a link/],
  ])('that is damaged is named by a retry on other inputs, which starts nothing: %j', async (one, why) => {
    const added = join(scene.input, 'failed/song_data/added.json');
    writeFileSync(added, '{}\n');
    try {
      const { failure } = await tried('retry failed', 'failed', one);
      expect(failure).toMatchObject({
        fault: 'input',
        message: 'the inputs changed since run failed was planned',
        why: [expect.stringContaining(`${key}, which names its inputs, `)],
      });
      expect(failure!.why[0]).toMatch(why);
      expect(scene.emr.touched()).toEqual([]);
    } finally {
      rmSync(added);
    }
  });

  it('is not needed for a retry on the same inputs', async () => {
    const { failure } = await tried('retry failed', 'failed', { key, damage: 'truncated', keep: 0.5 }, LONG);
    expect(failure?.fault).toBe('step');
  });
});

it.each<Record<string, unknown>>([
  { damage: 'footer', claims: 3e9 },
  { damage: 'footer', claims: 3e9, bytes: 3.2e9 },
  { damage: 'nested lists' },
])('a quarantine that claims to be huge is named and not read: %j', async (how) => {
  const key = scene.keys.find((one) => one.startsWith(keys.dataOfRun(QUARANTINE, 'first')))!;
  const { failure } = await tried('quarantine first', 'first', { key, ...how } as Damage);
  expect(failure).toMatchObject({ fault: 'input', message: expect.stringContaining(key) });
});

describe('the lease of a run', () => {
  const key = '_landfall/runs/detached/owner.json';
  it.each<Damage>([
    { key, damage: 'truncated', keep: 0.5 },
    { key, damage: 'foreign', body: '{"pid":-1}' },
    { key, damage: 'missing' },
    { key, damage: 'special', what: 'fifo' },
  ])('that is damaged leaves the decision to the journal: $damage', async (one) => {
    expect((await tried('attach detached', 'detached', one)).failure?.fault).toBe('timeout');
  });
});

describe('the logs of a lake', () => {
  it.each(['_landfall/logs', '_landfall/logs/<cluster>', '_landfall/logs/<cluster>/steps'])(
    'are not read through a link in place of the folder %s',
    async (folder) => {
      const log = scene.keys.find((key) => /logs\/[^/]+\/steps\/.*stderr/.test(key))!;
      const key = `${folder.replace('<cluster>', log.split('/')[2]!)}/x`;
      const linked: Damage = { key, damage: 'folder linked', to: '@/outside/folder' };
      const { failure, text } = await tried('logs --run first', 'first', linked);
      expect(failure).toMatchObject({ fault: 'input', message: expect.stringContaining('is a link') });
      expect(text).not.toContain('outside: folder');
    },
  );
});

describe('a new run', () => {
  const fresh = () => ({ ...scene.flags('first'), ...LONG });
  const entry = '_landfall/runs/third/journal/000005.json';
  const harmless: Damage[] = [
    { key: entry, damage: 'truncated', keep: 0.5 },
    { key: entry, damage: 'missing' },
    { key: entry, damage: 'linked', how: 'symbolic', to: '@/outside/keep.txt' },
    { key: '_landfall/runs/third/journal/999999.json', damage: 'planted', body: '{}' },
  ];
  it.each(harmless)('is planned and submitted next to a damaged one: $damage', async (one) => {
    expect((await tried('plan', 'first', one)).failure).toBeUndefined();
    const { failure } = await tried('submit --run-id fresh', 'fresh', one, fresh());
    expect(failure?.fault).toBe('step');
  });

  const published = (number: number) => `_landfall/published/00000${String(number)}.json`;
  it.each<[string, string, Damage]>([
    ['is damaged', published(4), { key: published(4), damage: 'truncated', keep: 0.5 }],
    ['is too large', published(4), { key: published(4), damage: 'sparse', bytes: 3e9 }],
    [
      'is a link',
      published(4),
      { key: published(4), damage: 'linked', how: 'symbolic', to: '@/outside/keep.txt' },
    ],
    ['lacks one before it', published(2), { key: published(2), damage: 'missing' }],
    ['lacks many before it', published(5), { key: published(9), damage: 'planted', body: '{}' }],
  ])('is refused if the newest publication %s, and the object is named', async (_, key, one) => {
    for (const name of ['plan', 'submit --run-id fresh']) {
      const { failure, text } = await tried(name, 'fresh', one, scene.flags('first'));
      expect([name, failure?.fault]).toEqual([name, 'input']);
      expect(text).toContain(key);
      expect(scene.emr.touched()).toEqual([]);
    }
  });
});
