import { describe, expect, it } from '@jest/globals';
import { cancelRun } from '../../src/run/cancel.ts';
import { openJournal } from '../../src/run/journal.ts';
import { readState } from '../../src/run/read-journal.ts';
import { keys } from '../../src/lake/layout.ts';
import type { RunPlan } from '../../src/run/plan.ts';
import type { RunState } from '../../src/run/state.ts';
import { dieAfterWrites, Killed } from '../support/dying-driver.ts';
import type { FakeEmrOptions, Loss } from '../support/fake-emr.ts';
import {
  detachRun,
  driveRun,
  fakeWorld,
  interruptedRun,
  plan,
  staging,
  startRun,
  takeOver,
} from '../support/fake-run.ts';
import type { FakeWorld } from '../support/fake-run.ts';
import { expectLanded } from './landed.ts';

const once: RunPlan = { ...plan, retryInfrastructure: 1 };
const spot = (afterMs: number, running: Loss['running'] = 'INTERRUPTED'): Loss => ({
  afterMs,
  code: 'INSTANCE_FAILURE',
  running,
});
/** The first cluster is lost; those after it are not. */
const firstLost = (loss: Loss) => (n: number) => (n === 1 ? loss : undefined);

const SONG = 'landfall/r1/song_transform';
const LOG = 'landfall/r1/log_transform';
/** Of a run whose steps take a minute, on a cluster that takes 20 s to start. */
const WHILE_STARTING = 10_000;
const IN_SONG = 50_000;
const IN_LOG = 110_000;

const tokens = ({ emr }: FakeWorld) =>
  emr.clusters.map(({ steps }) => steps.map(({ request }) => request.name));
const stateOf = ({ objects }: FakeWorld): Promise<RunState> => readState(objects, plan.run);
const notes = ({ events }: FakeWorld) =>
  events.flatMap((event) => (event.event === 'note' ? [event.message] : [])).join('\n');

/** Loses the first cluster a second after its first step was added. */
function loseWhilePending(world: FakeWorld): FakeWorld {
  const { addSteps } = world.emr;
  world.emr.addSteps = async (clusterId, steps) => {
    const answer = await addSteps(clusterId, steps);
    const [first] = world.emr.clusters;
    if (first?.id === clusterId) first.loss ??= spot(world.clock.elapsed() - first.created + 1_000);
    return answer;
  };
  return world;
}

/** A whole run under this plan. */
async function driven(options: Partial<FakeEmrOptions>, its: RunPlan = once): Promise<FakeWorld> {
  const world = fakeWorld(7, options);
  await driveRun(world, await startRun(world, 'driver-1', its));
  await expectLanded(world);
  return world;
}

