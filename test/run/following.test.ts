/** Following a run while EMR, the network or the clock misbehave. All on a virtual clock. */
import { describe, expect, it } from '@jest/globals';
import { LandfallError } from '../../src/faults.ts';
import { cancelRun } from '../../src/run/cancel.ts';
import { readState } from '../../src/run/read-journal.ts';
import type { Clock, Emr } from '../../src/run/ports.ts';
import { driveRun, fakeWorld, interruptedRun, plan, startRun, takeOver } from '../support/fake-run.ts';
import type { FakeWorld } from '../support/fake-run.ts';

const MINUTE_MS = 60_000;
const READS = ['listSteps', 'describeCluster', 'findClusters'] as const;

const away = (what = 'ThrottlingException') =>
  new LandfallError('unreachable', `no usable answer from EMR: ${what}`, { retryable: true });

/** Makes a call of EMR fail while `fails` says so; returns how often it failed. */
function failing(world: FakeWorld, call: keyof Emr, fails: (nth: number) => boolean): () => number {
  const real = world.emr[call] as (...args: unknown[]) => Promise<unknown>;
  let calls = 0;
  let failed = 0;
  world.emr[call] = (async (...args: unknown[]) => {
    calls += 1;
    if (!fails(calls)) return real(...args);
    failed += 1;
    await world.clock.sleep(100);
    throw away();
  }) as never;
  return () => failed;
}

/** When each note was reported, in milliseconds; `telling` selects the notes. */
function noteTimes(world: FakeWorld, telling: RegExp): number[] {
  const times: number[] = [];
  const { emit } = world.ports;
  world.ports.emit = (event) => {
    if (event.event === 'note' && telling.test(event.message)) times.push(world.clock.elapsed());
    emit(event);
  };
  return times;
}

const gaps = (times: readonly number[]) => times.slice(1).map((at, n) => at - times[n]!);

async function expectLanded(world: FakeWorld): Promise<void> {
  expect((await readState(world.objects, plan.run)).finished?.verdict).toBe('succeeded');
  expect(world.published).toEqual([plan.run]);
  expect(world.emr.liveClusters()).toEqual([]);
  expect(world.emr.clusters).toHaveLength(1);
  expect(world.emr.clusters[0]?.steps).toHaveLength(2);
}

describe('reads that fail', () => {
  it('half the time are retried, whichever they are, with at most one line a minute', async () => {
    const world = fakeWorld(1, { stepMs: 30 * MINUTE_MS });
    const times = noteTimes(world, /trying again/);
    const failed = READS.map((call) => failing(world, call, (nth) => nth % 2 === 1));
    await driveRun(world, await startRun(world));
    await expectLanded(world);
    for (const count of failed) expect(count()).toBeGreaterThan(1);
    expect(times.length).toBeGreaterThan(3);
    expect(Math.min(...gaps(times))).toBeGreaterThanOrEqual(MINUTE_MS);
  });

  it.each(READS)(
    'for 15 minutes and more (%s) only end the following: verdict unknown, nothing cancelled, attach continues',
    async (call) => {
      const world = fakeWorld(2, { stepMs: 20 * MINUTE_MS });
      const times = noteTimes(world, /trying again/);
      let dead = true;
      failing(world, call, () => dead);
      const driving = driveRun(world, await startRun(world));
      await expect(driving).rejects.toMatchObject({
        fault: 'unreachable',
        message: expect.stringContaining('no answer for 15 minutes'),
        stand: ['the verdict is unknown: what was submitted continues'],
      });
      expect(world.clock.elapsed()).toBeGreaterThan(15 * MINUTE_MS);
      expect(world.clock.elapsed()).toBeLessThan(20 * MINUTE_MS);
      expect(Math.min(...gaps(times))).toBeGreaterThanOrEqual(MINUTE_MS);
      expect((await readState(world.objects, plan.run)).finished).toBeUndefined();
      expect(world.emr.liveClusters()).toHaveLength(1);
      expect(world.emr.clusters[0]?.steps.filter(({ cancelled }) => cancelled !== undefined)).toEqual([]);
      dead = false;
      await driveRun(world, await takeOver(world, 'driver-2'));
      await expectLanded(world);
    },
  );
});

