/** A cluster or step that a journal calls ours is ended or used only if EMR itself shows our token on it. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { cancelRun } from '../../src/run/cancel.ts';
import type { Entry } from '../../src/run/entries.ts';
import { guarded, isNotOurs } from '../../src/run/guard.ts';
import type { Journal } from '../../src/run/journal.ts';
import type { Emr } from '../../src/run/ports.ts';
import { driveRun, fakeWorld, interruptedRun, plan, startRun } from '../support/fake-run.ts';
import type { FakeWorld } from '../support/fake-run.ts';

const SPARED = 'j-VICTIM';
const whyNotUse = () => Promise.resolve('nobody chose it');

let world: FakeWorld;
let emr: Emr;
let asked: string[];

/** A world with one cluster of that name, on which one step of that name runs. */
beforeEach(() => {
  world = fakeWorld(4, { stepMs: 3_600_000 });
  asked = [];
  const counted: Emr = {
    ...world.emr,
    describeCluster: (id) => {
      asked.push(`describe ${id}`);
      return world.emr.describeCluster(id);
    },
    terminate: (id) => {
      asked.push(`terminate ${id}`);
      return world.emr.terminate(id);
    },
    cancelSteps: (id, ids) => {
      asked.push(`cancel ${ids.join(',')}`);
      return world.emr.cancelSteps(id, ids);
    },
  };
  emr = guarded(counted, { run: plan.run, whyNotUse });
});

function plant(cluster: string, step: string): void {
  const steps = [{ id: 's-1', request: { name: step, args: [] }, created: 0, visible: 0 }];
  world.emr.clusters.push({ id: SPARED, token: cluster, created: 0, visible: 0, steps });
}

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a cluster', () => {
  it.each([
    'production',
    'landfall/r1/cluster',
    'landfall/r1/cluster#1 ',
    'landfall/r12/cluster#1',
    'landfall/other/cluster#1',
    'landfall/r1/song_transform#1',
    'x landfall/r1/cluster#1',
    '',
  ])('that EMR names %j is not terminated, and gets no step', async (name) => {
    plant(name, 'a step');
    expect(isNotOurs(await refusal(emr.terminate(SPARED)))).toBe(true);
    await expect(emr.addSteps(SPARED, [{ name: 'landfall/r1/a#1', args: [] }])).rejects.toMatchObject({
      fault: 'input',
      message: `run r1 may not use cluster ${SPARED}, though its journal says so`,
      why: ['nobody chose it'],
    });
    expect(asked).toEqual([`describe ${SPARED}`]);
  });

  it('with our token is terminated after one look; one that we launched or have seen needs no look', async () => {
    plant('landfall/r1/cluster#7', 'a step');
    await emr.terminate(SPARED);
    await emr.terminate(SPARED);
    expect(asked).toEqual([`describe ${SPARED}`, `terminate ${SPARED}`, `terminate ${SPARED}`]);
    const launched = await emr.runJobFlow('landfall/r1/cluster#8');
    const id = launched.kind === 'accepted' ? launched.value.id : '';
    await emr.terminate(id);
    expect(asked.slice(3)).toEqual([`terminate ${id}`]);
  });

  it('that this process chose for reuse, or may use, gets steps and is not terminated', async () => {
    plant('shared', 'a step');
    const chosen = guarded(
      { ...world.emr, findReusable: () => Promise.resolve({ chosen: SPARED, rejected: [] }) },
      { run: plan.run, whyNotUse },
    );
    await chosen.findReusable();
    await expect(chosen.addSteps(SPARED, [])).resolves.toMatchObject({ kind: 'accepted' });
    expect(isNotOurs(await refusal(chosen.terminate(SPARED)))).toBe(true);
    const allowed = guarded(world.emr, { run: plan.run, whyNotUse: () => Promise.resolve(undefined) });
    await expect(allowed.addSteps(SPARED, [])).resolves.toMatchObject({ kind: 'accepted' });
  });
});

describe('a step', () => {
  it.each(['nightly', 'landfall/other/song_transform#1', 'landfall/r1/song_transform', 'landfall/r1/a/b#1'])(
    'that EMR names %j is not cancelled',
    async (name) => {
      plant('landfall/r1/cluster#1', name);
      expect(isNotOurs(await refusal(emr.cancelSteps(SPARED, ['s-1'])))).toBe(true);
      expect(asked).toEqual([]);
    },
  );

  it('that EMR does not know is not cancelled; one with our token is', async () => {
    plant('landfall/r1/cluster#1', 'landfall/r1/song_transform#1');
    expect(isNotOurs(await refusal(emr.cancelSteps(SPARED, ['s-2'])))).toBe(true);
    await emr.cancelSteps(SPARED, ['s-1']);
    expect(asked).toEqual(['cancel s-1']);
  });
});

describe('a journal that claims the clusters and steps of others', () => {
  const forged: Entry[] = [
    { entry: 'staged' },
    { entry: 'cluster-intent', n: 1, token: 'production' },
    { entry: 'cluster', n: 1, id: SPARED, how: 'launched' },
  ];
  const submitted: Entry[] = [
    { entry: 'step-intent', step: 'song_transform', attempt: 1, token: 'nightly', clusterId: SPARED },
    { entry: 'step-submitted', step: 'song_transform', attempt: 1, id: 's-1', how: 'accepted' },
  ];

  async function begun(entries: readonly Entry[]): Promise<Journal> {
    plant('production', 'nightly');
    world.ports.emr = emr;
    const journal = await startRun(world);
    for (const entry of entries) await journal.append(entry);
    return journal;
  }

  it('does not make cancel end them; cancel says so and gives the verdict', async () => {
    const journal = await begun([...forged, ...submitted]);
    const run = interruptedRun(world, journal);
    const outcome = await cancelRun(run, { by: 'test', settle: true });
    expect(outcome.spared.sort()).toEqual([
      expect.stringContaining(`cluster ${SPARED} does not belong to run r1: its name in EMR is "production"`),
      expect.stringContaining('step s-1 does not belong to run r1: its name in EMR is "nightly"'),
    ]);
    expect(outcome).toMatchObject({ confirmed: [], requested: [], failed: [] });
    expect(journal.state().finished?.verdict).toBe('cancelled');
    expect(asked.filter((call) => !call.startsWith('describe'))).toEqual([]);
  });

  it('does not make a later driver submit to them or end them', async () => {
    const journal = await begun(forged.slice(1));
    await expect(driveRun(world, journal)).rejects.toMatchObject({
      message: `run r1 may not use cluster ${SPARED}, though its journal says so`,
    });
    expect(world.emr.clusters[0]?.steps).toHaveLength(1);
    expect(asked.filter((call) => !call.startsWith('describe'))).toEqual([]);
  });
});
