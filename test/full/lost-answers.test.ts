/** Every fault of a creating call, on RunJobFlow and on AddJobFlowSteps of either step, with real Spark. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pLimit from 'p-limit';
import { sound } from '../support/end-state.ts';
import type { EndState } from '../support/end-state.ts';
import type { Ended } from '../support/landfall.ts';
import { misbehavingPlace } from '../support/misbehaving.ts';

/** One fault, or several on the same call. `again`: the driver sends the call again. */
const FAULTS = [
  { name: 'a reset before the effect', again: true, faults: [{ fault: 'reset-before' }] },
  { name: 'a reset after the effect', again: false, faults: [{ fault: 'reset-after' }] },
  { name: 'a 500 without effect', again: true, faults: [error('before', 'InternalServerException')] },
  { name: 'a 500 after the effect', again: false, faults: [error('after', 'InternalServerException')] },
  { name: 'throttling without effect', again: true, faults: [error('before', 'ThrottlingException')] },
  { name: 'throttling with effect', again: false, faults: [error('after', 'ThrottlingException')] },
  { name: 'silence without effect', again: true, faults: [{ fault: 'hang', when: 'before', seconds: 60 }] },
  { name: 'silence after the effect', again: false, faults: [{ fault: 'hang', when: 'after', seconds: 60 }] },
  { name: 'half an answer', again: false, faults: [{ fault: 'truncate' }] },
  { name: 'an effect after the settle window', again: true, faults: [{ fault: 'delayed', seconds: 6 }] },
  {
    name: 'an effect unseen until after the settle window',
    again: true,
    faults: [{ fault: 'reset-after' }, { fault: 'late', seconds: 6 }],
  },
] as const;

function error<W extends 'before' | 'after', C extends string>(when: W, code: C) {
  return { fault: `error-${when}` as const, code };
}

/** Each fault is tried with each of the three calls once, in as many runs as there are faults. */
const stories = FAULTS.map((onLaunch, index) => {
  const onSong = FAULTS[(index + 4) % FAULTS.length] ?? onLaunch;
  const onLog = FAULTS[(index + 8) % FAULTS.length] ?? onLaunch;
  const strike = ({ faults }: (typeof FAULTS)[number], on: string, nth: number) =>
    faults.map((fault) => ({ ...fault, on, nth }));
  return {
    run: `run-${String(index + 1)}`,
    title: `${onLaunch.name} of RunJobFlow, ${onSong.name} of the first step, ${onLog.name} of the second`,
    plan: {
      faults: [
        ...strike(onLaunch, 'RunJobFlow', 1),
        ...strike(onSong, 'AddJobFlowSteps', 1),
        ...strike(onLog, 'AddJobFlowSteps', onSong.again ? 3 : 2),
      ],
    },
  };
});

const place = misbehavingPlace();
const ends = new Map<string, { ended: Ended; state: EndState }>();

beforeAll(async () => {
  const two = pLimit(2);
  await Promise.allSettled(
    stories.map(({ run, plan }) =>
      two(async () => {
        const here = await place.open(run, plan);
        const ended = await here.submit().ended;
        ends.set(run, { ended, state: await here.state() });
      }),
    ),
  );
}, 3_600_000);
afterAll(() => place.close());

describe('one cluster and one accepted execution of each step', () => {
  it.each(stories)('after $title', ({ run }) => {
    const { code, stderr } = ends.get(run)?.ended ?? {};
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(ends.get(run)?.state).toEqual(sound(run));
  });
});
