/** The state of a run, as its journal tells it. Pure. */
import { present } from '../present.ts';
import { CARRIED, carriedAttempts } from './carried.ts';
import type { Stamped, TableSummary } from './entries.ts';
import type { RunPlan } from './plan.ts';
import type { Home } from './ports.ts';
import type { Finding } from './verification.ts';

export interface AttemptState {
  attempt: number;
  token: string;
  /** The name of the EMR step that runs this step, alone or with others. */
  application: string;
  /** Empty for a step that is carried over. */
  clusterId: string;
  /** By the store's clock. */
  intendedAt: Date;
  /** Absent: the call was intended; whether it took effect is not known. */
  stepId?: string;
  ended?: { state: string };
  /** When it ended, or was found accepted: by EMR's clock where that is known, else when it was journalled. */
  endedAt?: Date;
  /** The execution accepted, relative to the lake. */
  execution?: string;
}

export interface ClusterEntry extends Home {
  n: number;
  token: string;
  /** By the store's clock. */
  intendedAt: Date;
  id?: string;
  how?: 'launched' | 'adopted' | 'reused' | 'given';
  /** Where its logs lie: the plan's place for a cluster of ours, EMR's word (`s3n://...`, "None") for another's. */
  logUri?: string;
  /** Set once we have requested its termination, or were about to. */
  terminate?: 'intended' | 'requested';
  /** Set once EMR showed that it has ended, or is ending, under the run; `code` is EMR's reason. */
  ended?: { state: string; code: string | undefined };
}

export interface RunState {
  plan: RunPlan;
  /** The driver that owns the run, by the journal. */
  driver: string;
  staged: boolean;
  /** The machine that the local endpoint is on. */
  endpoint?: string;
  clusters: ClusterEntry[];
  /** By step: its attempts, oldest first. */
  attempts: Record<string, AttemptState[]>;
  /** A retry may use another cluster than the attempt before it (`if-gone`), must (`always`), or must launch it (`launch`). */
  renewCluster: 'no' | 'if-gone' | 'always' | 'launch';
  /** Infrastructure retries under this plan. */
  infrastructureRetries: number;
  /** By step: the number of the attempt that counts. */
  current: Record<string, number>;
  verified?: { tables: readonly TableSummary[]; findings: readonly Finding[] };
  /** Publication was intended: from here on the run is no longer cancelled, but finished. */
  publishing: boolean;
  published?: number;
  mirrored: boolean;
  /** Its files were about to be published once more, as that number. */
  rollback?: number;
  /** Its objects are being deleted. */
  removing?: true;
  cancelRequested: boolean;
  finished?: Extract<Stamped, { entry: 'finished' }>;
  /** Number of the newest entry. */
  length: number;
}

/** A run of which nothing but the plan exists. */
export function planned(plan: RunPlan): RunState {
  return {
    plan,
    driver: '',
    staged: false,
    clusters: [],
    attempts: { ...noAttempts(plan), ...carriedAttempts(plan) },
    renewCluster: 'no',
    infrastructureRetries: 0,
    publishing: false,
    current: Object.fromEntries(
      plan.steps.map(({ name }) => [name, plan.carried?.[name] === undefined ? 1 : CARRIED]),
    ),
    mirrored: false,
    cancelRequested: false,
    length: 0,
  };
}

/** By step of the plan: none. */
export function noAttempts({ steps }: RunPlan): RunState['attempts'] {
  return Object.fromEntries(steps.map(({ name }) => [name, []]));
}

/** The attempt of a step that counts now, when it has been intended. A step of a plan to come has none. */
export function currentAttempt(
  state: Pick<RunState, 'attempts' | 'current'>,
  step: string,
): AttemptState | undefined {
  return state.attempts[step]?.find((one) => one.attempt === state.current[step]);
}

/** The attempts of a step of the plan, or of the plan before it, oldest first. */
export function attemptsOf({ attempts }: Pick<RunState, 'attempts'>, step: string): readonly AttemptState[] {
  return present(attempts[step], `list of attempts of step ${step}`);
}

/** The number of the attempt of a planned step that counts now. */
export function attemptNumber({ current }: Pick<RunState, 'current'>, step: string): number {
  return present(current[step], `current attempt of step ${step}`);
}

/** Someone requested cancellation, and it is not too late: a run that has begun to publish is finished instead. */
export function isToBeCancelled({ cancelRequested, publishing }: RunState): boolean {
  return cancelRequested && !publishing;
}

/** The cluster the run uses: the newest one. */
export function currentCluster(state: RunState): ClusterEntry | undefined {
  return state.clusters.at(-1);
}

/** True for a cluster that we launched and may terminate. */
export function isOurs(cluster: ClusterEntry): boolean {
  return cluster.how === 'launched' || cluster.how === 'adopted';
}
