/**
 * Cancels steps and terminates clusters: both calls may be repeated, and work that has ended already is not an error.
 */
import { CancelStepsCommand, TerminateJobFlowsCommand } from '@aws-sdk/client-emr';
import type { Cluster as EmrCluster } from '@aws-sdk/client-emr';
import { LandfallError } from '../faults.ts';
import type { Step } from '../run/ports.ts';
import { shellWord } from '../shell-words.ts';
import type { EmrClients } from './client.ts';
import { failureOf } from './errors.ts';
import { chunks } from './all-pages.ts';
import { firstPlainLine } from './plain-text.ts';

const STEP_IDS_A_CANCEL = 256;
/** A step in one of these needs no cancelling. */
const ENDED_STEPS = new Set(['COMPLETED', 'CANCELLED', 'FAILED', 'INTERRUPTED', 'CANCEL_PENDING']);
const ENDED_CLUSTERS = new Set<string | undefined>(['TERMINATING', 'TERMINATED', 'TERMINATED_WITH_ERRORS']);

export interface Cancellation {
  clusterId: string;
  stepIds: readonly string[];
  /** Reads the steps' states, should EMR refuse. */
  look: (stepIds: readonly string[]) => Promise<Step[]>;
}

/** Asks EMR to interrupt the steps (SIGTERM). Throws `cluster` naming those that keep running all the same. */
export async function cancelSteps(
  clients: EmrClients,
  { clusterId, stepIds, look }: Cancellation,
): Promise<void> {
  const refused = new Map<string, string>();
  const call = { operation: 'CancelSteps', resource: clusterId };
  for (const StepIds of chunks([...new Set(stepIds)], STEP_IDS_A_CANCEL)) {
    try {
      const command = new CancelStepsCommand({
        ClusterId: clusterId,
        StepIds,
        StepCancellationOption: 'SEND_INTERRUPT',
      });
      const { CancelStepsInfoList: infos } = await clients.reading.send(command);
      for (const { StepId: id, Status: status, Reason: reason } of infos ?? []) {
        if (status === 'FAILED' && id !== undefined)
          refused.set(id, firstPlainLine(reason ?? 'EMR gives no reason'));
      }
    } catch (thrown) {
      const { invalid, reason, error } = failureOf(thrown, call);
      if (!invalid) throw error;
      for (const id of StepIds) refused.set(id, reason);
    }
  }
  if (refused.size === 0) return;
  const ended = new Set(
    (await look([...refused.keys()])).filter(({ state }) => ENDED_STEPS.has(state)).map(({ id }) => id),
  );
  const going = [...refused].filter(([id]) => !ended.has(id));
  if (going.length === 0) return;
  throw new LandfallError(
    'cluster',
    `EMR did not cancel ${going.map(([id]) => id).join(', ')} on cluster ${clusterId}`,
    {
      why: [...new Set(going.map(([, reason]) => reason))],
      next: terminating(await clients.reading.config.region(), clusterId),
    },
  );
}

/** Asks EMR to terminate the cluster. Throws `cluster` when it is protected or not known. */
export async function terminate(
  clients: EmrClients,
  clusterId: string,
  describe: () => Promise<EmrCluster>,
): Promise<void> {
  try {
    await clients.reading.send(new TerminateJobFlowsCommand({ JobFlowIds: [clusterId] }));
  } catch (thrown) {
    const { invalid, reason, error } = failureOf(thrown, {
      operation: 'TerminateJobFlows',
      resource: clusterId,
    });
    if (!invalid) throw error;
    const cluster = await describe();
    if (ENDED_CLUSTERS.has(cluster.Status?.State)) return;
    if (cluster.TerminationProtected !== true) throw error;
    const region = await clients.reading.config.region();
    throw new LandfallError('cluster', `cluster ${clusterId} is termination protected and keeps running`, {
      why: [reason],
      next: `aws emr modify-cluster-attributes --region ${shellWord(region)} --cluster-id ${shellWord(clusterId)} --no-termination-protected && ${terminating(region, clusterId)}`,
    });
  }
}

const terminating = (region: string, clusterId: string) =>
  `aws emr terminate-clusters --region ${shellWord(region)} --cluster-ids ${shellWord(clusterId)}`;
