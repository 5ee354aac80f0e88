/**
 * Creates exactly once with calls that have no client token: after a lost answer, looks for the effect before
 * sending again. Decides the next move; the caller makes it. Pure.
 */
import { LandfallError } from '../faults.ts';
import type { Answer } from './ports.ts';

/** What has happened to a request that creates something. */
export type Happened =
  /** An earlier driver may have sent it. */
  | { kind: 'intended before' }
  | { kind: 'answered'; answer: Answer<unknown> }
  | { kind: 'looked'; found: boolean }
  | { kind: 'waited' };

export type Move =
  /** Send the request once. */
  | { kind: 'send'; note?: string }
  /** Look for what an earlier request may have created. */
  | { kind: 'look'; note?: string }
  | { kind: 'wait'; ms: number; note: string }
  | { kind: 'done'; how: 'accepted' | 'adopted'; note?: undefined };

export interface Creation {
  /** What is created, as messages name it: `cluster`, `step daily`. */
  what: string;
  /** The pause between two lookups, because a listing may lag behind an effect. */
  settleMs: number;
  /** Since the first move. */
  elapsedMs: number;
}

/** Longest time that requests may go unsent before the verdict is `unreachable`. */
const UNREACHABLE_AFTER_MS = 15 * 60_000;
const RESEND_MS = 2_000;
const LONGEST_RESEND_MS = 30_000;

/** The next move, given everything that has happened, oldest first. Throws `unreachable` when it has taken too long. */
export function nextMove(happened: readonly Happened[], { what, settleMs, elapsedMs }: Creation): Move {
  const last = happened.at(-1);
  switch (last?.kind) {
    case undefined:
      return { kind: 'send' };
    case 'intended before':
      return { kind: 'look' };
    case 'waited':
      return happened.at(-2)?.kind === 'looked' ? { kind: 'look' } : { kind: 'send' };
    case 'looked': {
      if (last.found) return { kind: 'done', how: 'adopted' };
      if (!isSecondLook(happened)) {
        const note = `${what}: not there yet; looking again in ${String(settleMs / 1000)} s`;
        return { kind: 'wait', ms: settleMs, note };
      }
      const lost = lastReason(happened);
      if (lost === undefined) return { kind: 'send' };
      if (elapsedMs > UNREACHABLE_AFTER_MS) throw noAnswer(what, lost);
      return { kind: 'send', note: `${what}: it did not take effect; sending it again` };
    }
    case 'answered': {
      const { answer } = last;
      switch (answer.kind) {
        case 'accepted':
          return { kind: 'done', how: 'accepted' };
        case 'ambiguous': {
          const note = `${what}: the answer was lost (${answer.reason}); checking whether it took effect`;
          return { kind: 'look', note };
        }
        case 'unsent': {
          if (elapsedMs > UNREACHABLE_AFTER_MS) throw noAnswer(what, answer.reason);
          const ms = resendDelay(happened);
          const note = `${what}: not sent (${answer.reason}); trying again in ${String(ms / 1000)} s`;
          return { kind: 'wait', ms, note };
        }
      }
    }
  }
}

/** True when an earlier request may have taken effect, so that a refusal of the next one proves nothing. */
export function isUncertain(happened: readonly Happened[]): boolean {
  return happened.some(
    (one) => one.kind === 'intended before' || (one.kind === 'answered' && one.answer.kind === 'ambiguous'),
  );
}

/** The lookup before it was the first one, and found nothing. */
function isSecondLook(happened: readonly Happened[]): boolean {
  return happened.at(-2)?.kind === 'waited' && happened.at(-3)?.kind === 'looked';
}

function lastReason(happened: readonly Happened[]): string | undefined {
  const reasons = happened.flatMap((one) =>
    one.kind === 'answered' && one.answer.kind !== 'accepted' ? [one.answer.reason] : [],
  );
  return reasons.at(-1);
}

/** Doubles with each answer. */
function resendDelay(happened: readonly Happened[]): number {
  const answers = happened.filter(({ kind }) => kind === 'answered').length;
  return Math.min(RESEND_MS * 2 ** (answers - 1), LONGEST_RESEND_MS);
}

function noAnswer(what: string, reason: string): LandfallError {
  return new LandfallError('unreachable', `EMR could not be reached to create the ${what}`, {
    why: [reason],
  });
}
