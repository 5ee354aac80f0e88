/** What every view of a step's logs needs. */
import { attemptsOf } from '../run/state.ts';
import type { Settings } from '../config/settings.ts';
import type { LogTail } from '../emr/log-tail.ts';
import type { StepLog } from '../emr/step-logs.ts';
import { LandfallError } from '../faults.ts';
import { logNotes } from '../report/log-notes.ts';
import type { ShownLog } from '../report/log-notes.ts';
import { endOfAttempt } from '../run/log-choice.ts';
import type { LoggedAttempt, StepEnd } from '../run/log-choice.ts';
import type { LogLines, LogNote, LogPiece } from '../run/log-piece.ts';
import type { RunState } from '../run/state.ts';
import { commandAt } from '../shell-words.ts';
import type { AdvisedCommand } from '../shell-words.ts';
import { uriOf } from '../store/store.ts';
import type { Store } from '../store/store.ts';
import { logPace } from './log-pace.ts';
import { LOG_INTERVAL_SECONDS } from './local-cluster.ts';
import type { CliContext } from '../cli/context.ts';

export interface Viewing {
  cli: CliContext;
  settings: Pick<Settings, 'emr'>;
  lake: Store;
  /** The state of the run as it was first read. */
  state: RunState;
  attempt: LoggedAttempt;
  /** Where the logs lie. */
  store: Store;
  streams: readonly StepLog[];
}

export async function tailsOf({ attempt }: Viewing, logs: readonly StepLog[]): Promise<LogTail[]> {
  const { logTail } = await import('../emr/log-tail.ts');
  const { stepLogKey } = await import('../emr/step-logs.ts');
  return logs.map((log) => logTail(log, stepLogKey(attempt.clusterId, attempt.stepId, log)));
}

/** The logs one after the other, as they are now. */
export async function* linesOf(
  { store }: Viewing,
  tails: readonly LogTail[],
): AsyncGenerator<LogLines | LogNote> {
  const { lastLine, newLines } = await import('../emr/log-tail.ts');
  for (const tail of tails) {
    yield* onceMore(() => newLines(store, tail));
    yield* lastLine(tail);
  }
}

/** A log may be replaced by its next upload while it is read. */
async function* onceMore<T>(read: () => AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield* read();
  } catch (error) {
    if (!(error instanceof LandfallError) || !error.retryable) throw error;
    yield* read();
  }
}

const isLocal = ({ state }: Viewing) => state.plan.cluster.kind === 'local';

export const paceOf = (viewing: Viewing) => logPace(viewing.settings, isLocal(viewing));

/** Who uploads logs, and when. */
export const copying = (viewing: Viewing) =>
  isLocal(viewing)
    ? `the local endpoint copies them every ${String(LOG_INTERVAL_SECONDS)} s`
    : 'EMR copies them every five minutes';

/** The command that shows this attempt's logs. */
export function commandOf({ state, attempt, lake }: Viewing, ...more: readonly string[]): AdvisedCommand {
  const number =
    attemptsOf(state, attempt.step).at(-1)?.attempt === attempt.attempt
      ? []
      : ['--attempt', String(attempt.attempt)];
  return commandAt(lake.uri, 'logs', attempt.step, '--run', state.plan.run, ...number, ...more);
}

/** Notes on what is missing of the logs, and what they are about. */
export async function* endOfLogs(
  viewing: Viewing,
  tails: readonly LogTail[],
  ended: StepEnd | undefined,
): AsyncGenerator<LogPiece> {
  const { cli, store } = viewing;
  const { uploadedWhen } = await import('../emr/log-uploads.ts');
  const isLast = ({ uploaded }: LogTail) =>
    uploaded !== undefined && ended !== undefined && uploadedWhen(uploaded, ended.at) !== 'before';
  const logs = tails.map((tail) => shownLog(store, tail));
  yield* logNotes({
    logs,
    ...(ended === undefined ? {} : { ended }),
    lastAreThere: ended?.exact === false || tails.some(isLast),
    now: cli.clock.now(),
    copying: copying(viewing),
    patienceMs: paceOf(viewing).waitSeconds * 1000,
    follow: commandOf(viewing, '--follow'),
  });
  yield { kind: 'end', about: { ...about(viewing, ended), logs } };
}

/** For scripts: which step this is, and how it ended. */
export function about(
  { state, attempt }: Viewing,
  ended: StepEnd | undefined = endOfAttempt(state, attempt),
): object {
  return {
    run: state.plan.run,
    step: attempt.step,
    attempt: attempt.attempt,
    id: attempt.stepId,
    cluster: attempt.clusterId,
    ...(ended?.state === undefined ? {} : { state: ended.state }),
    ...(ended === undefined ? {} : { ended: ended.at }),
  };
}

export function shownLog(store: Store, { log, key, uploaded, bytes }: LogTail): ShownLog {
  return { log, uri: uriOf(store, key), ...(uploaded === undefined ? {} : { uploaded }), bytes };
}
