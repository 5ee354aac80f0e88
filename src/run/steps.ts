/** The steps of a run: each submitted exactly once when its upstreams are accepted, followed, and accepted itself. */
import { LandfallError } from '../faults.ts';
import {
  CLOCK_SLACK_MS,
  clusterLost,
  endSurplusClusters,
  releaseCluster,
  tellCluster,
  unharmed,
} from './cluster.ts';
import { checkpoint, patience, pause } from './context.ts';
import type { Run } from './context.ts';
import { createOnce } from './create-once.ts';
import { pace } from './pace.ts';
import { keys, stepArguments, tokens } from './plan.ts';
import type { PlannedStep } from './plan.ts';
import type { Step } from './ports.ts';
import { patiently } from './reading.ts';
import { currentAttempt } from './state.ts';
import type { AttemptState, RunState } from './state.ts';
import { clusterPhase, stepPhase } from './states.ts';

/** Runs every step that has no accepted execution yet, in the plan's order. Throws `step` when one fails. */
export async function runSteps(run: Run, clusterId: string): Promise<void> {
  for (const step of run.journal.state().plan.steps) {
    const attempt = currentAttempt(run.journal.state(), step.name);
    if (attempt?.execution !== undefined) continue;
    run.signal.throwIfAborted();
    const stepId = await submit(run, step, clusterId);
    await follow(run, step.name, clusterId, stepId);
    await accept(run, step.name);
  }
}

/** Whether a step was submitted and what became of it has not been journalled yet. */
export function isUnderWay(state: RunState, step: string): boolean {
  const attempt = currentAttempt(state, step);
  return attempt?.stepId !== undefined && attempt.execution === undefined;
}

/** Follows the steps that were submitted before, wherever: their cluster may have ended since, they are listed still. */
export async function followSubmitted(run: Run): Promise<void> {
  for (const { name } of run.journal.state().plan.steps) {
    const attempt = currentAttempt(run.journal.state(), name);
    if (attempt?.stepId === undefined || attempt.execution !== undefined) continue;
    if (attempt.ended !== undefined) throw await whyItEnded(run, name, attempt);
    await follow(run, name, attempt.clusterId, attempt.stepId);
    await accept(run, name);
  }
}

/** The error for a step whose end an earlier driver journalled, but perhaps not why. */
async function whyItEnded(
  run: Run,
  name: string,
  { clusterId, stepId = '', ended }: AttemptState,
): Promise<LandfallError> {
  const [step] = await patiently(patience(run), () => run.ports.emr.getSteps(clusterId, [stepId]));
  const why = step === undefined ? [] : await run.ports.explain({ clusterId, step }, run.signal);
  return stepFailed(name, { state: ended?.state ?? 'FAILED', why });
}

async function submit(run: Run, step: PlannedStep, clusterId: string): Promise<string> {
  const { journal, ports, signal } = run;
  const state = journal.state();
  const intended = currentAttempt(state, step.name);
  const attempt = state.current[step.name] ?? 1;
  const token = tokens.step(journal.run, step.name, attempt);
  const args = stepArguments(state.plan, step, attempt, executions(state));
  if (intended === undefined) {
    await journal.append({ entry: 'step-intent', step: step.name, attempt, token, clusterId });
  }
  const intendedAt = intended?.intendedAt ?? ports.clock.now();
  const created = await createOnce(
    ports.clock,
    {
      what: `step ${step.name}`,
      send: async () => {
        await checkpoint(run);
        const answer = await ports.emr.addSteps(clusterId, [{ name: token, args }]);
        return answer.answer === 'accepted' ? { answer: 'accepted', value: answer.value[0] ?? '' } : answer;
      },
      find: async () => (await withToken(run, clusterId, token, intendedAt))[0]?.id,
      settleMs: state.plan.settleSeconds * 1000,
      note: (message) => ports.emit({ event: 'note', message }),
    },
    intended !== undefined,
    signal,
  );
  await journal.append({
    entry: 'step-submitted',
    step: step.name,
    attempt,
    id: created.value,
    how: created.how,
  });
  return created.value;
}

/** Accepted executions by step, relative to the lake. */
function executions(state: RunState): Record<string, string> {
  return Object.fromEntries(
    state.plan.steps.flatMap(({ name }) => {
      const execution = currentAttempt(state, name)?.execution;
      return execution === undefined ? [] : [[name, execution]];
    }),
  );
}

/** Steps with our token, oldest first. */
async function withToken(run: Run, clusterId: string, token: string, intendedAt: Date): Promise<Step[]> {
  const since = new Date(intendedAt.getTime() - CLOCK_SLACK_MS);
  const steps = await patiently(patience(run), () => run.ports.emr.listSteps(clusterId, since));
  return steps.filter((step) => step.name === token).reverse();
}

/** A second cluster is looked for this often: ListClusters has a quota of its own, and lists the account's. */
const SURPLUS_LOOK_MS = 30_000;

