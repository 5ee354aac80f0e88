/** Cancelling a run: ask at once, then see for a short while what became of it. */
import type { Run } from './context.ts';
import { currentCluster, isOurs } from './state.ts';
import type { RunState } from './state.ts';
import { clusterPhase, stepPhase } from './states.ts';

export interface CancelOutcome {
  /** What has been seen to end. */
  confirmed: readonly string[];
  /** What was asked to end but has not been seen to. */
  requested: readonly string[];
  /** What could not even be asked, and why. */
  failed: readonly string[];
}

const CONFIRM_MS = 8_000;
const LOOK_MS = 400;

interface Target {
  what: string;
  request: () => Promise<unknown>;
  ended: () => Promise<boolean>;
}

/**
 * Journals the wish, sends CancelSteps for our steps and TerminateJobFlows for a cluster we launched side by side, then
 * looks for at most 8 s whether they took effect. Never throws for a request that fails: the outcome tells.
 */
export async function cancelRun(run: Run, by: string): Promise<CancelOutcome> {
  const { journal, ports } = run;
  const state = journal.state();
  if (!state.cancelRequested) await journal.append({ entry: 'cancel-requested', by });
  const targets = await targetsOf(run, state);
  const outcome = { confirmed: [] as string[], requested: [] as string[], failed: [] as string[] };
  const asked = await Promise.all(
    targets.map(async (target) => {
      try {
        await target.request();
        return [target];
      } catch (error) {
        outcome.failed.push(`${target.what}: ${error instanceof Error ? error.message : String(error)}`);
        return [];
      }
    }),
  );
  let open = asked.flat();
  const deadline = ports.clock.monotonic() + CONFIRM_MS;
  while (open.length > 0 && ports.clock.monotonic() < deadline) {
    const seen = await Promise.all(open.map((target) => target.ended().catch(() => false)));
    outcome.confirmed.push(...open.filter((_, at) => seen[at] === true).map(({ what }) => what));
    open = open.filter((_, at) => seen[at] !== true);
    if (open.length > 0) await ports.clock.sleep(LOOK_MS);
  }
  outcome.requested.push(...open.map(({ what }) => what));
  if (outcome.requested.length === 0 && outcome.failed.length === 0 && state.published === undefined) {
    const message = `run ${journal.run} is cancelled`;
    await journal.append({ entry: 'finished', verdict: 'cancelled', fault: 'cancelled', message });
    ports.emit({ event: 'finished', run: journal.run, verdict: 'cancelled' });
  }
  return outcome;
}

async function targetsOf(run: Run, state: RunState): Promise<Target[]> {
  const { emr } = run.ports;
  const cluster = currentCluster(state);
  if (cluster === undefined) return [];
  if (cluster.id === undefined) return launchedUnknown(run, cluster.token, cluster.intendedAt);
  const { id } = cluster;
  const steps = await liveSteps(run, state, id);
  const cancels = steps.map(({ stepId, name }): Target => ({
    what: `step ${name} (${stepId})`,
    request: () => emr.cancelSteps(id, [stepId]),
    ended: async () => {
      const [step] = await emr.getSteps(id, [stepId]);
      return step !== undefined && ['completed', 'failed', 'cancelled'].includes(stepPhase(step.state));
    },
  }));
  return isOurs(cluster) && !state.plan.keepAlive ? [...cancels, clusterTarget(run, id)] : cancels;
}

function clusterTarget({ ports }: Run, id: string): Target {
  return {
    what: `cluster ${id}`,
    request: () => ports.emr.terminate(id),
    ended: async () => {
      const { state } = await ports.emr.describeCluster(id);
      return ['ended', 'failed'].includes(clusterPhase(state));
    },
  };
}

/** A launch was in flight: whatever carries its token by now is ours to end. */
async function launchedUnknown(run: Run, token: string, intendedAt: Date): Promise<Target[]> {
  const since = new Date(intendedAt.getTime() - 10 * 60_000);
  const found = await run.ports.emr.findClusters(token, since).catch(() => []);
  return found
    .filter(({ state }) => ['starting', 'ready'].includes(clusterPhase(state)))
    .map(({ id }) => clusterTarget(run, id));
}

/** Our steps that have not been seen to end; one whose submission was in flight is looked up by its token. */
async function liveSteps(
  run: Run,
  state: RunState,
  clusterId: string,
): Promise<{ name: string; stepId: string }[]> {
  const open = Object.entries(state.attempts).flatMap(([name, attempts]) =>
    attempts
      .filter(({ ended, execution }) => ended === undefined && execution === undefined)
      .map((attempt) => ({ name, ...attempt })),
  );
  if (open.every(({ stepId }) => stepId !== undefined)) {
    return open.flatMap(({ name, stepId }) => (stepId === undefined ? [] : [{ name, stepId }]));
  }
  const listed = await run.ports.emr.listSteps(clusterId).catch(() => []);
  return open.flatMap(({ name, token, stepId }) =>
    listed
      .filter((step) => step.name === token || step.id === stepId)
      .map(({ id }) => ({ name, stepId: id })),
  );
}