describe('a cluster lost to the infrastructure', () => {
  it.each(['FAILED', 'CANCELLED', 'INTERRUPTED'] as const)(
    'during the first step, which ends %s, is replaced: that step runs again as a new attempt',
    async (running) => {
      const world = await driven({ loss: firstLost(spot(IN_SONG, running)) });
      expect(tokens(world)).toEqual([[`${SONG}#1`], [`${SONG}#2`, `${LOG}#1`]]);
      expect(world.emr.clusters.map(({ token }) => token)).toEqual([
        'landfall/r1/cluster#1',
        'landfall/r1/cluster#2',
      ]);
      const [song] = world.emr.clusters[1]?.steps ?? [];
      expect(song?.request.args).toContain(`${plan.lake}/${keys.program('r1', 'song_transform', 2)}`);
      expect(song?.request.args).toContain(`${plan.lake}/${keys.attempt('r1', 'song_transform', 2)}`);
      const program = world.objects.contents.get(keys.program('r1', 'song_transform', 2));
      expect(new TextDecoder().decode(program)).toBe(staging.programs['song_transform']);
    },
  );

  it('during the second step does not affect the tables of the first', async () => {
    const world = await driven({ loss: firstLost(spot(IN_LOG)) });
    expect(tokens(world)).toEqual([[`${SONG}#1`, `${LOG}#1`], [`${LOG}#2`]]);
    expect(notes(world)).toContain(
      'INSTANCE_FAILURE; continuing on a new cluster, log_transform again; infrastructure retries left: 0 of 1',
    );
  });

  it('while it starts is replaced without using up an attempt', async () => {
    for (const code of ['INSTANCE_FLEET_TIMEOUT', 'INTERNAL_ERROR']) {
      const world = await driven({ loss: firstLost({ afterMs: WHILE_STARTING, code }) });
      expect(tokens(world)).toEqual([[], [`${SONG}#1`, `${LOG}#1`]]);
    }
  });

  it('while a step is PENDING is replaced', async () => {
    const world = loseWhilePending(fakeWorld(7));
    await driveRun(world, await startRun(world, 'driver-1', once));
    await expectLanded(world);
    expect(tokens(world)).toEqual([[`${SONG}#1`], [`${SONG}#2`, `${LOG}#1`]]);
  });

  it('while it starts, with all steps of a detached run PENDING, is replaced by attach', async () => {
    const loss = firstLost({ afterMs: WHILE_STARTING, code: 'INSTANCE_FLEET_TIMEOUT' });
    for (const later of [0, 7_200_000]) {
      const world = fakeWorld(7, { cancelAndWait: true, loss });
      await detachRun(world, await startRun(world, 'driver-1', once));
      await world.clock.sleep(later);
      await driveRun(world, await takeOver(world, 'driver-2'));
      await expectLanded(world);
      expect(tokens(world)).toEqual([
        [`${SONG}#1`, `${LOG}#1`],
        [`${SONG}#2`, `${LOG}#2`],
      ]);
    }
  });

  it('between two steps is replaced, and reported with the cluster’s reason instead of EMR’s refusal', async () => {
    const world = fakeWorld(7, {});
    const { addSteps } = world.emr;
    world.emr.addSteps = (clusterId, steps) => {
      const [cluster] = world.emr.clusters;
      if (steps[0]?.name === `${LOG}#1` && cluster?.id === clusterId)
        cluster.loss = spot(world.clock.elapsed() - cluster.created);
      return addSteps(clusterId, steps);
    };
    await driveRun(world, await startRun(world, 'driver-1', once));
    await expectLanded(world);
    expect(tokens(world)).toEqual([[`${SONG}#1`], [`${LOG}#1`]]);
  });

  it('is also replaced if steps were submitted without following them', async () => {
    const world = fakeWorld(7, { cancelAndWait: true, loss: firstLost(spot(IN_LOG)) });
    await detachRun(world, await startRun(world, 'driver-1', once));
    await world.clock.sleep(7_200_000);
    await driveRun(world, await takeOver(world, 'driver-2'));
    await expectLanded(world);
    expect(tokens(world)).toEqual([[`${SONG}#1`, `${LOG}#1`], [`${LOG}#2`]]);
  });

  it('is also replaced during a detached submission', async () => {
    const world = fakeWorld(7, {
      cancelAndWait: true,
      loss: firstLost({ afterMs: 0, code: 'INTERNAL_ERROR' }),
    });
    await detachRun(world, await startRun(world, 'driver-1', once));
    expect(tokens(world)).toEqual([[], [`${SONG}#1`, `${LOG}#1`]]);
  });

  it('that was reused is replaced by one of our own', async () => {
    const world = fakeWorld(7, { loss: firstLost(spot(IN_LOG)) });
    await world.emr.runJobFlow('someone');
    const id = world.emr.clusters[0]?.id ?? '';
    world.emr.findReusable = () => Promise.resolve({ chosen: id, rejected: [] });
    await driveRun(world, await startRun(world, 'driver-1', { ...once, cluster: { kind: 'reuse' } }));
    await expectLanded(world);
    expect(tokens(world)).toEqual([[`${SONG}#1`, `${LOG}#1`], [`${LOG}#2`]]);
    expect((await stateOf(world)).clusters.map(({ n, how }) => [n, how])).toEqual([
      [1, 'reused'],
      [2, 'launched'],
    ]);
  });

  it('that was named is not replaced: the message says so, and the verdict is a lost cluster', async () => {
    const world = fakeWorld(7, { loss: firstLost(spot(IN_LOG)) });
    await world.emr.runJobFlow('someone');
    const id = world.emr.clusters[0]?.id ?? '';
    const named = { ...once, cluster: { kind: 'id' as const, id } };
    await expect(driveRun(world, await startRun(world, 'driver-1', named))).rejects.toMatchObject({
      fault: 'cluster',
      why: ['INSTANCE_FAILURE', expect.anything()],
      stand: [
        expect.anything(),
        `--retry-infrastructure launches no cluster in place of ${id}, which was named`,
      ],
    });
    expect(world.emr.clusters).toHaveLength(1);
    expect((await stateOf(world)).finished).toMatchObject({ verdict: 'failed', fault: 'cluster' });
  });

  it('a second time ends the run if one retry is allowed, and is replaced if two are', async () => {
    const loss = (n: number) => (n <= 2 ? spot(IN_SONG) : undefined);
    const world = fakeWorld(7, { loss });
    await expect(driveRun(world, await startRun(world, 'driver-1', once))).rejects.toMatchObject({
      fault: 'cluster',
      stand: [expect.anything(), 'infrastructure retries: all 1 of this plan are used'],
    });
    expect(world.emr.clusters).toHaveLength(2);
    const twice = await driven({ loss }, { ...plan, retryInfrastructure: 2 });
    expect(tokens(twice)).toEqual([[`${SONG}#1`], [`${SONG}#2`], [`${SONG}#3`, `${LOG}#1`]]);
  });

  it('ends the run if no retry is allowed', async () => {
    const world = fakeWorld(7, { loss: firstLost(spot(IN_SONG)) });
    await expect(driveRun(world, await startRun(world))).rejects.toMatchObject({
      fault: 'cluster',
      stand: ['the cause is in the infrastructure: a retry may succeed'],
    });
    expect(world.emr.clusters).toHaveLength(1);
  });

  it('leaves no duplicate of itself, even if that appears only when its successor runs', async () => {
    const world = fakeWorld(7, {
      fault: (call) => (call === 1 ? 'lost-late' : undefined),
      lateMs: 200_000,
      loss: (n) => (n === 2 ? spot(IN_SONG) : undefined),
    });
    await driveRun(world, await startRun(world, 'driver-1', once));
    await expectLanded(world);
    expect(world.emr.clusters.map(({ token }) => token.slice(-1))).toEqual(['1', '1', '2']);
  });

  it('is counted anew in the plan of a retry', async () => {
    const loss = (n: number) => (n <= 3 ? spot(IN_SONG) : undefined);
    const world = fakeWorld(7, { loss });
    await expect(driveRun(world, await startRun(world, 'driver-1', once))).rejects.toBeDefined();
    const { objects, clock, random } = world.ports;
    const journal = await openJournal({ objects, clock, random, driver: 'driver-2' }, plan.run);
    const rerun = ['song_transform'];
    await journal.append({ entry: 'replanned', plan: once, rerun, elsewhere: false });
    await driveRun(world, journal);
    await expectLanded(world);
    expect(world.emr.clusters).toHaveLength(4);
  });
});

