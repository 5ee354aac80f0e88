/** Retries calls that fail for a transient reason, for a long time: work in the cloud continues without us. */
import { LandfallError } from '../faults.ts';
import type { Clock, Emr, Lake, Objects, Random } from './ports.ts';
import { onceAMinute } from './sparing-notes.ts';

const GIVE_UP_MS = 15 * 60_000;
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;

export interface RetryPolicy {
  clock: Clock;
  random: Random;
  /** Once it has aborted, nothing is tried again. */
  signal?: AbortSignal;
  /** How long without an answer; 15 minutes when absent. */
  giveUpMs?: number;
  /** Called at most once a minute for each call. */
  note: (message: string) => void;
}

/**
 * The result of `call`, tried again while it throws a retryable LandfallError; full jitter, up to a minute between two
 * tries. After `giveUpMs` without an answer throws `unreachable`: the verdict is unknown, and the work may go on.
 */
export async function retry<T>(
  { clock, random, signal, note, giveUpMs = GIVE_UP_MS }: RetryPolicy,
  call: () => Promise<T>,
): Promise<T> {
  const started = clock.monotonic();
  const noteSparingly = onceAMinute(clock, note);
  for (let limit = FIRST_DELAY_MS; ; limit = Math.min(limit * 2, LONGEST_DELAY_MS)) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof LandfallError) || !error.retryable || signal?.aborted === true) throw error;
      const silent = clock.monotonic() - started;
      if (silent > giveUpMs) throw unreachable(error, giveUpMs);
      noteSparingly(`${error.message}; trying again`);
      await clock.sleep(limit * (0.5 + 0.5 * random.fraction()), signal);
      signal?.throwIfAborted();
    }
  }
}

function unreachable(error: LandfallError, silentMs: number): LandfallError {
  const minutes = String(Math.round(silentMs / 60_000));
  return new LandfallError('unreachable', `no answer for ${minutes} minutes: ${error.message}`, {
    why: error.why,
    stand: ['the verdict is unknown: what was submitted continues'],
    ...(error.next === undefined ? {} : { next: error.next }),
    cause: error,
  });
}

/** EMR whose reads are retried. What creates or ends something is sent once: its callers decide what a lost answer means. */
export function emrWithRetry(emr: Emr, policy: RetryPolicy): Emr {
  const reads = [
    'describeCluster',
    'findClusters',
    'listSteps',
    'getSteps',
    'describeStep',
    'findReusable',
  ] as const;
  return withRetry(emr, reads, policy);
}

/** Each call on the landed tables has the same effect when it is repeated. */
export function lakeWithRetry(lake: Lake, policy: RetryPolicy): Lake {
  return withRetry(lake, ['acceptExecution', 'readExecution', 'verify', 'publish', 'mirror'], policy);
}

/** Objects whose reads and writes are retried; a listing and a create-if-absent are not. */
export function objectsWithRetry<O extends Objects>(objects: O, policy: RetryPolicy): O {
  return withRetry(objects, ['get', 'put', 'head', 'now'], policy);
}

type Call = (...args: unknown[]) => Promise<unknown>;

function withRetry<P extends object>(port: P, calls: readonly (keyof P)[], policy: RetryPolicy): P {
  const retried = calls.map((name) => {
    const call = port[name] as Call;
    return [name, (...args: unknown[]) => retry(policy, () => call(...args))];
  });
  return { ...port, ...(Object.fromEntries(retried) as Partial<P>) };
}
