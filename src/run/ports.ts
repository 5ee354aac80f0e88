/** What a run needs from outside. Adapters implement these shapes; `session/compose.ts` joins the two. */
import type { RunEvent } from './events.ts';
import type { RunPlan } from './plan.ts';
import type { Accepted, Verification } from './verification.ts';

export interface Clock {
  now(): Date;
  /** Milliseconds that only ever grow: for durations and deadlines. */
  monotonic(): number;
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** `bytes` random bytes in lower-case hex. */
  hex(bytes: number): string;
  /** Uniform in [0, 1). */
  fraction(): number;
}

/** The lake's objects, as far as a run touches them itself. Keys are relative to the lake. */
export interface Objects {
  readonly uri: string;
  /** Throws `input` for an object of more than `most` bytes. */
  get(key: string, most?: number): Promise<Uint8Array | undefined>;
  put(key: string, body: Uint8Array): Promise<unknown>;
  createIfAbsent(key: string, body: Uint8Array): Promise<boolean>;
  list(prefix: string): AsyncIterable<{ key: string; lastModified: Date }>;
  head(key: string): Promise<{ lastModified: Date } | undefined>;
  now(): Promise<Date>;
}

/** Where a cluster is; what is not known is absent. */
export interface Home {
  /** 12 digits. */
  account?: string;
  region?: string;
}

/** A cluster that was just created. */
export interface Launched extends Home {
  id: string;
}

/** EMR's own words; `state` may be one that this version does not know. */
export interface Cluster extends Home {
  id: string;
  name: string;
  state: string;
  reasonCode?: string;
  reason?: string;
  /** `Status.ErrorDetails`, a line or two each. */
  errorDetails: readonly string[];
  /** How many steps it runs side by side; only a described cluster tells. */
  stepConcurrency?: number;
  /** As EMR tells it: `s3n://...`; absent when it writes none, and in lists. */
  logUri?: string;
  created?: Date;
  ready?: Date;
  ended?: Date;
}

export interface Step {
  id: string;
  name: string;
  state: string;
  failure?: { reason?: string; message?: string; logFile?: string };
  created?: Date;
  started?: Date;
  ended?: Date;
}

/** The outcome of a call that creates something. A refusal is thrown, as a LandfallError. */
export type Answer<T> =
  | { kind: 'accepted'; value: T }
  /** It never left: name not resolved, connection refused. Sending again is safe. */
  | { kind: 'unsent'; reason: string }
  /** Timeout, reset, 5xx, throttle: it may have taken effect. Look for the token before sending again. */
  | { kind: 'ambiguous'; reason: string };

export interface StepRequest {
  /** The token; at most 256 characters. */
  name: string;
  /** The argument vector after `command-runner.jar`, exactly as the process will see it. */
  args: readonly string[];
}

/** EMR, narrowed to what a run does. Reads throw LandfallError; `retryable` says whether to ask again. */
export interface Emr {
  /** Launches a cluster; sent once. `token` becomes its name. */
  runJobFlow(token: string): Promise<Answer<Launched>>;
  /** Clusters whose name is exactly `token`, of any state, created after that time. */
  findClusters(token: string, createdAfter: Date): Promise<Cluster[]>;
  describeCluster(clusterId: string): Promise<Cluster>;
  /** AddJobFlowSteps, sent once. Ids in the order of the requests. */
  addSteps(clusterId: string, steps: readonly StepRequest[]): Promise<Answer<string[]>>;
  /** The cluster's steps, newest first, all pages; none of those created before `since` are looked for. */
  listSteps(clusterId: string, since?: Date): Promise<Step[]>;
  /** The steps with these ids, in chunks of 10. */
  getSteps(clusterId: string, stepIds: readonly string[]): Promise<Step[]>;
  /** That step, even while no list shows it; undefined when EMR knows no step with that id there. */
  describeStep(clusterId: string, stepId: string): Promise<Step | undefined>;
  /** Asynchronous and idempotent: returns once the request is accepted. */
  cancelSteps(clusterId: string, stepIds: readonly string[]): Promise<void>;
  terminate(clusterId: string): Promise<void>;
  /** A live cluster that fits the settings, and why each other candidate does not. */
  findReusable(): Promise<{ chosen?: string; rejected: { id: string; reason: string }[] }>;
}

/** Why a step or a cluster failed, from its logs. Most telling line first; empty when the logs do not say. */
export type Explain = (
  /** `pipeline` is how messages name the folder of the step's templates. */
  failed: { clusterId: string; step?: Step; pipeline?: string },
  /** Stops waiting for logs that are late. */
  signal?: AbortSignal,
) => Promise<readonly string[]>;

/** The landed tables of the lake. */
export interface Lake {
  /** The execution under an attempt's folder that was complete first, by its report; undefined when none is complete. */
  acceptExecution(attemptKey: string, token: string): Promise<Accepted | undefined>;
  /** The execution accepted before, as it stands in the lake now: a second copy may have completed since. */
  readExecution(key: string, token: string): Promise<Accepted | undefined>;
  /** Verifies what was accepted; checks last whether objects of others lie where it would be published. */
  verify(plan: RunPlan, accepted: readonly Accepted[]): Promise<Verification>;
  /**
   * Creates the run's publication entry; `executions` made its tables, by step. False: another run has taken its number.
   * True also when our own earlier write did.
   */
  publish(
    plan: RunPlan,
    verification: Verification,
    executions: Readonly<Record<string, string>>,
  ): Promise<boolean>;
  /** Makes the plain paths equal to the newest publication. */
  mirror(): Promise<void>;
}

/** What happens in a run; `report/` turns events into text, JSON lines or annotations. */
export type Emit = (event: RunEvent) => void;

/** Emits a note, unless there was one of the same topic within the last minute. */
export type Note = (topic: string, message: string) => void;

export interface Ports {
  clock: Clock;
  random: Random;
  objects: Objects;
  emr: Emr;
  explain: Explain;
  lake: Lake;
  emit: Emit;
  note: Note;
  /** SHA-256 in lower-case hex. */
  sha256: (bytes: Uint8Array) => string;
}
