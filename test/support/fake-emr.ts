/**
 * EMR on a virtual clock: clusters and steps as the API shows them, a simulated Spark that writes an execution's
 * report, and faults at chosen calls. What is asked of it can be counted.
 */
import { LandfallError } from '../../src/faults.ts';
import type { Answer, Clock, Cluster, Emr, Random, Step, StepRequest } from '../../src/run/ports.ts';
import { answerUnder } from './creation-fault.ts';
import type { CreationFault } from './creation-fault.ts';

const READY_MS = 20_000;
const PENDING_MS = 2_000;
const ENDING_MS = 5_000;

export interface FakeEmrOptions {
  clock: Clock;
  random: Random;
  /** Called when a step would complete: writes its output to the lake; false if it fails because an upstream is missing. */
  complete: (step: StepRequest, applicationId: string) => Promise<boolean>;
  /** The fault of the n-th creating call, if any. */
  fault?: (call: number) => CreationFault | undefined;
  /** How a step ends; COMPLETED by default. */
  end?: (token: string) => 'COMPLETED' | 'FAILED';
  /** `FailureDetails.Reason` of a step that fails. */
  failureReason?: (token: string) => string | undefined;
  /** Steps are added with CANCEL_AND_WAIT rather than CONTINUE. */
  cancelAndWait?: boolean;
  stepConcurrency?: number;
  /** How the n-th cluster, from 1, ends by itself. */
  loss?: (cluster: number) => Loss | undefined;
  stepMs?: number;
  /** How long an effect of `lost-late` stays invisible. */
  lateMs?: number;
}

/** The end of a cluster for its own reason, this long after its launch. */
export interface Loss {
  afterMs: number;
  code: string;
  /** The end of the step that runs then; INTERRUPTED by default. */
  running?: 'FAILED' | 'CANCELLED' | 'INTERRUPTED';
}

/** Where all clusters of the fake are. */
export const HOME = { account: '111122223333', region: 'us-west-2' };

interface FakeStep {
  id: string;
  request: StepRequest;
  created: number;
  visible: number;
  cancelled?: number;
  /** How and when it ended, once that was observed. */
  outcome?: Promise<Outcome>;
}

interface Outcome {
  at: number;
  state: 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'INTERRUPTED';
}

interface FakeCluster {
  id: string;
  token: string;
  created: number;
  visible: number;
  terminated?: number;
  loss?: Loss;
  steps: FakeStep[];
}

export interface FakeEmr extends Emr {
  clusters: FakeCluster[];
  creatingCalls(): number;
  liveClusters(): FakeCluster[];
  /** Writes a step's output to the lake, as its completion does. */
  leaveOutput(step: StepRequest): Promise<unknown>;
}

