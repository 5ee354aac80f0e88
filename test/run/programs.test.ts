/** A program in the lake is submitted only if it has the digest that the plan names. */
import { describe, expect, it } from '@jest/globals';
import { sha256 } from '../../src/session/sha256.ts';
import { keys } from '../../src/lake/layout.ts';
import { detachRun, driveRun, fakeWorld, plan, startRun } from '../support/fake-run.ts';

const key = keys.program(plan.run, 'log_transform', 1);
const swapped = new TextEncoder().encode('print("another program")');

describe('a program that was replaced in the lake', () => {
  it.each([
    ['driveRun', driveRun],
    ['detachRun', detachRun],
  ])('is not submitted by %s, which names the object, both digests and the next move', async (_, go) => {
    const world = fakeWorld(4);
    const { put } = world.objects;
    world.objects.put = (at, body) => put(at, at === key ? swapped : body);
    const journal = await startRun(world);
    await expect(go(world, journal)).rejects.toMatchObject({
      fault: 'input',
      message: 'the program of step log_transform is not the one that was planned',
      why: [
        `${world.objects.uri}/${key} has SHA-256 ${sha256(swapped)}`,
        `the plan names SHA-256 ${String(plan.steps[1]?.digest)}`,
      ],
      next: expect.arrayContaining([expect.objectContaining({ verb: 'retry' })]),
    });
    const names = world.emr.clusters.flatMap(({ steps }) => steps.map(({ request }) => request.name));
    expect(names).not.toContain('landfall/r1/log_transform#1');
  });

  it('is not copied for the attempt after a lost cluster', async () => {
    const world = fakeWorld(4, {
      loss: (n) => (n === 1 ? { afterMs: 150_000, code: 'INSTANCE_FAILURE' } : undefined),
      stepMs: 100_000,
    });
    const journal = await startRun(world, 'driver-1', { ...plan, retryInfrastructure: 1 });
    const { addSteps } = world.emr;
    world.emr.addSteps = async (id, steps) => {
      const answer = await addSteps(id, steps);
      if (steps[0]?.name === 'landfall/r1/log_transform#1') await world.objects.put(key, swapped);
      return answer;
    };
    await expect(driveRun(world, journal)).rejects.toMatchObject({ fault: 'input' });
    expect(world.emr.clusters).toHaveLength(1);
    expect(await world.objects.get(keys.program(plan.run, 'log_transform', 2))).toBeUndefined();
  });
});
