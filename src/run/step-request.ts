/** The request that submits steps to EMR. Pure. */
import { keys } from '../lake/layout.ts';
import { applicationArguments, tokens } from './plan.ts';
import type { PlannedStep } from './plan.ts';
import type { StepRequest } from './ports.ts';
import { attemptNumber, currentAttempt } from './state.ts';
import type { RunState } from './state.ts';

type Submitting = Pick<RunState, 'plan' | 'current' | 'attempts'>;

/** The name of the EMR step that runs these steps. */
export function nameOf(state: Pick<RunState, 'plan' | 'current'>, steps: readonly PlannedStep[]): string {
  const attempts = steps.map(({ name }) => ({ step: name, attempt: attemptNumber(state, name) }));
  return tokens.application(state.plan.run, attempts);
}

/** The request of an application. An upstream without an accepted execution is given by its attempt's folder. */
export function requestOf(state: Submitting, steps: readonly PlannedStep[]): StepRequest {
  return {
    name: nameOf(state, steps),
    args: applicationArguments(
      state.plan,
      steps.map((step) => ({
        step,
        attempt: attemptNumber(state, step.name),
        upstreams: Object.fromEntries(step.upstreams.map((name) => [name, placeOf(state, name)])),
      })),
    ),
  };
}

function placeOf(state: Submitting, step: string): string {
  const accepted = currentAttempt(state, step)?.execution;
  return accepted ?? keys.attempt(state.plan.run, step, attemptNumber(state, step));
}
