/**
 * EMR on a virtual clock: clusters that start, idle and end, steps that run one after another, a simulated Spark that
 * writes an execution's report, and faults at chosen creating calls. Tests can inspect the result.
 */
import { LandfallError } from '../../../src/faults.ts';
import type { Answer, Clock, Cluster, Emr, Random, Step, StepRequest } from '../../../src/run/ports.ts';
import { answerUnder } from '../../support/creation-fault.ts';
import { programsOf } from '../../support/step-arguments.ts';
import type { CreationFault } from '../../support/creation-fault.ts';

/** How a step ends by itself, and after what time, by default `stepMs`. */
export interface StepEnd {
  state: 'COMPLETED' | 'FAILED' | 'INTERRUPTED' | 'CANCELLED';
  ms?: number;
  /** It COMPLETED, but left no report. */
  silent?: boolean;
}

/** How a cluster ends without a request. */
export interface ClusterLoss {
  afterMs: number;
  code: 'INSTANCE_FAILURE' | 'BOOTSTRAP_FAILURE' | 'USER_REQUEST';
}

export interface FakeEmrOptions {
  clock: Clock;
  random: Random;
  /** Called when a program of an EMR step completes: writes its output to the lake. `at`: when, on the clock. */
  complete: (args: readonly string[], applicationId: string, at: number) => Promise<void>;
  /** The fault of the n-th creating call, if any. */
  fault?: (call: number) => CreationFault | undefined;
  /** How the n-th added step ends; COMPLETED by default. */
  end?: (token: string, n: number) => StepEnd['state'] | StepEnd;
  /** How the n-th cluster is lost; never by default. */
  lose?: (n: number) => ClusterLoss | undefined;
  stepMs?: number;
  /** How long an effect of `lost-late` stays invisible. */
  lateMs?: number;
  /** How long a running step continues after a request to end it. */
  cancelMs?: number;
  /** How long a launched cluster may be idle. */
  idleMs?: number;
}

export interface FakeStep {
  id: string;
  request: StepRequest;
  /** Milliseconds on the clock, as are all times here. */
  created: number;
  visible: number;
  /** When its end was requested. */
  cancelled?: number;
  started?: number;
  ended?: { at: number; state: StepEnd['state'] };
  fate: StepEnd;
  /** The id of its Spark application. */
  applicationId: string;
  /** How many of its programs have completed. */
  completed: number;
}

export interface FakeCluster {
  id: string;
  token: string;
  created: number;
  visible: number;
  /** When it ended, or its end was requested. */
  terminated?: number;
  reason?: string;
  loss?: ClusterLoss | undefined;
  steps: FakeStep[];
}

export interface FakeEmr extends Emr {
  clusters: FakeCluster[];
  creatingCalls(): number;
  liveClusters(): FakeCluster[];
  /** Processes everything that is due by now; every call does so first. */
  catchUp(): Promise<void>;
  /** A cluster of someone else, without an idle timeout. */
  addCluster(token: string): FakeCluster;
}

const START_MS = 20_000;
const PENDING_MS = 2_000;
const TERMINATING_MS = 5_000;

