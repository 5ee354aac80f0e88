/** One driver's process on the virtual clock. It can be paused, killed, interrupted, or told to stop following, at any point. */
import { LandfallError } from '../../../src/faults.ts';
import type { Clock } from '../../../src/run/ports.ts';
import type { Trouble } from './schedule.ts';

export type Strike = Extract<Trouble, { trouble: 'strike' }>;

/** The abort reason for a user's signal. */
export class Interruption extends Error {}

export interface Process {
  /** `p1`, `p2`, ... in the order they came: also its driver's id. */
  name: string;
  startedAt: number;
  /** This process's clock, which stops while the process is paused. */
  clock: Clock;
  /** Aborts on Ctrl-C. */
  interrupted: AbortSignal;
  /** Aborts when `--timeout` has passed. */
  left: AbortSignal;
  /** Resolves when the process may continue; never after it was killed. */
  gate: () => Promise<void>;
  /** Reports that a point was reached at which the process may be struck. */
  reach: (at: Exclude<Strike['at'], 'time'>) => void;
  /** Resolves when it has been killed. */
  killed: Promise<void>;
  /** Ends it: nothing that it still has in progress has any effect. */
  end: () => void;
  isDead: () => boolean;
  /** The time since then during which it was not paused. */
  activeSince: (then: number) => number;
}

/** A process that has just started; `strikes`: those that apply to it. */
export function startProcess(
  name: string,
  base: Clock,
  strikes: readonly Strike[],
  /** True once no process is struck any more. */
  calm: () => boolean,
  /** Called when the process is struck. */
  tell: (strike: Strike['strike']) => void,
): Process {
  const interruption = new AbortController();
  const leaving = new AbortController();
  const startedAt = base.monotonic();
  let dead = false;
  let wakes = 0;
  const pauses: { from: number; to: number }[] = [];
  let tellKilled: () => void = () => undefined;
  const killed = new Promise<void>((resolve) => (tellKilled = resolve));
  const counts = { write: 0, before: 0, during: 0 };

  const gate = async (): Promise<void> => {
    while (!dead && base.monotonic() < wakes) await base.sleep(wakes - base.monotonic());
    if (dead) await new Promise(() => undefined);
  };
  const befall = ({ strike, ms }: Strike) => {
    if (calm()) return;
    tell(strike);
    switch (strike) {
      case 'kill':
        dead = true;
        tellKilled();
        return;
      case 'pause':
        pauses.push({ from: Math.max(wakes, base.monotonic()), to: base.monotonic() + ms });
        wakes = Math.max(wakes, base.monotonic() + ms);
        return;
      case 'interrupt':
        interruption.abort(new Interruption('SIGINT'));
        return;
      case 'leave':
        leaving.abort(new LandfallError('timeout', 'not done in time'));
    }
  };
  for (const one of strikes.filter(({ at }) => at === 'time'))
    void base.sleep(one.n).then(() => {
      if (!dead) befall(one);
    });
  return {
    name,
    startedAt,
    clock: {
      now: () => base.now(),
      monotonic: () => base.monotonic(),
      sleep: async (ms, signal) => {
        await base.sleep(ms, signal);
        await gate();
      },
    },
    interrupted: interruption.signal,
    left: leaving.signal,
    gate,
    reach: (point) => {
      counts[point] += 1;
      for (const one of strikes) if (one.at === point && one.n === counts[point]) befall(one);
    },
    killed,
    end: () => {
      dead = true;
    },
    isDead: () => dead,
    activeSince: (then) => {
      const now = base.monotonic();
      const slept = pauses.map(({ from, to }) => Math.max(0, Math.min(to, now) - Math.max(from, then)));
      return now - then - slept.reduce((sum, ms) => sum + ms, 0);
    },
  };
}
