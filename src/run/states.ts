/** What EMR's states mean to a run. Every state EMR has is named; one that it does not have yet is `unknown`. */
import type { Step } from './ports.ts';

export type StepPhase = 'waiting' | 'running' | 'cancelling' | 'completed' | 'failed' | 'cancelled';
export type ClusterPhase = 'starting' | 'ready' | 'ending' | 'ended' | 'failed';
export type ReasonKind = 'infrastructure' | 'configuration' | 'user' | 'step' | 'finished';

export const STEP_PHASES = {
  PENDING: 'waiting',
  RUNNING: 'running',
  CANCEL_PENDING: 'cancelling',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  INTERRUPTED: 'failed',
} as const satisfies Record<string, StepPhase>;

export const CLUSTER_PHASES = {
  STARTING: 'starting',
  BOOTSTRAPPING: 'starting',
  RUNNING: 'ready',
  WAITING: 'ready',
  TERMINATING: 'ending',
  TERMINATED: 'ended',
  TERMINATED_WITH_ERRORS: 'failed',
} as const satisfies Record<string, ClusterPhase>;

/** Why a cluster ended. Only `infrastructure` may go away by itself on a new cluster. */
export const REASON_KINDS = {
  INTERNAL_ERROR: 'infrastructure',
  INSTANCE_FAILURE: 'infrastructure',
  INSTANCE_FLEET_TIMEOUT: 'infrastructure',
  VALIDATION_ERROR: 'configuration',
  BOOTSTRAP_FAILURE: 'configuration',
  USER_REQUEST: 'user',
  STEP_FAILURE: 'step',
  ALL_STEPS_COMPLETED: 'finished',
} as const satisfies Record<string, ReasonKind>;

/**
 * The local endpoint's `FailureDetails.Reason` for a step that was running when the endpoint died; EMR has no such
 * reason.
 */
const LOST_STEP = 'Infrastructure failure.';

/** True when its FailureDetails say that a step failed through no fault of its program. */
export function isLostStep({ failure }: Pick<Step, 'failure'>): boolean {
  return failure?.reason === LOST_STEP;
}

export function stepPhase(state: string): StepPhase | 'unknown' {
  return Object.hasOwn(STEP_PHASES, state) ? STEP_PHASES[state as keyof typeof STEP_PHASES] : 'unknown';
}

export function clusterPhase(state: string): ClusterPhase | 'unknown' {
  return Object.hasOwn(CLUSTER_PHASES, state)
    ? CLUSTER_PHASES[state as keyof typeof CLUSTER_PHASES]
    : 'unknown';
}

/** True once a step has ended, or is being cancelled; one in a state that this version does not know may run on. */
export function isStepOver(state: string): boolean {
  return hasStepEnded(state) || stepPhase(state) === 'cancelling';
}

export function hasStepEnded(state: string): boolean {
  return ['completed', 'failed', 'cancelled'].includes(stepPhase(state));
}

/** True once a cluster ends or has ended: nothing brings it back. One in a state that this version does not know may live. */
export function isOver(state: string): boolean {
  return ['ending', 'ended', 'failed'].includes(clusterPhase(state));
}

export function reasonKind(code: string | undefined): ReasonKind | 'unknown' {
  if (code === undefined || !Object.hasOwn(REASON_KINDS, code)) return 'unknown';
  return REASON_KINDS[code as keyof typeof REASON_KINDS];
}