/** Polls until the step ends; a second step with our token is cancelled on sight. Throws when it did not complete. */
async function follow(run: Run, name: string, clusterId: string, stepId: string): Promise<void> {
  const { ports, journal } = run;
  const { clock, random } = ports;
  const attempt = journal.state().current[name] ?? 1;
  const token = tokens.step(journal.run, name, attempt);
  const intendedAt = currentAttempt(journal.state(), name)?.intendedAt ?? clock.now();
  let changed = clock.monotonic();
  let last: Step | undefined;
  let looked = Number.NEGATIVE_INFINITY;
  for (;;) {
    if (clock.monotonic() - looked >= SURPLUS_LOOK_MS) {
      looked = clock.monotonic();
      await endSurplusClusters(run);
    }
    const copies = await withToken(run, clusterId, token, intendedAt);
    const step = copies.find((one) => one.id === stepId);
    if (step === undefined) throw await stepGone(run, name, clusterId, stepId);
    await cancelSurplus(run, { name, attempt, clusterId, stepId }, copies);
    if (step.state !== last?.state) changed = clock.monotonic();
    last = step;
    ports.emit({
      event: 'step',
      step: name,
      attempt,
      id: stepId,
      state: step.state,
      elapsedMs: elapsed(ports.clock.now(), step),
    });
    const phase = stepPhase(step.state);
    if (phase === 'completed') return;
    if (phase === 'failed' || phase === 'cancelled')
      throw await stepEnded(run, { name, attempt, clusterId }, step);
    if (phase !== 'running') await checkCluster(run, clusterId);
    await pause(run, pace(clock.monotonic() - changed, random.fraction()));
    await checkpoint(run);
  }
}

function elapsed(now: Date, { created, started, ended }: Step): number {
  const from = started ?? created ?? now;
  return Math.max(0, (ended ?? now).getTime() - from.getTime());
}

interface Submitted {
  name: string;
  attempt: number;
  clusterId: string;
  stepId: string;
}

async function cancelSurplus(
  run: Run,
  { name, attempt, clusterId, stepId }: Submitted,
  copies: Step[],
): Promise<void> {
  const surplus = copies.filter(
    (copy) => copy.id !== stepId && ['waiting', 'running', 'unknown'].includes(stepPhase(copy.state)),
  );
  if (surplus.length === 0) return;
  for (const { id } of surplus) await run.journal.append({ entry: 'step-surplus', step: name, attempt, id });
  const ids = surplus.map((copy) => copy.id);
  await unharmed(run, `the second copy of step ${name} could not be cancelled`, () =>
    run.ports.emr.cancelSteps(clusterId, ids),
  );
  run.ports.emit({
    event: 'note',
    message: `step ${name}: a second copy (${surplus.map((s) => s.id).join(', ')}) is cancelled`,
  });
}

/** Throws when the cluster ended under a step that waits. */
async function checkCluster(run: Run, clusterId: string): Promise<void> {
  const cluster = await patiently(patience(run), () => run.ports.emr.describeCluster(clusterId));
  const phase = clusterPhase(cluster.state);
  if (phase !== 'ending' && phase !== 'ended' && phase !== 'failed') return;
  tellCluster(run, cluster, 0);
  throw await clusterLost(run, cluster);
}

async function stepGone(run: Run, name: string, clusterId: string, stepId: string): Promise<LandfallError> {
  const cluster = await patiently(patience(run), () => run.ports.emr.describeCluster(clusterId));
  if (clusterPhase(cluster.state) !== 'ready') return clusterLost(run, cluster);
  return new LandfallError('step', `step ${name} (${stepId}) is no longer listed on cluster ${clusterId}`);
}

async function stepEnded(
  run: Run,
  { name, attempt, clusterId }: Omit<Submitted, 'stepId'>,
  step: Step,
): Promise<LandfallError> {
  const cluster = await patiently(patience(run), () => run.ports.emr.describeCluster(clusterId));
  const under = ['ending', 'ended', 'failed'].includes(clusterPhase(cluster.state));
  const cancelled = stepPhase(step.state) === 'cancelled';
  await run.journal.append({ entry: 'step-ended', step: name, attempt, state: step.state });
  // Before the logs: a cluster that ends uploads them sooner, and costs nothing while we wait for them.
  if (!cancelled) await releaseCluster(run);
  const why = cancelled ? [] : await run.ports.explain({ clusterId, step }, run.signal);
  if (under && reasonOfEnd(cluster.reasonCode)) return clusterLost(run, cluster);
  return stepFailed(name, { state: step.state, why });
}

/** True when the cluster ended for a cause of its own, rather than because its step failed. */
function reasonOfEnd(code: string | undefined): boolean {
  return code !== undefined && code !== 'STEP_FAILURE' && code !== 'ALL_STEPS_COMPLETED';
}

/** A cancelled step is a cancelled run; any other end but COMPLETED is a failed step. */
export function stepFailed(
  name: string,
  { state, why }: { state: string; why: readonly string[] },
): LandfallError {
  if (stepPhase(state) === 'cancelled') return new LandfallError('cancelled', `step ${name} was cancelled`);
  return new LandfallError('step', `step ${name} ended ${state}`, { why });
}

/** Journals which execution of the step's attempt counts; `step` when none left a complete report. */
async function accept(run: Run, name: string): Promise<void> {
  const { journal, ports } = run;
  const state = journal.state();
  const attempt = state.current[name] ?? 1;
  const token = tokens.step(journal.run, name, attempt);
  const folder = keys.attempt(journal.run, name, attempt);
  const accepted = await patiently(patience(run), () => ports.lake.acceptExecution(folder, token));
  if (accepted === undefined) {
    throw new LandfallError('step', `step ${name} COMPLETED but left no complete report`, {
      why: [`${state.plan.lake}/${folder}/<application id>/report.json is missing or broken`],
    });
  }
  await journal.append({ entry: 'step-accepted', step: name, attempt, execution: accepted.key });
}
