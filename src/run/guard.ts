/** EMR for one run: it ends only what belongs to the run, and uses no cluster that only a journal calls ours. */
import { LandfallError } from '../faults.ts';
import { isClusterToken, isStepToken } from './plan.ts';
import type { Emr, Step } from './ports.ts';

export interface Guard {
  run: string;
  /** Why the run may not use a cluster that does not carry its token; undefined when it may. */
  whyNotUse: (clusterId: string) => Promise<string | undefined>;
}

/**
 * Only EMR's own answer counts: a cluster is terminated, and a step cancelled, only when EMR shows a token of this run
 * as its name. Names seen before are not requested again, so an interruption costs no second call. A refusal is an
 * error for which `isNotOurs` is true.
 */
export function guarded(port: Emr, { run, whyNotUse }: Guard): Emr {
  const seen: Seen = { clusters: new Map(), steps: new Map(), chosen: new Set() };
  const emr = rememberingNames(port, seen);
  const carriesToken = async (id: string) =>
    isClusterToken(run, seen.clusters.get(id) ?? (await emr.describeCluster(id)).name);
  return {
    ...emr,
    addSteps: async (clusterId, requests) => {
      if (!seen.chosen.has(clusterId) && !(await carriesToken(clusterId))) {
        const why = await whyNotUse(clusterId);
        if (why !== undefined) throw notToBeUsed(clusterId, run, why);
        seen.chosen.add(clusterId);
      }
      return emr.addSteps(clusterId, requests);
    },
    cancelSteps: async (clusterId, ids) => {
      const unseen = ids.filter((id) => !seen.steps.has(id));
      if (unseen.length > 0) await emr.getSteps(clusterId, unseen);
      const other = ids.find((id) => !isStepToken(run, seen.steps.get(id) ?? ''));
      if (other !== undefined) throw notOurs(`step ${other}`, seen.steps.get(other), run);
      return emr.cancelSteps(clusterId, ids);
    },
    terminate: async (id) => {
      if (!(await carriesToken(id))) throw notOurs(`cluster ${id}`, seen.clusters.get(id), run);
      return emr.terminate(id);
    },
  };
}

/** What EMR has shown this driver. */
interface Seen {
  /** Names by id. */
  clusters: Map<string, string>;
  steps: Map<string, string>;
  /** Clusters that were found fit for reuse. */
  chosen: Set<string>;
}

/** The same port; the names in its answers are remembered. */
function rememberingNames(emr: Emr, { clusters, steps, chosen }: Seen): Emr {
  const remember = (listed: Step[]) => {
    for (const { id, name } of listed) steps.set(id, name);
    return listed;
  };
  return {
    ...emr,
    describeCluster: async (id) => {
      const cluster = await emr.describeCluster(id);
      clusters.set(id, cluster.name);
      return cluster;
    },
    runJobFlow: async (token) => {
      const answer = await emr.runJobFlow(token);
      if (answer.kind === 'accepted') clusters.set(answer.value.id, token);
      return answer;
    },
    findClusters: async (token, since) => {
      const found = await emr.findClusters(token, since);
      for (const { id, name } of found) clusters.set(id, name);
      return found;
    },
    findReusable: async () => {
      const found = await emr.findReusable();
      if (found.chosen !== undefined) chosen.add(found.chosen);
      return found;
    },
    addSteps: async (clusterId, requests) => {
      const answer = await emr.addSteps(clusterId, requests);
      if (answer.kind === 'accepted')
        for (const [at, id] of answer.value.entries()) steps.set(id, requests[at]?.name ?? '');
      return answer;
    },
    listSteps: async (id, since) => remember(await emr.listSteps(id, since)),
    getSteps: async (id, ids) => remember(await emr.getSteps(id, ids)),
    describeStep: async (clusterId, id) => {
      const step = await emr.describeStep(clusterId, id);
      if (step !== undefined) remember([step]);
      return step;
    },
  };
}

/** True for the refusal to end something without our token: there is nothing of this run to end. */
export function isNotOurs(error: unknown): boolean {
  return error instanceof LandfallError && error.more['notOurs'] === true;
}

function notOurs(what: string, name: string | undefined, run: string): LandfallError {
  const shown = name === undefined ? 'EMR does not list it' : `its name in EMR is ${JSON.stringify(name)}`;
  return new LandfallError('input', `${what} does not belong to run ${run}: ${shown}`, {
    more: { notOurs: true },
  });
}

function notToBeUsed(id: string, run: string, why: string): LandfallError {
  return new LandfallError('input', `run ${run} may not use cluster ${id}, though its journal says so`, {
    why: [why],
    stand: ['no step was submitted to it'],
    next: 'retry the run with --cluster new, or with --cluster and a cluster of yours',
  });
}
