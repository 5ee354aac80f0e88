/** Steps that a run carries over: another run's execution counts as accepted from the start, under an attempt of its own. Pure. */
import { parseExecution } from '../lake/layout.ts';
import { tokens } from './plan.ts';
import type { RunPlan } from './plan.ts';

/** The number of that attempt. */
export const CARRIED = 0;

/** By step that is carried over: its attempt. */
export function carriedAttempts({ carried = {}, plannedAt }: Pick<RunPlan, 'carried' | 'plannedAt'>) {
  return Object.fromEntries(
    Object.entries(carried).map(([step, execution]) => {
      const { run = '', attempt = 0 } = parseExecution(execution) ?? {};
      const token = tokens.step(run, step, attempt);
      return [step, [{ attempt: CARRIED, token, clusterId: '', intendedAt: new Date(plannedAt), execution }]];
    }),
  );
}

/** The steps that the run carries over still: none of their attempts is its own. */
export function carriedSteps({
  plan,
  current,
}: {
  plan: Pick<RunPlan, 'steps'>;
  current: Readonly<Record<string, number>>;
}): string[] {
  return plan.steps.map(({ name }) => name).filter((name) => current[name] === CARRIED);
}
