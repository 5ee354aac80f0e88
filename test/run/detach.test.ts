import { describe, expect, it } from '@jest/globals';
import { cancelRun } from '../../src/run/cancel.ts';
import { openJournal } from '../../src/run/journal.ts';
import { readState } from '../../src/run/read-journal.ts';
import { keys } from '../../src/lake/layout.ts';
import type { StepReport } from '../../src/pipeline/report.ts';
import { statusOf } from '../../src/run/status-of.ts';
import { dieAfterWrites, Killed } from '../support/dying-driver.ts';
import type { CreationFault } from '../support/creation-fault.ts';
import type { FakeEmrOptions } from '../support/fake-emr.ts';
import {
  detachRun,
  driveRun,
  fakeWorld,
  interruptedRun,
  plan,
  startRun,
  takeOver,
} from '../support/fake-run.ts';
import type { FakeWorld } from '../support/fake-run.ts';
import { argument } from '../support/step-arguments.ts';
import { advising } from '../support/advice.ts';

const SONG = 'landfall/r1/song_transform#1';
const LOG = 'landfall/r1/log_transform#1';

function detachedWorld(options: Partial<FakeEmrOptions> = {}, seed = 7): FakeWorld {
  return fakeWorld(seed, { cancelAndWait: true, ...options });
}

/** The number of steps in each AddJobFlowSteps request of this world. */
function batches({ emr }: FakeWorld): number[] {
  const sizes: number[] = [];
  const { addSteps } = emr;
  emr.addSteps = (clusterId, steps) => {
    sizes.push(steps.length);
    return addSteps(clusterId, steps);
  };
  return sizes;
}

const submitted = ({ emr }: FakeWorld) =>
  emr.clusters.flatMap(({ steps }) => steps.map(({ request }) => request.name));

/** One execution of each step landed, and every step read the accepted execution of its upstream. */
async function expectLanded(world: FakeWorld): Promise<void> {
  const state = await readState(world.objects, plan.run);
  expect(state.finished?.verdict).toBe('succeeded');
  expect(world.published).toEqual([plan.run]);
  expect(world.emr.liveClusters()).toEqual([]);
  const accepted = plan.steps.map(({ name }) => {
    const [one, ...more] = state.attempts[name]?.filter(({ execution }) => execution !== undefined) ?? [];
    expect(more).toEqual([]);
    return one?.execution ?? '';
  });
  const body = await world.objects.get(`${accepted[1] ?? ''}/report.json`);
  const { upstreams } = JSON.parse(new TextDecoder().decode(body)) as StepReport;
  expect(upstreams).toEqual({ song_transform: `${plan.lake}/${accepted[0] ?? ''}` });
}

const attach = async (world: FakeWorld, driver = 'driver-2') =>
  driveRun(world, await takeOver(world, driver));

