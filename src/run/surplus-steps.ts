/** Second copies of our steps, which a lost answer may have left. */
import { unharmed } from './cluster.ts';
import type { Run } from './context.ts';
import type { Step } from './ports.ts';
import { currentAttempt } from './state.ts';
import { stepPhase } from './states.ts';

/**
 * Cancels what else carries the token of a submitted step, in one request: were only the first of a batch's second copies
 * cancelled, the next one would start without its tables.
 */
export async function cancelSurplus(run: Run, clusterId: string, listed: readonly Step[]): Promise<void> {
  const state = run.journal.state();
  const surplus = state.plan.steps.flatMap(({ name }) => {
    const ours = currentAttempt(state, name);
    if (ours?.stepId === undefined) return [];
    return listed
      .filter(({ id, name: token, state: its }) => token === ours.token && id !== ours.stepId && isLive(its))
      .map(({ id }) => ({ step: name, attempt: ours.attempt, id }));
  });
  if (surplus.length === 0) return;
  for (const copy of surplus) await run.journal.append({ entry: 'step-surplus', ...copy });
  const ids = surplus.map(({ id }) => id);
  const names = surplus.map(({ step, id }) => `${step} (${id})`).join(', ');
  await unharmed(run, `a second copy of ${names} could not be cancelled`, () =>
    run.ports.emr.cancelSteps(clusterId, ids),
  );
  run.ports.emit({ event: 'note', message: `a second copy of ${names} is cancelled` });
}

const isLive = (state: string) => ['waiting', 'running', 'unknown'].includes(stepPhase(state));
