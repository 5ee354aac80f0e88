/** Submitting applications: those of one request together, each exactly once. */
import { LandfallError } from '../faults.ts';
import { present } from '../present.ts';
import { applicationsToSubmit } from './applications.ts';
import type { Application } from './applications.ts';
import { failAtCluster } from './cluster-lost.ts';
import { isUncertain } from './create-once.ts';
import { nextAction } from './creation.ts';
import type { Creation } from './creation.ts';
import { checkpoint } from './driven-run.ts';
import type { Run } from './driven-run.ts';
import { CLOCK_SLACK_MS } from './live-clusters.ts';
import type { PlannedStep } from './plan.ts';
import type { Answer, Step, StepRequest } from './ports.ts';
import { plannedProgramOf } from './programs.ts';
import { recordRefusal } from './record-refusal.ts';
import { attemptNumber, currentAttempt } from './state.ts';
import { isOver } from './states.ts';
import { nameOf, requestOf } from './step-request.ts';

/**
 * Submits these applications in one request. When its answer is lost, or an earlier driver may have sent it, they are looked
 * for by their names, and only what is missing is sent again.
 */
export async function submit(
  run: Run,
  applications: readonly Application[],
  clusterId: string,
): Promise<void> {
  const { journal, ports } = run;
  const before = journal.state();
  const steps = applications.flat();
  const intendedBefore = steps.some(({ name }) => currentAttempt(before, name) !== undefined);
  await recordIntents(run, applications, clusterId);
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
  const isFound = (application: Application) => ids.has(nameOf(before, application));
  for (;;) {
    const action = await nextAction(run, creation);
    const missing = applications.filter((application) => !isFound(application));
    switch (action.kind) {
      case 'send':
        await checkpoint(run);
        try {
          for (const step of missing.flat())
            await plannedProgramOf(run, step, attemptNumber(before, step.name));
          const requests = missing.map((application) => requestOf(before, application));
          const answer = await addSteps(run, clusterId, requests);
          if (answer.kind === 'accepted')
            for (const [at, { name }] of requests.entries())
              ids.set(name, { id: present(answer.value[at], `id of ${name}`), how: 'accepted' });
          happened.push({ kind: 'answered', answer });
        } catch (refusal) {
          const refused = missing.map((application) => nameOf(before, application));
          if (!isUncertain(happened)) await recordRefusal(run, refused, refusal);
          throw refusal;
        }
        break;
      case 'look':
        for (const [name, id] of await submittedOn(run, clusterId)) ids.set(name, { id, how: 'adopted' });
        happened.push({ kind: 'looked', found: applications.every(isFound) });
        break;
      case 'done':
        for (const application of applications) {
          const name = nameOf(before, application);
          const { id, how } = present(ids.get(name), `id of ${name}`);
          await recordSubmitted(run, application, id, how);
        }
        return;
    }
  }
}

async function recordIntents(
  run: Run,
  applications: readonly Application[],
  clusterId: string,
): Promise<void> {
  const { journal, ports } = run;
  const before = journal.state();
  const since = (await ports.objects.now()).toISOString();
  const attemptOf = ({ name }: PlannedStep) => ({ step: name, attempt: attemptNumber(before, name) });
  for (const application of applications) {
    const [first, ...others] = application;
    if (currentAttempt(before, first.name) !== undefined) continue;
    const token = nameOf(before, application);
    const together = others.length === 0 ? {} : { with: others.map(attemptOf) };
    await journal.append({ entry: 'step-intent', ...attemptOf(first), ...together, token, clusterId, since });
  }
}

/** Journals the ids of intended applications that did reach EMR; looks once, and sends nothing. */
export async function adoptSubmitted(run: Run): Promise<void> {
  const { journal } = run;
  for (const application of applicationsToSubmit(journal.state())) {
    const attempt = currentAttempt(journal.state(), application[0].name);
    if (attempt === undefined) continue;
    const id = (await submittedOn(run, attempt.clusterId)).get(attempt.application);
    if (id !== undefined) await recordSubmitted(run, application, id, 'adopted');
  }
}

/**
 * Ids of our applications on that cluster by name, in the plan's order, up to the first that is missing. Of several
 * copies of one, it takes the oldest that comes after the application before it: EMR runs steps in the order in which they
 * were added, and a step that runs before its upstream fails for lack of its tables.
 */
async function submittedOn(run: Run, clusterId: string): Promise<Map<string, string>> {
  const listed = (await listOurSteps(run, clusterId)).reverse();
  const state = run.journal.state();
  const found = new Map<string, string>();
  let behind = -1;
  for (const { name } of state.plan.steps) {
    const attempt = currentAttempt(state, name);
    if (attempt?.clusterId !== clusterId || found.has(attempt.application)) continue;
    const { application, stepId } = attempt;
    const at = listed.findIndex(({ id, name: its }, place) =>
      stepId === undefined ? its === application && place > behind : id === stepId,
    );
    const id = stepId ?? listed[at]?.id;
    if (id === undefined) break;
    behind = Math.max(behind, at);
    found.set(application, id);
  }
  return found;
}

function recordSubmitted(
  { journal }: Run,
  [{ name }]: Application,
  id: string,
  how: 'accepted' | 'adopted',
): Promise<unknown> {
  const attempt = attemptNumber(journal.state(), name);
  return journal.append({ entry: 'step-submitted', step: name, attempt, id, how });
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
