/** Accepting executions: for each step of an application, the one whose tables count. */
import { LandfallError } from '../faults.ts';
import type { NonEmpty } from './applications.ts';
import type { Run } from './driven-run.ts';
import { keys } from '../lake/layout.ts';
import type { Step } from './ports.ts';
import { present } from '../present.ts';
import { attemptNumber, currentAttempt } from './state.ts';
import type { RunState } from './state.ts';
import type { Accepted } from './verification.ts';

/** Accepts these steps of an application that has COMPLETED. Throws `step` when one of them left no complete report. */
export async function acceptCompleted(run: Run, names: NonEmpty<string>, step: Step): Promise<void> {
  const [last, ...more] = await acceptFinished(run, names, step);
  const accepted = more.length === 0 ? await executionOf(run, last) : undefined;
  if (accepted === undefined) throw withoutReport(run, last);
  await accept(run, last, accepted, step);
}

/**
 * Accepts the steps that have finished, whether their application still runs or has ended. Returns the others: the first of
 * them is running, or was the last to run. Never accepts the last step, which counts only once the application has COMPLETED.
 */
export async function acceptFinished(
  run: Run,
  [name, next, ...more]: NonEmpty<string>,
  step: Step,
): Promise<NonEmpty<string>> {
  if (next === undefined) return [name];
  const accepted = await executionOf(run, name);
  if (accepted === undefined) return [name, next, ...more];
  const ended = new Date(accepted.report.endedAt);
  await accept(run, name, accepted, { ...step, state: 'COMPLETED', ended });
  return acceptFinished(run, [next, ...more], step);
}

/** Emits the state of a step. `step`: the EMR step that runs it, alone or with others. */
export function emitStep({ ports, journal }: Run, name: string, step: Step): void {
  const state = journal.state();
  const now = ports.clock.now();
  const begun = endBefore(state, name) ?? step.started ?? step.created ?? now;
  const elapsedMs = Math.max(0, (step.ended ?? now).getTime() - begun.getTime());
  const attempt = attemptNumber(state, name);
  ports.emit({ event: 'step', step: name, attempt, id: step.id, state: step.state, elapsedMs });
}

/** When the previous step of its application ended; undefined for the first step. */
function endBefore(state: RunState, name: string): Date | undefined {
  const application = currentAttempt(state, name)?.application;
  const ends = state.plan.steps.flatMap((step) => {
    const other = currentAttempt(state, step.name);
    return other?.application === application ? (other?.endedAt ?? []) : [];
  });
  return ends.sort((a, b) => b.getTime() - a.getTime())[0];
}

/** For the journal: when EMR says that the step ended. */
export const endTime = ({ ended }: Pick<Step, 'ended'>) =>
  ended === undefined ? {} : { ended: ended.toISOString() };

async function accept(run: Run, name: string, { key }: Accepted, step: Step): Promise<void> {
  emitStep(run, name, step);
  const attempt = attemptNumber(run.journal.state(), name);
  const end = endTime(step);
  await run.journal.append({ entry: 'step-accepted', step: name, attempt, execution: key, ...end });
}

/** The execution of the step's current attempt that counts; undefined while none is complete. */
function executionOf({ journal, ports }: Run, name: string): Promise<Accepted | undefined> {
  const attempt = present(currentAttempt(journal.state(), name), `attempt of ${name}`);
  return ports.lake.acceptExecution(keys.attempt(journal.run, name, attempt.attempt), attempt.token);
}

function withoutReport({ journal }: Run, name: string): LandfallError {
  const { plan, current } = journal.state();
  const folder = keys.attempt(journal.run, name, attemptNumber({ current }, name));
  return new LandfallError('step', `step ${name} COMPLETED but left no complete report`, {
    why: [`${plan.lake}/${keys.report(keys.execution(folder, '<application id>'))} is missing or broken`],
  });
}