export function fakeEmr({
  clock,
  random,
  complete,
  fault,
  end,
  lose,
  stepMs = 60_000,
  lateMs = 30_000,
  cancelMs = 0,
  idleMs = Number.POSITIVE_INFINITY,
}: FakeEmrOptions): FakeEmr {
  const clusters: FakeCluster[] = [];
  let calls = 0;
  let stepsAdded = 0;

  /** Runs a creating call with its fault. */
  async function creating<T>(effect: (visible: number) => T): Promise<Answer<T>> {
    calls += 1;
    const now = clock.monotonic();
    const kind = fault?.(calls);
    await clock.sleep(50);
    await catchUp();
    return answerUnder(kind, (when) => effect(when === 'late' ? now + lateMs : now));
  }

  const add = (token: string, visible: number, loss?: ClusterLoss): FakeCluster => {
    const id = `j-${random.hex(6).toUpperCase()}`;
    const cluster = { id, token, created: clock.monotonic(), visible, loss, steps: [] };
    clusters.push(cluster);
    return cluster;
  };
  const find = (id: string) => {
    const cluster = clusters.find((one) => one.id === id);
    if (cluster === undefined) throw new LandfallError('cluster', `no cluster ${id}`);
    return cluster;
  };
  const clusterState = ({ terminated, created, reason, steps }: FakeCluster) => {
    if (terminated !== undefined && clock.monotonic() - terminated <= TERMINATING_MS) return 'TERMINATING';
    if (terminated !== undefined)
      return reason?.endsWith('FAILURE') === true ? 'TERMINATED_WITH_ERRORS' : 'TERMINATED';
    if (clock.monotonic() - created < START_MS) return 'STARTING';
    return steps.some(({ ended }) => ended === undefined) ? 'RUNNING' : 'WAITING';
  };
  const view = (cluster: FakeCluster): Cluster => ({
    id: cluster.id,
    name: cluster.token,
    state: clusterState(cluster),
    ...(cluster.reason === undefined ? {} : { reasonCode: cluster.reason }),
    ...(cluster.terminated === undefined || clock.monotonic() - cluster.terminated <= TERMINATING_MS
      ? {}
      : { ended: dateOf(clock, cluster.terminated + TERMINATING_MS) }),
    errorDetails: [],
    created: dateOf(clock, cluster.created),
  });
  const stepView = ({ id, request, created, started, cancelled, ended }: FakeStep): Step => ({
    id,
    name: request.name,
    state:
      ended?.state ??
      (cancelled !== undefined ? 'CANCEL_PENDING' : started === undefined ? 'PENDING' : 'RUNNING'),
    created: dateOf(clock, created),
    ...(started === undefined ? {} : { started: dateOf(clock, started) }),
    ...(ended === undefined ? {} : { ended: dateOf(clock, ended.at) }),
  });
  const due = { now: () => clock.monotonic(), stepMs, cancelMs, idleMs };
  async function catchUp(): Promise<void> {
    for (const cluster of clusters) {
      advance(cluster, due);
      for (const step of cluster.steps.filter(({ fate }) => fate.silent !== true))
        for (const { args, at } of newlyCompleted(step, due)) await complete(args, step.applicationId, at);
    }
  }
  const listSteps = async (clusterId: string, since = new Date(0)) => {
    await clock.sleep(20);
    await catchUp();
    const visible = find(clusterId).steps.filter(
      ({ visible: from, created }) => from <= clock.monotonic() && dateOf(clock, created) >= since,
    );
    return visible.map(stepView).reverse();
  };

  return {
    clusters,
    creatingCalls: () => calls,
    liveClusters: () => clusters.filter((cluster) => cluster.terminated === undefined),
    catchUp,
    addCluster: (token) => add(token, clock.monotonic()),
    runJobFlow: (token) =>
      creating((visible) => ({
        id: add(token, visible, lose?.(1 + clusters.filter((one) => isOurs(one)).length)).id,
      })),
    findClusters: async (token, createdAfter) => {
      await clock.sleep(20);
      await catchUp();
      const visible = clusters.filter((one) => one.token === token && one.visible <= clock.monotonic());
      return visible.filter(({ created }) => dateOf(clock, created) >= createdAfter).map(view);
    },
    describeCluster: async (id) => {
      await clock.sleep(20);
      await catchUp();
      return view(find(id));
    },
    addSteps: (clusterId, requests) =>
      creating((visible) => {
        const { terminated, steps } = find(clusterId);
        if (terminated !== undefined)
          throw new LandfallError('cluster', `EMR refused AddJobFlowSteps: cluster ${clusterId} is ending`);
        return requests.map((request) => {
          stepsAdded += 1;
          const fate = end?.(request.name, stepsAdded) ?? 'COMPLETED';
          const id = `s-${random.hex(6).toUpperCase()}`;
          steps.push({
            id,
            request,
            created: clock.monotonic(),
            visible,
            fate: typeof fate === 'string' ? { state: fate } : fate,
            applicationId: `application_${random.hex(4)}`,
            completed: 0,
          });
          return id;
        });
      }),
    listSteps,
    getSteps: async (clusterId, ids) => (await listSteps(clusterId)).filter((step) => ids.includes(step.id)),
    describeStep: async (clusterId, id) => {
      await clock.sleep(20);
      await catchUp();
      const step = find(clusterId).steps.find((one) => one.id === id);
      return step === undefined ? undefined : stepView(step);
    },
    cancelSteps: async (clusterId, ids) => {
      await clock.sleep(20);
      await catchUp();
      for (const step of find(clusterId).steps)
        if (ids.includes(step.id) && step.ended === undefined) step.cancelled ??= clock.monotonic();
      await catchUp();
    },
    terminate: async (id) => {
      await clock.sleep(20);
      await catchUp();
      const cluster = find(id);
      if (cluster.terminated !== undefined) return;
      cluster.terminated = clock.monotonic();
      cluster.reason = 'USER_REQUEST';
    },
    findReusable: async () => {
      await clock.sleep(20);
      await catchUp();
      const chosen = clusters.find((one) => !isOurs(one) && one.terminated === undefined)?.id;
      return { ...(chosen === undefined ? {} : { chosen }), rejected: [] };
    },
  };
}

