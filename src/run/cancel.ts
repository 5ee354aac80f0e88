/** Cancelling a run: ask at once, then see for a while what became of it. */
import { LandfallError } from '../faults.ts';
import type { Run } from './context.ts';
import { CLOCK_SLACK_MS } from './cluster.ts';
import { currentCluster, isOurs } from './state.ts';
import type { AttemptState, ClusterEntry, RunState } from './state.ts';
import { clusterPhase, stepPhase } from './states.ts';

export interface CancelOutcome {
  /** What has been seen to end, or to be ending for good. */
  confirmed: string[];
  /** What was asked to end but has not been seen to, or may still appear. */
  requested: string[];
  /** What could not even be asked, and why. */
  failed: string[];
}

export interface CancelHow {
  by: string;
  /** How long to look for confirmation; 8 s when absent. */
  confirmMs?: number;
  /**
   * True where there is time: what was intended and is not there yet is waited for, one settle window, and counted as
   * never made when it does not show. Otherwise it is reported as `requested`.
   */
  settle?: boolean;
}

const CONFIRM_MS = 8_000;
const LOOK_MS = 400;

interface Target {
  what: string;
  request: () => Promise<unknown>;
  ended: () => Promise<boolean>;
}

/**
 * Journals the wish and sends CancelSteps for our steps and TerminateJobFlows for a cluster we launched, all side by side.
 * Journals the verdict only when everything was seen to end. Never throws for a request that fails: the outcome tells.
 */
export async function cancelRun(run: Run, how: CancelHow): Promise<CancelOutcome> {
  const { journal, ports } = run;
  const outcome: CancelOutcome = { confirmed: [], requested: [], failed: [] };
  const failing = (what: string) => (error: unknown) => {
    outcome.failed.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  };
  const wish = journal.state().cancelRequested
    ? Promise.resolve(undefined)
    : journal.append({ entry: 'cancel-requested', by: how.by }).catch(failing('the journal'));
  const [targets = []] = await Promise.all([
    findTargets(run, how, outcome).catch(failing('looking for what runs')),
    wish,
  ]);
  const asked = await Promise.all(
    targets.map((target) => target.request().then(() => target, failing(target.what))),
  );
  await confirm(
    run,
    how.confirmMs ?? CONFIRM_MS,
    asked.filter((target) => target !== undefined),
    outcome,
  );
  if (outcome.requested.length === 0 && outcome.failed.length === 0) {
    const message = `run ${journal.run} is cancelled`;
    await journal.append({ entry: 'finished', verdict: 'cancelled', fault: 'cancelled', message });
    ports.emit({ event: 'finished', run: journal.run, verdict: 'cancelled' });
  }
  return outcome;
}

/** What a cancelled run ends with: certain when everything was seen to end, and otherwise telling what was not. */
export function cancelledError(run: string, { requested, failed }: CancelOutcome): LandfallError {
  if (requested.length === 0 && failed.length === 0)
    return new LandfallError('cancelled', `run ${run} is cancelled`);
  return new LandfallError('cancelled', `run ${run} is being cancelled; not everything was seen to end`, {
    why: [
      ...failed.map((what) => `could not be asked to end: ${what}`),
      ...requested.map((what) => `asked to end: ${what}`),
    ],
    next: `landfall attach ${run}`,
  });
}

async function confirm(
  { ports }: Run,
  limitMs: number,
  asked: Target[],
  outcome: CancelOutcome,
): Promise<void> {
  let open = asked;
  const deadline = ports.clock.monotonic() + limitMs;
  while (open.length > 0 && ports.clock.monotonic() < deadline) {
    const seen = await Promise.all(open.map((target) => target.ended().catch(() => false)));
    outcome.confirmed.push(...open.filter((_, at) => seen[at] === true).map(({ what }) => what));
    open = open.filter((_, at) => seen[at] !== true);
    if (open.length > 0) await ports.clock.sleep(LOOK_MS);
  }
  outcome.requested.push(...open.map(({ what }) => what));
}