describe('a step that the local endpoint lost', () => {
  it('runs again on a new cluster; its own, still running, is ended even with --keep-alive', async () => {
    const world = fakeWorld(7, {
      end: (token) => (token === `${SONG}#1` ? 'FAILED' : 'COMPLETED'),
      failureReason: () => 'Infrastructure failure.',
    });
    const kept = { ...once, keepAlive: true, cluster: { kind: 'local' as const } };
    await driveRun(world, await startRun(world, 'driver-1', kept));
    expect(tokens(world)).toEqual([[`${SONG}#1`], [`${SONG}#2`, `${LOG}#1`]]);
    expect(world.emr.clusters.map(({ terminated }) => terminated !== undefined)).toEqual([true, false]);
  });

  it('is a failed step if no retry is allowed', async () => {
    const world = fakeWorld(7, { end: () => 'FAILED', failureReason: () => 'Infrastructure failure.' });
    await expect(driveRun(world, await startRun(world))).rejects.toMatchObject({
      fault: 'step',
      stand: ['the cause is in the infrastructure: a retry may succeed'],
    });
  });
});

describe('a failure that a retry would not fix is never retried', () => {
  const never = async (options: Partial<FakeEmrOptions>, fault: string) => {
    const world = fakeWorld(7, options);
    const plenty = { ...plan, retryInfrastructure: 9 };
    await expect(driveRun(world, await startRun(world, 'driver-1', plenty))).rejects.toMatchObject({ fault });
    expect(world.emr.clusters).toHaveLength(1);
    expect((await stateOf(world)).infrastructureRetries).toBe(0);
    expect((await stateOf(world)).finished?.fault).toBe(fault);
  };

  it.each(['Unknown Error.', 'Input directory does not exist.', 'Out of memory.', undefined])(
    'a step that FAILED by its data or query: %s',
    (reason) => never({ end: () => 'FAILED', failureReason: () => reason }, 'step'),
  );

  it.each(['VALIDATION_ERROR', 'BOOTSTRAP_FAILURE', 'USER_REQUEST', 'A_NEW_REASON'])(
    'a cluster that ended for %s',
    async (code) => {
      await never({ loss: () => ({ afterMs: WHILE_STARTING, code }) }, 'cluster');
      await never({ loss: () => ({ afterMs: IN_SONG, code, running: 'CANCELLED' }) }, 'cluster');
    },
  );

  it('a step that FAILED by its data on a cluster that was lost some time later', async () => {
    const world = fakeWorld(7, {
      cancelAndWait: true,
      end: () => 'FAILED',
      loss: firstLost(spot(3_600_000)),
    });
    await detachRun(world, await startRun(world, 'driver-1', once));
    await world.clock.sleep(7_200_000);
    await expect(driveRun(world, await takeOver(world, 'driver-2'))).rejects.toMatchObject({
      fault: 'step',
      why: ['ValueError: no such column'],
    });
    expect(world.emr.clusters).toHaveLength(1);
  });

  it('a run that was being cancelled when its cluster was lost', async () => {
    const world = fakeWorld(7, { loss: firstLost(spot(IN_SONG)) });
    const driving = driveRun(world, await startRun(world, 'driver-1', once));
    driving.catch(() => undefined);
    await world.clock.sleep(IN_SONG - 1_000);
    const { explain } = world.ports;
    world.ports.explain = async (...failed) => {
      const { objects, clock, random } = world.ports;
      const other = await openJournal({ objects, clock, random, driver: 'someone' }, plan.run);
      await other.append({ entry: 'cancel-requested', by: 'someone' });
      return explain(...failed);
    };
    await expect(driving).rejects.toMatchObject({ fault: 'cancelled' });
    expect(world.emr.clusters).toHaveLength(1);
    expect((await stateOf(world)).finished?.verdict).toBe('cancelled');
    expect((await stateOf(world)).infrastructureRetries).toBe(0);
  });
});