export function fakeEmr({
  clock,
  random,
  complete,
  fault,
  end,
  failureReason,
  cancelAndWait = false,
  stepConcurrency = 1,
  loss,
  stepMs = 60_000,
  lateMs = 30_000,
}: FakeEmrOptions): FakeEmr {
  const clusters: FakeCluster[] = [];
  let calls = 0;

  /** Runs a creating call with its fault. */
  async function creating<T>(effect: (visible: number) => T): Promise<Answer<T>> {
    calls += 1;
    const now = clock.monotonic();
    const kind = fault?.(calls);
    await clock.sleep(50);
    return answerUnder(kind, (when) => effect(when === 'late' ? now + lateMs : now));
  }

  const find = (id: string) => {
    const cluster = clusters.find((one) => one.id === id);
    if (cluster === undefined) throw new Error(`no cluster ${id}`);
    return cluster;
  };
  const at = (monotonic: number) => new Date(clock.now().getTime() - clock.monotonic() + monotonic);
  /** When a cluster ends, or has ended, if ever; `code` is its reason. */
  const endOf = ({ created, terminated, loss: its }: FakeCluster) => {
    const lostAt = its === undefined ? Infinity : created + its.afterMs;
    if (terminated !== undefined && terminated <= lostAt) return { at: terminated, code: 'USER_REQUEST' };
    return { at: lostAt, code: its?.code ?? '' };
  };
  const clusterState = (cluster: FakeCluster) => {
    const now = clock.monotonic();
    const ending = endOf(cluster);
    if (now < ending.at) return now - cluster.created < READY_MS ? 'STARTING' : 'WAITING';
    if (now - ending.at <= ENDING_MS) return 'TERMINATING';
    return ending.code === 'USER_REQUEST' ? 'TERMINATED' : 'TERMINATED_WITH_ERRORS';
  };
  const view = (cluster: FakeCluster): Cluster => {
    const state = clusterState(cluster);
    const ending = endOf(cluster);
    return {
      id: cluster.id,
      name: cluster.token,
      ...HOME,
      state,
      errorDetails: [],
      stepConcurrency,
      created: at(cluster.created),
      ...(clock.monotonic() < ending.at ? {} : { reasonCode: ending.code }),
      ...(state.startsWith('TERMINATED') ? { ended: at(ending.at + ENDING_MS) } : {}),
    };
  };

  /** One after another, in the order in which they were added; steps after a failed one are cancelled if requested. */
  const stepViews = async (cluster: FakeCluster): Promise<Map<FakeStep, Step>> => {
    const now = clock.monotonic();
    const views = new Map<FakeStep, Step>();
    let free = cluster.created + READY_MS;
    let cancelledBehind = Infinity;
    for (const step of cluster.steps) {
      const begin = Math.max(step.created, free);
      const finish = begin + stepMs;
      const behind = step.created <= cancelledBehind ? cancelledBehind : Infinity;
      const ending = endOf(cluster).at;
      const halt = Math.min(step.cancelled ?? Infinity, behind, ending);
      if (halt <= Math.min(now, finish) && Number.isFinite(halt)) {
        const lost = halt === ending && cluster.loss !== undefined && halt > begin + PENDING_MS;
        const state = lost ? (cluster.loss?.running ?? 'INTERRUPTED') : 'CANCELLED';
        step.outcome ??= Promise.resolve({ at: halt, state });
      } else if (finish <= now) step.outcome ??= outcomeOf(step, finish);
      const base = { id: step.id, name: step.request.name, created: at(step.created) };
      const outcome = await step.outcome;
      if (outcome === undefined) {
        views.set(step, { ...base, state: now < begin + PENDING_MS ? 'PENDING' : 'RUNNING' });
        free = Infinity;
        continue;
      }
      const reason = outcome.state === 'FAILED' ? failureReason?.(step.request.name) : undefined;
      const failure = reason === undefined ? {} : { failure: { reason } };
      views.set(step, { ...base, state: outcome.state, ended: at(outcome.at), ...failure });
      if (Number.isFinite(free)) free = Math.max(free, outcome.at);
      if (outcome.state === 'FAILED' && cancelAndWait) cancelledBehind = outcome.at;
    }
    return views;
  };
  const outcomeOf = async (step: FakeStep, finish: number): Promise<Outcome> => {
    const fails = end?.(step.request.name) === 'FAILED';
    const completed = !fails && (await complete(step.request, `application_${random.hex(4)}`));
    return { at: finish, state: completed ? 'COMPLETED' : 'FAILED' };
  };
  const listSteps = async (clusterId: string, since = new Date(0)) => {
    await clock.sleep(20);
    const cluster = find(clusterId);
    const views = await stepViews(cluster);
    return [...views]
      .flatMap(([{ visible, created }, step]) =>
        visible <= clock.monotonic() && at(created) >= since ? [step] : [],
      )
      .reverse();
  };

  return {
    clusters,
    creatingCalls: () => calls,
    liveClusters: () => clusters.filter((cluster) => endOf(cluster).at > clock.monotonic()),
    leaveOutput: (step) => complete(step, `application_${random.hex(4)}`),
    runJobFlow: (token) =>
      creating((visible) => {
        const id = `j-${random.hex(6).toUpperCase()}`;
        const its = loss?.(clusters.length + 1);
        const fate = its === undefined ? {} : { loss: its };
        clusters.push({ id, token, created: clock.monotonic(), visible, ...fate, steps: [] });
        return { id, ...HOME };
      }),
    findClusters: async (token, createdAfter) => {
      await clock.sleep(20);
      const visible = clusters.filter((one) => one.token === token && one.visible <= clock.monotonic());
      return visible.filter((one) => at(one.created) >= createdAfter).map(view);
    },
    describeCluster: async (id) => {
      await clock.sleep(20);
      return view(find(id));
    },
    addSteps: (clusterId, steps) =>
      creating((visible) => {
        if (clusterState(find(clusterId)).startsWith('TERMINAT')) {
          throw new LandfallError(
            'cluster',
            `EMR refused AddJobFlowSteps on ${clusterId}: it is shutting down`,
          );
        }
        return steps.map((request) => {
          const id = `s-${random.hex(6).toUpperCase()}`;
          find(clusterId).steps.push({ id, request, created: clock.monotonic(), visible });
          return id;
        });
      }),
    listSteps,
    getSteps: async (clusterId, ids) => (await listSteps(clusterId)).filter((step) => ids.includes(step.id)),
    describeStep: async (clusterId, id) => {
      await clock.sleep(20);
      const views = await stepViews(find(clusterId));
      return [...views.values()].find((step) => step.id === id);
    },
    cancelSteps: async (clusterId, ids) => {
      await clock.sleep(20);
      const cluster = find(clusterId);
      await stepViews(cluster);
      for (const step of cluster.steps) {
        if (ids.includes(step.id) && step.outcome === undefined) step.cancelled ??= clock.monotonic();
      }
    },
    terminate: async (id) => {
      await clock.sleep(20);
      find(id).terminated ??= clock.monotonic();
    },
    findReusable: () => Promise.resolve({ rejected: [] }),
  };
}