describe('access that is refused while a step runs', () => {
  const denied = [
    ['expired credentials', 'the AWS credentials have expired (ListSteps on j-1)'],
    ['a withdrawn permission', 'not allowed: elasticmapreduce:ListSteps on j-1'],
  ] as const;

  it.each(denied)(
    '(%s) ends the following at once: verdict unknown, nothing cancelled, attach continues',
    async (_, message) => {
      const world = fakeWorld(2, { stepMs: 20 * MINUTE_MS });
      const { listSteps } = world.emr;
      let asked = 0;
      world.emr.listSteps = (id, since) => {
        if (world.clock.elapsed() < 5 * MINUTE_MS) return listSteps(id, since);
        asked += 1;
        return Promise.reject(new LandfallError('access', message));
      };
      await expect(driveRun(world, await startRun(world))).rejects.toMatchObject({
        fault: 'access',
        message,
      });
      expect(asked).toBe(1);
      expect((await readState(world.objects, plan.run)).finished).toBeUndefined();
      expect(world.emr.liveClusters()).toHaveLength(1);
      expect(world.emr.clusters[0]?.steps.filter(({ cancelled }) => cancelled !== undefined)).toEqual([]);
      world.emr.listSteps = listSteps;
      await driveRun(world, await takeOver(world, 'driver-2'));
      await expectLanded(world);
    },
  );
});

describe('creating calls that are throttled for ten minutes', () => {
  it('create one cluster and each step once, in few calls, with one line a minute', async () => {
    const world = fakeWorld(3, {
      fault: () => (world.clock.elapsed() < 10 * MINUTE_MS ? 'lost-before' : undefined),
    });
    const times = noteTimes(world, /answer was lost|not there yet|did not take effect/);
    await driveRun(world, await startRun(world));
    await expectLanded(world);
    expect(world.emr.creatingCalls()).toBeLessThan(16);
    expect(Math.min(...gaps(times))).toBeGreaterThanOrEqual(MINUTE_MS);
  });

  it('are reported once a minute while they cannot even be sent', async () => {
    const world = fakeWorld(3, {
      fault: () => (world.clock.elapsed() < 10 * MINUTE_MS ? 'unsent' : undefined),
    });
    const times = noteTimes(world, /not sent \(ECONNREFUSED\)/);
    await driveRun(world, await startRun(world));
    await expectLanded(world);
    expect(times.length).toBeGreaterThan(5);
    expect(Math.min(...gaps(times))).toBeGreaterThanOrEqual(MINUTE_MS);
  });

  it('end the following if nothing can be sent for 15 minutes, with the cause and nothing created', async () => {
    const world = fakeWorld(3, { fault: () => 'unsent' });
    await expect(driveRun(world, await startRun(world))).rejects.toMatchObject({
      fault: 'unreachable',
      message: 'EMR could not be reached to create the cluster',
      why: ['ECONNREFUSED'],
    });
    expect(world.emr.clusters).toEqual([]);
    expect((await readState(world.objects, plan.run)).finished).toBeUndefined();
  });
});

describe('a listing that lags', () => {
  it('after an accepted submission is waited for, one settle window', async () => {
    const world = fakeWorld(4);
    const { listSteps } = world.emr;
    world.emr.listSteps = async (id) => {
      const steps = await listSteps(id);
      return steps.filter(({ created }) => world.clock.now().getTime() - created!.getTime() > 40_000);
    };
    await driveRun(world, await startRun(world));
    await expectLanded(world);
  });

  it('forever does not matter while EMR knows the step by its id', async () => {
    const world = fakeWorld(4, { stepMs: 10 * MINUTE_MS });
    const { listSteps } = world.emr;
    world.emr.listSteps = async (id, since) =>
      (await listSteps(id, since)).filter(({ name }) => !name.includes('song_transform'));
    await driveRun(world, await startRun(world));
    await expectLanded(world);
  });

  it('does not hide why a step failed', async () => {
    const world = fakeWorld(4, { end: () => 'FAILED' });
    world.emr.listSteps = () => world.clock.sleep(20).then(() => []);
    world.emr.getSteps = () => world.clock.sleep(20).then(() => []);
    await expect(driveRun(world, await startRun(world))).rejects.toMatchObject({
      fault: 'step',
      message: 'step song_transform ended FAILED',
      why: ['ValueError: no such column'],
    });
    expect(world.clock.elapsed()).toBeLessThan(5 * MINUTE_MS);
  });

  it('for longer means that the step is gone if EMR does not know its id either, which is reported', async () => {
    const world = fakeWorld(4);
    world.emr.listSteps = () => world.clock.sleep(20).then(() => []);
    world.emr.describeStep = () => world.clock.sleep(20).then(() => undefined);
    await expect(driveRun(world, await startRun(world))).rejects.toMatchObject({
      fault: 'step',
      message: expect.stringMatching(/step song_transform \(s-\w+\) is no longer known to cluster j-/),
    });
    expect(world.clock.elapsed()).toBeLessThan(5 * MINUTE_MS);
  });

  it('after the end of step and cluster does not make a completed step a lost one', async () => {
    const world = fakeWorld(4);
    const { listSteps, describeCluster } = world.emr;
    const last = (id: string) => id.includes('log_');
    let stale = 0;
    world.emr.listSteps = async (id) => {
      const steps = await listSteps(id);
      const late = steps.some(({ name, state }) => last(name) && state === 'COMPLETED') && stale++ === 0;
      return late ? steps.map((one) => (last(one.name) ? { ...one, state: 'PENDING' } : one)) : steps;
    };
    world.emr.describeCluster = async (id) => {
      const cluster = await describeCluster(id);
      return stale > 0 ? { ...cluster, state: 'TERMINATED' } : cluster;
    };
    await driveRun(world, await startRun(world));
    expect(stale).toBeGreaterThan(1);
    expect(world.published).toEqual([plan.run]);
  });
});

