/** The life of a cluster as functions over its record: no clock, no process, no disk. */
import { present } from '../present.ts';
import { strikeTime } from './fate.ts';
import { isActive, isLive, isLogged, isModifiable, isUnderWay } from './records.ts';
import { cancelPending, startable, stopRunning, withOutcome } from './step-machine.ts';
import type { Cancellation, ClusterRecord, ErrorDetail, ReasonCode, StepRecord, Fate } from './records.ts';
import type { StepOutcome } from './step-machine.ts';

/**
 * How long a cluster stays in its transient states, in milliseconds, and what its running steps become when it ends.
 */
export interface Pace {
  startingMs: number;
  bootstrappingMs: number;
  terminatingMs: number;
  /** From a step's end to the upload of its logs. */
  logDelayMs: number;
  /** The state of steps that run when their cluster is terminated: observers of EMR disagree on it. */
  endRunningAs: 'CANCELLED' | 'INTERRUPTED';
}

/** Applies every change that is due at `now`; returns the same object when none is. */
export function settle(cluster: ClusterRecord, now: number, pace: Pace): ClusterRecord {
  let current = cluster;
  for (;;) {
    const next = advance(current, now, pace);
    if (next === current) return current;
    current = next;
  }
}

/** When the next change is due that waits for no request or process; undefined when there is none. */
export function nextDue(cluster: ClusterRecord): number | undefined {
  if (!isLive(cluster)) return undefined;
  const logs = cluster.steps.flatMap(({ logs: state, logsDue }) =>
    state === 'due' ? [present(logsDue, 'time for logs that are due')] : [],
  );
  const fate = isModifiable(cluster) ? strikeTime(cluster) : undefined;
  const due = [cluster.until, fate, cluster.state === 'WAITING' ? idleEnd(cluster) : undefined, ...logs];
  const times = due.filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}

/**
 * The same cluster after the clock was set forward by that many milliseconds: every due time stays as far away as it
 * was.
 */
export function withClockSet(cluster: ClusterRecord, ms: number): ClusterRecord {
  const { fate } = cluster;
  const later = (time: number | undefined) => (time === undefined ? undefined : time + ms);
  const shown = <T extends { hiddenUntil?: number | undefined }>(hidden: T): T =>
    hidden.hiddenUntil === undefined ? hidden : { ...hidden, hiddenUntil: hidden.hiddenUntil + ms };
  return {
    ...shown(cluster),
    until: later(cluster.until),
    idleSince: later(cluster.idleSince),
    ...(fate !== undefined && 'at' in fate.strikes
      ? { fate: { ...fate, strikes: { at: fate.strikes.at + ms } } }
      : {}),
    steps: cluster.steps.map((step) => ({ ...shown(step), logsDue: later(step.logsDue) })),
  };
}

/** Ends the cluster: pending steps are cancelled, running ones asked to stop. Does nothing to a cluster that is ending. */
export function terminate(
  cluster: ClusterRecord,
  why: { code: ReasonCode; message: string; details?: readonly ErrorDetail[]; how?: Cancellation },
  now: number,
  pace: Pace,
): ClusterRecord {
  if (!isModifiable(cluster)) return cluster;
  const { how = 'SEND_INTERRUPT', ...reason } = why;
  const stop = { how, end: pace.endRunningAs };
  return {
    ...cluster,
    state: 'TERMINATING',
    reason,
    until: now + pace.terminatingMs,
    idleSince: undefined,
    steps: cluster.steps.map((step) => stopRunning(cancelPending(step, now), stop)),
  };
}

/** A running step's process has ended: its final state, its logs due, its ActionOnFailure. */
export function endStep(
  cluster: ClusterRecord,
  ended: { id: string; outcome: StepOutcome },
  now: number,
  pace: Pace,
): ClusterRecord {
  const before = cluster.steps.find((step) => step.id === ended.id);
  if (before === undefined || !isUnderWay(before)) return cluster;
  const logs = isLogged(cluster) ? ({ logs: 'due', logsDue: now + pace.logDelayMs } as const) : {};
  const step: StepRecord = { ...withOutcome(before, ended.outcome, now), ...logs };
  const after = { ...cluster, steps: cluster.steps.map((other) => (other.id === step.id ? step : other)) };
  return step.state === 'FAILED' ? actOnFailure(after, step, now, pace) : after;
}

/** With several steps at once no action fires. Termination protection turns the end of the cluster into a wait. */
function actOnFailure(cluster: ClusterRecord, failed: StepRecord, now: number, pace: Pace): ClusterRecord {
  if (cluster.concurrency > 1 || failed.actionOnFailure === 'CONTINUE') return cluster;
  if (failed.actionOnFailure === 'CANCEL_AND_WAIT' || cluster.terminationProtected) {
    return { ...cluster, steps: cluster.steps.map((step) => cancelPending(step, now)) };
  }
  return terminate(cluster, { code: 'STEP_FAILURE', message: 'Shut down as step failed' }, now, pace);
}

