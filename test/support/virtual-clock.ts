/** A clock that jumps to the next timer whenever nothing else can happen: hours pass in milliseconds. */
import type { Clock } from '../../src/run/ports.ts';

export interface VirtualClock extends Clock {
  /** Milliseconds passed since it was made. */
  elapsed(): number;
}

interface Sleeper {
  at: number;
  wake: () => void;
}

export function virtualClock(start = Date.UTC(2026, 10, 21, 9, 30)): VirtualClock {
  let passed = 0;
  let sleepers: Sleeper[] = [];
  let scheduled = false;

  const schedule = () => {
    if (scheduled || sleepers.length === 0) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      sleepers.sort((a, b) => a.at - b.at);
      const next = sleepers.shift();
      if (next === undefined) return;
      passed = Math.max(passed, next.at);
      next.wake();
      schedule();
    });
  };
  return {
    now: () => new Date(start + passed),
    monotonic: () => passed,
    elapsed: () => passed,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) {
          resolve();
          return;
        }
        const interrupt = () => {
          sleepers = sleepers.filter((one) => one !== sleeper);
          resolve();
        };
        const wake = () => {
          signal?.removeEventListener('abort', interrupt);
          resolve();
        };
        const sleeper = { at: passed + ms, wake };
        sleepers.push(sleeper);
        signal?.addEventListener('abort', interrupt);
        schedule();
      }),
  };
}