describe('a cluster in a state that this version does not know', () => {
  it('is found again if the answer to its launch was lost, and not launched twice', async () => {
    const world = fakeWorld(5, { fault: (call) => (call === 1 ? 'lost-after' : undefined) });
    const { findClusters, describeCluster } = world.emr;
    const odd = () => world.clock.elapsed() < 5 * MINUTE_MS;
    world.emr.findClusters = async (token, after) =>
      (await findClusters(token, after)).map((one) => (odd() ? { ...one, state: 'HIBERNATING' } : one));
    world.emr.describeCluster = async (id) => {
      const cluster = await describeCluster(id);
      return odd() ? { ...cluster, state: 'HIBERNATING' } : cluster;
    };
    await driveRun(world, await startRun(world));
    await expectLanded(world);
  });
});

describe('a machine whose clock', () => {
  /** A wall clock that is wrong; the monotonic one is not. */
  const wrong = (clock: Clock, offMs: () => number): Clock => ({
    ...clock,
    now: () => new Date(clock.now().getTime() + offMs()),
  });

  it.each([25, 11, -11, -25])(
    'is off by %i minutes finds its own cluster and steps again, and creates no duplicates',
    async (minutes) => {
      const world = fakeWorld(6, { fault: () => 'lost-after' });
      world.ports.clock = wrong(world.clock, () => minutes * MINUTE_MS);
      await driveRun(world, await startRun(world));
      await expectLanded(world);
      expect(world.clock.elapsed()).toBeLessThan(10 * MINUTE_MS);
    },
  );

  it('was fast leaves a journal with which the next driver finds what the dead one created', async () => {
    const world = fakeWorld(6, { fault: (call) => (call === 1 ? 'lost-late' : undefined) });
    world.ports.clock = wrong(world.clock, () => 25 * MINUTE_MS);
    const stop = new AbortController();
    const dying = driveRun(world, await startRun(world), stop.signal);
    dying.catch(() => undefined);
    await world.clock.sleep(5_000);
    stop.abort(new Error('killed'));
    await expect(dying).rejects.toThrow('killed');
    world.ports.clock = world.clock;
    await driveRun(world, await takeOver(world, 'driver-2'));
    await expectLanded(world);
  });

  it('jumps forward and back by hours during the run does not end the following early or late', async () => {
    const world = fakeWorld(6, { stepMs: 30 * MINUTE_MS });
    const hours = [0, 30, -30, 3, -200];
    const jumping = () => hours[Math.floor(world.clock.elapsed() / MINUTE_MS) % 5]! * 60 * MINUTE_MS;
    world.ports.clock = wrong(world.clock, jumping);
    failing(world, 'listSteps', (nth) => nth % 3 === 0);
    await driveRun(world, await startRun(world));
    await expectLanded(world);
    expect(world.clock.elapsed()).toBeLessThan(65 * MINUTE_MS);
    const shown = world.events.flatMap((event) => (event.event === 'step' ? event.elapsedMs : []));
    expect(Math.min(...shown)).toBeGreaterThanOrEqual(0);
  });
});

