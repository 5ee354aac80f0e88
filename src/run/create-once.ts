/** Exactly once, over calls that have no client token: send, and when the answer is lost, look before sending again. */
import { LandfallError } from '../faults.ts';
import type { Fault } from '../faults.ts';
import type { Answer, Clock } from './ports.ts';

export interface Creation<T> {
  /** What is created, for messages: `cluster`, `step daily`. */
  what: string;
  /** Sends the request once. */
  send: () => Promise<Answer<T>>;
  /** Looks for what an earlier send may have made. */
  find: () => Promise<T | undefined>;
  /** Told when the only request ever sent was refused: what was intended is not there, and never will be. */
  refused: () => Promise<unknown>;
  settleMs: number;
  note: (message: string) => void;
}

export interface Created<T> {
  value: T;
  how: 'accepted' | 'adopted';
}

/** Longest time that requests may go unsent before the verdict is `unreachable`. */
const UNREACHABLE_AFTER_MS = 15 * 60_000;
const RESEND_MS = 2_000;
const LONGEST_RESEND_MS = 30_000;

/**
 * Creates a thing once. `intendedBefore` tells that an earlier driver may already have sent the request: then we look
 * first. Waits `settleMs` between the two looks, because a listing may lag behind an effect.
 */
export async function createOnce<T>(
  clock: Clock,
  creation: Creation<T>,
  intendedBefore: boolean,
  signal?: AbortSignal,
): Promise<Created<T>> {
  const { what, note } = creation;
  if (intendedBefore) {
    const found = await lookTwice(clock, creation, signal);
    if (found !== undefined) return { value: found, how: 'adopted' };
  }
  const started = clock.monotonic();
  let uncertain = intendedBefore;
  for (let delay = RESEND_MS; ; delay = Math.min(delay * 2, LONGEST_RESEND_MS)) {
    const answer = await sent(creation, uncertain);
    switch (answer.answer) {
      case 'accepted':
        return { value: answer.value, how: 'accepted' };
      case 'unsent':
        if (clock.monotonic() - started > UNREACHABLE_AFTER_MS || signal?.aborted === true) {
          throw noAnswer(what, answer.reason);
        }
        note(`${what}: not sent (${answer.reason}); trying again in ${String(delay / 1000)} s`);
        await clock.sleep(delay, signal);
        signal?.throwIfAborted();
        break;
      case 'ambiguous': {
        uncertain = true;
        note(`${what}: the answer was lost (${answer.reason}); looking whether it took effect`);
        const found = await lookTwice(clock, creation, signal);
        if (found !== undefined) return { value: found, how: 'adopted' };
        if (clock.monotonic() - started > UNREACHABLE_AFTER_MS) throw noAnswer(what, answer.reason);
        note(`${what}: it did not take effect; sending it again`);
        break;
      }
    }
  }
}

/** Sends once. `uncertain`: an earlier request may have taken effect all the same. */
async function sent<T>({ send, refused }: Creation<T>, uncertain: boolean): Promise<Answer<T>> {
  try {
    return await send();
  } catch (error) {
    if (!uncertain && error instanceof LandfallError && !STOPPED.includes(error.fault))
      await refused().catch(() => undefined);
    throw error;
  }
}

/** Faults of our own, thrown before anything is sent. */
const STOPPED: readonly Fault[] = ['owned', 'cancelled'];

function noAnswer(what: string, reason: string): LandfallError {
  return new LandfallError('unreachable', `EMR could not be reached to create the ${what}`, {
    why: [reason],
  });
}

async function lookTwice<T>(
  clock: Clock,
  { find, settleMs, what, note }: Creation<T>,
  signal?: AbortSignal,
): Promise<T | undefined> {
  const found = await find();
  if (found !== undefined) return found;
  note(`${what}: not there yet; looking again in ${String(settleMs / 1000)} s`);
  await clock.sleep(settleMs, signal);
  signal?.throwIfAborted();
  return find();
}
