/** Cancelling at difficult moments: without the store, after a takeover, during a failure, twice at once. */
import { describe, expect, it } from '@jest/globals';
import { LandfallError } from '../../src/faults.ts';
import { cancelRun } from '../../src/run/cancel.ts';
import type { Run } from '../../src/run/driven-run.ts';
import { readEntries, readState } from '../../src/run/read-journal.ts';
import { claimRun } from '../../src/run/ownership.ts';
import { driveRun, fakeWorld, interruptedRun, plan, startRun, takeOver } from '../support/fake-run.ts';
import type { FakeWorld } from '../support/fake-run.ts';

const interrupt = { by: 'SIGINT' };
const away = () => Promise.reject(new LandfallError('unreachable', 'no answer', { retryable: true }));

/** A run that is interrupted while its first step runs. */
async function interrupted(world: FakeWorld): Promise<Run> {
  const stop = new AbortController();
  const journal = await startRun(world);
  driveRun(world, journal, stop.signal).catch(() => undefined);
  await world.clock.sleep(120_000);
  stop.abort(new Error('SIGINT'));
  await world.clock.sleep(0);
  return interruptedRun(world, journal);
}

const running = () => fakeWorld(6, { stepMs: 3_600_000 });

describe('an interruption', () => {
  it('sends its requests to EMR within a second if the store does not answer, and then gives no verdict', async () => {
    const world = running();
    const run = await interrupted(world);
    world.objects.createIfAbsent = away;
    const asked = world.clock.elapsed();
    const outcome = await cancelRun(run, interrupt);
    const [cluster] = world.emr.clusters;
    expect(cluster?.steps[0]?.cancelled).toBeLessThan(asked + 1_000);
    expect(cluster?.terminated).toBeLessThan(asked + 1_000);
    expect(outcome.failed).toEqual(['the journal: no answer yet']);
    expect((await readState(world.objects, plan.run)).finished).toBeUndefined();
  });

  it('leaves a run alone that another driver has taken over', async () => {
    const world = running();
    const run = await interrupted(world);
    await takeOver(world, 'driver-2');
    const outcome = await cancelRun(run, interrupt);
    expect(outcome.failed[0]).toContain('taken over by driver driver-2');
    expect(world.emr.clusters[0]?.steps[0]?.cancelled).toBeUndefined();
    expect(world.emr.liveClusters()).toHaveLength(1);
  });

  it('requests the end of known clusters and steps before it has found unknown ones', async () => {
    const world = running();
    const run = await interrupted(world);
    const [cluster] = world.emr.clusters;
    const { journal, ports } = run;
    await journal.append({
      entry: 'step-intent',
      step: 'log_transform',
      attempt: 1,
      token: 't',
      clusterId: cluster?.id ?? '',
    });
    ports.emr.listSteps = async () => {
      await world.clock.sleep(30_000);
      return [];
    };
    const asked = world.clock.elapsed();
    await cancelRun(run, interrupt);
    expect(cluster?.terminated).toBeLessThan(asked + 1_000);
  });

  it('is not lost if a step fails at the same moment', async () => {
    const world = fakeWorld(6, { end: () => 'FAILED' });
    const stop = new AbortController();
    world.ports.explain = () => {
      stop.abort(new Error('SIGINT'));
      return Promise.resolve([]);
    };
    await expect(driveRun(world, await startRun(world), stop.signal)).rejects.toThrow('SIGINT');
  });

  it('ends a run with one verdict, even if someone also requested to cancel it', async () => {
    const world = running();
    const run = await interrupted(world);
    await run.journal.append({ entry: 'cancel-requested', by: 'someone' });
    await Promise.all([cancelRun(run, interrupt), cancelRun(run, { by: 'request', settle: true })]);
    const entries = await readEntries(world.objects, plan.run, 0);
    expect(entries.filter(({ entry }) => entry === 'finished')).toHaveLength(1);
  });
});

describe('a driver', () => {
  it('stages once the store answers again', async () => {
    const world = fakeWorld(6);
    const { put } = world.objects;
    let tries = 0;
    world.objects.put = (key, body) => ((tries += 1) > 2 ? put(key, body) : away());
    await driveRun(world, await startRun(world));
    expect(world.published).toEqual([plan.run]);
  });

  it('owns a run even if its first sign of life cannot be written', async () => {
    const world = fakeWorld(6);
    const { put } = world.objects;
    world.objects.put = away;
    const who = { driver: 'driver-1', host: 'h', boot: 'b', pid: 1 };
    const { release } = await claimRun(world.objects, world.clock, who, await startRun(world));
    world.objects.put = put;
    await world.clock.sleep(31_000);
    expect(await world.objects.head(`_landfall/runs/${plan.run}/owner.json`)).toBeDefined();
    await release();
  });

  it('distinguishes a lost cluster from a cancelled step, even after the driver that saw it', async () => {
    const world = fakeWorld(6, { loss: () => ({ afterMs: 60_000, code: 'INSTANCE_FAILURE' }) });
    const { emr } = world;
    const { terminate } = emr;
    emr.terminate = () => Promise.reject(new Error('killed'));
    await expect(driveRun(world, await startRun(world))).rejects.toThrow();
    emr.terminate = terminate;
    await expect(driveRun(world, await takeOver(world, 'driver-2'))).rejects.toMatchObject({
      fault: 'cluster',
    });
  });

  it('ends a duplicate cluster even if the run fails, and one that an earlier plan left', async () => {
    const world = fakeWorld(6, {
      fault: (n) => (n === 1 ? 'lost-late' : undefined),
      lateMs: 61_000,
      loss: (n) => (n === 2 ? { afterMs: 10_000, code: 'BOOTSTRAP_FAILURE' } : undefined),
    });
    const journal = await startRun(world);
    await expect(driveRun(world, journal)).rejects.toMatchObject({ fault: 'cluster' });
    expect(world.emr.clusters).toHaveLength(2);
    expect(world.emr.liveClusters()).toEqual([]);
    const [first] = world.emr.clusters;
    delete first!.terminated;
    await journal.append({ entry: 'replanned', plan, rerun: ['song_transform'], elsewhere: false });
    await driveRun(world, journal);
    expect(world.emr.liveClusters()).toEqual([]);
  });
});
