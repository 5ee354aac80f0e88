/** Notices that somebody set the clock, or that the machine slept: the monotonic clock shows neither. */
import type { Clock } from '../run/ports.ts';

/** Smaller changes are ordinary clock adjustments. */
const NOTICED_MS = 1000;

/** Makes a function that returns by how many milliseconds the clock was set since its last call; mostly 0. */
export function watchClock(clock: Pick<Clock, 'now' | 'monotonic'>): () => number {
  const offset = () => clock.now().getTime() - clock.monotonic();
  let known = offset();
  return () => {
    const ms = Math.round(offset() - known);
    if (Math.abs(ms) < NOTICED_MS) return 0;
    known += ms;
    return ms;
  };
}