describe('a detached run', () => {
  it('sends all its steps in one request, to a cluster that is still starting, and waits for nothing', async () => {
    const world = detachedWorld();
    const sizes = batches(world);
    const left = await detachRun(world, await startRun(world));
    expect(world.clock.elapsed()).toBeLessThan(1_000);
    expect(sizes).toEqual([2]);
    const [song, log] = world.emr.clusters[0]?.steps ?? [];
    expect(left).toEqual({
      run: 'r1',
      lake: plan.lake,
      cluster: { id: world.emr.clusters[0]?.id, where: 'ours', idleTimeoutSeconds: 600 },
      steps: [
        { step: 'song_transform', attempt: 1, id: song?.id, state: 'submitted' },
        { step: 'log_transform', attempt: 1, id: log?.id, state: 'submitted' },
      ],
      next: advising('landfall attach r1 --lake s3://lake/root'),
    });
    expect(world.emr.liveClusters()).toHaveLength(1);
    expect((await readState(world.objects, plan.run)).finished).toBeUndefined();
  });

  it('gives a step the folder of its upstream’s attempt, since no execution is accepted yet', async () => {
    const world = detachedWorld();
    await detachRun(world, await startRun(world));
    const log = world.emr.clusters[0]?.steps[1]?.request;
    expect(log === undefined ? '' : argument(log, '--upstream')).toBe(
      `song_transform=${plan.lake}/${keys.attempt('r1', 'song_transform', 1)}`,
    );
  });

  it('is landed by attach, at once or long after its cluster ended', async () => {
    for (const [later, ended] of [
      [0, false],
      [3 * 3_600_000, true],
    ] as const) {
      const world = detachedWorld({
        loss: () => (ended ? { afterMs: 900_000, code: 'ALL_STEPS_COMPLETED' } : undefined),
      });
      await detachRun(world, await startRun(world));
      await world.clock.sleep(later);
      await attach(world);
      await expectLanded(world);
      expect(submitted(world)).toEqual([SONG, LOG]);
    }
  });

  it('is not submitted twice: a second detach sends nothing', async () => {
    const world = detachedWorld();
    const sizes = batches(world);
    const first = await detachRun(world, await startRun(world));
    expect(await detachRun(world, await takeOver(world, 'driver-2'))).toEqual(first);
    expect(sizes).toEqual([2]);
  });

  it('sends only the steps without an accepted execution, and gives them the accepted executions they read', async () => {
    const world = detachedWorld({ stepMs: 100_000 });
    const sizes = batches(world);
    const stop = new AbortController();
    const watching = driveRun(world, await startRun(world), stop.signal);
    watching.catch(() => undefined);
    await world.clock.sleep(60_000);
    stop.abort(new Error('timeout'));
    await expect(watching).rejects.toThrow('timeout');
    const left = await detachRun(world, await takeOver(world, 'driver-2'));
    expect(left.steps.map(({ state }) => state)).toEqual(['submitted', 'submitted']);
    expect(sizes).toEqual([1, 1]);
    await attach(world, 'driver-3');
    await expectLanded(world);
    expect(submitted(world)).toEqual([SONG, LOG]);
  });

  it('is refused, before any step is sent, on a cluster that runs steps concurrently', async () => {
    const world = detachedWorld({ stepConcurrency: 4 });
    await expect(detachRun(world, await startRun(world))).rejects.toMatchObject({
      fault: 'input',
      message: expect.stringContaining('runs 4 steps at once'),
      stand: ['no step was submitted'],
    });
    expect(submitted(world)).toEqual([]);
    const { attempts } = await readState(world.objects, plan.run);
    expect(Object.values(attempts).flat()).toEqual([]);
    expect(world.emr.liveClusters()).toEqual([]);
  });

  it('is refused on a named cluster that has ended', async () => {
    const world = detachedWorld();
    const { clusters } = world.emr;
    await world.emr.runJobFlow('someone');
    const id = clusters[0]?.id ?? '';
    await world.emr.terminate(id);
    const named = { ...plan, cluster: { kind: 'id' as const, id } };
    await expect(detachRun(world, await startRun(world, 'driver-1', named))).rejects.toMatchObject({
      fault: 'cluster',
      message: expect.stringContaining(`cluster ${id} was TERMINAT`),
    });
    expect(submitted(world)).toEqual([]);
  });

  it('whose first step failed ends with that explained failure, even if the cluster ended long ago', async () => {
    for (const later of [0, 7_200_000]) {
      const world = detachedWorld({
        end: (token) => (token === SONG ? 'FAILED' : 'COMPLETED'),
        loss: () => ({ afterMs: 900_000, code: 'USER_REQUEST' }),
      });
      await detachRun(world, await startRun(world));
      await world.clock.sleep(later);
      await expect(attach(world)).rejects.toMatchObject({
        fault: 'step',
        message: 'step song_transform ended FAILED',
        why: ['ValueError: no such column'],
      });
      const status = statusOf(await readState(world.objects, plan.run));
      expect(status.verdict).toBe('failed');
      expect(status.steps.map(({ state }) => state)).toEqual(['FAILED', 'CANCELLED']);
      expect(world.published).toEqual([]);
    }
  });

  it('whose first step was cancelled by someone does not continue with the second', async () => {
    const world = detachedWorld();
    const { steps } = await detachRun(world, await startRun(world));
    const cluster = world.emr.clusters[0]?.id ?? '';
    await world.clock.sleep(30_000);
    await world.emr.cancelSteps(cluster, [steps[0]?.id ?? '']);
    await expect(attach(world)).rejects.toMatchObject({ fault: 'cancelled' });
    expect(world.emr.clusters[0]?.steps.map(({ cancelled }) => cancelled !== undefined)).toEqual([
      true,
      true,
    ]);
  });
});

