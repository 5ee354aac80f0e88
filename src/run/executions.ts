/** The executions whose tables a run publishes. Pure. */
import { currentAttempt } from './state.ts';
import type { RunState } from './state.ts';

/** By step: the execution that was accepted or carried over. */
export function executionsOf(state: RunState): Record<string, string> {
  return Object.fromEntries(
    state.plan.steps.flatMap(({ name }) => {
      const execution = currentAttempt(state, name)?.execution;
      return execution === undefined ? [] : [[name, execution]];
    }),
  );
}
