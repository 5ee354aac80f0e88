/** Several of what should be one: which is kept, and that the others do not run on. */
import { describe, expect, it } from '@jest/globals';
import { readState } from '../../src/run/journal.ts';
import { tokens } from '../../src/run/plan.ts';
import { requestOf } from '../../src/run/submit.ts';
import { driveRun, fakeWorld, plan, startRun, takeOver } from '../support/fake-run.ts';

describe('of several copies', () => {
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
    const request = requestOf(journal.state(), plan.steps[0]!);
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
      await emr.launch(token);
      await clock.sleep(5_000);
    }
    await driveRun(world, await takeOver(world, 'driver-2'));
    const { clusters } = await readState(world.objects, plan.run);
    expect(clusters).toMatchObject([{ id: emr.clusters[0]?.id, how: 'adopted' }]);
    expect(emr.clusters).toHaveLength(3);
    expect(emr.liveClusters()).toEqual([]);
  });

  it('of a cluster, one that shows only after the last step was looked at is ended before the verdict', async () => {
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
});
