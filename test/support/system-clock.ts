/** The clock of this machine. */
import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../../src/run/ports.ts';

export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    setTimeout(ms, undefined, signal && { signal }).then(
      () => undefined,
      () => undefined,
    ),
};
