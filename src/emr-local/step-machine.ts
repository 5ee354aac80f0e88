/** The life of a step as functions over records: no clock, no process, no disk. */
import { present } from '../present.ts';
import { isUnderWay } from './records.ts';
import type { Cancellation, ClusterRecord, FailureDetails, StepRecord } from './records.ts';

/** How a step's process ended. */
export type StepOutcome = { ok: true } | { ok: false; failure: FailureDetails };

export interface CancelAnswer {
  stepId: string;
  status: 'SUBMITTED' | 'FAILED';
  reason?: string;
}

/** The oldest pending step, when the concurrency level leaves room for it. */
export function startable(cluster: ClusterRecord): StepRecord | undefined {
  if (cluster.steps.filter(isUnderWay).length >= cluster.concurrency) return undefined;
  return cluster.steps.find((step) => step.state === 'PENDING');
}

/** A pending step is cancelled at once; any other is left as it is. */
export function cancelPending(step: StepRecord, now: number): StepRecord {
  return step.state === 'PENDING' ? { ...step, state: 'CANCELLED', ended: now } : step;
}

/** A running step is asked to stop. A step already asked can only be asked more firmly. */
export function stopRunning(step: StepRecord, stop: NonNullable<StepRecord['stop']>): StepRecord {
  if (step.state === 'RUNNING') return { ...step, state: 'CANCEL_PENDING', stop };
  if (step.state === 'CANCEL_PENDING' && stop.how === 'TERMINATE_PROCESS') {
    return { ...step, stop: { how: stop.how, end: step.stop?.end ?? stop.end } };
  }
  return step;
}

/** Cancels steps by id; never triggers an ActionOnFailure. Answers in the order of the ids. */
export function cancelSteps(
  cluster: ClusterRecord,
  stepIds: readonly string[],
  how: Cancellation,
  now: number,
): { cluster: ClusterRecord; answers: CancelAnswer[] } {
  const byId = new Map(cluster.steps.map((step) => [step.id, step]));
  const answers = stepIds.map((stepId): CancelAnswer => {
    const { state } = present(byId.get(stepId), `step ${stepId}`);
    if (state === 'PENDING' || state === 'RUNNING' || state === 'CANCEL_PENDING') {
      return { stepId, status: 'SUBMITTED' };
    }
    return {
      stepId,
      status: 'FAILED',
      reason: `Step is already ${state} and cannot be cancelled.`,
    };
  });
  const chosen = new Set(stepIds);
  const steps = cluster.steps.map((step) =>
    chosen.has(step.id) ? stopRunning(cancelPending(step, now), { how, end: 'CANCELLED' }) : step,
  );
  return { cluster: { ...cluster, steps }, answers };
}

/** Logs were uploaded, will be sent again at `retryAt`, or are given up. */
export type LogResult = 'uploaded' | 'lost' | { retryAt: number };

/** The result of an upload of a step's logs. */
export function settleLogs(cluster: ClusterRecord, stepId: string, result: LogResult): ClusterRecord {
  const change =
    typeof result === 'string' ? { logs: result, logsDue: undefined } : { logsDue: result.retryAt };
  return {
    ...cluster,
    steps: cluster.steps.map((step) =>
      step.id === stepId && step.logs === 'due' ? { ...step, ...change } : step,
    ),
  };
}

/** A step under way whose process has ended. */
export function withOutcome(step: StepRecord, outcome: StepOutcome, now: number): StepRecord {
  const ended = { ...step, ended: now, pid: undefined, stop: undefined };
  if (step.state === 'CANCEL_PENDING') return { ...ended, state: step.stop?.end ?? 'CANCELLED' };
  return outcome.ok
    ? { ...ended, state: 'COMPLETED' }
    : { ...ended, state: 'FAILED', failure: outcome.failure };
}
