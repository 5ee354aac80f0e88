/** The port `Emr` over the AWS SDK: the creating calls sent once, lists read to their end. */
import {
  AddJobFlowStepsCommand,
  DescribeClusterCommand,
  DescribeStepCommand,
  ListClustersCommand,
  ListStepsCommand,
  RunJobFlowCommand,
} from '@aws-sdk/client-emr';
import type { Cluster as EmrCluster, StepState, StepSummary } from '@aws-sdk/client-emr';
import { LandfallError } from '../faults.ts';
import type { Answer, Cluster, Emr, Launched, Step, StepRequest } from '../run/ports.ts';
import type { EmrClients } from './client.ts';
import { cancelSteps, terminate } from './ending.ts';
import { ask, failureOf } from './errors.ts';
import { hiddenValues } from './hidden-values.ts';
import type { LaunchSettings } from './launch-settings.ts';
import { allPages, chunks } from './all-pages.ts';
import { runJobFlowRequest, stepConfig } from './requests.ts';
import type { ActionOnFailure } from './requests.ts';
import { ACTIVE_STEPS, findReusable, wantedFor } from './reuse.ts';
import { clusterOf, homeOf, stepOf } from './port-values.ts';

export interface EmrSettings {
  launch: LaunchSettings;
  /** `CANCEL_AND_WAIT` where nobody watches: a failed step then cancels those behind it. `CONTINUE` when absent. */
  actionOnFailure?: ActionOnFailure;
}

/** EMR's limits on one request or cluster. */
const STEP_IDS_A_LIST = 10;
const ACTIVE_STATES: StepState[] = ['PENDING', 'RUNNING', 'CANCEL_PENDING'];

/** EMR as a run uses it. Requests are made from `settings` when they are sent: mistakes in them are thrown as `input`. */
export function createEmr(clients: EmrClients, settings: EmrSettings): Emr {
  const { launch, actionOnFailure = 'CONTINUE' } = settings;
  return {
    runJobFlow: (token) => runJobFlow(clients, launch, token),
    findClusters: (token, createdAfter) => findClusters(clients, token, createdAfter),
    describeCluster: async (clusterId) => clusterOf(await describe(clients, clusterId)),
    addSteps: (clusterId, steps) => addSteps(clients, clusterId, { steps, actionOnFailure }),
    listSteps: (clusterId, since) => listSteps(clients, clusterId, since),
    getSteps: (clusterId, stepIds) => getSteps(clients, clusterId, stepIds),
    describeStep: (clusterId, stepId) => describeStep(clients, clusterId, stepId),
    cancelSteps: (clusterId, stepIds) =>
      cancelSteps(clients, { clusterId, stepIds, look: (ids) => getSteps(clients, clusterId, ids) }),
    terminate: (clusterId) => terminate(clients, clusterId, () => describe(clients, clusterId)),
    findReusable: () => findReusable(clients, wantedFor(launch), (id) => activeSteps(clients, id)),
  };
}

async function runJobFlow(
  clients: EmrClients,
  settings: LaunchSettings,
  token: string,
): Promise<Answer<Launched>> {
  const command = new RunJobFlowCommand(runJobFlowRequest(settings, token));
  try {
    const { JobFlowId: id = '', ClusterArn: arn } = await clients.creating.send(command);
    return id === '' ? WITHOUT_IDS : { kind: 'accepted', value: { id, ...homeOf(arn) } };
  } catch (thrown) {
    const call = { operation: 'RunJobFlow', hidden: hiddenValues(settings.clusterJson) };
    const { delivery, reason, error } = failureOf(thrown, call);
    if (delivery === 'refused') throw error;
    return { kind: delivery, reason };
  }
}

const WITHOUT_IDS = { kind: 'ambiguous', reason: 'an answer without ids' } as const;

async function findClusters(clients: EmrClients, token: string, createdAfter: Date): Promise<Cluster[]> {
  const all = await ask({ operation: 'ListClusters' }, () =>
    allPages(async (marker) => {
      const page = await clients.reading.send(
        new ListClustersCommand({
          CreatedAfter: createdAfter,
          ...(marker === undefined ? {} : { Marker: marker }),
        }),
      );
      return { items: page.Clusters, marker: page.Marker };
    }),
  );
  return all.filter(({ Name }) => Name === token).map(clusterOf);
}