describe('a driver that dies while it continues after a loss', () => {
  it.each([
    ['in the first step', () => fakeWorld(7, { loss: firstLost(spot(IN_SONG)) })],
    ['in the second step', () => fakeWorld(7, { loss: firstLost(spot(IN_LOG, 'FAILED')) })],
    ['while a step is PENDING', () => loseWhilePending(fakeWorld(7))],
  ])('%s, after any of its journal writes, is replaced by one that continues the count', async (_, make) => {
    const whole = make();
    await driveRun(whole, await startRun(whole, 'driver-1', once));
    const { length } = await stateOf(whole);
    for (let n = 1; n < length; n += 1) {
      const world = make();
      const revive = dieAfterWrites(world, n);
      const died = startRun(world, 'driver-1', once).then((journal) => driveRun(world, journal));
      await expect(died).rejects.toThrow(Killed);
      revive();
      await driveRun(world, await takeOver(world, 'driver-2'));
      await expectLanded(world);
      expect(world.emr.clusters).toHaveLength(2);
      expect((await stateOf(world)).infrastructureRetries).toBe(1);
    }
  });

  it('has no retry left if the next cluster is lost as well', async () => {
    const world = fakeWorld(7, { loss: (n) => (n <= 2 ? spot(IN_SONG) : undefined) });
    const stop = new AbortController();
    const driving = driveRun(world, await startRun(world, 'driver-1', once), stop.signal);
    driving.catch(() => undefined);
    while (world.emr.clusters.length < 2) await world.clock.sleep(1_000);
    stop.abort(new Error('gone'));
    await expect(driving).rejects.toThrow('gone');
    await expect(driveRun(world, await takeOver(world, 'driver-2'))).rejects.toMatchObject({
      fault: 'cluster',
    });
    expect(world.emr.clusters).toHaveLength(2);
  });
});

describe('cancelling after a loss', () => {
  it('ends the new cluster, and is not affected by the old one', async () => {
    const world = loseWhilePending(fakeWorld(7));
    const stop = new AbortController();
    const journal = await startRun(world, 'driver-1', once);
    const driving = driveRun(world, journal, stop.signal);
    driving.catch(() => undefined);
    while (world.emr.clusters.length < 2) await world.clock.sleep(1_000);
    await world.clock.sleep(30_000);
    stop.abort(new Error('SIGINT'));
    const run = interruptedRun(world, journal);
    const outcome = await cancelRun(run, { by: 'SIGINT' });
    expect(outcome).toMatchObject({ requested: [], failed: [] });
    expect(world.emr.liveClusters()).toEqual([]);
    expect(journal.state().finished?.verdict).toBe('cancelled');
  });
});
