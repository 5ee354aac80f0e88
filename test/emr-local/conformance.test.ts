import '../support/one-realm.ts';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  AddJobFlowStepsCommand,
  DescribeClusterCommand,
  EMRClient,
  ListClustersCommand,
  ModifyClusterCommand,
  RunJobFlowCommand,
  TerminateJobFlowsCommand,
  paginateListClusters,
  paginateListSteps,
  waitUntilClusterRunning,
  waitUntilClusterTerminated,
  waitUntilStepComplete,
} from '@aws-sdk/client-emr';
import { describe, expect, it } from '@jest/globals';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { operationNames } from '../../src/emr-local/operations.ts';
import { checkAnswers, runPython } from './conformance.ts';
import { bash, clusterRequest, credentials, region, until, world } from './world.ts';
import type { Seen } from './conformance.ts';

interface SeenByBoto3 extends Seen {
  waiters: Record<string, string | string[]>;
  /** By operation: pages, items, distinct items. */
  pages: Record<string, [pages: number, items: number, distinct: number]>;
  unpaged: string[];
  types: [number, number, string | null];
  newest_first: boolean;
  failure: { Reason: string; LogFile: string };
  tags: { Key: string; Value: string }[];
  placement: unknown;
  volumes: number[];
  running: string[];
  labels: number[];
  since: number[];
  protected: string;
  refused: Record<string, string>;
  silent: string[];
}

describe('boto3', () => {
  it('gets from every operation what botocore’s model defines, and an error for all others', async () => {
    const here = await world();
    try {
      const seen = await runPython<SeenByBoto3>('conformance_boto3.py', here.endpoint.url);
      expect(seen.offences).toEqual([]);
      expect(seen.operations).toEqual([...operationNames].sort());
      expect(seen.silent).toEqual([]);
      expect(seen.waiters).toEqual({
        cluster_running: ['ok', expect.stringContaining('TERMINATED')],
        step_complete: [expect.stringContaining('"FAILED"'), expect.stringContaining('"CANCELLED"')],
        cluster_terminated: 'ok',
      });
      expect(seen.unpaged).toEqual([]);
      expect(seen.pages).toEqual({
        list_clusters: [2, 52, 52],
        list_steps: [2, 54, 54],
        list_instances: [2, 61, 61],
        list_instance_fleets: [1, 2, 2],
        list_instance_groups: [1, 2, 2],
        list_bootstrap_actions: [1, 16, 16],
      });
      expect(seen).toMatchObject({
        newest_first: true,
        failure: {
          Reason: 'Unknown Error.',
          LogFile: expect.stringMatching(/^s3:\/\/bucket\/logs\/j-.*stderr\.gz$/),
        },
        tags: [{ Key: 'landfall:pool', Value: 'é' }],
        placement: [{ InstanceRole: 'MASTER', PlacementStrategy: 'SPREAD' }],
        volumes: [0, 2],
        running: ['RUNNING'],
        labels: [6, 6, 3],
        since: [1, 1],
      });
      expect(seen.types).toEqual([25, 15, null]);
      expect(seen.protected).toContain('termination protected');
      expect(seen.refused).toEqual({
        describe_cluster: "Cluster id 'j-NONE' is not valid.",
        describe_step: "Step id 's-NONE' is not valid.",
        add_tags: 'Tags cannot be modified on terminated clusters.',
        add_job_flow_steps: 'A job flow that is shutting down, terminated, or finished may not be modified.',
      });
      expect(here.warnings).toEqual([]);
    } finally {
      await here.end();
    }
  });
});

interface SeenByCli extends Seen {
  waited: number[];
  failed: { Reason: string; LogFile: string };
  [other: string]: unknown;
}

