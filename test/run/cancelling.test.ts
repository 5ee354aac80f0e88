/** When a run gets the verdict cancelled, and when it is too late for that. */
import { describe, expect, it } from '@jest/globals';
import { LandfallError } from '../../src/faults.ts';
import { cancelRun } from '../../src/run/cancel.ts';
import type { Run } from '../../src/run/driven-run.ts';
import { readEntries } from '../../src/run/read-journal.ts';
import type { FakeEmrOptions } from '../support/fake-emr.ts';
import { driveRun, fakeWorld, interruptedRun, plan, startRun, takeOver } from '../support/fake-run.ts';
import type { FakeWorld } from '../support/fake-run.ts';

const MINUTE_MS = 60_000;
/** Its cluster is not ended, so no step ends with it. */
const kept = { ...plan, keepAlive: true };

/** A run that is interrupted after this time. */
async function interrupted(
  options: Partial<FakeEmrOptions>,
  afterMs: number,
): Promise<{ world: FakeWorld; run: Run }> {
  const world = fakeWorld(4, { stepMs: 60 * MINUTE_MS, ...options });
  const stop = new AbortController();
  const journal = await startRun(world, 'driver-1', kept);
  driveRun(world, journal, stop.signal).catch(() => undefined);
  await world.clock.sleep(afterMs);
  stop.abort(new Error('SIGINT'));
  await world.clock.sleep(0);
  return { world, run: interruptedRun(world, journal) };
}

describe('a cancelled run', () => {
  it('has no verdict while the end of its step is requested but not confirmed', async () => {
    const { world, run } = await interrupted({}, 2 * MINUTE_MS);
    const { cancelSteps } = world.emr;
    world.emr.cancelSteps = () => world.clock.sleep(20);
    const first = await cancelRun(run, { by: 'SIGINT' });
    expect(first).toEqual({
      confirmed: [],
      requested: [expect.stringMatching(/^step song_transform/)],
      failed: [],
      spared: [],
    });
    expect(run.journal.state().finished).toBeUndefined();
    world.emr.cancelSteps = cancelSteps;
    const second = await cancelRun(run, { by: 'SIGINT' });
    expect(second.confirmed).toHaveLength(1);
    expect(run.journal.state().finished?.verdict).toBe('cancelled');
  });

  it('has no verdict while a submission with a lost answer may still appear; a later attach cancels that step', async () => {
    const late = { fault: (call: number) => (call === 2 ? 'lost-late' : undefined), lateMs: 40_000 } as const;
    const { world, run } = await interrupted(late, 25_000);
    const [step] = world.emr.clusters[0]?.steps ?? [];
    expect(step).toBeDefined();
    const first = await cancelRun(run, { by: 'SIGINT' });
    expect(first.requested).toEqual(['step song_transform, should it appear']);
    expect(run.journal.state().finished).toBeUndefined();
    const second = await cancelRun(run, { by: 'attach', settle: true });
    expect(second.confirmed).toEqual([expect.stringContaining(step?.id ?? '-')]);
    expect(step?.cancelled).toBeDefined();
    expect(run.journal.state().finished?.verdict).toBe('cancelled');
  });
});

describe('a run that has begun to publish', () => {
  it('can no longer be cancelled: nothing is requested to end, and the verdict is not cancelled', async () => {
    const { world, run } = await interrupted({}, 2 * MINUTE_MS);
    await run.journal.append({ entry: 'publish-intent', publication: 1 });
    const outcome = await cancelRun(run, { by: 'SIGINT' });
    expect(outcome.failed).toEqual(['the run: its tables are being published']);
    expect(world.emr.clusters[0]?.steps[0]?.cancelled).toBeUndefined();
    expect(await run.journal.conclude({ entry: 'finished', verdict: 'cancelled' })).toBe(false);
    const entries = await readEntries(world.objects, plan.run, 0);
    expect(entries.filter(({ entry }) => entry === 'finished')).toEqual([]);
  });

  it('and finds its number taken is overtaken, even if someone asked to cancel it meanwhile', async () => {
    const world = fakeWorld(4);
    const journal = await startRun(world);
    world.ports.lake.publish = async () => {
      await journal.append({ entry: 'cancel-requested', by: 'someone' });
      return false;
    };
    await expect(driveRun(world, journal)).rejects.toMatchObject({ fault: 'overtaken' });
    expect(journal.state().finished).toMatchObject({ verdict: 'failed', fault: 'overtaken' });
  });
});

describe('two cancellations of one run', () => {
  it('poll its steps as often as one does, within EMR’s quota of ListSteps', async () => {
    const { world, run } = await interrupted({}, 2 * MINUTE_MS);
    world.emr.cancelSteps = () => world.clock.sleep(20);
    const { listSteps } = world.emr;
    let looks = 0;
    world.emr.listSteps = (id, since) => {
      looks += 1;
      return listSteps(id, since);
    };
    const settling = cancelRun(run, { by: 'attach', settle: true, confirmMs: 2 * MINUTE_MS });
    await Promise.all([1, 2, 3].map(() => cancelRun(run, { by: 'SIGINT' })));
    expect(looks).toBeGreaterThan(4);
    expect(looks).toBeLessThanOrEqual(10);
    await settling;
    expect(looks).toBeLessThanOrEqual(10 + 60);
  });
});

describe('a cluster whose end is requested again', () => {
  it('is left alone once another driver owns the run', async () => {
    const world = fakeWorld(4);
    let asked = 0;
    world.emr.terminate = async () => {
      asked += 1;
      await takeOver(world, 'driver-2');
      throw new LandfallError('unreachable', 'no usable answer', { retryable: true });
    };
    await expect(driveRun(world, await startRun(world))).rejects.toMatchObject({ fault: 'owned' });
    expect(asked).toBe(1);
  });
});

describe('two drivers that give a verdict at once', () => {
  it('give only one: the second learns that there is one', async () => {
    const world = fakeWorld(4);
    const journal = await startRun(world);
    const verdict = { entry: 'finished', verdict: 'cancelled' } as const;
    expect(await Promise.all([journal.conclude(verdict), journal.conclude(verdict)])).toEqual([true, false]);
    const entries = await readEntries(world.objects, plan.run, 0);
    expect(entries.map(({ entry }) => entry)).toEqual(['planned', 'finished']);
  });
});
