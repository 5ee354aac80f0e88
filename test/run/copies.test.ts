/** Duplicates: which one is kept, and that the others end. */
import { describe, expect, it } from '@jest/globals';
import { cancelRun } from '../../src/run/cancel.ts';
import { readState } from '../../src/run/read-journal.ts';
import { tokens } from '../../src/run/plan.ts';
import { requestOf } from '../../src/run/step-request.ts';
import { driveRun, fakeWorld, interruptedRun, plan, startRun, takeOver } from '../support/fake-run.ts';

describe('of several duplicates', () => {
  it('of a step, the one that was added first is adopted, and the others are cancelled', async () => {
    const world = fakeWorld(1, { stepMs: 600_000 });
    const { emr, clock } = world;
    const { addSteps } = emr;
    const stop = new AbortController();
    emr.addSteps = async () => {
      stop.abort(new Error('killed'));
      await clock.sleep(0);
      throw new Error('killed');
    };
    const journal = await startRun(world);
    await expect(driveRun(world, journal, stop.signal)).rejects.toThrow('killed');
    emr.addSteps = addSteps;
    const [cluster] = emr.clusters;
    const request = requestOf(journal.state(), [plan.steps[0]!]);
    for (let copies = 0; copies < 3; copies += 1) {
      await addSteps(cluster?.id ?? '', [request]);
      await clock.sleep(5_000);
    }
    const [first, ...others] = cluster?.steps ?? [];
    await driveRun(world, await takeOver(world, 'driver-2'));
    const { attempts, finished } = await readState(world.objects, plan.run);
    expect(attempts['song_transform']?.map(({ stepId }) => stepId)).toEqual([first?.id]);
    expect(first?.cancelled).toBeUndefined();
    expect(others.slice(0, 2).map(({ cancelled }) => cancelled !== undefined)).toEqual([true, true]);
    expect(finished?.verdict).toBe('succeeded');
  });

  it('of a cluster, the one that was launched first is adopted, and the others are ended', async () => {
    const world = fakeWorld(1);
    const { emr, clock } = world;
    const journal = await startRun(world);
    const token = tokens.cluster(plan.run, 1);
    await journal.append({ entry: 'cluster-intent', n: 1, token });
    for (let copies = 0; copies < 3; copies += 1) {
      await emr.runJobFlow(token);
      await clock.sleep(5_000);
    }
    await driveRun(world, await takeOver(world, 'driver-2'));
    const { clusters } = await readState(world.objects, plan.run);
    expect(clusters).toMatchObject([{ id: emr.clusters[0]?.id, how: 'adopted' }]);
    expect(emr.clusters).toHaveLength(3);
    expect(emr.liveClusters()).toEqual([]);
  });

  it('of a cluster, one that appears only after the last step is ended before the verdict', async () => {
    const lateMs = 91_000;
    const world = fakeWorld(1, {
      fault: (call) => (call === 1 ? 'lost-late' : undefined),
      lateMs,
      stepMs: 5_000,
    });
    const { findClusters } = world.emr;
    const looks: number[] = [];
    world.emr.findClusters = (token, since) => {
      looks.push(world.clock.elapsed());
      return findClusters(token, since);
    };
    await driveRun(world, await startRun(world));
    expect(looks.filter((at) => at > lateMs)).toHaveLength(1);
    expect(world.emr.clusters).toHaveLength(2);
    expect(world.emr.liveClusters()).toEqual([]);
  });

  it.each([true, false])(
    'of a step, one that appears during publication is cancelled before the verdict if its cluster stays (kept: %s)',
    async (keepAlive) => {
      const world = fakeWorld(1);
      const { emr, clock, ports } = world;
      const theirs = keepAlive ? undefined : await emr.runJobFlow('somebody');
      const cluster =
        theirs?.kind === 'accepted'
          ? ({ kind: 'id', id: theirs.value.id } as const)
          : ({ kind: 'new' } as const);
      const journal = await startRun(world, 'driver-1', { ...plan, keepAlive, cluster });
      const { publish } = ports.lake;
      ports.lake.publish = async (...its) => {
        const requests = plan.steps.map((step) => requestOf(journal.state(), [step]));
        await emr.addSteps(emr.clusters[0]?.id ?? '', requests);
        await clock.sleep(5_000);
        return publish(...its);
      };
      await driveRun(world, journal);
      const [song, log, ...copies] = emr.clusters[0]?.steps ?? [];
      expect([song, log].map((step) => step?.cancelled)).toEqual([undefined, undefined]);
      expect(copies.map(({ cancelled }) => cancelled !== undefined)).toEqual([true, true]);
      expect(emr.liveClusters()).toHaveLength(1);
      expect(journal.state().finished?.verdict).toBe('succeeded');
    },
  );

  it('of an accepted step, one that appears while the run is cancelled is cancelled too', async () => {
    const world = fakeWorld(1, { stepMs: 100_000 });
    const { emr, clock, ports } = world;
    const stop = new AbortController();
    const journal = await startRun(world, 'driver-1', { ...plan, keepAlive: true });
    driveRun(world, journal, stop.signal).catch(() => undefined);
    await clock.sleep(200_000);
    expect(journal.state().attempts['song_transform']?.[0]?.execution).toBeDefined();
    stop.abort(new Error('SIGINT'));
    await emr.addSteps(emr.clusters[0]?.id ?? '', [requestOf(journal.state(), [plan.steps[0]!])]);
    const outcome = await cancelRun(interruptedRun({ ports }, journal), { by: 'SIGINT' });
    const [, log, copy] = emr.clusters[0]?.steps ?? [];
    expect([log?.cancelled, copy?.cancelled]).toEqual([expect.any(Number), expect.any(Number)]);
    expect(outcome.confirmed).toEqual([
      `step log_transform (${log?.id ?? ''})`,
      `step song_transform (${copy?.id ?? ''})`,
    ]);
    expect(journal.state().finished?.verdict).toBe('cancelled');
  });

  it('of a step, one of an earlier attempt that appears only during the next is cancelled too', async () => {
    let fails = true;
    const world = fakeWorld(1, { end: () => (fails ? 'FAILED' : 'COMPLETED') });
    const { emr } = world;
    const kept = { ...plan, keepAlive: true };
    const journal = await startRun(world, 'driver-1', kept);
    await expect(driveRun(world, journal)).rejects.toMatchObject({ fault: 'step' });
    fails = false;
    const early = requestOf(journal.state(), [plan.steps[0]!]);
    const rerun = plan.steps.map(({ name }) => name);
    await journal.append({ entry: 'replanned', plan: kept, rerun, elsewhere: false });
    const driving = driveRun(world, journal);
    await emr.addSteps(emr.clusters[0]?.id ?? '', [early]);
    await driving;
    expect(emr.clusters).toHaveLength(1);
    const cancelled = emr.clusters[0]?.steps.filter(({ cancelled: at }) => at !== undefined) ?? [];
    expect(cancelled.map(({ request }) => request.name)).toEqual([early.name]);
    expect(cancelled).toHaveLength(1);
  });
});
