/**
 * A run that is submitted and not followed: all its steps go in one request, and when one fails, EMR cancels the
 * rest.
 */
import { LandfallError } from '../faults.ts';
import { advise, commandAt } from '../shell-words.ts';
import type { Advice } from '../shell-words.ts';
import { isCarried } from './carried.ts';
import type { RunPlan } from './plan.ts';
import { attemptNumber, currentAttempt, currentCluster, isOurs } from './state.ts';
import type { RunState } from './state.ts';

/** What a detached run leaves to EMR; `attach` later follows, verifies and publishes it. */
export interface Submission {
  run: string;
  lake: string;
  /** `ours`: launched by this run, so that it costs money until it has been idle for so long. Absent when none was needed. */
  cluster?: { id: string; where: 'local' | 'ours' | 'not ours'; idleTimeoutSeconds: number };
  steps: { step: string; attempt: number; id?: string; state: 'submitted' | 'accepted' | 'carried over' }[];
  /** The next command. */
  next: Advice;
}

/** EMR takes no CANCEL_AND_WAIT there (API_StepConfig), and would start a step before its upstreams are done. */
export function sideBySide({ run, lake }: RunPlan, clusterId: string, level: number): LandfallError {
  return new LandfallError(
    'input',
    `cluster ${clusterId} runs ${level} steps at once: --detach needs one that runs them one after the other`,
    {
      stand: ['no step was submitted'],
      next: advise`${commandAt(lake, 'retry', run)}, without --detach or with another --cluster`,
    },
  );
}

/** What a detached run has submitted. */
export function submission(state: RunState): Submission {
  const { plan } = state;
  const cluster = currentCluster(state);
  return {
    run: plan.run,
    lake: plan.lake,
    ...(cluster?.id === undefined
      ? {}
      : {
          cluster: {
            id: cluster.id,
            where: plan.cluster.kind === 'local' ? 'local' : isOurs(cluster) ? 'ours' : 'not ours',
            idleTimeoutSeconds: plan.idleTimeoutSeconds,
          },
        }),
    steps: plan.steps.map(({ name }) => {
      const attempt = currentAttempt(state, name);
      return {
        step: name,
        attempt: attemptNumber(state, name),
        ...(attempt?.stepId === undefined ? {} : { id: attempt.stepId }),
        state: isCarried(state, name)
          ? 'carried over'
          : attempt?.execution === undefined
            ? 'submitted'
            : 'accepted',
      };
    }),
    next: advise`${commandAt(plan.lake, 'attach', plan.run)}`,
  };
}
