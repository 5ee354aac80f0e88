/** Chooses whose logs are shown: which attempt of which step. Pure. */
import { carriedFrom } from './carried.ts';
import { attemptsOf } from './state.ts';
import { LandfallError } from '../faults.ts';
import { nearest } from '../nearest.ts';
import { commandAt } from '../shell-words.ts';
import type { AttemptState, RunState } from './state.ts';
import { stepPhase } from './states.ts';

export interface LoggedAttempt {
  step: string;
  attempt: number;
  stepId: string;
  clusterId: string;
  /** LogUri of its cluster, if the journal records it. */
  logUri: string;
}

export interface StepEnd {
  /** EMR's state; absent when the journal only records that the run is over. */
  state?: string;
  at: Date;
  /** False: the step had ended by that time, but its exact end is unknown. */
  exact: boolean;
}

export interface LogChoice {
  /** Absent: the step that matters: the one that failed, else the one that runs, else the last one submitted. */
  step?: string | undefined;
  /** Absent: the newest that was submitted. */
  attempt?: number | undefined;
}

/** Throws `input` for a step or attempt that the run does not have, or that was never submitted. */
export function chooseAttempt(state: RunState, { step, attempt }: LogChoice): LoggedAttempt {
  if (step !== undefined) return inFull(state, step, ofStep(state, step, attempt));
  const { run } = state.plan;
  const newest = state.plan.steps.flatMap(({ name }) => {
    const found = submitted(state, name).at(-1);
    return found === undefined ? [] : [{ name, found, phase: phaseOf(state, name, found) }];
  });
  const last = newest.toSorted((a, b) => a.found.intendedAt.getTime() - b.found.intendedAt.getTime()).at(-1);
  const matters = ['failed', 'running'].flatMap((phase) => newest.find((one) => one.phase === phase) ?? []);
  const chosen = matters[0] ?? last;
  if (chosen === undefined) throw nothingYet(state, `run ${run} has submitted no step`);
  return inFull(state, chosen.name, ofStep(state, chosen.name, attempt));
}

/** How and when the attempt's step ended; undefined while the journal does not know of it. */
export function endOfAttempt(
  state: RunState,
  { step, attempt }: Pick<LoggedAttempt, 'step' | 'attempt'>,
): StepEnd | undefined {
  const attempts = attemptsOf(state, step);
  const found = attempts.find((one) => one.attempt === attempt);
  const ended = found?.execution === undefined ? found?.ended?.state : 'COMPLETED';
  if (found?.endedAt !== undefined) {
    return { ...(ended === undefined ? {} : { state: ended }), at: found.endedAt, exact: true };
  }
  const next = attempts.find((one) => one.attempt > attempt);
  if (next !== undefined) return { at: next.intendedAt, exact: false };
  return state.finished === undefined ? undefined : { at: new Date(state.finished.at), exact: false };
}

type Submitted = AttemptState & { stepId: string };

function submitted(state: RunState, step: string): Submitted[] {
  return attemptsOf(state, step).flatMap((one) =>
    one.stepId === undefined ? [] : [{ ...one, stepId: one.stepId }],
  );
}

/** A step that ended without tables failed too, whatever EMR says of it; one that was stopped did not. */
function phaseOf(state: RunState, step: string, found: Submitted): 'failed' | 'running' | 'over' {
  if (found.execution !== undefined) return 'over';
  if (found.ended !== undefined) return stepPhase(found.ended.state) === 'failed' ? 'failed' : 'over';
  if (endOfAttempt(state, { step, attempt: found.attempt }) === undefined) return 'running';
  return state.finished?.fault === 'step' ? 'failed' : 'over';
}

function ofStep(state: RunState, step: string, attempt: number | undefined): Submitted {
  const { run, lake, steps } = state.plan;
  const names = [...new Set([...steps.map(({ name }) => name), ...Object.keys(state.attempts)])];
  if (!names.includes(step)) {
    const meant = nearest(step, names);
    throw new LandfallError('input', `run ${run} has no step ${JSON.stringify(step)}`, {
      why: [`its steps: ${names.join(', ')}`],
      next:
        meant === undefined ? commandAt(lake, 'status', run) : commandAt(lake, 'logs', meant, '--run', run),
    });
  }
  const there = submitted(state, step);
  const from = carriedFrom(state, step);
  if (there.length === 0 && from !== undefined) {
    throw new LandfallError(
      'input',
      `step ${step} of run ${run} did not run: its tables are those of run ${from}`,
      {
        next: commandAt(lake, 'logs', step, '--run', from),
      },
    );
  }
  if (there.length === 0) throw nothingYet(state, `step ${step} of run ${run} was never submitted`);
  const found = attempt === undefined ? there.at(-1) : there.find((one) => one.attempt === attempt);
  if (found !== undefined) return found;
  throw new LandfallError('input', `step ${step} of run ${run} has no attempt ${String(attempt)}`, {
    why: [`it was submitted as attempt ${there.map((one) => String(one.attempt)).join(', ')}`],
    next: commandAt(lake, 'logs', step, '--run', run),
  });
}

function nothingYet({ plan, finished }: RunState, message: string): LandfallError {
  return new LandfallError('input', message, {
    stand: [finished === undefined ? 'the run has no verdict yet' : `the run ${finished.verdict}`],
    next: commandAt(plan.lake, 'status', plan.run),
  });
}

function inFull(state: RunState, step: string, { attempt, stepId, clusterId }: Submitted): LoggedAttempt {
  const { logUri = state.plan.logUri } = state.clusters.find(({ id }) => id === clusterId) ?? {};
  return { step, attempt, stepId, clusterId, logUri };
}