describe('the AWS CLI', () => {
  it('creates, waits, adds, lists, describes, cancels, modifies and terminates as with EMR', async () => {
    const here = await world();
    try {
      const seen = await runPython<SeenByCli>('conformance_cli.py', here.endpoint.url);
      expect(seen.offences).toEqual([]);
      expect(seen).toMatchObject({
        waited: [0, 0, 255, 0, 255],
        failed: {
          Reason: 'Unknown Error.',
          LogFile: expect.stringMatching(/^file:\/\/\/logs of the cli\/j-.*stderr.gz$/),
        },
        pending: ['spark'],
        cancelled: ['SUBMITTED', 'SUBMITTED'],
        listed: [
          ['spark', 'CANCELLED'],
          ['endless', 'CANCELLED'],
          ['bad', 'FAILED'],
          ['good', 'COMPLETED'],
        ],
        concurrency: { StepConcurrencyLevel: 5 },
        protected: [expect.any(Number), expect.stringContaining('termination protected')],
        active: [true],
        groups: [
          ['MASTER', 1],
          ['CORE', 2],
        ],
        fleets: [
          ['MASTER', 0],
          ['CORE', 4],
        ],
        fleet_ended: { Code: 'ALL_STEPS_COMPLETED', Message: 'Steps completed' },
        cluster_mode: [
          expect.any(Number),
          expect.stringContaining('does not emulate spark-submit --deploy-mode cluster'),
        ],
        bootstrap: [{ Name: 'boot', ScriptPath: 's3://b/boot.sh', Args: ['a'] }],
        tags: { 'landfall:pool': 'default', team: '', added: 'yes' },
        ended: { Code: 'USER_REQUEST', Message: 'Terminated by user request' },
        after: [false, true],
        unknown: [expect.any(Number), expect.stringContaining("Cluster id 'j-NONE' is not valid.")],
      });
      expect(here.warnings).toEqual([]);
    } finally {
      await here.end();
    }
  });
});

/** Passes every answer on unchanged, and keeps a copy. */
function recorder() {
  const answers: { operation: string; status: number; body: string }[] = [];
  const inner = new NodeHttpHandler();
  const handle = async (...[request, options]: Parameters<NodeHttpHandler['handle']>) => {
    const { response } = await inner.handle(request, options);
    const body = await buffer(response.body as Readable);
    const operation = (request.headers['x-amz-target'] ?? '').replace('ElasticMapReduce.', '');
    answers.push({ operation, status: response.statusCode, body: body.toString('utf8') });
    response.body = Readable.from([body]);
    return { response };
  };
  return { answers, requestHandler: { handle, destroy: () => inner.destroy() } };
}

describe('the JavaScript SDK', () => {
  it('waits with its own waiters and pages with its own paginators, and every answer fits the model', async () => {
    const here = await world();
    const { answers, requestHandler } = recorder();
    const emr = new EMRClient({
      endpoint: here.endpoint.url,
      region,
      credentials,
      maxAttempts: 1,
      requestHandler,
    });
    const waiting = { client: emr, maxWaitTime: 20, minDelay: 0.05, maxDelay: 0.1 };
    try {
      const { JobFlowId: ClusterId = '' } = await emr.send(new RunJobFlowCommand(clusterRequest()));
      expect((await waitUntilClusterRunning(waiting, { ClusterId })).state).toBe('SUCCESS');
      const Steps = [...Array.from({ length: 51 }, () => bash('true')), bash('exit 1')];
      await emr.send(new ModifyClusterCommand({ ClusterId, StepConcurrencyLevel: 8 }));
      const { StepIds = [] } = await emr.send(new AddJobFlowStepsCommand({ JobFlowId: ClusterId, Steps }));
      const good = { ClusterId, StepId: StepIds[50] };
      expect((await waitUntilStepComplete(waiting, good)).state).toBe('SUCCESS');
      const bad = { ClusterId, StepId: StepIds[51] };
      await expect(waitUntilStepComplete(waiting, bad)).rejects.toThrow('FAILURE');
      const listed = [];
      for await (const page of paginateListSteps({ client: emr }, { ClusterId }))
        listed.push(page.Steps!.length);
      expect(listed).toEqual([50, 2]);
      await emr.send(new TerminateJobFlowsCommand({ JobFlowIds: [ClusterId] }));
      expect((await waitUntilClusterTerminated(waiting, { ClusterId })).state).toBe('SUCCESS');
      const clusters = [];
      for await (const page of paginateListClusters({ client: emr }, {}))
        clusters.push(page.Clusters!.length);
      expect(clusters).toEqual([1]);
    } finally {
      emr.destroy();
      await here.end();
    }
    const { operations, offences } = await checkAnswers(answers);
    expect(offences).toEqual([]);
    expect(operations).toEqual(expect.arrayContaining(['DescribeCluster', 'DescribeStep', 'ListSteps']));
  });
});