describe('a retry that is detached', () => {
  it('sends only the failed step, as a new attempt that reads the accepted execution', async () => {
    let broken = true;
    const world = detachedWorld({ end: (token) => (broken && token === LOG ? 'FAILED' : 'COMPLETED') });
    await expect(driveRun(world, await startRun(world))).rejects.toMatchObject({ fault: 'step' });
    broken = false;
    const { objects, clock, random } = world.ports;
    const journal = await openJournal({ objects, clock, random, driver: 'driver-2' }, plan.run);
    const next = { ...plan, publication: 2 };
    await journal.append({ entry: 'replanned', plan: next, rerun: ['log_transform'], elsewhere: false });
    const { steps } = await detachRun(world, journal);
    expect(steps.map(({ attempt, state }) => [attempt, state])).toEqual([
      [1, 'accepted'],
      [2, 'submitted'],
    ]);
    const [again] = world.emr.clusters[1]?.steps ?? [];
    const accepted = journal.state().attempts['song_transform']?.[0]?.execution ?? '';
    expect(again === undefined ? '' : argument(again.request, '--upstream')).toBe(
      `song_transform=${plan.lake}/${accepted}`,
    );
    await attach(world, 'driver-3');
    await expectLanded(world);
  });
});

describe('the one request of a detached run', () => {
  const faults: CreationFault[] = ['unsent', 'lost-before', 'lost-after', 'lost-late'];
  it.each(faults)('submits each step once if its answer is %s', async (fault) => {
    const world = detachedWorld({ fault: (call) => (call === 2 ? fault : undefined) });
    await detachRun(world, await startRun(world));
    expect(submitted(world)).toEqual([SONG, LOG]);
    await attach(world);
    await expectLanded(world);
    expect(submitted(world)).toEqual([SONG, LOG]);
  });

  it('is sent again only for the missing steps if its answer was lost and some steps appear', async () => {
    const world = detachedWorld({ fault: (call) => (call === 2 ? 'lost-after' : undefined) });
    const sizes = batches(world);
    const { addSteps } = world.emr;
    world.emr.addSteps = async (clusterId, steps) => {
      const answer = await addSteps(clusterId, steps);
      if (answer.kind === 'ambiguous') world.emr.clusters[0]?.steps.pop();
      return answer;
    };
    const { steps } = await detachRun(world, await startRun(world));
    expect(sizes).toEqual([2, 1]);
    expect(submitted(world)).toEqual([SONG, LOG]);
    expect(steps.map(({ id }) => id)).toEqual(world.emr.clusters[0]?.steps.map(({ id }) => id));
    const { attempts } = await readState(world.objects, plan.run);
    expect(Object.keys(attempts)).toEqual(['song_transform', 'log_transform']);
    await attach(world);
    await expectLanded(world);
  });

  it('that appeared after the settle window ran twice, unfollowed: attach accepts what the second step read', async () => {
    const world = detachedWorld({ fault: (call) => (call === 2 ? 'lost-late' : undefined), lateMs: 75_000 });
    await detachRun(world, await startRun(world));
    expect(submitted(world)).toEqual([SONG, LOG, SONG, LOG]);
    await world.clock.sleep(3_600_000);
    await attach(world);
    await expectLanded(world);
  });

  it('that appeared late is cancelled as a whole while it waits or runs, so that no duplicate starts without its tables', async () => {
    const world = detachedWorld({
      fault: (call) => (call === 2 ? 'lost-late' : undefined),
      lateMs: 75_000,
      stepMs: 600_000,
    });
    await detachRun(world, await startRun(world));
    await world.clock.sleep(30_000);
    await attach(world);
    await expectLanded(world);
    const copies = world.emr.clusters[0]?.steps ?? [];
    expect(copies.map(({ cancelled }) => cancelled !== undefined)).toEqual([true, true, false, false]);
    expect(new Set(copies.slice(0, 2).map(({ cancelled }) => cancelled)).size).toBe(1);
  });
});

