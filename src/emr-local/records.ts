/** What the endpoint remembers of a cluster and its steps. Plain data, written to disk as it is; times are epoch milliseconds. */

export const CLUSTER_STATES = [
  'STARTING',
  'BOOTSTRAPPING',
  'RUNNING',
  'WAITING',
  'TERMINATING',
  'TERMINATED',
  'TERMINATED_WITH_ERRORS',
] as const;
export type ClusterState = (typeof CLUSTER_STATES)[number];

export const STEP_STATES = [
  'PENDING',
  'CANCEL_PENDING',
  'RUNNING',
  'COMPLETED',
  'CANCELLED',
  'FAILED',
  'INTERRUPTED',
] as const;
export type StepState = (typeof STEP_STATES)[number];

export const ACTIONS_ON_FAILURE = [
  'TERMINATE_JOB_FLOW',
  'TERMINATE_CLUSTER',
  'CANCEL_AND_WAIT',
  'CONTINUE',
] as const;
export type ActionOnFailure = (typeof ACTIONS_ON_FAILURE)[number];

export const CANCELLATIONS = ['SEND_INTERRUPT', 'TERMINATE_PROCESS'] as const;
/** SIGTERM, or SIGKILL. */
export type Cancellation = (typeof CANCELLATIONS)[number];

export type ReasonCode =
  | 'INTERNAL_ERROR'
  | 'VALIDATION_ERROR'
  | 'INSTANCE_FAILURE'
  | 'INSTANCE_FLEET_TIMEOUT'
  | 'BOOTSTRAP_FAILURE'
  | 'USER_REQUEST'
  | 'STEP_FAILURE'
  | 'ALL_STEPS_COMPLETED';

/** What EMR says about a cluster's failure, in the API's own spelling: it is answered as it is. */
export interface ErrorDetail {
  ErrorCode: string;
  ErrorData: readonly Readonly<Record<string, string>>[];
  ErrorMessage: string;
}

/** The stderr of the first bootstrap action, on one instance. */
export interface BootstrapLog {
  /** The EC2 instance. */
  instance: string;
  stderr: string;
  state: 'due' | 'uploaded' | 'lost';
}

/** In the API's own spelling: it is answered as it is. */
export interface FailureDetails {
  Reason: string;
  Message?: string | undefined;
  LogFile?: string | undefined;
}

export interface StepRecord {
  id: string;
  name: string;
  jar: string;
  mainClass?: string | undefined;
  args: readonly string[];
  properties: Readonly<Record<string, string>>;
  actionOnFailure: ActionOnFailure;
  state: StepState;
  created: number;
  started?: number | undefined;
  ended?: number | undefined;
  failure?: FailureDetails | undefined;
  /** How a running step is to be stopped, and the state it ends in. */
  stop?: { how: Cancellation; end: 'CANCELLED' | 'INTERRUPTED' } | undefined;
  /** The leader of the step's process group. */
  pid?: number | undefined;
  /** `none`: it never ran, or the cluster has no LogUri. `lost`: uploading failed for good. */
  logs: 'none' | 'due' | 'uploaded' | 'lost';
  logsDue?: number | undefined;
  /** Until then lists do not show it. */
  hiddenUntil?: number | undefined;
}

/** One fleet or one instance group; `config` is what the request said of it. */
export interface InstancePool {
  id: string;
  role: 'MASTER' | 'CORE' | 'TASK';
  name?: string | undefined;
  count: number;
  instanceType: string;
  market: 'ON_DEMAND' | 'SPOT';
  instanceIds: readonly string[];
  /** Of a fleet: what the request said of each instance type. */
  types?: readonly Readonly<Record<string, unknown>>[] | undefined;
  config: Readonly<Record<string, unknown>>;
}

/** The planned end of a cluster, unless it ends before. Times are epoch milliseconds. */
export interface Fate {
  code: ReasonCode;
  message: string;
  details: readonly ErrorDetail[];
  /** At that time, or so long after that many steps of the cluster have started. */
  strikes: { at: number } | { step: number; afterMs: number };
  /** Left under `node/` when it happens. */
  bootstrapLog?: BootstrapLog | undefined;
}

export interface ClusterRecord {
  version: 1;
  id: string;
  arn: string;
  name: string;
  state: ClusterState;
  reason: {
    code?: ReasonCode | undefined;
    message?: string | undefined;
    details?: readonly ErrorDetail[] | undefined;
  };
  /** The state it will end in, where `reason` alone does not tell. */
  endsAs?: 'TERMINATED' | undefined;
  created: number;
  /** When its instances were there. */
  provisioned?: number | undefined;
  ready?: number | undefined;
  ended?: number | undefined;
  /** When the present state ends by itself: STARTING, BOOTSTRAPPING; for TERMINATING the earliest end. */
  until?: number | undefined;
  /** Since when nothing has been running or pending. */
  idleSince?: number | undefined;
  keepAlive: boolean;
  terminationProtected: boolean;
  concurrency: number;
  /** Seconds; absent without an auto-termination policy. */
  idleTimeout?: number | undefined;
  /** As the request gave it, but `file:///` for `file:/`. */
  logUri?: string | undefined;
  collection: 'INSTANCE_GROUP' | 'INSTANCE_FLEET';
  pools: readonly InstancePool[];
  bootstrapActions: readonly { Name: string; ScriptPath: string; Args: readonly string[] }[];
  tags: Readonly<Record<string, string>>;
  managedScaling?: Readonly<Record<string, unknown>> | undefined;
  /** Members of DescribeCluster's answer that have no effect here, in the API's own spelling. */
  described: Readonly<Record<string, unknown>>;
  /** Oldest first. */
  steps: readonly StepRecord[];
  /** Until then lists do not show it. */
  hiddenUntil?: number | undefined;
  /** Its planned end. */
  fate?: Fate | undefined;
  bootstrapLog?: BootstrapLog | undefined;
  /** No log of it will ever be uploaded. */
  logsNever?: true | undefined;
}

/** A step that holds one of the 256 places: not ended yet. */
export function isActive(step: StepRecord): boolean {
  return step.state === 'PENDING' || isUnderWay(step);
}

/** A step whose process was started, and is not known to have ended. */
export function isUnderWay(step: StepRecord): boolean {
  return step.state === 'RUNNING' || step.state === 'CANCEL_PENDING';
}

/** Whether lists show it at that time. */
export function isShown({ hiddenUntil }: { hiddenUntil?: number | undefined }, now: number): boolean {
  return hiddenUntil === undefined || hiddenUntil <= now;
}

/** A cluster that can still take steps, or is ending: whatever is not over. */
export function isLive(cluster: ClusterRecord): boolean {
  return cluster.state !== 'TERMINATED' && cluster.state !== 'TERMINATED_WITH_ERRORS';
}

/** A cluster whose logs are uploaded somewhere. */
export function isLogged(cluster: ClusterRecord): boolean {
  return cluster.logUri !== undefined && cluster.logsNever !== true;
}

/** A cluster that may be changed: not over and not ending. */
export function isModifiable(cluster: ClusterRecord): boolean {
  return isLive(cluster) && cluster.state !== 'TERMINATING';
}