async function describe(clients: EmrClients, clusterId: string): Promise<EmrCluster> {
  const { Cluster: cluster } = await ask({ operation: 'DescribeCluster', resource: clusterId }, () =>
    clients.reading.send(new DescribeClusterCommand({ ClusterId: clusterId })),
  );
  if (cluster === undefined) throw new LandfallError('cluster', `EMR does not describe cluster ${clusterId}`);
  return cluster;
}

/**
 * A cluster with all the active steps that EMR allows refuses more: then nothing was sent, and a later try may
 * succeed.
 */
async function addSteps(
  clients: EmrClients,
  clusterId: string,
  { steps, actionOnFailure }: { steps: readonly StepRequest[]; actionOnFailure: ActionOnFailure },
): Promise<Answer<string[]>> {
  if (steps.length === 0) return { kind: 'accepted', value: [] };
  const Steps = steps.map((step) => stepConfig(step, actionOnFailure));
  const command = new AddJobFlowStepsCommand({ JobFlowId: clusterId, Steps });
  try {
    const { StepIds: ids } = await clients.creating.send(command);
    return ids?.length === steps.length ? { kind: 'accepted', value: ids } : WITHOUT_IDS;
  } catch (thrown) {
    const call = { operation: 'AddJobFlowSteps', resource: clusterId };
    const { delivery, reason, error } = failureOf(thrown, call);
    if (delivery !== 'refused') return { kind: delivery, reason };
    if (error.fault !== 'cluster') throw error;
    const active = await activeSteps(clients, clusterId);
    if (active + steps.length <= ACTIVE_STEPS || steps.length > ACTIVE_STEPS) throw error;
    return {
      kind: 'unsent',
      reason: `cluster ${clusterId} has ${String(active)} active steps, EMR allows ${String(ACTIVE_STEPS)}`,
    };
  }
}

/** Steps that have not ended, at most as many as EMR allows; 0 when they cannot be counted. */
async function activeSteps(clients: EmrClients, clusterId: string): Promise<number> {
  try {
    const steps = await pagesOfSteps(clients, clusterId, { StepStates: ACTIVE_STATES });
    return steps.length;
  } catch (error) {
    if (error instanceof LandfallError) return 0;
    throw error;
  }
}

function listSteps(clients: EmrClients, clusterId: string, since?: Date): Promise<Step[]> {
  return pagesOfSteps(clients, clusterId, {}, since);
}

/** In the order of the ids; ids that EMR no longer lists are left out. */
async function getSteps(clients: EmrClients, clusterId: string, stepIds: readonly string[]): Promise<Step[]> {
  const found = new Map<string, Step>();
  for (const StepIds of chunks([...new Set(stepIds)], STEP_IDS_A_LIST)) {
    for (const step of await pagesOfSteps(clients, clusterId, { StepIds })) found.set(step.id, step);
  }
  return stepIds.flatMap((id) => found.get(id) ?? []);
}

async function describeStep(
  clients: EmrClients,
  clusterId: string,
  stepId: string,
): Promise<Step | undefined> {
  try {
    const command = new DescribeStepCommand({ ClusterId: clusterId, StepId: stepId });
    const { Step: step } = await clients.reading.send(command);
    return step === undefined ? undefined : stepOf(step);
  } catch (thrown) {
    const { invalid, reason, error } = failureOf(thrown, { operation: 'DescribeStep', resource: clusterId });
    if (invalid && reason.includes(stepId)) return undefined;
    throw error;
  }
}

async function pagesOfSteps(
  clients: EmrClients,
  clusterId: string,
  which: { StepIds?: string[]; StepStates?: StepState[] },
  since?: Date,
): Promise<Step[]> {
  const older = ({ Status }: StepSummary) =>
    since !== undefined && (Status?.Timeline?.CreationDateTime?.getTime() ?? Infinity) < since.getTime();

  const summaries = await ask({ operation: 'ListSteps', resource: clusterId }, () =>
    allPages<StepSummary>(
      async (marker) => {
        const page = await clients.reading.send(
          new ListStepsCommand({
            ClusterId: clusterId,
            ...which,
            ...(marker === undefined ? {} : { Marker: marker }),
          }),
        );
        return { items: page.Steps, marker: page.Marker };
      },
      (steps) => steps.some(older),
    ),
  );
  return summaries.map(stepOf);
}
