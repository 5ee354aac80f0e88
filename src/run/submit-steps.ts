/** Submitting steps: those of one request together, each exactly once. */
import { LandfallError } from '../faults.ts';
import { present } from '../present.ts';
import { failAtCluster } from './cluster-lost.ts';
import { isUncertain } from './create-once.ts';
import { nextAction } from './creation.ts';
import type { Creation } from './creation.ts';
import { checkpoint } from './driven-run.ts';
import type { Run } from './driven-run.ts';
import { keys } from '../lake/layout.ts';
import { CLOCK_SLACK_MS } from './live-clusters.ts';
import { stepArguments, tokens } from './plan.ts';
import type { PlannedStep } from './plan.ts';
import type { Answer, Step, StepRequest } from './ports.ts';
import { plannedProgramOf } from './programs.ts';
import { recordRefusal } from './record-refusal.ts';
import { attemptNumber, currentAttempt } from './state.ts';
import type { RunState } from './state.ts';
import { isOver } from './states.ts';

/**
 * Submits these steps in one request. When its answer is lost, or an earlier driver may have sent it, they are looked for
 * by their tokens, and only what is missing is sent again.
 */
export async function submit(run: Run, steps: readonly PlannedStep[], clusterId: string): Promise<void> {
  const { journal, ports } = run;
  const before = journal.state();
  const intendedBefore = steps.some(({ name }) => currentAttempt(before, name) !== undefined);
  await recordIntents(run, steps, clusterId);
  const names = steps.map(({ name }) => name).join(', ');
  const creation: Creation = {
    what: `step ${names}`,
    topic: `submitting ${names}`,
    settleMs: before.plan.settleSeconds * 1000,
    begun: ports.clock.monotonic(),
    happened: intendedBefore ? [{ kind: 'intended before' }] : [],
  };
  const { happened } = creation;
  const ids = new Map<string, { id: string; how: 'accepted' | 'adopted' }>();
  for (;;) {
    const action = await nextAction(run, creation);
    const missing = steps.filter((step) => !ids.has(tokenOf(before, step)));
    switch (action.kind) {
      case 'send':
        await checkpoint(run);
        try {
          for (const step of missing) await plannedProgramOf(run, step, attemptNumber(before, step.name));
          const requests = missing.map((step) => requestOf(before, step));
          const answer = await addSteps(run, clusterId, requests);
          if (answer.kind === 'accepted')
            for (const [at, { name }] of requests.entries())
              ids.set(name, { id: present(answer.value[at], `id of ${name}`), how: 'accepted' });
          happened.push({ kind: 'answered', answer });
        } catch (refusal) {
          const tokens = missing.map((step) => tokenOf(before, step));
          if (!isUncertain(happened)) await recordRefusal(run, tokens, refusal);
          throw refusal;
        }
        break;
      case 'look':
        for (const [token, id] of await submittedOn(run, clusterId)) ids.set(token, { id, how: 'adopted' });
        happened.push({ kind: 'looked', found: steps.every((step) => ids.has(tokenOf(before, step))) });
        break;
      case 'done':
        for (const step of steps) {
          const { id, how } = present(ids.get(tokenOf(before, step)), `id of step ${step.name}`);
          await recordSubmitted(run, step.name, id, how);
        }
        return;
    }
  }
}

async function recordIntents(run: Run, steps: readonly PlannedStep[], clusterId: string): Promise<void> {
  const { journal, ports } = run;
  const before = journal.state();
  const since = (await ports.objects.now()).toISOString();
  for (const step of steps) {
    if (currentAttempt(before, step.name) !== undefined) continue;
    const attempt = attemptNumber(before, step.name);
    const token = tokenOf(before, step);
    await journal.append({ entry: 'step-intent', step: step.name, attempt, token, clusterId, since });
  }
}

/** Journals the ids of intended steps that did reach EMR; looks once, and sends nothing. */
export async function adoptSubmitted(run: Run): Promise<void> {
  const { journal } = run;
  const state = journal.state();
  for (const { name } of state.plan.steps) {
    const attempt = currentAttempt(journal.state(), name);
    if (attempt === undefined || attempt.stepId !== undefined) continue;
    const id = (await submittedOn(run, attempt.clusterId)).get(attempt.token);
    if (id !== undefined) await recordSubmitted(run, name, id, 'adopted');
  }
}

/**
 * Ids of our steps on that cluster by token, in the plan's order, up to the first that is missing. Of several
 * copies of a step, it is the oldest that comes after the step before it: EMR runs steps in the order in which they
 * were added, and a step that runs before its upstream fails for lack of its tables.
 */
async function submittedOn(run: Run, clusterId: string): Promise<Map<string, string>> {
  const listed = (await listOurSteps(run, clusterId)).reverse();
  const state = run.journal.state();
  const found = new Map<string, string>();
  let behind = -1;
  for (const { name } of state.plan.steps) {
    const attempt = currentAttempt(state, name);
    if (attempt?.clusterId !== clusterId) continue;
    const { token, stepId } = attempt;
    const at = listed.findIndex(({ id, name: its }, place) =>
      stepId === undefined ? its === token && place > behind : id === stepId,
    );
    const id = stepId ?? listed[at]?.id;
    if (id === undefined) break;
    behind = Math.max(behind, at);
    found.set(token, id);
  }
  return found;
}

function recordSubmitted(
  { journal }: Run,
  step: string,
  id: string,
  how: 'accepted' | 'adopted',
): Promise<unknown> {
  const attempt = attemptNumber(journal.state(), step);
  return journal.append({ entry: 'step-submitted', step, attempt, id, how });
}

/** The token of a step's current attempt. */
function tokenOf(state: Pick<RunState, 'plan' | 'current'>, { name }: PlannedStep): string {
  return tokens.step(state.plan.run, name, attemptNumber(state, name));
}

/** The request of a step. An upstream without an accepted execution is given by its attempt's folder. */
export function requestOf(
  state: Pick<RunState, 'plan' | 'current' | 'attempts'>,
  step: PlannedStep,
): StepRequest {
  const { plan } = state;
  const attempt = attemptNumber(state, step.name);
  const upstreams = Object.fromEntries(
    step.upstreams.map((name) => {
      const accepted = currentAttempt(state, name)?.execution;
      return [name, accepted ?? keys.attempt(plan.run, name, attemptNumber(state, name))];
    }),
  );
  return {
    name: tokenOf(state, step),
    args: stepArguments(plan, step, attempt, upstreams),
  };
}

/** Sends them once. Throws the cluster's end when it takes no steps because it has ended. */
async function addSteps(
  run: Run,
  clusterId: string,
  requests: readonly StepRequest[],
): Promise<Answer<string[]>> {
  const { emr } = run.ports;
  try {
    return await emr.addSteps(clusterId, requests);
  } catch (refusal) {
    if (!(refusal instanceof LandfallError) || refusal.fault !== 'cluster') throw refusal;
    const cluster = await emr.describeCluster(clusterId);
    if (!isOver(cluster.state)) throw refusal;
    return failAtCluster(run, cluster);
  }
}

/** The cluster's steps since the first that this run intended there, newest first; strangers' may be among them. */
export function listOurSteps(run: Run, clusterId: string): Promise<Step[]> {
  const times = Object.values(run.journal.state().attempts)
    .flat()
    .filter((attempt) => attempt.clusterId === clusterId)
    .map(({ intendedAt }) => intendedAt.getTime());
  const since = new Date(Math.min(...times, run.ports.clock.now().getTime()) - CLOCK_SLACK_MS);
  return run.ports.emr.listSteps(clusterId, since);
}
