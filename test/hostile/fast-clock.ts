/** A clock whose seconds pass in ten milliseconds, for verbs that wait for real requests and files. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../src/run/ports.ts';

const TIMES_FASTER = 100;

export const fastClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now() * TIMES_FASTER,
  sleep: async (ms, signal) => {
    const wait = Math.min(ms / TIMES_FASTER, 2 ** 31 - 1);
    await delay(wait, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  },
};
