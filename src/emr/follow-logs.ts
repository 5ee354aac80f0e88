/** Follows a step's logs: yields new lines until the step has ended and its last logs are there. */
import type { LogLines, LogNote } from '../run/log-piece.ts';
import type { Clock } from '../run/ports.ts';
import { retry } from '../run/with-retry.ts';
import type { RetryPolicy } from '../run/with-retry.ts';
import type { Store } from '../store/store.ts';
import { lastLine, newLines } from './log-tail.ts';
import type { LogTail } from './log-tail.ts';
import { UPLOAD_MS, uploadedWhen } from './log-uploads.ts';

export interface Watch {
  store: Store;
  /** What is yielded, in this order. */
  tails: readonly LogTail[];
  /** Keys of other logs of the step: their upload, too, tells that its last logs are there. */
  witnesses: readonly string[];
  ending: () => Promise<Ending>;
  clock: Clock;
  pollSeconds: number;
  /** How long after the step's end to wait for its last logs. */
  waitSeconds: number;
  /**
   * Retries reads that fail for a transient reason; its signal stops the following, and the signal's reason is
   * thrown.
   */
  policy: RetryPolicy & { signal: AbortSignal };
}

/** What is known about the step's end, and notes about it. */
export interface Ending {
  /** When the step ended; undefined while it has not. */
  at: Date | undefined;
  notes: readonly LogNote[];
}

/** Ends once the last logs were yielded, or when no log uploaded after the step's end has arrived in time. */
export async function* followLogs(watch: Watch): AsyncGenerator<LogLines | LogNote> {
  const { store, tails, clock, pollSeconds, policy } = watch;
  const uploads: Uploads = {};
  for (;;) {
    // Before the logs: what is uploaded after it is known to be.
    const { at: ended, notes } = await retry(policy, watch.ending);
    yield* notes;
    for (const tail of tails) yield* readAgain(policy, () => newLines(store, tail));
    if (ended !== undefined && (await retry(policy, () => isOver(watch, ended, uploads)))) break;
    await clock.sleep(pollSeconds * 1000, policy.signal);
    policy.signal.throwIfAborted();
  }
  for (const tail of tails) {
    yield* lastLine(tail);
    if (tail.shorter === true)
      yield { kind: 'note', message: `${tail.log}: the last upload holds less than what is shown` };
  }
}

/** What `read` yields. It is started again when it throws for a transient reason, as `retry` decides. */
async function* readAgain<T>(policy: RetryPolicy, read: () => AsyncGenerator<T>): AsyncGenerator<T> {
  let reading = read();
  const next = () =>
    reading.next().catch((error: unknown) => {
      reading = read();
      throw error;
    });
  try {
    for (let item = await retry(policy, next); item.done !== true; item = await retry(policy, next))
      yield item.value;
  } finally {
    await reading.return(undefined);
  }
}

/** On the monotonic clock: when waiting ends, and when the first of the last logs was seen. */
interface Uploads {
  deadline?: number;
  begun?: number;
}

/** True when the last logs are there, or the wait for them is over. */
async function isOver(
  { store, tails, witnesses, clock, waitSeconds }: Watch,
  ended: Date,
  uploads: Uploads,
): Promise<boolean> {
  const now = clock.monotonic();
  const since = Math.max(0, clock.now().getTime() - ended.getTime());
  uploads.deadline ??= now + Math.max(0, waitSeconds * 1000 - since);
  const when = (uploaded: Date | undefined) =>
    uploaded === undefined ? 'before' : uploadedWhen(uploaded, ended);
  const shown = tails.map(({ uploaded }) => when(uploaded));
  if (shown.every((one) => one === 'after')) return true;
  const others = await Promise.all(witnesses.map(async (key) => when((await store.head(key))?.lastModified)));
  if ([...shown, ...others].some((one) => one !== 'before')) uploads.begun ??= now;
  return now >= uploads.deadline || (uploads.begun !== undefined && now - uploads.begun >= UPLOAD_MS);
}
