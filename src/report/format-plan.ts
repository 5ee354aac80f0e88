/** A plan, as text. Pure. */
import { linesOf, oneLine } from './harmless.ts';

/** One thing that the run will do. */
export interface Action {
  action: string;
  reason: string;
}

export interface PlanText {
  actions: readonly Action[];
  /** The requests to EMR, where they were asked for. */
  requests?: object;
}

export function formatPlan({ actions, requests }: PlanText): string {
  return [
    ...actions.map(({ action, reason }) => `${oneLine(action)}\n    ${linesOf(reason).join('\n    ')}`),
    ...(requests === undefined ? [] : [JSON.stringify(requests, null, 2)]),
  ].join('\n');
}