describe('answers under a fault plan', () => {
  it('fit the model, except for the state that EMR does not have', async () => {
    const faults = [
      ...(['ThrottlingException', 'ExpiredTokenException', 'AccessDeniedException'] as const).map(
        (code, n) => ({
          on: 'ListClusters',
          fault: 'error-before' as const,
          code,
          nth: n + 1,
        }),
      ),
      { on: 'DescribeCluster', fault: 'unknown-state' } as const,
    ];
    const here = await world({ faults: { faults, events: [{ event: 'bootstrap-failure' }] } });
    const { answers, requestHandler } = recorder();
    const emr = new EMRClient({
      endpoint: here.endpoint.url,
      region,
      credentials,
      maxAttempts: 1,
      requestHandler,
    });
    try {
      const { JobFlowId: ClusterId } = await emr.send(new RunJobFlowCommand(clusterRequest()));
      for (let call = 0; call < 3; call += 1) {
        await expect(emr.send(new ListClustersCommand({}))).rejects.toThrow();
      }
      const ended = async () => (await emr.send(new DescribeClusterCommand({ ClusterId }))).Cluster?.Status;
      await until(ended, (status) => status?.State === 'TERMINATED_WITH_ERRORS');
    } finally {
      emr.destroy();
      await here.end();
    }
    const { errors, offences } = await checkAnswers(answers);
    expect(errors).toEqual(['AccessDeniedException', 'ExpiredTokenException', 'ThrottlingException']);
    expect(offences).toEqual([expect.stringContaining("'HIBERNATING' is none of STARTING, ")]);
  });
});

describe('the model check', () => {
  it('finds members that are unknown, missing, of another type, or not in an enum', async () => {
    const answer = (operation: string, body: unknown, status = 200) => ({
      operation,
      status,
      body: JSON.stringify(body),
    });
    const { offences } = await checkAnswers([
      answer('ListClusters', { Clusters: [{ Id: 7, Colour: 'red' }], Marker: null }),
      answer('DescribeStep', {
        Step: { Status: { State: 'ASLEEP', Timeline: { EndDateTime: '2026-11-21' } } },
      }),
      answer('GetBlockPublicAccessConfiguration', { BlockPublicAccessConfiguration: {} }),
      answer('DescribeCluster', { Cluster: { AutoTerminate: 1, Tags: {} } }),
      answer('TerminateJobFlows', {}),
      answer('DescribeCluster', { __type: 'OddException', message: 'x' }, 400),
      answer('ListSteps', { __type: 'InvalidRequestException', Message: 3 }, 400),
    ]);
    expect(offences.map((line) => line.replace(/is none of .*/, 'is none of ...'))).toEqual([
      'ListClusters.Clusters[0].Colour: not in the model',
      'ListClusters.Clusters[0].Id: 7 is no string',
      'ListClusters.Marker: None is no string',
      "DescribeStep.Step.Status.State: 'ASLEEP' is none of ...",
      "DescribeStep.Step.Status.Timeline.EndDateTime: '2026-11-21' is no timestamp",
      'GetBlockPublicAccessConfiguration.BlockPublicAccessConfigurationMetadata: required and absent',
      'GetBlockPublicAccessConfiguration.BlockPublicAccessConfiguration.BlockPublicSecurityGroupRules: required and absent',
      'DescribeCluster.Cluster.AutoTerminate: 1 is no boolean',
      'DescribeCluster.Cluster.Tags: dict instead of a list',
      'TerminateJobFlows: a body where none is due',
      'DescribeCluster refused with OddException, which is none of ...',
      'ListSteps refused: no message',
      'ListSteps refused with InvalidRequestException.Message: 3 is no string',
    ]);
  });
});
