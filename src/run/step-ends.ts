/** Steps that ended, but not as COMPLETED: why, and what happens to the others that were submitted with them. */
import { LandfallError } from '../faults.ts';
import { acceptFinished, endTime } from './accept-steps.ts';
import { submittedApplications } from './applications.ts';
import type { NonEmpty } from './applications.ts';
import { failAtCluster, INFRASTRUCTURE } from './cluster-lost.ts';
import { bestEffort } from './driven-run.ts';
import type { Run } from './driven-run.ts';
import { releaseCluster } from './end-cluster.ts';
import type { Cluster, Step } from './ports.ts';
import { attemptNumber, currentAttempt } from './state.ts';
import type { AttemptState } from './state.ts';
import { listOurSteps } from './submit-steps.ts';
import { cancelDuplicates } from './duplicate-steps.ts';
import { hasStepEnded, isLostStep, isOver, reasonKind, stepPhase } from './states.ts';

/**
 * Ends the run at a step whose journalled end is not COMPLETED: cancels our other steps and, unless the step was
 * cancelled, terminates our cluster. Throws the cluster's end when the step went down with it, else the step's own. A
 * later driver may repeat this.
 */
export async function failAtStep(
  run: Run,
  name: string,
  { clusterId, stepId = '' }: AttemptState,
  state: string,
): Promise<never> {
  const { emr, explain } = run.ports;
  const step = await emr.describeStep(clusterId, stepId);
  if (step === undefined) throw stepFailed(name, { state, why: [] });
  const cluster = await emr.describeCluster(clusterId);
  const isGone = isOver(cluster.state);
  await endSubmitted(run, isGone ? 'journal' : 'cancel');
  if (!isGone) await cancelDuplicates(run, clusterId, await listOurSteps(run, clusterId));
  if (wentDownWith(run, cluster, step)) return failAtCluster(run, cluster);
  if (stepPhase(state) === 'cancelled') throw stepFailed(name, { state, why: [] });
  // Before the logs: a cluster that ends uploads them sooner, and costs nothing while we wait for them.
  await releaseCluster(run);
  const pipeline = run.journal.state().plan.origin.folder;
  const why = await explain({ clusterId, step, pipeline }, run.signal);
  throw stepFailed(name, { state, why, lost: isLostStep(step) });
}

/** The longest that EMR takes to end a lost cluster, logs included. */
const ENDING_MS = 10 * 60_000;

/**
 * True when the cluster ended for a cause of its own and took the step with it, rather than ending some time after it or
 * because we asked. Cancelling a step ends no cluster, but a cluster that ends cancels its steps.
 */
function wentDownWith({ journal, ports }: Run, cluster: Cluster, { state, ended }: Step): boolean {
  const kind = reasonKind(cluster.reasonCode);
  const asked = journal
    .state()
    .clusters.some(({ id, terminate }) => id === cluster.id && terminate !== undefined);
  if (!isOver(cluster.state) || (asked && (kind === 'user' || kind === 'unknown'))) return false;
  const causeOfItsOwn = cluster.reasonCode !== undefined && kind !== 'step' && kind !== 'finished';
  if (!causeOfItsOwn && stepPhase(state) !== 'cancelled') return false;
  const clusterEnded = cluster.ended ?? ports.clock.now();
  return ended === undefined || clusterEnded.getTime() - ended.getTime() <= ENDING_MS;
}

/** A cancelled step means a cancelled run; any other end except COMPLETED means a failed step. */
function stepFailed(
  name: string,
  { state, why, lost = false }: { state: string; why: readonly string[]; lost?: boolean },
): LandfallError {
  if (stepPhase(state) === 'cancelled') return new LandfallError('cancelled', `step ${name} was cancelled`);
  const stand = lost ? [INFRASTRUCTURE] : [];
  return new LandfallError('step', `step ${name} ended ${state}`, { why, stand, retryable: lost });
}

/**
 * Journals the end of an application that failed or was cancelled. `names`: its steps without an accepted execution. Only the
 * first of them ran.
 */
export async function journalEnds({ journal }: Run, names: NonEmpty<string>, step: Step): Promise<void> {
  for (const [at, name] of names.entries()) {
    const attempt = attemptNumber(journal.state(), name);
    const state = at === 0 ? step.state : 'CANCELLED';
    await journal.append({ entry: 'step-ended', step: name, attempt, state, ...endTime(step) });
  }
}

/**
 * Journals the end of each submitted application that failed or was cancelled, and accepts its steps that finished before.
 * Cancels the applications that still run, unless their cluster is gone (`journal`). Leaves completed ones for later.
 */
export async function endSubmitted(run: Run, how: 'cancel' | 'journal'): Promise<void> {
  const { journal, ports } = run;
  const state = journal.state();
  const open = submittedApplications(state).filter(
    ({ steps: [name] }) => currentAttempt(state, name)?.ended === undefined,
  );
  for (const clusterId of new Set(open.map((one) => one.clusterId))) {
    const its = open.filter((one) => one.clusterId === clusterId);
    const steps = await ports.emr.getSteps(
      clusterId,
      its.map(({ stepId }) => stepId),
    );
    for (const { stepId, steps: names } of its) {
      const step = steps.find(({ id }) => id === stepId);
      if (step === undefined || !['failed', 'cancelled'].includes(stepPhase(step.state))) continue;
      await journalEnds(run, await acceptFinished(run, names, step), step);
    }
    const applications = its.map(({ steps: [name] }) => currentAttempt(state, name)?.application);
    const ours = steps.filter(({ name }) => applications.includes(name));
    const going = ours.filter((step) => !hasStepEnded(step.state)).map(({ id }) => id);
    if (how === 'journal' || going.length === 0) continue;
    await journal.refresh();
    await bestEffort(run, `steps ${going.join(', ')} could not be cancelled`, () =>
      ports.emr.cancelSteps(clusterId, going),
    );
  }
}
