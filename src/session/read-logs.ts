/** What a step wrote, read where its cluster copies it to. Asks nothing of EMR, and changes nothing. */
import type { Settings } from '../config/settings.ts';
import type { StepLog } from '../emr/step-logs.ts';
import { LandfallError } from '../faults.ts';
import { readState } from '../run/read-journal.ts';
import { chooseAttempt, endOfAttempt } from '../run/log-choice.ts';
import type { LoggedAttempt } from '../run/log-choice.ts';
import type { LogPiece } from '../run/log-piece.ts';
import type { RunState } from '../run/state.ts';
import type { Store } from '../store/store.ts';
import { bucketNameOf, canonicalUri, relation } from '../store/uri.ts';
import { usage } from '../cli/arguments.ts';
import { chosenRun } from './chosen-run.ts';
import { openLake, openLogs } from './compose.ts';
import { containerLogsOf } from './container-log-view.ts';
import { followedLogs, stepLogs } from './step-log-view.ts';
import { configureLake, secondsFlag } from './configure.ts';
import type { CliContext } from '../cli/context.ts';
import type { LogsFlags } from '../cli/run-verbs.ts';

export async function* readLogs(flags: LogsFlags, cli: CliContext): AsyncGenerator<LogPiece> {
  const wanted = readFlags(flags, cli);
  const settings = configureLake(flags, cli);
  const lake = await openLake(settings, cli);
  const state = await readState(lake, await chosenRun(flags, lake));
  const attempt = chooseAttempt(state, { step: flags.step, attempt: wanted.attempt });
  const store = await openPlace(lake, state, attempt, settings);
  const ended = endOfAttempt(state, attempt)?.state ?? '';
  const which = `step ${attempt.step} (attempt ${String(attempt.attempt)})  ${attempt.stepId}`;
  yield { kind: 'note', message: `run ${state.plan.run}  ${which}  ${ended}`.trimEnd() };
  const viewing = { cli, settings, lake, state, attempt, store, streams: wanted.streams };
  if (wanted.containers) yield* containerLogsOf(viewing, wanted.container);
  else if (wanted.follow) yield* followedLogs(viewing, wanted.timeout);
  else yield* stepLogs(viewing);
}

interface Wanted {
  attempt: number | undefined;
  streams: readonly StepLog[];
  follow: boolean;
  timeout: number | undefined;
  /** A container's logs instead of the step's own: this one's, or the first one's. */
  containers: boolean;
  container: string | undefined;
}

/**
 * The long one first: stdout is short and has the traceback of an uncaught error, so the end of both stays on the
 * screen.
 */
const DEFAULT_STREAMS = ['stderr', 'stdout'] as const;

function readFlags(flags: LogsFlags, { printer }: CliContext): Wanted {
  const { attempt, stream, container } = flags;
  if (attempt !== undefined && !(Number.isSafeInteger(attempt) && attempt > 0)) {
    throw usage('--attempt is not a whole number above 0', flags);
  }
  const follow = flags.follow === true;
  const timeout = secondsFlag(flags, 'timeout');
  if (timeout !== undefined && !follow) throw usage('--timeout goes with --follow', flags);
  if (follow && printer.output === 'json') {
    throw usage('a log that is followed is not a single document: use --output ndjson', flags);
  }
  const containers = flags.containers === true || container !== undefined;
  if (containers && follow) throw usage('--follow is for the logs of the step itself', flags);
  if (containers && (stream === 'controller' || stream === 'syslog')) {
    throw usage(`a container has no ${stream}`, flags);
  }
  const streams = stream === undefined ? DEFAULT_STREAMS : [stream];
  return { attempt, streams, follow, timeout, containers, container };
}

/** The place that the cluster's LogUri names. If the lake was moved since the run, so were the logs in it. */
async function openPlace(
  lake: Store,
  { plan }: RunState,
  { clusterId, logUri: recorded }: LoggedAttempt,
  settings: Settings,
): Promise<Store> {
  const { plainLogUri } = await import('../emr/explain.ts');
  const logUri = plainLogUri(recorded);
  if (logUri === undefined) {
    throw new LandfallError('input', `logging is disabled on cluster ${clusterId} (no LogUri)`, {
      next: 'use a cluster that has one, such as --cluster new launches',
    });
  }
  const moved = logUri.startsWith(`${plan.lake}/`) ? lake.uri + logUri.slice(plan.lake.length) : logUri;
  const place = canonicalUri(moved, '/');
  refusePrivatePlace(place, lake, settings);
  return openLogs(place, settings);
}

/**
 * A journal must not choose which folder of this machine is shown: only the lake's own log folder, or the one
 * configured here.
 */
function refusePrivatePlace(place: string, lake: Store, { lake: { logs } }: Settings): void {
  const inLake = ['equal', 'inside'].includes(relation(place, lake.uri));
  if (bucketNameOf(place) !== undefined || inLake || place === canonicalUri(logs, '/')) return;
  throw new LandfallError('input', `the run's journal says that its logs are in ${place}`, {
    why: ['that folder is outside the lake, and [LAKE] logs here names another'],
    next: `set [LAKE] logs to ${place} if the logs are there`,
  });
}
