/** The clock of this machine. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from './run/ports.ts';

const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    const wait = (part: number) => delay(part, undefined, signal === undefined ? {} : { signal });
    // A timer of more than 2^31 ms, 25 days, would go off at once.
    for (let left = ms; left > 0 && signal?.aborted !== true; left -= LONGEST_TIMER_MS) {
      await wait(Math.min(left, LONGEST_TIMER_MS)).catch(() => undefined);
    }
  },
};
