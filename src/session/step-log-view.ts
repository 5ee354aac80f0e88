/** A step's own logs: as they are now, or as they grow. */
import type { Ending } from '../emr/follow-logs.ts';
import { counted } from '../counted.ts';
import { LandfallError } from '../faults.ts';
import { readEntries } from '../run/read-journal.ts';
import { endOfAttempt } from '../run/log-choice.ts';
import type { LogNote, LogPiece } from '../run/log-piece.ts';
import { ownership } from '../run/ownership.ts';
import { follow } from '../run/fold.ts';
import type { RunState } from '../run/state.ts';
import { commandAt } from '../shell-words.ts';
import { commandOf, copying, endOfLogs, linesOf, paceOf, tailsOf } from './log-viewing.ts';
import type { Viewing } from './log-viewing.ts';
import { isDead } from './resume.ts';

/** The logs as they are now; a note about the logs of containers, where the step's YARN application left some. */
export async function* stepLogs(viewing: Viewing): AsyncGenerator<LogPiece> {
  const { attempt, store, state } = viewing;
  const { applicationIn, containerLogs } = await import('../emr/step-logs.ts');
  const tails = await tailsOf(viewing, viewing.streams);
  let application: string | undefined;
  for await (const piece of linesOf(viewing, tails)) {
    if (piece.kind === 'lines') application = applicationIn(piece.lines) ?? application;
    yield piece;
  }
  if (application !== undefined) {
    const found = await containerLogs(store, attempt.clusterId, application);
    if (found.length > 0) {
      yield {
        kind: 'note',
        message: `${application} left the logs of ${counted(found.length, 'container')}`,
      };
      yield { kind: 'next', command: commandOf(viewing, '--containers') };
    }
  }
  yield* endOfLogs(viewing, tails, endOfAttempt(state, attempt));
}

/** New lines, until the step has ended and its last logs are there. Throws `timeout` after that many seconds. */
export async function* followedLogs(viewing: Viewing, timeout: number | undefined): AsyncGenerator<LogPiece> {
  const { cli, store, attempt } = viewing;
  const { clock, interrupted, printer } = cli;
  const { followLogs } = await import('../emr/follow-logs.ts');
  const tails = await tailsOf(viewing, viewing.streams);
  const witnesses = await tailsOf(viewing, ['controller']);
  const over = new AbortController();
  if (timeout !== undefined) {
    const expired = watchedLongEnough(viewing, timeout);
    void clock.sleep(timeout * 1000, over.signal).then(() => over.abort(expired));
  }
  let journal: ReadJournal = { state: viewing.state, ownerLookAt: Number.NEGATIVE_INFINITY };
  const ending = async (): Promise<Ending> => {
    const { notes, ...read } = await readOn(viewing, journal);
    journal = read;
    return { at: endOfAttempt(journal.state, attempt)?.at, notes };
  };
  const first = await ending();
  yield* first.notes;
  if (first.at === undefined) yield { kind: 'note', message: `following: ${copying(viewing)}` };
  try {
    yield* followLogs({
      store,
      tails,
      witnesses: witnesses.map(({ key }) => key),
      ending,
      clock,
      ...paceOf(viewing),
      policy: {
        clock,
        random: cli.random,
        signal: AbortSignal.any([interrupted, over.signal]),
        note: (message) => printer.say(message),
      },
    });
  } finally {
    over.abort();
  }
  await ending();
  const ended = endOfAttempt(journal.state, attempt);
  yield { kind: 'note', message: `step ${attempt.step} ended ${ended?.state ?? ''}`.trimEnd() };
  yield* endOfLogs(viewing, tails, ended);
}

const OWNER_POLL_MS = 30_000;

/** How far the journal was read. */
interface ReadJournal {
  state: RunState;
  /** When to look at the run's owner again, on the monotonic clock. */
  ownerLookAt: number;
}

/**
 * Reads new journal entries. The notes say so, once, when the step has not ended and no driver is left to record
 * that.
 */
async function readOn(
  { cli, lake, attempt }: Viewing,
  { state: before, ownerLookAt }: ReadJournal,
): Promise<ReadJournal & { notes: LogNote[] }> {
  const { run } = before.plan;
  let state = before;
  for (const entry of await readEntries(lake, run, before.length)) state = follow(lake, state, entry);
  const now = cli.clock.monotonic();
  if (endOfAttempt(state, attempt) !== undefined || now < ownerLookAt)
    return { state, ownerLookAt, notes: [] };
  const { owner } = await ownership(lake, state, (who) => isDead(who, cli));
  if (owner === 'fresh' || owner === 'beginning')
    return { state, ownerLookAt: now + OWNER_POLL_MS, notes: [] };
  const message = `no driver has run ${run}, so its journal will not show when the step ends`;
  const next: LogNote = { kind: 'next', command: commandAt(lake.uri, 'attach', run) };
  return { state, ownerLookAt: Number.POSITIVE_INFINITY, notes: [{ kind: 'note', message }, next] };
}

function watchedLongEnough(viewing: Viewing, timeout: number): LandfallError {
  const message = `step ${viewing.attempt.step} has not ended after ${String(timeout)} s, or its last logs are not there`;
  return new LandfallError('timeout', message, {
    stand: ['the run continues'],
    next: commandOf(viewing, '--follow'),
  });
}
