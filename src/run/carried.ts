/** Steps that a run carries over: another run's execution counts as accepted from the start, under an attempt of its own. Pure. */
import { parseExecution } from '../lake/layout.ts';
import { tokens } from './plan.ts';
import type { RunPlan } from './plan.ts';

/** The number of that attempt. */
export const CARRIED = 0;

/** What of the state of a run says which steps these are. */
interface Carrying {
  plan: Pick<RunPlan, 'steps' | 'bases'>;
  attempts: Readonly<Record<string, readonly { attempt: number; execution?: string }[]>>;
  current: Readonly<Record<string, number>>;
}

/** By step that is carried over: its attempt. */
export function carriedAttempts({ carried = {}, plannedAt }: Pick<RunPlan, 'carried' | 'plannedAt'>) {
  return Object.fromEntries(
    Object.entries(carried).map(([step, execution]) => {
      const { run = '', attempt = 0 } = parseExecution(execution) ?? {};
      const token = tokens.step(run, step, attempt);
      return [
        step,
        [
          {
            attempt: CARRIED,
            token,
            application: token,
            clusterId: '',
            intendedAt: new Date(plannedAt),
            execution,
          },
        ],
      ];
    }),
  );
}

/** True for a step that the run carries over still: none of its attempts is the run's own. */
export function isCarried({ current }: Pick<Carrying, 'current'>, step: string): boolean {
  return current[step] === CARRIED;
}

/** The steps whose tables may be in files of the publication before this run's: those carried over, and those with a base. */
export function stepsOnEarlierFiles(state: Pick<Carrying, 'plan' | 'current'>): string[] {
  const { steps, bases = {} } = state.plan;
  return steps.map(({ name }) => name).filter((name) => isCarried(state, name) || Object.hasOwn(bases, name));
}

/** The run that made the tables of that step, when this one was planned to carry them over. */
export function carriedFrom({ attempts }: Pick<Carrying, 'attempts'>, step: string): string | undefined {
  const { execution = '' } = attempts[step]?.find(({ attempt }) => attempt === CARRIED) ?? {};
  return parseExecution(execution)?.run;
}

/** By table that the run carries over still: the run that made it. */
export function carriedTables(state: Carrying): ReadonlyMap<string, string> {
  return new Map(
    state.plan.steps.flatMap(({ name, tables }) => {
      const from = isCarried(state, name) ? carriedFrom(state, name) : undefined;
      return from === undefined ? [] : tables.map((table) => [table.name, from] as const);
    }),
  );
}
