/** Reads that fail for a passing reason are tried again for a long time: work in the cloud goes on without us. */
import { LandfallError } from '../faults.ts';
import type { Clock, Random } from './ports.ts';

const GIVE_UP_MS = 15 * 60_000;
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;

export interface Patience {
  clock: Clock;
  random: Random;
  signal?: AbortSignal;
  /** How long without an answer; 15 minutes when absent. */
  giveUpMs?: number;
  /** Told at most once a minute. */
  note: (message: string) => void;
}

/**
 * The result of `read`, tried again while it throws a retryable LandfallError; full jitter, up to a minute between two
 * tries. After `giveUpMs` without an answer throws `unreachable`: the verdict is unknown, and the work may go on.
 */
export async function patiently<T>(
  { clock, random, signal, note, giveUpMs = GIVE_UP_MS }: Patience,
  read: () => Promise<T>,
): Promise<T> {
  const started = clock.monotonic();
  let told = Number.NEGATIVE_INFINITY;
  for (let limit = FIRST_DELAY_MS; ; limit = Math.min(limit * 2, LONGEST_DELAY_MS)) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof LandfallError) || !error.retryable) throw error;
      const silent = clock.monotonic() - started;
      if (silent > giveUpMs) throw unreachable(error, giveUpMs);
      if (clock.monotonic() - told > 60_000) {
        told = clock.monotonic();
        note(`${error.message}; trying again`);
      }
      await clock.sleep(limit * (0.5 + 0.5 * random.fraction()), signal);
      signal?.throwIfAborted();
    }
  }
}

function unreachable(error: LandfallError, silentMs: number): LandfallError {
  const minutes = String(Math.round(silentMs / 60_000));
  return new LandfallError('unreachable', `no answer for ${minutes} minutes: ${error.message}`, {
    why: error.why,
    stand: ['the verdict is unknown: what was submitted goes on'],
    cause: error,
  });
}
