/**
 * The state of a run from entries that anyone may have written: one that contradicts the entries before it is damage.
 */
import { messageOf } from '../message-of.ts';
import { damaged, notAnEntry } from './damaged.ts';
import { attemptsIntended } from './entries.ts';
import type { Stamped } from './entries.ts';
import type { Objects } from './ports.ts';
import { advance, begin } from './advance.ts';
import { attemptNumber } from './state.ts';
import type { StepAttempt } from './plan.ts';
import type { RunState } from './state.ts';

type Place = Pick<Objects, 'uri'>;

/** The state after the entries, the first of which is the plan. Throws `input` at the first that does not fit. */
export function fold(place: Place, [first, ...more]: readonly [Stamped, ...Stamped[]]): RunState {
  return more.reduce((state, entry) => follow(place, state, entry), begin(first));
}

/** The state after one more entry. Throws `input` when the entry does not fit. */
export function follow(place: Place, state: RunState, entry: Stamped): RunState {
  const { run } = state.plan;
  const what = notAnEntry(place, run, entry.number);
  const why = misfit(state, entry);
  if (why !== undefined) throw damaged(place, run, { what, why });
  try {
    return advance(state, entry);
  } catch (cause) {
    // One damaged journal must not stop the work on the others.
    throw damaged(place, run, { what, why: messageOf(cause), cause });
  }
}

/** Why the entry cannot come after that state; undefined when it can. */
function misfit(state: RunState, entry: Stamped): string | undefined {
  const { plan } = state;
  if (entry.entry === 'replanned') return unplanned(entry.plan, entry.rerun);
  if (entry.entry === 'infrastructure-retry') return unplanned(plan, entry.rerun);
  if (!('step' in entry)) return undefined;
  const attempts: readonly StepAttempt[] = entry.entry === 'step-intent' ? attemptsIntended(entry) : [entry];
  const strange = unplanned(
    plan,
    attempts.map(({ step }) => step),
  );
  if (strange !== undefined) return strange;
  const places = attempts.map(({ step }) => plan.steps.findIndex(({ name }) => name === step));
  if (places.some((place, at) => place <= (places[at - 1] ?? -1)))
    return 'it names the steps of an application in another order than the plan';
  const early = attempts.find(({ step, attempt }) => attempt > attemptNumber(state, step));
  if (early === undefined) return undefined;
  const newest = String(attemptNumber(state, early.step));
  return `attempt ${String(early.attempt)} of ${early.step} was never begun; the newest is ${newest}`;
}

function unplanned({ steps }: RunState['plan'], names: readonly string[]): string | undefined {
  const strange = names.find((name) => !steps.some((step) => step.name === name));
  return strange === undefined ? undefined : `the plan has no step ${strange}`;
}
