/** An EMR account on loopback with clusters of ours and of strangers: steps end as scripted, and every call is recorded. */
import { scriptedEmr } from '../support/scripted-emr.ts';
import type { Input, ScriptedEmr } from '../support/scripted-emr.ts';

export type StepEnd = 'COMPLETED' | 'FAILED' | 'RUNNING';

interface Step {
  id: string;
  name: string;
  state: string;
}

interface Cluster {
  id: string;
  name: string;
  state: string;
  reason?: EndReason | undefined;
  steps: Step[];
}

/** Why a cluster ended, as EMR says it. */
export interface EndReason {
  code: string;
  message: string;
}

export interface EmrAccount {
  endpoint: string;
  /** How the next added steps end. Called with the step's arguments, so that it can write what a step writes. */
  onStep: (act: (args: readonly string[], clusterId: string, stepId: string) => StepEnd) => void;
  /** From now on, launched clusters end with errors for this reason; undefined: they wait for steps. */
  launching: (ends: EndReason | undefined) => void;
  /** Faults for the next requests of an operation, one each. */
  spoil: ScriptedEmr['spoil'];
  /** Saves the account's state; `restore` resets it, without the calls since. */
  remember: () => void;
  restore: () => void;
  /** Calls since the last `restore` that change something, each with the names of what it affected. */
  touched: () => { operation: string; names: string[] }[];
  close: () => Promise<void>;
}

/** A cluster and a step of other people in the same account. */
export const STRANGER = { cluster: 'j-STRANGER', step: 's-STRANGER' } as const;

const CREATED = 1_795_000_000;
const OVER = ['COMPLETED', 'FAILED', 'CANCELLED'];

export async function emrAccount(): Promise<EmrAccount> {
  let clusters: Cluster[] = [
    {
      id: STRANGER.cluster,
      name: 'billing, do not touch',
      state: 'WAITING',
      steps: [{ id: STRANGER.step, name: 'invoices', state: 'RUNNING' }],
    },
  ];
  let remembered = structuredClone(clusters);
  let touched: { operation: string; names: string[] }[] = [];
  let count = 0;
  let ends: EndReason | undefined;
  let end: Parameters<EmrAccount['onStep']>[0] = () => 'RUNNING';

  const find = (id: unknown) => clusters.find((one) => one.id === id);
  const touch = (operation: string, names: string[]) => touched.push({ operation, names });
  const clusterById = (input: Input, act: (cluster: Cluster) => unknown) => {
    const cluster = find(input['ClusterId'] ?? input['JobFlowId']);
    if (cluster !== undefined) return act(cluster);
    return {
      fault: 'error',
      status: 400,
      type: 'InvalidRequestException',
      message: 'Cluster id is not valid.',
    };
  };
  const server = await scriptedEmr({
    RunJobFlow: (input) => {
      const id = `j-OURS${String((count += 1))}`;
      const state = ends === undefined ? 'WAITING' : 'TERMINATED_WITH_ERRORS';
      clusters.push({ id, name: String(input['Name']), state, reason: ends, steps: [] });
      return { JobFlowId: id, ClusterArn: arnOf(id) };
    },
    ListClusters: (input) => ({
      Clusters: clusters
        .filter(({ state }) => ((input['ClusterStates'] as string[] | undefined) ?? [state]).includes(state))
        .map(clusterShape),
    }),
    DescribeCluster: (input) => clusterById(input, (cluster) => ({ Cluster: clusterShape(cluster) })),
    ListSteps: (input) =>
      clusterById(input, ({ steps }) => {
        const { StepIds: ids, StepStates: states } = input as { StepIds?: string[]; StepStates?: string[] };
        const wanted = steps.filter(
          ({ id, state }) => (ids?.includes(id) ?? true) && (states?.includes(state) ?? true),
        );
        return { Steps: wanted.toReversed().map(stepShape) };
      }),
    DescribeStep: (input) =>
      clusterById(input, ({ steps }) => {
        const step = steps.find(({ id }) => id === input['StepId']);
        return step === undefined
          ? { fault: 'error', status: 400, type: 'InvalidRequestException', message: 'Step id is not valid.' }
          : { Step: stepShape(step) };
      }),
    AddJobFlowSteps: (input) =>
      clusterById(input, (cluster) => {
        const asked = input['Steps'] as { Name: string; HadoopJarStep: { Args: string[] } }[];
        touch('AddJobFlowSteps', [cluster.name]);
        const ids = asked.map(({ Name: name, HadoopJarStep: { Args: args } }) => {
          const id = `s-OURS${String((count += 1))}`;
          cluster.steps.push({ id, name, state: end(args, cluster.id, id) });
          return id;
        });
        return { StepIds: ids };
      }),
    CancelSteps: (input) =>
      clusterById(input, ({ steps }) => {
        const ids = input['StepIds'] as string[];
        const meant = steps.filter(({ id }) => ids.includes(id));
        touch(
          'CancelSteps',
          meant.map(({ name }) => name),
        );
        for (const step of meant) if (!OVER.includes(step.state)) step.state = 'CANCELLED';
        return { CancelStepsInfoList: ids.map((id) => ({ StepId: id, Status: 'SUBMITTED' })) };
      }),
    TerminateJobFlows: (input) => {
      for (const cluster of clusters.filter(({ id }) => (input['JobFlowIds'] as string[]).includes(id))) {
        touch('TerminateJobFlows', [cluster.name]);
        cluster.state = 'TERMINATED';
        for (const step of cluster.steps) if (!OVER.includes(step.state)) step.state = 'CANCELLED';
      }
      return {};
    },
    ListInstances: () => ({ Instances: [] }),
    ListBootstrapActions: () => ({ BootstrapActions: [] }),
  });
  return {
    endpoint: server.endpoint,
    onStep: (act) => (end = act),
    launching: (its) => (ends = its),
    spoil: server.spoil,
    remember: () => (remembered = structuredClone(clusters)),
    restore: () => {
      clusters = structuredClone(remembered);
      touched = [];
    },
    touched: () => touched,
    close: server.close,
  };
}

const arnOf = (id: string) => `arn:aws:elasticmapreduce:eu-west-1:123456789012:cluster/${id}`;

function clusterShape({ id, name, state, reason }: Cluster): object {
  const why =
    reason === undefined ? {} : { StateChangeReason: { Code: reason.code, Message: reason.message } };
  return {
    Id: id,
    Name: name,
    ClusterArn: arnOf(id),
    ReleaseLabel: 'emr-7.13.0',
    Applications: [{ Name: 'Spark', Version: '3.5.6' }],
    Status: { State: state, ...why, Timeline: { CreationDateTime: CREATED, ReadyDateTime: CREATED } },
    StepConcurrencyLevel: 1,
    Tags: [],
  };
}

function stepShape({ id, name, state }: Step): object {
  const ended = OVER.includes(state) ? { EndDateTime: CREATED + 60 } : {};
  return {
    Id: id,
    Name: name,
    Status: { State: state, Timeline: { CreationDateTime: CREATED, StartDateTime: CREATED, ...ended } },
  };
}
