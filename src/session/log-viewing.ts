/** What every way to look at a step's logs needs. */
import type { Settings } from '../config/settings.ts';
import type { LogTail, Show } from '../emr/log-tail.ts';
import type { StepLog } from '../emr/step-logs.ts';
import { LandfallError } from '../faults.ts';
import { logNotes } from '../report/log-notes.ts';
import type { ShownLog } from '../report/log-notes.ts';
import type { LogWriter } from '../report/log-writer.ts';
import { endOfAttempt } from '../run/log-choice.ts';
import type { LoggedAttempt, StepEnd } from '../run/log-choice.ts';
import type { RunState } from '../run/state.ts';
import { commandAt, spoken } from '../shell-words.ts';
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
  /** Of the run, as it was read first. */
  state: RunState;
  attempt: LoggedAttempt;
  /** Where the logs lie. */
  store: Store;
  writer: LogWriter;
  streams: readonly StepLog[];
}

export async function tailsOf({ attempt }: Viewing, logs: readonly StepLog[]): Promise<LogTail[]> {
  const { logTail } = await import('../emr/log-tail.ts');
  const { stepLogKey } = await import('../emr/step-logs.ts');
  return logs.map((log) => logTail(log, stepLogKey(attempt.clusterId, attempt.stepId, log)));
}

/** Shows the logs one after the other, as they are now; false when nobody reads any more. */
export async function showAll(
  { cli, store }: Viewing,
  tails: readonly LogTail[],
  show: Show,
): Promise<boolean> {
  const { showNew, showRest } = await import('../emr/log-tail.ts');
  const note = (message: string) => cli.printer.say(message);
  for (const tail of tails) {
    const look = () => showNew(store, tail, { show, note });
    if ((await look().catch(onceMore(look))) === 'unread') return false;
    await showRest(tail, show);
  }
  return true;
}

/** A log may be replaced by its next upload while it is read. */
function onceMore<T>(look: () => Promise<T>): (error: unknown) => Promise<T> {
  return (error) => {
    if (error instanceof LandfallError && error.retryable) return look();
    throw error;
  };
}

const isLocal = ({ state }: Viewing) => state.plan.cluster.cluster === 'local';

export const paceOf = (viewing: Viewing) => logPace(viewing.settings, isLocal(viewing));

/** Who uploads logs, and when. */
export const copying = (viewing: Viewing) =>
  isLocal(viewing)
    ? `the local endpoint copies them every ${String(LOG_INTERVAL_SECONDS)} s`
    : 'EMR copies them every five minutes';

/** The command that shows this attempt's logs. */
export function commandOf({ state, attempt, lake }: Viewing, ...more: readonly string[]): AdvisedCommand {
  const attempts = state.attempts[attempt.step] ?? [];
  const number = attempts.at(-1)?.attempt === attempt.attempt ? [] : ['--attempt', String(attempt.attempt)];
  return commandAt(lake.uri, 'logs', attempt.step, '--run', state.plan.run, ...number, ...more);
}

/** Says what is missing, and ends the output. */
export async function tellRest(
  viewing: Viewing,
  tails: readonly LogTail[],
  ended: StepEnd | undefined,
): Promise<void> {
  const { cli, store, writer } = viewing;
  const { uploadedWhen } = await import('../emr/log-uploads.ts');
  const isLast = ({ uploaded }: LogTail) =>
    uploaded !== undefined && ended !== undefined && uploadedWhen(uploaded, ended.at) !== 'before';
  const logs = tails.map((tail) => shownLog(store, tail));
  const notes = logNotes({
    logs,
    ...(ended === undefined ? {} : { ended }),
    lastAreThere: ended?.exact === false || tails.some(isLast),
    now: cli.clock.now(),
    copying: copying(viewing),
    patienceMs: paceOf(viewing).waitSeconds * 1000,
    follow: spoken(commandOf(viewing, '--follow'), cli.invocation),
  });
  for (const note of notes) cli.printer.say(note);
  await writer.close({ ...about(viewing, ended), logs });
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