const FINISHED = { code: 'ALL_STEPS_COMPLETED', message: 'Steps completed' } as const;
/** After a failed step with CONTINUE, EMR still ends the cluster as TERMINATED. */
const FINISHED_WITH_ERRORS = { code: 'STEP_FAILURE', message: 'Steps completed with errors' } as const;

function advance(cluster: ClusterRecord, now: number, pace: Pace): ClusterRecord {
  if (isModifiable(cluster) && cluster.fate !== undefined && (strikeTime(cluster) ?? Infinity) <= now) {
    return applyFault(cluster, cluster.fate, now, pace);
  }
  const due = cluster.until !== undefined && cluster.until <= now;
  switch (cluster.state) {
    case 'STARTING':
      if (!due) return cluster;
      return {
        ...cluster,
        state: 'BOOTSTRAPPING',
        reason: { message: 'Running bootstrap actions' },
        provisioned: now,
        until: now + pace.bootstrappingMs,
      };
    case 'BOOTSTRAPPING':
      if (!due) return cluster;
      return { ...wait(cluster, 'Cluster ready to run steps.', now), ready: now, until: undefined };
    case 'RUNNING':
    case 'WAITING':
      return work(cluster, now, pace);
    case 'TERMINATING':
      return due ? end(cluster, now) : cluster;
    case 'TERMINATED':
    case 'TERMINATED_WITH_ERRORS':
      return cluster;
  }
}

/** The cluster is lost: its processes are killed. */
function applyFault(cluster: ClusterRecord, fate: Fate, now: number, pace: Pace): ClusterRecord {
  const { code, message, details, bootstrapLog } = fate;
  return {
    ...terminate(cluster, { code, message, details, how: 'TERMINATE_PROCESS' }, now, pace),
    fate: undefined,
    bootstrapLog: isLogged(cluster) ? bootstrapLog : undefined,
  };
}

function work(cluster: ClusterRecord, now: number, pace: Pace): ClusterRecord {
  const next = startable(cluster);
  if (next !== undefined) {
    return {
      ...cluster,
      state: 'RUNNING',
      reason: { message: 'Running step' },
      idleSince: undefined,
      steps: cluster.steps.map((step) =>
        step.id === next.id ? { ...step, state: 'RUNNING', started: now } : step,
      ),
    };
  }
  if (cluster.steps.some(isActive)) return cluster;
  if (!cluster.keepAlive) {
    const failed = cluster.steps.some((step) => step.state === 'FAILED');
    if (!failed) return terminate(cluster, FINISHED, now, pace);
    return { ...terminate(cluster, FINISHED_WITH_ERRORS, now, pace), endsAs: 'TERMINATED' };
  }
  if (cluster.state === 'RUNNING') return wait(cluster, readyAfter(cluster), now);
  const idle = idleEnd(cluster);
  if (idle === undefined || idle > now || cluster.terminationProtected) return cluster;
  const message = `Auto-terminated: idle for ${present(cluster.idleTimeout, 'idle timeout')} seconds`;
  return terminate(cluster, { code: 'ALL_STEPS_COMPLETED', message }, now, pace);
}

function wait(cluster: ClusterRecord, message: string, now: number): ClusterRecord {
  return { ...cluster, state: 'WAITING', reason: { message }, idleSince: now };
}

function readyAfter(cluster: ClusterRecord): string {
  const ended = (step: StepRecord) => present(step.ended, `end of step ${step.id}`);
  const last = cluster.steps.reduce((a, b) => (ended(b) >= ended(a) ? b : a));
  if (last.state === 'FAILED') return 'Cluster ready after last step failed.';
  return `Cluster ready after last step ${last.state === 'COMPLETED' ? 'completed' : 'cancelled'}.`;
}

function idleEnd(cluster: ClusterRecord): number | undefined {
  if (cluster.idleTimeout === undefined || cluster.idleSince === undefined) return undefined;
  if (cluster.terminationProtected) return undefined;
  return cluster.idleSince + cluster.idleTimeout * 1000;
}

/** Ends the cluster once no process is left and the logs have been uploaded, or are lost. */
function end(cluster: ClusterRecord, now: number): ClusterRecord {
  if (cluster.steps.some((step) => isUnderWay(step) || step.logs === 'due')) return cluster;
  if (cluster.bootstrapLog?.state === 'due') return cluster;
  const { code } = cluster.reason;
  const well = code === 'USER_REQUEST' || code === 'ALL_STEPS_COMPLETED';
  return {
    ...cluster,
    state: cluster.endsAs ?? (well ? 'TERMINATED' : 'TERMINATED_WITH_ERRORS'),
    ended: now,
    until: undefined,
  };
}
