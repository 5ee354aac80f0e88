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
  /** Told at most once a minute. */
  note: (message: string) => void;
}

/**
 * The result of `read`, tried again while it throws a retryable LandfallError; full jitter, up to a minute between two
 * tries. After 15 minutes without an answer throws `unreachable`: the verdict is unknown, and the work may go on.
 */
export async function patiently<T>(
  { clock, random, signal, note }: Patience,
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
      if (silent > GIVE_UP_MS) throw unreachable(error);
      if (clock.monotonic() - told > 60_000) {
        told = clock.monotonic();
        note(`${error.message}; trying again`);
      }
      await clock.sleep(limit * (0.5 + 0.5 * random.fraction()), signal);
      signal?.throwIfAborted();
    }
  }
}

function unreachable(error: LandfallError): LandfallError {
  return new LandfallError('unreachable', `no answer for 15 minutes: ${error.message}`, {
    why: error.why,
    stand: ['the verdict is unknown; what was submitted goes on'],
    cause: error,
  });
}
