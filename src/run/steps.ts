/** The steps of a run: each submitted exactly once, alone or with others in an application, followed, and accepted. */
import { LandfallError } from '../faults.ts';
import { present } from '../present.ts';
import { acceptCompleted, acceptFinished, emitStep } from './accept-steps.ts';
import { applicationsToSubmit, submittedApplications } from './applications.ts';
import type { Submitted } from './applications.ts';
import { failAtCluster } from './cluster-lost.ts';
import { pause, untilNextLook } from './driven-run.ts';
import type { Run } from './driven-run.ts';
import type { Step } from './ports.ts';
import { currentAttempt } from './state.ts';
import { isOver, stepPhase } from './states.ts';
import { failAtStep, journalEnds } from './step-ends.ts';
import { listOurSteps, submit } from './submit-steps.ts';
import { cancelDuplicates } from './duplicate-steps.ts';
import { toWatch, watchCluster } from './watch-cluster.ts';

/** Runs every step that was not submitted yet, one application after another. Throws `step` when a step fails. */
export async function runSteps(run: Run, clusterId: string): Promise<void> {
  for (;;) {
    const [application] = applicationsToSubmit(run.journal.state());
    if (application === undefined) return;
    run.signal.throwIfAborted();
    await submit(run, [application], clusterId);
    await followSubmitted(run);
  }
}

/** Follows the steps that were submitted before, on any cluster: one that has ended still lists its steps. */
export async function followSubmitted(run: Run): Promise<void> {
  for (;;) {
    const state = run.journal.state();
    const [submitted] = submittedApplications(state);
    if (submitted === undefined) return;
    const [name] = submitted.steps;
    const attempt = present(currentAttempt(state, name), `attempt of ${name}`);
    if (attempt.ended !== undefined) return failAtStep(run, name, attempt, attempt.ended.state);
    await follow(run, submitted);
  }
}

/** How long after the cluster's end EMR may still report the step's. */
const LAST_REPORT_MS = 2_000;

/**
 * Polls until the submitted application completes, and accepts each of its steps. Cancels duplicates of our steps on
 * sight. Throws when the application ends otherwise.
 */
async function follow(run: Run, submitted: Submitted): Promise<void> {
  const { ports, journal } = run;
  const { clock } = ports;
  let cluster = toWatch(submitted.clusterId);
  let changed = clock.monotonic();
  let last: Step | undefined;
  let open = submitted.steps;
  for (;;) {
    const step = await look(run, submitted, changed);
    const phase = step === undefined ? 'unknown' : stepPhase(step.state);
    cluster = await watchCluster(run, cluster, phase);
    if (step !== undefined) {
      if (step.state !== last?.state) changed = clock.monotonic();
      last = step;
      if (phase === 'completed') return acceptCompleted(run, open, step);
      if (phase !== 'waiting') open = await acceptFinished(run, open, step);
      emitStep(run, open[0], step);
      if (phase === 'failed' || phase === 'cancelled') {
        const failed = present(currentAttempt(journal.state(), open[0]), `attempt of ${open[0]}`);
        await journalEnds(run, open, step);
        return failAtStep(run, open[0], failed, step.state);
      }
    }
    if (cluster.isLost) await pause(run, LAST_REPORT_MS);
    else await untilNextLook(run, changed);
  }
}

/**
 * The EMR step as EMR lists it, else as EMR describes it by its id. Undefined when EMR does not know it, for one settle
 * window after `changed`, because its answers may lag. Throws once it has been missing for longer. Cancels duplicates
 * of our steps.
 */
async function look(
  run: Run,
  { steps, clusterId, stepId }: Submitted,
  changed: number,
): Promise<Step | undefined> {
  const { ports, journal } = run;
  const listed = await listOurSteps(run, clusterId);
  const step = listed.find(({ id }) => id === stepId) ?? (await ports.emr.describeStep(clusterId, stepId));
  const missingMs = ports.clock.monotonic() - changed;
  if (step === undefined && missingMs >= journal.state().plan.settleSeconds * 1000) {
    const cluster = await ports.emr.describeCluster(clusterId);
    if (!isOver(cluster.state))
      throw new LandfallError(
        'step',
        `step ${steps.join(', ')} (${stepId}) is no longer known to cluster ${clusterId}`,
      );
    return failAtCluster(run, cluster);
  }
  await cancelDuplicates(run, clusterId, listed);
  return step;
}
