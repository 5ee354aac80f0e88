/** An endpoint that misbehaves at random, by seed, with real Spark: the only outcomes that a run may have. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pLimit from 'p-limit';
import { randomFaultPlan } from '../../src/emr-local/random-faults.ts';
import { sound } from '../support/end-state.ts';
import type { EndState } from '../support/end-state.ts';
import type { Ended } from '../support/landfall.ts';
import { misbehavingPlace } from '../support/misbehaving.ts';

const SEEDS = [1, 3, 4, 5, 6, 8, 9, 26, 27];
/** Longer than the largest lag of any list in a random plan. */
const SETTLE_SECONDS = 45;

const place = misbehavingPlace(SETTLE_SECONDS);
const ends = new Map<number, { ended: Ended; state: EndState; retried?: Ended; after?: EndState }>();
const nameOf = (seed: number) => `seed-${String(seed)}`;

async function play(seed: number): Promise<void> {
  const here = await place.open(nameOf(seed), randomFaultPlan(seed));
  const ended = await here.submit().ended;
  await here.mend();
  const state = await here.state();
  ends.set(seed, { ended, state });
  if (ended.code === 0) return;
  const retried = await here.retry().ended;
  ends.set(seed, { ended, state, retried, after: await here.state() });
}

beforeAll(async () => {
  const three = pLimit(3);
  await Promise.allSettled(SEEDS.map((seed) => three(() => play(seed))));
}, 3_600_000);
afterAll(() => place.close());

/** Events that end a cluster. */
const fatal = (seed: number) => randomFaultPlan(seed).events.some(({ event }) => event !== 'logs-never');

describe.each(SEEDS)('faults of seed %d', (seed) => {
  const run = nameOf(seed);

  it('end in success, or in the loss of a cluster that the faults include', () => {
    const { code, stderr } = ends.get(seed)?.ended ?? {};
    expect({ code, stderr: code === 0 || code === 3 ? '' : stderr }).toEqual({
      code: fatal(seed) && code === 3 ? 3 : 0,
      stderr: '',
    });
  });

  it('leave one publication or none, equal tables, and no running process', () => {
    const { ended, state } = ends.get(seed) ?? {};
    const nothing = { verdicts: ['failed'], open: [], live: [], published: [], strangers: [], processes: [] };
    if (ended?.code === 0) expect(state).toEqual(sound(run));
    else expect(state).toMatchObject(nothing);
  });

  it('are repaired by a retry', () => {
    const { ended, retried, after } = ends.get(seed) ?? {};
    if (ended?.code === 0) return;
    expect(retried?.code).toBe(0);
    const { verdicts, accepted, astray, ...rest } = sound(run);
    expect(after).toMatchObject(rest);
    expect(after?.verdicts).toEqual(['failed', ...verdicts]);
  });
});