describe('a duplicate of a detached batch', () => {
  it('is never mixed with the first: a step that comes before its upstream is not adopted', async () => {
    const world = detachedWorld({
      fault: (call) => (call === 2 ? 'lost-late' : undefined),
      lateMs: 75_000,
      stepMs: 600_000,
    });
    const revive = dieAfterWrites(world, 7);
    const died = startRun(world).then((journal) => detachRun(world, journal));
    await expect(died).rejects.toThrow(Killed);
    revive();
    await world.clock.sleep(30_000);
    const { steps } = await detachRun(world, await takeOver(world, 'driver-2'));
    const copies = world.emr.clusters[0]?.steps ?? [];
    expect(copies.map(({ request }) => request.name)).toEqual([SONG, LOG, SONG, LOG]);
    expect(steps.map(({ id }) => id)).toEqual(copies.slice(2).map(({ id }) => id));
    await attach(world, 'driver-3');
    await expectLanded(world);
  });
});

describe('a detached driver that dies', () => {
  /** Journal entries of an undisturbed submission. */
  async function entries(): Promise<number> {
    const world = detachedWorld();
    await detachRun(world, await startRun(world));
    return (await readState(world.objects, plan.run)).length;
  }

  it('after any of its journal writes is replaced by attach, or by another detach and then attach, with the same result', async () => {
    const length = await entries();
    expect(length).toBe(8);
    for (let n = 1; n < length; n += 1) {
      for (const again of [false, true]) {
        for (const later of [0, 3_600_000]) {
          const world = detachedWorld();
          const revive = dieAfterWrites(world, n);
          const died = startRun(world).then((journal) => detachRun(world, journal));
          await expect(died).rejects.toThrow(Killed);
          revive();
          await world.clock.sleep(later);
          if (again) await detachRun(world, await takeOver(world, 'driver-2'));
          await attach(world, 'driver-3');
          await expectLanded(world);
          expect(world.emr.clusters).toHaveLength(1);
          expect(submitted(world)).toEqual([SONG, LOG]);
        }
      }
    }
  });

  it('before it journalled the second step’s id loses nothing, even if the cluster ended long ago', async () => {
    const length = await entries();
    const world = detachedWorld({ loss: () => ({ afterMs: 900_000, code: 'ALL_STEPS_COMPLETED' }) });
    const revive = dieAfterWrites(world, length - 1);
    const died = startRun(world).then((journal) => detachRun(world, journal));
    await expect(died).rejects.toThrow(Killed);
    revive();
    await world.clock.sleep(7_200_000);
    await attach(world);
    await expectLanded(world);
    expect(submitted(world)).toEqual([SONG, LOG]);
  });
});

describe('interrupting a detached submission', () => {
  it('cancels the steps of a request with a lost answer, and ends the cluster', async () => {
    const world = detachedWorld({ fault: (call) => (call === 2 ? 'lost-after' : undefined) });
    const { listSteps } = world.emr;
    world.emr.listSteps = () => Promise.resolve([]);
    const stop = new AbortController();
    const journal = await startRun(world);
    const submitting = detachRun(world, journal, stop.signal);
    submitting.catch(() => undefined);
    await world.clock.sleep(5_000);
    stop.abort(new Error('SIGINT'));
    await expect(submitting).rejects.toThrow('SIGINT');
    world.emr.listSteps = listSteps;
    const run = interruptedRun(world, journal);
    const outcome = await cancelRun(run, { by: 'SIGINT' });
    expect(outcome.requested).toEqual([]);
    const [cluster] = world.emr.clusters;
    const steps = await world.emr.listSteps(cluster?.id ?? '');
    expect(steps.map(({ state }) => state)).toEqual(['CANCELLED', 'CANCELLED']);
    expect(world.emr.liveClusters()).toEqual([]);
    expect(journal.state().finished?.verdict).toBe('cancelled');
  });
});