describe('a request to end something', () => {
  async function running(world: FakeWorld) {
    const stop = new AbortController();
    const journal = await startRun(world);
    driveRun(world, journal, stop.signal).catch(() => undefined);
    await world.clock.sleep(MINUTE_MS);
    stop.abort(new Error('SIGINT'));
    return interruptedRun(world, journal);
  }

  it.each(['cancelSteps', 'terminate'] as const)(
    'whose answer is lost after its effect (%s) is confirmed by its effect',
    async (call) => {
      const world = fakeWorld(7, { stepMs: 60 * MINUTE_MS });
      const run = await running(world);
      const real = world.emr[call] as (...args: unknown[]) => Promise<void>;
      world.emr[call] = async (...args: unknown[]) => {
        await real(...args);
        throw away('ECONNRESET');
      };
      const outcome = await cancelRun(run, { by: 'SIGINT' });
      expect(outcome).toMatchObject({ requested: [], failed: [] });
      expect(outcome.confirmed).toHaveLength(2);
      expect(run.journal.state().finished?.verdict).toBe('cancelled');
    },
  );

  it('that does not get through is sent again while there is time, and reported if it never does', async () => {
    const world = fakeWorld(7, { stepMs: 60 * MINUTE_MS });
    const run = await running(world);
    failing(world, 'cancelSteps', (nth) => nth < 4);
    const never = failing(world, 'terminate', () => true);
    const outcome = await cancelRun(run, { by: 'SIGINT' });
    expect(outcome.confirmed).toEqual([expect.stringContaining('step song_transform')]);
    expect(outcome.failed).toEqual([expect.stringMatching(/^cluster j-\w+: no usable answer/)]);
    expect(never()).toBeGreaterThan(3);
    expect(run.journal.state().finished).toBeUndefined();
  });

  it('that EMR never answers blocks for 8 s at most: it is reported as requested, not as confirmed', async () => {
    const world = fakeWorld(7, { stepMs: 60 * MINUTE_MS });
    const run = await running(world);
    const silence = () => new Promise<never>(() => undefined);
    Object.assign(world.emr, { cancelSteps: silence, terminate: silence, describeCluster: silence });
    const before = world.clock.elapsed();
    const outcome = await cancelRun(run, { by: 'SIGINT' });
    expect(world.clock.elapsed() - before).toBe(8_000);
    expect(outcome.confirmed).toEqual([]);
    expect(outcome.requested).toHaveLength(2);
    expect(run.journal.state().finished).toBeUndefined();
  });

  it('does not poll too often while it settles', async () => {
    const world = fakeWorld(7, { stepMs: 60 * MINUTE_MS });
    const run = await running(world);
    const { describeCluster } = world.emr;
    const { terminate } = world.emr;
    let asked = 0;
    world.emr.terminate = (id) => {
      asked += 1;
      return terminate(id);
    };
    let looks = 0;
    world.emr.describeCluster = async (id) => {
      looks += 1;
      return { ...(await describeCluster(id)), state: 'RUNNING' };
    };
    await cancelRun(run, { by: 'attach', settle: true, confirmMs: 2 * MINUTE_MS });
    expect(looks).toBeLessThan(60);
    expect(asked).toBe(1);
  });

  it('of the cluster, after the tables are published, is retried through a minute of throttling', async () => {
    const world = fakeWorld(8);
    const failed = failing(world, 'terminate', (nth) => nth < 5);
    await driveRun(world, await startRun(world));
    await expectLanded(world);
    expect(failed()).toBe(4);
  });

  it('of the cluster that never gets through is reported with the cost, and does not change the verdict', async () => {
    const world = fakeWorld(8);
    failing(world, 'terminate', () => true);
    await driveRun(world, await startRun(world));
    expect((await readState(world.objects, plan.run)).finished?.verdict).toBe('succeeded');
    expect(world.events).toContainEqual({
      event: 'warning',
      message: expect.stringMatching(/could not be terminated; it costs money until it terminates itself/),
    });
    expect(world.clock.elapsed()).toBeLessThan(8 * MINUTE_MS);
  });
});

describe('a failed step whose driver died after ending the cluster', () => {
  it('is still a failed step, not a lost cluster, for the next driver', async () => {
    const world = fakeWorld(9, { end: () => 'FAILED' });
    const { explain } = world.ports;
    world.ports.explain = () => Promise.reject(new Error('killed'));
    await expect(driveRun(world, await startRun(world))).rejects.toThrow('killed');
    expect(world.emr.liveClusters()).toEqual([]);
    world.ports.explain = explain;
    const { describeCluster } = world.emr;
    world.emr.describeCluster = async (id) => ({
      ...(await describeCluster(id)),
      reasonCode: 'USER_REQUEST',
    });
    await expect(driveRun(world, await takeOver(world, 'driver-2'))).rejects.toMatchObject({
      fault: 'step',
      message: 'step song_transform ended FAILED',
    });
  });
});
