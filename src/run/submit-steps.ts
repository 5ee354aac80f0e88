/** Submitting steps: those of one request together, each exactly once. */
import { LandfallError } from '../faults.ts';
import { CLOCK_SLACK_MS, clusterLost, storeTime } from './cluster.ts';
import { checkpoint, patience, sparingly } from './driven-run.ts';
import type { Run } from './driven-run.ts';
import { createOnce } from './create-once.ts';
import { keys } from '../lake/layout.ts';
import { stepArguments, tokens } from './plan.ts';
import type { PlannedStep } from './plan.ts';
import type { Answer, Step, StepRequest } from './ports.ts';
import { plannedProgramOf } from './programs.ts';
import { patiently } from './reading.ts';
import { currentAttempt } from './state.ts';
import type { RunState } from './state.ts';
import { isOver } from './states.ts';

/**
 * Submits these steps in one request. When its answer is lost, or an earlier driver may have sent it, they are looked for
 * by their tokens, and only what is missing is sent again.
 */
export async function submit(run: Run, steps: readonly PlannedStep[], clusterId: string): Promise<void> {
  const { journal, ports, signal } = run;
  const before = journal.state();
  const intendedBefore = steps.some(({ name }) => currentAttempt(before, name) !== undefined);
  const since = (await storeTime(run)).toISOString();
  for (const step of steps) {
    if (currentAttempt(before, step.name) !== undefined) continue;
    const attempt = before.current[step.name] ?? 1;
    const token = tokens.step(journal.run, step.name, attempt);
    await journal.append({ entry: 'step-intent', step: step.name, attempt, token, clusterId, since });
  }
  const requests = steps.map((step) => requestOf(before, step));
  const adopted = new Map<string, string>();
  const missing = () => requests.filter(({ name }) => !adopted.has(name));
  const idsOf = (sent: readonly StepRequest[], ids: readonly string[]) =>
    requests.map(({ name }) => adopted.get(name) ?? ids[sent.findIndex((one) => one.name === name)] ?? '');
  const created = await createOnce(
    ports.clock,
    {
      what: `step ${steps.map(({ name }) => name).join(', ')}`,
      send: async () => {
        await checkpoint(run);
        const sent = missing();
        for (const step of steps)
          if (!adopted.has(tokenOf(before, step)))
            await plannedProgramOf(run, step, before.current[step.name] ?? 1);
        const answer = await addSteps(run, clusterId, sent);
        return answer.answer === 'accepted' ? { ...answer, value: idsOf(sent, answer.value) } : answer;
      },
      find: async () => {
        for (const [token, id] of await submittedOn(run, clusterId)) adopted.set(token, id);
        return missing().length === 0 ? idsOf([], []) : undefined;
      },
      refused: async () => {
        for (const { name: token } of missing()) await journal.append({ entry: 'refused', token });
      },
      settleMs: before.plan.settleSeconds * 1000,
      note: sparingly(ports, `submitting ${steps.map(({ name }) => name).join(', ')}`),
    },
    intendedBefore,
    signal,
  );
  for (const [at, { name }] of steps.entries()) {
    const how = adopted.has(requests[at]?.name ?? '') ? 'adopted' : 'accepted';
    await recordSubmitted(run, name, created.value[at] ?? '', how);
  }
}

/** Journals the ids of steps that were intended and did reach EMR; looks once, and sends nothing. */
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
 * Ids of our steps on that cluster by token, in the plan's order, up to the first that is missing: of each one's copies the
 * oldest that stands behind the step before it. EMR runs steps in the order of their adding, and a step whose upstream
 * comes later fails for want of its tables.
 */
async function submittedOn(run: Run, clusterId: string): Promise<Map<string, string>> {
  const listed = (await ourSteps(run, clusterId)).reverse();
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
  const attempt = journal.state().current[step] ?? 1;
  return journal.append({ entry: 'step-submitted', step, attempt, id, how });
}

/** The token of a step's current attempt. */
function tokenOf({ plan, current }: Pick<RunState, 'plan' | 'current'>, { name }: PlannedStep): string {
  return tokens.step(plan.run, name, current[name] ?? 1);
}

/** The request of a step. An upstream without an accepted execution is given by its attempt's folder. */
export function requestOf(
  state: Pick<RunState, 'plan' | 'current' | 'attempts'>,
  step: PlannedStep,
): StepRequest {
  const { plan, current } = state;
  const attempt = current[step.name] ?? 1;
  const upstreams = Object.fromEntries(
    step.upstreams.map((name) => {
      const accepted = currentAttempt(state, name)?.execution;
      return [name, accepted ?? keys.attempt(plan.run, name, current[name] ?? 1)];
    }),
  );
  return {
    name: tokenOf(state, step),
    args: stepArguments(plan, step, attempt, upstreams),
  };
}

/** Sends them once. A cluster that takes no steps because it has ended is told as such. */
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
    const cluster = await patiently(patience(run), () => emr.describeCluster(clusterId));
    throw isOver(cluster.state) ? await clusterLost(run, cluster) : refusal;
  }
}

/** As `listOurSteps`, tried again for long. */
export function ourSteps(run: Run, clusterId: string): Promise<Step[]> {
  return patiently(patience(run), () => listOurSteps(run, clusterId));
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
