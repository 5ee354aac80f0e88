/** EMR for verbs that a test calls: one endpoint, clusters that are ready at once, steps that complete without tables. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
// Modules that the verbs load when needed: loaded here, because Jest mixes up modules that two verbs load at once.
import '../../src/emr/cluster-logs.ts';
import '../../src/emr/emr.ts';
import '../../src/emr/explain.ts';
import '../../src/emr/requests.ts';
import '../../src/lake/lake.ts';
import '../../src/store/precondition.ts';
import { report } from '../lake/plans.ts';
import { argument, programsOf } from './step-arguments.ts';
import { scriptedEmr } from './scripted-emr.ts';
import type { Input, ScriptedEmr } from './scripted-emr.ts';

export interface RunEmr extends ScriptedEmr {
  /** The answers of `DescribeCluster` and `ListClusters`, by id. */
  clusters: Record<string, Input>;
  /** Lines of dl.cfg for this endpoint. */
  config: string;
  /** The names of the steps of each AddJobFlowSteps. */
  submitted: () => string[];
}

interface StepInput {
  Name: string;
  HadoopJarStep: { Args: string[] };
}

const ACCOUNT = '111122223333';
const REFUSAL = { fault: 'error', status: 400, type: 'InvalidRequestException' } as const;

export function emrCluster(id: string, more: Input = {}): Input {
  return {
    Id: id,
    Name: 'theirs',
    ClusterArn: `arn:aws:elasticmapreduce:eu-west-1:${ACCOUNT}:cluster/${id}`,
    ReleaseLabel: 'emr-7.13.0',
    Applications: [{ Name: 'Spark' }],
    Tags: [],
    Status: { State: 'WAITING' },
    ...more,
  };
}

export async function runEmr(): Promise<RunEmr> {
  const clusters: RunEmr['clusters'] = {};
  const steps: { Id: string; Name: string }[] = [];
  const server = await scriptedEmr({
    RunJobFlow: ({ Name }) => {
      const id = `j-NEW${String(Object.keys(clusters).length + 1)}`;
      const made = (clusters[id] = emrCluster(id, { Name }));
      return { JobFlowId: id, ClusterArn: made['ClusterArn'] };
    },
    ListClusters: () => ({ Clusters: Object.values(clusters) }),
    DescribeCluster: ({ ClusterId: id }) => {
      const Cluster = clusters[id as string];
      return Cluster === undefined
        ? { ...REFUSAL, message: `Cluster id '${String(id)}' is not valid.` }
        : { Cluster };
    },
    AddJobFlowSteps: ({ Steps }) => {
      const added = (Steps as StepInput[]).map((step) => {
        for (const args of programsOf(step.HadoopJarStep.Args)) leaveReport(args);
        return { Id: `s-${String(steps.length + 1)}`, Name: step.Name };
      });
      steps.push(...added);
      return { StepIds: added.map(({ Id }) => Id) };
    },
    ListSteps: () => ({ Steps: steps.map((step) => ({ ...step, Status: { State: 'COMPLETED' } })) }),
    DescribeStep: ({ StepId }) => {
      const step = steps.find(({ Id }) => Id === StepId);
      return { Step: { ...step, Status: { State: 'COMPLETED' } } };
    },
    TerminateJobFlows: ({ JobFlowIds }) => {
      for (const id of JobFlowIds as string[])
        clusters[id] = { ...clusters[id], Status: { State: 'TERMINATED' } };
      return {};
    },
  });
  return {
    ...server,
    clusters,
    config: `[AWS]
AWS_ACCESS_KEY_ID = AKIDEXAMPLE
AWS_SECRET_ACCESS_KEY = s3cr3t
[EMR]
endpoint = ${server.endpoint}
region = eu-west-1
settle_seconds = 0
`,
    submitted: () =>
      server.inputs('AddJobFlowSteps').flatMap(({ Steps }) => (Steps as StepInput[]).map(({ Name }) => Name)),
  };
}

/** Writes what a step writes: an execution with a report, but without tables. */
function leaveReport(args: readonly string[]): void {
  const output = argument({ args }, '--output').replace('file://', '');
  const token = argument({ args }, '--token');
  const folder = join(output, 'application_1795253400000_0001-0a1b2c3d');
  mkdirSync(folder, { recursive: true });
  const [, , step = ''] = token.split('/');
  const body = { ...report({}, {}), step: step.replace(/#.*/, ''), token };
  writeFileSync(join(folder, 'report.json'), JSON.stringify(body));
}