async function findTargets(run: Run, how: CancelHow, outcome: CancelOutcome): Promise<Target[]> {
  const state = run.journal.state();
  const cluster = currentCluster(state);
  if (cluster === undefined) return [];
  if (cluster.id === undefined) return launching(run, cluster, how, outcome);
  const steps = await liveSteps(run, state, how, outcome);
  const ends = isOurs(cluster) && !state.plan.keepAlive;
  return [...steps, ...(ends ? [clusterTarget(run, cluster.id)] : [])];
}

/** A launch was intended: whatever carries its token is ours to end, also when it shows late. */
async function launching(
  run: Run,
  cluster: ClusterEntry,
  how: CancelHow,
  outcome: CancelOutcome,
): Promise<Target[]> {
  const { emr } = run.ports;
  const since = new Date(cluster.intendedAt.getTime() - CLOCK_SLACK_MS);
  const look = async () =>
    (await emr.findClusters(cluster.token, since)).filter(({ state }) =>
      ['starting', 'ready'].includes(clusterPhase(state)),
    );
  const found = await lookAgain(run, how, look);
  if (found.length === 0 && how.settle !== true)
    outcome.requested.push(`a cluster named ${cluster.token}, should it appear`);
  return found.map(({ id }) => clusterTarget(run, id));
}

/** Our steps that have not been seen to end; one whose submission has no result yet is looked up by its token. */
async function liveSteps(
  run: Run,
  state: RunState,
  how: CancelHow,
  outcome: CancelOutcome,
): Promise<Target[]> {
  const open = Object.entries(state.attempts).flatMap(([name, attempts]) =>
    attempts
      .filter(({ ended, execution }) => ended === undefined && execution === undefined)
      .map((attempt) => ({ name, attempt })),
  );
  const targets: Target[] = [];
  for (const { name, attempt } of open) {
    const ids = attempt.stepId === undefined ? await submitting(run, attempt, how) : [attempt.stepId];
    if (ids.length === 0 && how.settle !== true) outcome.requested.push(`step ${name}, should it appear`);
    targets.push(...ids.map((id) => stepTarget(run, name, attempt.clusterId, id)));
  }
  return targets;
}

async function submitting(
  run: Run,
  { clusterId, token, intendedAt }: AttemptState,
  how: CancelHow,
): Promise<string[]> {
  const since = new Date(intendedAt.getTime() - CLOCK_SLACK_MS);
  const look = async () =>
    (await run.ports.emr.listSteps(clusterId, since)).filter(({ name }) => name === token);
  return (await lookAgain(run, how, look)).map(({ id }) => id);
}

async function lookAgain<T>(
  { ports, journal }: Run,
  { settle }: CancelHow,
  look: () => Promise<T[]>,
): Promise<T[]> {
  const found = await look();
  if (found.length > 0 || settle !== true) return found;
  await ports.clock.sleep(journal.state().plan.settleSeconds * 1000);
  return look();
}

function stepTarget({ ports }: Run, name: string, clusterId: string, stepId: string): Target {
  return {
    what: `step ${name} (${stepId})`,
    request: () => ports.emr.cancelSteps(clusterId, [stepId]),
    ended: async () => {
      const [step] = await ports.emr.getSteps(clusterId, [stepId]);
      return step !== undefined && ['completed', 'failed', 'cancelled'].includes(stepPhase(step.state));
    },
  };
}

/** A cluster that is TERMINATING ends for good: that may take minutes, and nothing stops it. */
function clusterTarget({ ports }: Run, id: string): Target {
  return {
    what: `cluster ${id}`,
    request: () => ports.emr.terminate(id),
    ended: async () => {
      const { state } = await ports.emr.describeCluster(id);
      return ['ending', 'ended', 'failed'].includes(clusterPhase(state));
    },
  };
}
