/**
 * EMR on a virtual clock: clusters and steps as the API tells of them, a stand-in for Spark that writes an execution's
 * report, and faults at chosen calls. What is asked of it can be counted.
 */
import type { Answer, Clock, Cluster, Emr, Objects, Random, Step, StepRequest } from '../../src/run/ports.ts';

export type CreationFault = 'unsent' | 'lost-before' | 'lost-after' | 'lost-late';

export interface FakeEmrOptions {
  clock: Clock;
  random: Random;
  /** Called when a step completes: leaves its output in the lake. */
  complete: (step: StepRequest, applicationId: string) => Promise<void>;
  /** The fault of the n-th creating call, if any. */
  fault?: (call: number) => CreationFault | undefined;
  /** How a step ends; COMPLETED when absent. */
  end?: (token: string) => 'COMPLETED' | 'FAILED';
  stepMs?: number;
  /** How long an effect of `lost-late` stays invisible. */
  lateMs?: number;
}

interface FakeStep {
  id: string;
  request: StepRequest;
  created: number;
  visible: number;
  cancelled?: number;
  completed: boolean;
}

interface FakeCluster {
  id: string;
  token: string;
  created: number;
  visible: number;
  terminated?: number;
  steps: FakeStep[];
}

export interface FakeEmr extends Emr {
  clusters: FakeCluster[];
  creatingCalls(): number;
  liveClusters(): FakeCluster[];
}

export function fakeEmr({
  clock,
  random,
  complete,
  fault,
  end,
  stepMs = 60_000,
  lateMs = 30_000,
}: FakeEmrOptions): FakeEmr {
  const clusters: FakeCluster[] = [];
  let calls = 0;

  /** Runs a creating call under its fault. */
  async function creating<T>(effect: (visible: number) => T): Promise<Answer<T>> {
    calls += 1;
    const now = clock.monotonic();
    const kind = fault?.(calls);
    await clock.sleep(50);
    switch (kind) {
      case undefined:
        return { answer: 'accepted', value: effect(now) };
      case 'unsent':
        return { answer: 'unsent', reason: 'ECONNREFUSED' };
      case 'lost-before':
        return { answer: 'ambiguous', reason: 'ECONNRESET' };
      case 'lost-after':
        effect(now);
        return { answer: 'ambiguous', reason: 'ECONNRESET' };
      case 'lost-late':
        effect(now + lateMs);
        return { answer: 'ambiguous', reason: 'ThrottlingException' };
    }
  }

  const find = (id: string) => {
    const cluster = clusters.find((one) => one.id === id);
    if (cluster === undefined) throw new Error(`no cluster ${id}`);
    return cluster;
  };
  const clusterState = (cluster: FakeCluster) => {
    if (cluster.terminated !== undefined)
      return clock.monotonic() - cluster.terminated > 5_000 ? 'TERMINATED' : 'TERMINATING';
    return clock.monotonic() - cluster.created < 20_000 ? 'STARTING' : 'WAITING';
  };
  const view = (cluster: FakeCluster): Cluster => ({
    id: cluster.id,
    name: cluster.token,
    state: clusterState(cluster),
    errorDetails: [],
    created: new Date(clock.now().getTime() - clock.monotonic() + cluster.created),
  });
  const stepView = async (cluster: FakeCluster, step: FakeStep): Promise<Step> => {
    const base = { id: step.id, name: step.request.name };
    if (step.cancelled !== undefined || cluster.terminated !== undefined) {
      if (!step.completed) return { ...base, state: 'CANCELLED' };
    }
    const age = clock.monotonic() - Math.max(step.created, cluster.created + 20_000);
    if (age < 2_000) return { ...base, state: 'PENDING' };
    if (age < stepMs && !step.completed) return { ...base, state: 'RUNNING' };
    if (end?.(step.request.name) === 'FAILED') return { ...base, state: 'FAILED' };
    if (!step.completed) {
      step.completed = true;
      await complete(step.request, `application_${random.hex(4)}`);
    }
    return { ...base, state: 'COMPLETED' };
  };
  const listSteps = async (clusterId: string) => {
    await clock.sleep(20);
    const cluster = find(clusterId);
    const visible = cluster.steps.filter((step) => step.visible <= clock.monotonic());
    return (await Promise.all(visible.map((step) => stepView(cluster, step)))).reverse();
  };

  return {
    clusters,
    creatingCalls: () => calls,
    liveClusters: () => clusters.filter((cluster) => cluster.terminated === undefined),
    launch: (token) =>
      creating((visible) => {
        const id = `j-${random.hex(6).toUpperCase()}`;
        clusters.push({ id, token, created: clock.monotonic(), visible, steps: [] });
        return id;
      }),
    findClusters: async (token) => {
      await clock.sleep(20);
      return clusters.filter((one) => one.token === token && one.visible <= clock.monotonic()).map(view);
    },
    describeCluster: async (id) => {
      await clock.sleep(20);
      return view(find(id));
    },
    addSteps: (clusterId, steps) =>
      creating((visible) =>
        steps.map((request) => {
          const id = `s-${random.hex(6).toUpperCase()}`;
          find(clusterId).steps.push({ id, request, created: clock.monotonic(), visible, completed: false });
          return id;
        }),
      ),
    listSteps,
    getSteps: async (clusterId, ids) => (await listSteps(clusterId)).filter((step) => ids.includes(step.id)),
    cancelSteps: async (clusterId, ids) => {
      await clock.sleep(20);
      for (const step of find(clusterId).steps)
        if (ids.includes(step.id)) step.cancelled ??= clock.monotonic();
    },
    terminate: async (id) => {
      await clock.sleep(20);
      find(id).terminated ??= clock.monotonic();
    },
    findReusable: () => Promise.resolve({ rejected: [] }),
  };
}

/** The value after a flag in a step's argument vector. */
export function argument({ args }: StepRequest, flag: string): string {
  return args[args.indexOf(flag) + 1] ?? '';
}

/** Where a step was told to write, relative to the lake. */
export function outputKey(objects: Objects, step: StepRequest): string {
  return argument(step, '--output').slice(objects.uri.length + 1);
}
