/** What is left to publish of a run, as far as its journal and the publication log tell. Pure. */
import type { Finding } from './verification.ts';
import { currentAttempt } from './state.ts';
import type { RunState } from './state.ts';

export type LeftToPublish =
  | { left: 'nothing' }
  /** To be verified, published and mirrored, or the rest of that. */
  | { left: 'landing' }
  /** The same, under a new number: another run has the one that it was planned for. */
  | { left: 'rebasing' }
  /** The same, under the next number: it stopped at objects of someone else's, and at nothing of its own. */
  | { left: 'obstructed' }
  /** It is not a matter of publishing: follow the run, or retry it. */
  | { left: 'more'; message: string; why: readonly string[]; next: 'attach' | 'retry' };

/** `holder`: the run that has this run's number in the publication log, if any. */
export function leftToPublish(state: RunState, holder: string | undefined): LeftToPublish {
  const { plan, finished, published, mirrored, cancelRequested, publishing } = state;
  const { run } = plan;
  if (published !== undefined)
    return { left: finished?.verdict === 'succeeded' && mirrored ? 'nothing' : 'landing' };
  const next = finished === undefined ? 'attach' : 'retry';
  const open = plan.steps.filter(({ name }) => currentAttempt(state, name)?.execution === undefined);
  if (open.length > 0) {
    const names = open.map(({ name }) => name).join(', ');
    return {
      left: 'more',
      message: `run ${run} has nothing to publish: ${names} ${open.length === 1 ? 'is' : 'are'} not done`,
      why: [],
      next,
    };
  }
  if (finished === undefined && cancelRequested && !publishing)
    return { left: 'more', message: `run ${run} is being cancelled`, why: [], next };
  if (finished?.fault === 'tables' && onlyForeign(state)) return { left: 'obstructed' };
  if (finished !== undefined && finished.fault !== 'overtaken') {
    const { verdict, message = '', why = [] } = finished;
    return { left: 'more', message: `run ${run} ${verdict}: ${message}`, why, next };
  }
  return { left: finished !== undefined || (holder ?? run) !== run ? 'rebasing' : 'landing' };
}

/** True when nothing but objects of someone else's kept the run's tables from being published. */
export function onlyForeign(state: RunState): boolean {
  const errors = errorsFound(state);
  return errors.length > 0 && errors.every(({ foreign }) => foreign === true);
}

/** The findings that keep the run from being published; none before its tables are verified. */
export function errorsFound({ verified }: RunState): Finding[] {
  return verified?.findings.filter(({ severity }) => severity === 'error') ?? [];
}
