/** What a verb that starts, follows or publishes a run prints at its end. */
import type { Submission } from '../run/detach.ts';
import type { RunStatus } from '../run/status-of.ts';
import { spoken } from '../shell-words.ts';
import type { Invocation } from '../shell-words.ts';
import { formatStatus } from './format-status.ts';
import { whyNothing } from './format-nothing-to-do.ts';
import type { NothingToDo } from './format-nothing-to-do.ts';
import type { Printer } from './printer.ts';
import { formatSubmission } from './submission.ts';
import { formatSummary } from './summary.ts';
import type { RunSummary } from './summary.ts';

export type Outcome =
  | { kind: 'landed'; summary: RunSummary }
  /** Detached: EMR continues alone. */
  | { kind: 'submitted'; submission: Submission }
  /** It had succeeded before; `note` says what was done nevertheless. */
  | { kind: 'over'; status: RunStatus; note?: string }
  /** The newest publication is what the run would have made; none was begun. */
  | { kind: 'nothing to do'; why: NothingToDo }
  | { kind: 'nothing to retry'; run: string }
  | { kind: 'nothing to cancel'; run: string; verdict: RunStatus['verdict'] }
  | { kind: 'cancelled'; run: string };

export function printOutcome(
  { printer, invocation }: { printer: Printer; invocation: Invocation },
  outcome: Outcome,
): void {
  const isNdjson = printer.output === 'ndjson';
  switch (outcome.kind) {
    case 'landed': {
      const { summary } = outcome;
      printer.result(formatSummary, isNdjson ? { event: 'summary', ...summary } : summary);
      return;
    }
    case 'submitted': {
      const { submission } = outcome;
      const next = spoken(submission.next, invocation);
      printer.result(
        (value) => formatSubmission(value, next),
        isNdjson ? { event: 'submitted', ...submission, next } : { state: 'submitted', ...submission, next },
      );
      return;
    }
    case 'over': {
      const { status, note } = outcome;
      printer.result(
        (value) => [formatStatus(value), ...(note === undefined ? [] : [note])].join('\n'),
        status,
      );
      return;
    }
    case 'nothing to do': {
      const { why } = outcome;
      printer.result(
        (value) => `nothing to do\n${whyNothing(value)}`,
        isNdjson ? { event: 'nothing-to-do', ...why } : { state: 'nothing to do', ...why },
      );
      return;
    }
    case 'nothing to retry': {
      const { run } = outcome;
      printer.result(`run ${run} succeeded, and nothing has changed since: nothing to do`, {
        run,
        rerun: [],
      });
      return;
    }
    case 'nothing to cancel': {
      const { run, verdict } = outcome;
      printer.result(`run ${run} ${verdict}: nothing to cancel`, { run, verdict });
      return;
    }
    case 'cancelled': {
      const { run } = outcome;
      printer.result(`run ${run} is cancelled`, { run, verdict: 'cancelled' });
      return;
    }
  }
}
