/** The steps of a run: each submitted exactly once when its upstreams are accepted, followed, and accepted itself. */
import { LandfallError } from '../faults.ts';
import { failAtCluster } from './cluster-lost.ts';
import { pause, untilNextLook } from './driven-run.ts';
import type { Run } from './driven-run.ts';
import { keys } from '../lake/layout.ts';
import { tokens } from './plan.ts';
import type { Step } from './ports.ts';
import { attemptNumber, currentAttempt } from './state.ts';
import { isOver, stepPhase } from './states.ts';
import { endTime, failAtStep } from './step-ends.ts';
import { listOurSteps, submit } from './submit-steps.ts';
import { cancelDuplicates } from './duplicate-steps.ts';
import { toWatch, watchCluster } from './watch-cluster.ts';

/** Runs every step that has no accepted execution yet, in the plan's order. Throws `step` when one fails. */
export async function runSteps(run: Run, clusterId: string): Promise<void> {
  for (const step of run.journal.state().plan.steps) {
    const attempt = currentAttempt(run.journal.state(), step.name);
    if (attempt?.execution !== undefined) continue;
    run.signal.throwIfAborted();
    if (attempt?.stepId === undefined) await submit(run, [step], clusterId);
    await accept(run, step.name, await follow(run, step.name));
  }
}

/** Follows the steps that were submitted before, on any cluster: one that has ended still lists its steps. */
export async function followSubmitted(run: Run): Promise<void> {
  for (const { name } of run.journal.state().plan.steps) {
    const attempt = currentAttempt(run.journal.state(), name);
    if (attempt?.stepId === undefined || attempt.execution !== undefined) continue;
    if (attempt.ended !== undefined) return failAtStep(run, name, attempt, attempt.ended.state);
    await accept(run, name, await follow(run, name));
  }
}

/** How long after the cluster's end EMR may still report the step's. */
const LAST_REPORT_MS = 2_000;

/**
 * Polls until the submitted step completes; duplicates of our steps are cancelled on sight. Throws when it ends
 * otherwise.
 */
async function follow(run: Run, name: string): Promise<Step> {
  const { ports, journal } = run;
  const { clock } = ports;
  const followed = currentAttempt(journal.state(), name);
  if (followed?.stepId === undefined) throw new Error(`step ${name} was not submitted`);
  const { attempt, clusterId, stepId } = followed;
  let cluster = toWatch(clusterId);
  let changed = clock.monotonic();
  let last: Step | undefined;
  for (;;) {
    const step = await look(run, { name, clusterId, stepId }, changed);
    const phase = step === undefined ? 'unknown' : stepPhase(step.state);
    cluster = await watchCluster(run, cluster, phase);
    if (step !== undefined) {
      if (step.state !== last?.state) changed = clock.monotonic();
      last = step;
      const { state } = step;
      const elapsedMs = elapsed(clock.now(), step);
      ports.emit({ event: 'step', step: name, attempt, id: stepId, state, elapsedMs });
      if (phase === 'completed') return step;
      if (phase === 'failed' || phase === 'cancelled') {
        await journal.append({ entry: 'step-ended', step: name, attempt, state, ...endTime(step) });
        return failAtStep(run, name, followed, state);
      }
    }
    if (cluster.isLost) await pause(run, LAST_REPORT_MS);
    else await untilNextLook(run, changed);
  }
}

/**
 * The step as EMR lists it, else as EMR describes it by its id. Undefined when EMR does not know it, for one settle
 * window after `changed`, because its answers may lag. Throws once it has been missing for longer. Cancels duplicates
 * of our steps.
 */
async function look(
  run: Run,
  { name, clusterId, stepId }: { name: string; clusterId: string; stepId: string },
  changed: number,
): Promise<Step | undefined> {
  const { ports, journal } = run;
  const listed = await listOurSteps(run, clusterId);
  const step = listed.find(({ id }) => id === stepId) ?? (await ports.emr.describeStep(clusterId, stepId));
  const missingMs = ports.clock.monotonic() - changed;
  if (step === undefined && missingMs >= journal.state().plan.settleSeconds * 1000) {
    const cluster = await ports.emr.describeCluster(clusterId);
    if (!isOver(cluster.state))
      throw new LandfallError('step', `step ${name} (${stepId}) is no longer known to cluster ${clusterId}`);
    return failAtCluster(run, cluster);
  }
  await cancelDuplicates(run, clusterId, listed);
  return step;
}

function elapsed(now: Date, { created, started, ended }: Step): number {
  const from = started ?? created ?? now;
  return Math.max(0, (ended ?? now).getTime() - from.getTime());
}

/** Journals which execution of the step's attempt counts; `step` when none left a complete report. */
async function accept(run: Run, name: string, completed: Step): Promise<void> {
  const { journal, ports } = run;
  const state = journal.state();
  const attempt = attemptNumber(state, name);
  const token = tokens.step(journal.run, name, attempt);
  const folder = keys.attempt(journal.run, name, attempt);
  const accepted = await ports.lake.acceptExecution(folder, token);
  if (accepted === undefined) {
    throw new LandfallError('step', `step ${name} COMPLETED but left no complete report`, {
      why: [
        `${state.plan.lake}/${keys.report(keys.execution(folder, '<application id>'))} is missing or broken`,
      ],
    });
  }
  await journal.append({
    entry: 'step-accepted',
    step: name,
    attempt,
    execution: accepted.key,
    ...endTime(completed),
  });
}