/** Whether it has a token of a run. */
export function isOurs({ token }: FakeCluster): boolean {
  return token.startsWith('landfall/');
}

function dateOf(clock: Clock, at: number): Date {
  return new Date(clock.now().getTime() - clock.monotonic() + at);
}

interface Due {
  now: () => number;
  stepMs: number;
  cancelMs: number;
  idleMs: number;
}

/** Advances a cluster and its steps to now. */
function advance(cluster: FakeCluster, { now, stepMs, cancelMs, idleMs }: Due): void {
  const { loss, created, steps } = cluster;
  if (loss !== undefined && created + loss.afterMs <= now()) lost(cluster, created + loss.afterMs, loss.code);
  let free = created + START_MS;
  for (const step of steps) {
    if (step.ended === undefined) runOn(cluster, step, { free, now: now(), stepMs, cancelMs });
    free = Math.max(free, step.ended?.at ?? Number.POSITIVE_INFINITY);
  }
  if (isOurs(cluster) && free + idleMs <= now()) lost(cluster, free + idleMs, 'ALL_STEPS_COMPLETED');
}

/** The programs of a step that have completed since the last call. Each takes an equal part of the step's time. */
function newlyCompleted(step: FakeStep, { now, stepMs }: Due): { args: readonly string[]; at: number }[] {
  const { request, started, ended, completed } = step;
  if (started === undefined) return [];
  const programs = programsOf(request.args);
  const each = durationOf(step, stepMs) / programs.length;
  const end = Math.min(now(), ended?.at ?? Number.POSITIVE_INFINITY);
  const done = programs.filter((_, index) => {
    const isLast = index === programs.length - 1;
    return isLast ? ended?.state === 'COMPLETED' : started + each * (index + 1) <= end;
  });
  step.completed = Math.max(completed, done.length);
  return done.slice(completed).map((args, index) => ({
    args,
    at: started + each * (completed + index + 1),
  }));
}

function durationOf({ fate }: FakeStep, stepMs: number): number {
  return Math.max(fate.ms ?? stepMs, 1);
}

function lost(cluster: FakeCluster, at: number, reason: string): void {
  if (cluster.terminated !== undefined) return;
  cluster.terminated = at;
  cluster.reason = reason;
}

interface Moment {
  /** When the step before it ended. */
  free: number;
  now: number;
  stepMs: number;
  cancelMs: number;
}

/** Starts and ends the step, where that is due. */
function runOn(
  { terminated = Number.POSITIVE_INFINITY }: FakeCluster,
  step: FakeStep,
  { free, now, stepMs, cancelMs }: Moment,
): void {
  const starts = Math.max(free, step.created + PENDING_MS);
  const { cancelled = Number.POSITIVE_INFINITY, fate } = step;
  const natural = starts + durationOf(step, stepMs);
  const killed = cancelled < starts ? cancelled : Math.max(cancelled + cancelMs, starts);
  const end = Math.min(natural, killed, terminated);
  if (starts <= now && starts < Math.min(killed, terminated)) step.started = starts;
  if (end <= now) step.ended = { at: end, state: end === natural ? fate.state : 'CANCELLED' };
}
