/** Which steps share a Spark application: one EMR step, one JVM. Pure. */
import { grouped } from '../grouped.ts';
import type { PlannedStep } from './plan.ts';
import { currentAttempt } from './state.ts';
import type { RunState } from './state.ts';
import { requestOf } from './step-request.ts';

/** Steps that one Spark application runs, in this order. */
export type Application = NonEmpty<PlannedStep>;

/** At least one element. */
export type NonEmpty<T> = readonly [T, ...T[]];

/** The steps that the run's next driver has to submit, in the plan's order. */
export function stepsToSubmit(state: RunState): PlannedStep[] {
  if (state.published !== undefined) return [];
  return state.plan.steps.filter(({ name }) => {
    const attempt = currentAttempt(state, name);
    return attempt?.stepId === undefined && attempt?.execution === undefined;
  });
}

/**
 * The same steps as applications, in the order in which they are submitted. A step joins the application of its upstreams if
 * those that are still to be submitted are all in one and its arguments fit. Otherwise it begins another. Steps whose
 * submission was recorded as one intent stay together.
 */
export function applicationsToSubmit(state: RunState): Application[] {
  const applications: Joinable[] = [];
  for (const step of stepsToSubmit(state)) {
    const joined = applicationToJoin(state, applications, step);
    if (joined === undefined) applications.push([step]);
    else joined.push(step);
  }
  return applications;
}

type Joinable = [PlannedStep, ...PlannedStep[]];

function applicationToJoin(
  state: RunState,
  applications: Joinable[],
  step: PlannedStep,
): Joinable | undefined {
  const intended = (steps: Application) =>
    steps.map(({ name }) => currentAttempt(state, name)?.application).find((name) => name !== undefined);
  const its = intended([step]);
  if (its !== undefined) return applications.find((steps) => intended(steps) === its);
  if (state.plan.applications === 'per_step') return undefined;
  const [read, ...others] = applications.filter((steps) =>
    steps.some(({ name }) => step.upstreams.includes(name)),
  );
  if (read === undefined || others.length > 0 || intended(read) !== undefined) return undefined;
  return fits(state, [...read, step]) ? read : undefined;
}

/** EMR takes 10,240 characters (API_HadoopJarStepConfig). The rest is room: an execution's folder is longer than its attempt's. */
const MOST_CHARACTERS = 9_000;

function fits(state: RunState, steps: Application): boolean {
  return requestOf(state, steps).args.join('').length <= MOST_CHARACTERS;
}

/** An EMR step, and the steps of the pipeline in it that have no accepted execution yet. */
export interface Submitted {
  clusterId: string;
  stepId: string;
  steps: NonEmpty<string>;
}

/** What was submitted and has no accepted execution yet, in the order of submission. */
export function submittedApplications(state: RunState): Submitted[] {
  const submitted = state.plan.steps.flatMap(({ name }) => {
    const { clusterId = '', stepId, execution } = currentAttempt(state, name) ?? {};
    return stepId === undefined ? [] : [{ name, clusterId, stepId, isAccepted: execution !== undefined }];
  });
  const together = grouped(submitted, ({ clusterId, stepId }) => `${clusterId} ${stepId}`);
  return [...together.values()].flatMap((its) => {
    const [first, ...others] = its.filter(({ isAccepted }) => !isAccepted);
    if (first === undefined) return [];
    const { clusterId, stepId } = first;
    return [{ clusterId, stepId, steps: [first.name, ...others.map(({ name }) => name)] as const }];
  });
}
