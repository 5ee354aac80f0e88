/** Following a step's logs: what is new of them is shown until the step has ended and its last logs are there. */
import type { Clock } from '../run/ports.ts';
import { retry } from '../run/with-retry.ts';
import type { RetryPolicy } from '../run/with-retry.ts';
import type { Store } from '../store/store.ts';
import { showNew, showRest } from './log-tail.ts';
import type { LogTail, Show } from './log-tail.ts';
import { UPLOAD_MS, uploadedWhen } from './log-uploads.ts';

export interface Watch {
  store: Store;
  /** What is shown, in this order. */
  tails: readonly LogTail[];
  /** Keys of other logs of the step: their upload, too, tells that its last logs are there. */
  witnesses: readonly string[];
  show: Show;
  /** When the step ended; undefined while it has not. */
  ended: () => Promise<Date | undefined>;
  clock: Clock;
  pollSeconds: number;
  /** From the step's end: how long its last logs are waited for. */
  waitSeconds: number;
  /** Reads that fail for a passing reason are tried again by it; its signal ends the watch, whose reason is thrown. */
  policy: RetryPolicy & { signal: AbortSignal };
}

/** `late`: the step ended, but nothing uploaded after its end has come. `unread`: nobody reads what is shown. */
export type WatchEnd = 'complete' | 'late' | 'unread';

export async function followLogs(watch: Watch): Promise<WatchEnd> {
  const { tails, clock, pollSeconds, policy } = watch;
  const uploads: Uploads = {};
  for (;;) {
    // Before the logs: what is uploaded after it is known to be.
    const ended = await retry(policy, watch.ended);
    for (const tail of tails) {
      const { show, store } = watch;
      const end = await retry(policy, () => showNew(store, tail, { show, note: policy.note }));
      if (end === 'unread') return end;
    }
    const end = ended === undefined ? undefined : await retry(policy, () => judge(watch, ended, uploads));
    if (end !== undefined) {
      for (const tail of tails) {
        await showRest(tail, watch.show);
        if (tail.shorter === true) policy.note(`${tail.log}: the last upload holds less than what is shown`);
      }
      return end;
    }
    await clock.sleep(pollSeconds * 1000, policy.signal);
    policy.signal.throwIfAborted();
  }
}

/** On the monotonic clock: when waiting ends, and when the first of the last logs was seen. */
interface Uploads {
  deadline?: number;
  begun?: number;
}

async function judge(
  { store, tails, witnesses, clock, waitSeconds }: Watch,
  ended: Date,
  uploads: Uploads,
): Promise<WatchEnd | undefined> {
  const now = clock.monotonic();
  const since = Math.max(0, clock.now().getTime() - ended.getTime());
  uploads.deadline ??= now + Math.max(0, waitSeconds * 1000 - since);
  const when = (uploaded: Date | undefined) =>
    uploaded === undefined ? 'before' : uploadedWhen(uploaded, ended);
  const shown = tails.map(({ uploaded }) => when(uploaded));
  if (shown.every((one) => one === 'after')) return 'complete';
  const others = await Promise.all(witnesses.map(async (key) => when((await store.head(key))?.lastModified)));
  if ([...shown, ...others].some((one) => one !== 'before')) uploads.begun ??= now;
  if (uploads.begun !== undefined && now - uploads.begun >= UPLOAD_MS) return 'complete';
  if (now < uploads.deadline) return undefined;
  return uploads.begun === undefined ? 'late' : 'complete';
}
