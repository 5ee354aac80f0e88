/** The state of a run for people and scripts. Pure. */
import { isCarried } from './carried.ts';
import type { TableSummary } from './entries.ts';
import type { Verdict } from './events.ts';
import { attemptNumber, currentAttempt, currentCluster } from './state.ts';
import type { RunState } from './state.ts';
import type { Finding } from './verification.ts';

export interface RunStatus {
  run: string;
  /** `running` until there is a verdict. */
  verdict: Verdict | 'running';
  plannedAt: string;
  lake: string;
  driver: string;
  cluster?: { id?: string; ours: boolean; endRequested: boolean };
  steps: { step: string; attempt: number; state: string; id?: string }[];
  tables: readonly TableSummary[];
  findings: readonly Finding[];
  publication?: number;
  mirrored: boolean;
  message?: string;
  why: readonly string[];
}

export function statusOf(state: RunState): RunStatus {
  const { plan, finished, verified, published } = state;
  const cluster = currentCluster(state);
  return {
    run: plan.run,
    verdict: finished?.verdict ?? 'running',
    plannedAt: plan.plannedAt,
    lake: plan.lake,
    driver: state.driver,
    ...(cluster === undefined
      ? {}
      : {
          cluster: {
            ...(cluster.id === undefined ? {} : { id: cluster.id }),
            ours: cluster.how === 'launched' || cluster.how === 'adopted',
            endRequested: cluster.terminate !== undefined,
          },
        }),
    steps: plan.steps.map(({ name }) => stepStatus(state, name)),
    tables: verified?.tables ?? [],
    findings: verified?.findings ?? [],
    ...(published === undefined ? {} : { publication: published }),
    mirrored: state.mirrored,
    ...(finished?.message === undefined ? {} : { message: finished.message }),
    why: finished?.why?.flatMap((text) => text.split('\n')) ?? [],
  };
}

function stepStatus(state: RunState, step: string): RunStatus['steps'][number] {
  const attempt = currentAttempt(state, step);
  const number = attemptNumber(state, step);
  const id = attempt?.stepId === undefined ? {} : { id: attempt.stepId };
  const base = { step, attempt: number, ...id };
  if (attempt === undefined) return { ...base, state: 'not submitted' };
  if (isCarried(state, step)) return { ...base, state: 'carried over' };
  if (attempt.execution !== undefined) return { ...base, state: 'accepted' };
  if (attempt.ended !== undefined) return { ...base, state: attempt.ended.state };
  return { ...base, state: attempt.stepId === undefined ? 'being submitted' : 'submitted' };
}
