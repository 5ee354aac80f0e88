import { expect } from '@jest/globals';
import { readState } from '../../src/run/read-journal.ts';
import { plan } from '../support/fake-run.ts';
import type { FakeWorld } from '../support/fake-run.ts';

/** Checks that the run succeeded and published once, with one accepted execution of each step, and left no cluster. */
export async function expectLanded(world: FakeWorld): Promise<void> {
  const state = await readState(world.objects, plan.run);
  expect(state.finished?.verdict).toBe('succeeded');
  expect(world.published).toEqual([plan.run]);
  expect(world.emr.liveClusters()).toEqual([]);
  for (const { name } of plan.steps) {
    const accepted = state.attempts[name]?.filter(({ execution }) => execution !== undefined) ?? [];
    expect(accepted).toHaveLength(1);
  }
}
