/**
 * Continues after an infrastructure failure: new attempts of the unfinished steps on a new cluster, as often as the
 * plan allows.
 */
import { LandfallError } from '../faults.ts';
import { checkpoint } from './driven-run.ts';
import type { Run } from './driven-run.ts';
import { giveUpCluster } from './end-cluster.ts';
import { keys } from '../lake/layout.ts';
import { plannedProgramOf } from './programs.ts';
import { endedUnused } from './ended-unused.ts';
import { attemptNumber, currentAttempt, currentCluster } from './state.ts';
import type { RunState } from './state.ts';
import { endSubmitted } from './step-ends.ts';

/**
 * Returns when the run may continue after this error: once a retry that the plan allows is prepared, or when a
 * reused cluster ended unused. Otherwise throws the error, which says so when no retry was left.
 */
export async function retryAfterLoss(run: Run, error: unknown): Promise<void> {
  if (run.signal.aborted) throw error;
  if (error instanceof LandfallError && error.fault === 'cluster' && endedUnused(run.journal.state())) {
    run.ports.emit({ event: 'note', message: `${error.message}, and had no step yet: choosing again` });
    return;
  }
  if (!isLoss(error)) throw error;
  await prepareRetry(run, error);
}

/** True when a cluster or step was lost through no fault of ours, as decided where the error was made. */
function isLoss(error: unknown): error is LandfallError {
  if (!(error instanceof LandfallError) || !error.retryable) return false;
  return error.fault === 'cluster' || error.fault === 'step';
}

/**
 * Prepares the unfinished steps to run again: stages their programs under new attempts, then appends one journal
 * entry. When a driver dies before that entry, all of this is simply done again. Throws `loss` when no retry is left.
 */
async function prepareRetry(run: Run, loss: LandfallError): Promise<void> {
  const { journal, ports } = run;
  const { plan, infrastructureRetries: used } = await checkpoint(run);
  const allowed = plan.retryInfrastructure ?? 0;
  if (allowed === 0) throw loss;
  if (plan.cluster.kind === 'id')
    throw withLine(
      loss,
      `--retry-infrastructure launches no cluster in place of ${plan.cluster.id}, which was named`,
    );
  if (used >= allowed) throw withLine(loss, `infrastructure retries: all ${allowed} of this plan are used`);
  await giveUpCluster(run);
  await endSubmitted(run, 'journal');
  const state = journal.state();
  const rerun = unfinished(state);
  for (const step of rerun) await stageNextAttempt(run, step, attemptNumber(state, step));
  const why = [loss.message, ...loss.why.slice(0, 1)].join(': ');
  const clusterId = currentCluster(state)?.id ?? '';
  await journal.append({ entry: 'infrastructure-retry', clusterId, rerun, why });
  const again = rerun.length === 0 ? '' : `, ${rerun.join(', ')} again`;
  ports.emit({
    event: 'note',
    message: `${why}; continuing on a new cluster${again}; infrastructure retries left: ${allowed - used - 1} of ${allowed}`,
  });
}

/** Intended steps without an accepted execution; a step that was never intended still has its first attempt. */
function unfinished(state: RunState): string[] {
  return state.plan.steps
    .map(({ name }) => name)
    .filter((name) => {
      const attempt = currentAttempt(state, name);
      return attempt !== undefined && attempt.execution === undefined;
    });
}

/** The program of the next attempt is the one of this attempt: the plan is the same. */
async function stageNextAttempt(run: Run, step: string, attempt: number): Promise<void> {
  const { journal, ports } = run;
  const planned = journal.state().plan.steps.find(({ name }) => name === step);
  if (planned === undefined) throw new Error(`step ${step} is not planned`);
  const program = await plannedProgramOf(run, planned, attempt);
  await ports.objects.put(keys.program(journal.run, step, attempt + 1), program);
}

/** The same error, with a line about retries. */
function withLine({ fault, message, why, stand, cause }: LandfallError, line: string): LandfallError {
  return new LandfallError(fault, message, { why, stand: [...stand, line], cause });
}
