import {
  AddJobFlowStepsCommand,
  AddTagsCommand,
  CancelStepsCommand,
  DescribeClusterCommand,
  DescribeReleaseLabelCommand,
  DescribeStepCommand,
  GetAutoTerminationPolicyCommand,
  ListBootstrapActionsCommand,
  ListClustersCommand,
  ListInstanceFleetsCommand,
  ListInstanceGroupsCommand,
  ListInstancesCommand,
  ListReleaseLabelsCommand,
  ListStepsCommand,
  ModifyClusterCommand,
  PutAutoTerminationPolicyCommand,
  PutManagedScalingPolicyCommand,
  RemoveAutoTerminationPolicyCommand,
  RemoveTagsCommand,
  RunJobFlowCommand,
  SetKeepJobFlowAliveWhenNoStepsCommand,
  SetTerminationProtectionCommand,
  TerminateJobFlowsCommand,
  paginateListSteps,
} from '@aws-sdk/client-emr';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bash, clusterRequest, until, world } from './world.ts';
import type { ClusterRecord } from '../../src/emr-local/records.ts';
import type { World } from './world.ts';
import type { RunJobFlowCommandInput, StepConfig } from '@aws-sdk/client-emr';

let here: World;
beforeAll(async () => {
  here = await world({ pace: { startingMs: 3_600_000, bootstrappingMs: 0, terminatingMs: 3_600_000 } });
});
afterAll(() => here.end());

const launch = async (changes: Partial<RunJobFlowCommandInput> = {}) =>
  (await here.emr.send(new RunJobFlowCommand(clusterRequest(changes)))).JobFlowId ?? '';
const add = async (id: string, steps: StepConfig[]) =>
  (await here.emr.send(new AddJobFlowStepsCommand({ JobFlowId: id, Steps: steps }))).StepIds ?? [];
const describeCluster = async (id: string) =>
  (await here.emr.send(new DescribeClusterCommand({ ClusterId: id }))).Cluster;
const instances = { KeepJobFlowAliveWhenNoSteps: true };
const master = { InstanceRole: 'MASTER', InstanceType: 'm5.xlarge', InstanceCount: 1 } as const;
const jar = (Jar: string, Args: string[] = []): StepConfig => ({ Name: 's', HadoopJarStep: { Jar, Args } });

describe('RunJobFlow', () => {
  it.each<[string, Partial<RunJobFlowCommandInput>, string]>([
    [
      'an unknown release',
      { ReleaseLabel: 'emr-9.9.9' },
      'The supplied release label is invalid: emr-9.9.9.',
    ],
    [
      'a release from the prototype',
      { ReleaseLabel: 'constructor' },
      'The supplied release label is invalid: constructor.',
    ],
    [
      'no release',
      { ReleaseLabel: undefined },
      'Must specify exactly one of the following: release label, AMI version, or Hadoop version.',
    ],
    ['no service role', { ServiceRole: undefined }, 'ServiceRole is required for creating cluster.'],
    ['no instance profile', { JobFlowRole: undefined }, 'InstanceProfile is required for creating cluster.'],
    [
      'a concurrency level of 257',
      { StepConcurrencyLevel: 257 },
      'Invalid step concurrency level. Allowed level is from 1 to 256',
    ],
    [
      'an idle timeout of 59 s',
      { AutoTerminationPolicy: { IdleTimeout: 59 } },
      'The idle timeout of the auto-termination policy must be between 60 and 604800 seconds.',
    ],
    [
      'groups and a count',
      { Instances: { InstanceCount: 1, InstanceGroups: [] } },
      'Please configure instances using one and only one of the following: instance groups; instance fleets; instance count, master and slave instance type.',
    ],
    [
      'no master',
      {
        Instances: {
          InstanceGroups: [{ InstanceRole: 'CORE', InstanceType: 'm5.xlarge', InstanceCount: 1 }],
        },
      },
      'Zero master instance groups supplied, you must specify exactly one master instance group',
    ],
    [
      'a fleet with two masters',
      { Instances: { InstanceFleets: [{ InstanceFleetType: 'MASTER', TargetOnDemandCapacity: 2 }] } },
      'A master instance fleet can only have a target capacity of 1. Revise the configuration and resubmit.',
    ],
    [
      'an action with concurrency',
      { StepConcurrencyLevel: 2, Steps: [bash('true', { ActionOnFailure: 'CANCEL_AND_WAIT' })] },
      "Action on failure 'CANCEL_AND_WAIT' is invalid.",
    ],
    [
      'a runtime role',
      { StepExecutionRoleArn: 'arn:aws:iam::123456789012:role/x' },
      'This local EMR endpoint does not emulate StepExecutionRoleArn.',
    ],
    [
      'a release of before',
      { ReleaseLabel: 'emr-6.15.0' },
      'This local EMR endpoint does not emulate the release emr-6.15.0.',
    ],
    [
      'what a cluster would be told beside its request',
      { AdditionalInfo: '{}' },
      'This local EMR endpoint does not emulate AdditionalInfo.',
    ],
    [
      'a version of Hadoop',
      { Instances: { MasterInstanceType: 'm5.xlarge', HadoopVersion: '2.4.0' } },
      'This local EMR endpoint does not emulate HadoopVersion.',
    ],
    [
      'a group that scales by itself',
      {
        Instances: {
          InstanceGroups: [
            {
              ...master,
              AutoScalingPolicy: { Constraints: { MinCapacity: 1, MaxCapacity: 2 }, Rules: [] },
            },
          ],
        },
      },
      "This local EMR endpoint does not emulate an instance group's AutoScalingPolicy.",
    ],
    [
      '51 groups',
      { Instances: { InstanceGroups: Array.from({ length: 51 }, () => master) } },
      'A cluster may have at most 50 instance groups.',
    ],
    [
      'a scaling policy without room',
      {
        ManagedScalingPolicy: {
          ComputeLimits: { UnitType: 'Instances', MinimumCapacityUnits: 3, MaximumCapacityUnits: 2 },
        },
      },
      'The MinimumCapacityUnits of the managed scaling policy must be at least 1 and at most its MaximumCapacityUnits.',
    ],
    [
      'a log folder without a bucket',
      { LogUri: 's3:///logs' },
      "The LogUri 's3:///logs' is not an s3:// URI, nor a file:/// URI.",
    ],
    [
      'a log folder that is no URI',
      { LogUri: '/var/log' },
      "The LogUri '/var/log' is not an s3:// URI, nor a file:/// URI.",
    ],
  ])('refuses %s', async (_, changes, message) => {
    await expect(launch(changes)).rejects.toMatchObject({ name: 'ValidationException', message });
  });

  it.each(['<', '>', '$', '|', '`'])('refuses %s in a name', async (sign) => {
    await expect(launch({ Name: `a${sign}b` })).rejects.toThrow(/may not contain any of the characters/);
  });

  it.each([
    ['a control character', 'a\u0001b'],
    ['NUL', 'a\0b'],
    ['half a character', 'a\ud800'],
  ])('refuses %s in a name and in an argument, and accepts line breaks and all scripts', async (_, bad) => {
    await expect(launch({ Name: bad })).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining("at 'name' failed to satisfy constraint"),
    });
    const id = await launch({ Name: 'Ünïcode\t\n🎵 中' });
    expect((await describeCluster(id))?.Name).toBe('Ünïcode\t\n🎵 中');
    await expect(add(id, [jar('command-runner.jar', ['bash', '-c', bad])])).rejects.toThrow(
      /steps.1.member.hadoopJarStep.args.3.member/,
    );
  });

  it('protects a cluster with three masters from termination, unless told otherwise', async () => {
    const three = { InstanceGroups: [{ ...master, InstanceCount: 3 }] };
    const guarded = await launch({ Instances: three });
    const open = await launch({ Instances: { ...three, TerminationProtected: false } });
    expect((await describeCluster(guarded))?.TerminationProtected).toBe(true);
    expect((await describeCluster(open))?.TerminationProtected).toBe(false);
  });

  it('refuses a name of 257 characters and accepts one of 256', async () => {
    await expect(launch({ Name: 'é'.repeat(257) })).rejects.toThrow(
      /at 'name' failed.*less than or equal to 256/,
    );
    expect((await describeCluster(await launch({ Name: 'é'.repeat(256) })))?.Name).toHaveLength(256);
  });

  it('creates nothing when it refuses', async () => {
    const folders = () => readdir(join(here.folder, 'state', 'clusters'));
    const before = await folders();
    await expect(launch({ Steps: [bash('true'), jar('hive.jar')] })).rejects.toThrow();
    expect(await folders()).toEqual(before);
  });

  it('records and shows settings that have no effect here', async () => {
    const id = await launch({
      Tags: [
        { Key: 'landfall:pool', Value: 'a=b; é' },
        { Key: '__proto__', Value: 'x' },
      ],
      Configurations: [{ Classification: 'spark', Properties: { maximizeResourceAllocation: 'true' } }],
      BootstrapActions: [{ Name: 'b', ScriptBootstrapAction: { Path: 's3://b/x.sh', Args: ['1'] } }],
      SecurityConfiguration: 'sc',
      LogUri: 's3://bucket/logs',
      ManagedScalingPolicy: {
        ComputeLimits: { UnitType: 'Instances', MinimumCapacityUnits: 1, MaximumCapacityUnits: 2 },
      },
    });
    expect(await describeCluster(id)).toMatchObject({
      Name: 'landfall/r1/cluster#1',
      Status: { State: 'STARTING', StateChangeReason: {} },
      ReleaseLabel: 'emr-7.13.0',
      Applications: [{ Name: 'Spark', Version: '3.5.6' }],
      Tags: [
        { Key: 'landfall:pool', Value: 'a=b; é' },
        { Key: '__proto__', Value: 'x' },
      ],
      Configurations: [{ Classification: 'spark', Properties: { maximizeResourceAllocation: 'true' } }],
      SecurityConfiguration: 'sc',
      LogUri: 's3n://bucket/logs',
      AutoTerminate: false,
      ServiceRole: 'EMR_DefaultRole',
      Ec2InstanceAttributes: { IamInstanceProfile: 'EMR_EC2_DefaultRole' },
      StepConcurrencyLevel: 1,
      InstanceCollectionType: 'INSTANCE_GROUP',
    });
    const { BootstrapActions } = await here.emr.send(new ListBootstrapActionsCommand({ ClusterId: id }));
    expect(BootstrapActions).toEqual([{ Name: 'b', ScriptPath: 's3://b/x.sh', Args: ['1'] }]);
  });
});

describe('AddJobFlowSteps', () => {
  it.each<[string, StepConfig, RegExp]>([
    [
      'another jar',
      jar('s3://us-west-2.elasticmapreduce/libs/script-runner/script-runner.jar'),
      /does not emulate steps of script-runner.jar/,
    ],
    [
      'another program',
      jar('command-runner.jar', ['hive-script']),
      /does not emulate command-runner.jar with 'hive-script'/,
    ],
    [
      'bash without -c',
      jar('command-runner.jar', ['bash', 'x.sh']),
      /does not emulate command-runner.jar with 'bash'/,
    ],
    ['no arguments', jar('command-runner.jar'), /with no arguments/],
    [
      'a driver in the cluster',
      jar('command-runner.jar', ['spark-submit', '--name', '--master', '--deploy-mode', 'cluster', 'x.py']),
      /does not emulate spark-submit --deploy-mode cluster: Spark runs in local mode/,
    ],
    [
      'YARN',
      jar('command-runner.jar', ['spark-sql', '--master=yarn', '-e', 'select 1']),
      /does not emulate spark-sql --master=yarn/,
    ],
    [
      'YARN as a setting',
      jar('command-runner.jar', ['spark-submit', '-v', '--conf', 'spark.master=yarn', 'x.py']),
      /does not emulate spark-submit --conf spark.master=yarn/,
    ],
    [
      '10,241 characters',
      jar('command-runner.jar', ['spark-submit', 'x'.repeat(10_241 - 30)]),
      /10241 characters; at most 10240/,
    ],
    ['a long name', { ...bash('true'), Name: 'x'.repeat(257) }, /steps.2.member.name/],
    [
      'an unknown action',
      bash('true', { ActionOnFailure: 'RETRY' as 'CONTINUE' }),
      /'RETRY' at 'steps.2.member.actionOnFailure'/,
    ],
  ])('refuses %s, and the good step before it, too', async (_, bad, message) => {
    const id = await launch();
    await expect(add(id, [bash('true'), bad])).rejects.toThrow(message);
    expect((await here.emr.send(new ListStepsCommand({ ClusterId: id }))).Steps).toEqual([]);
  });

  it('passes everything after the application to the application', async () => {
    const id = await launch();
    const args = ['--deploy-mode', 'client', '--conf', 'a=spark.master=yarn', '--master', 'local[2]', 'x.py'];
    const theirs = ['--deploy-mode', 'cluster', '--master', 'yarn'];
    await add(id, [jar('command-runner.jar', ['spark-submit', ...args, ...theirs])]);
  });

  it('accepts 10,240 characters and 256 active steps, and no more', async () => {
    const id = await launch();
    const longest = jar('command-runner.jar', ['spark-submit', 'x'.repeat(10_240 - 30)]);
    await add(id, [longest, ...Array.from({ length: 255 }, () => bash('true'))]);
    await expect(add(id, [bash('true')])).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('Maximum number of active steps'),
    });
  });

  it('refuses clusters that do not exist or are ending', async () => {
    await expect(add('j-0000000000000', [bash('true')])).rejects.toThrow('Specified job flow ID not valid');
    await expect(add('../../etc', [bash('true')])).rejects.toThrow('Specified job flow ID not valid');
    const id = await launch();
    await here.emr.send(new TerminateJobFlowsCommand({ JobFlowIds: [id] }));
    await expect(add(id, [bash('true')])).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'A job flow that is shutting down, terminated, or finished may not be modified.',
    });
  });
});

describe('ListSteps', () => {
  it('shows all steps, newest first, in pages of 50', async () => {
    const id = await launch();
    const ids = await add(
      id,
      Array.from({ length: 120 }, (_, n) => bash('true', { Name: `s${n}` })),
    );
    const pages: number[] = [];
    const seen: string[] = [];
    let Marker: string | undefined;
    do {
      const answer = await here.emr.send(new ListStepsCommand({ ClusterId: id, Marker }));
      pages.push(answer.Steps?.length ?? 0);
      seen.push(...(answer.Steps ?? []).map((step) => step.Id ?? ''));
      Marker = answer.Marker;
      if (pages.length === 1) await add(id, [bash('true')]);
    } while (Marker !== undefined);
    expect(pages).toEqual([50, 50, 20]);
    expect(seen).toEqual([...ids].reverse());
  });

  it('filters by state or by at most ten ids, never by both', async () => {
    const id = await launch();
    const ids = await add(
      id,
      Array.from({ length: 11 }, () => bash('true')),
    );
    const list = async (changes: object) =>
      (await here.emr.send(new ListStepsCommand({ ClusterId: id, ...changes }))).Steps?.map(
        (step) => step.Id,
      );
    expect(await list({ StepIds: [ids[3], ids[1]] })).toEqual([ids[3], ids[1]]);
    expect(await list({ StepStates: ['RUNNING'] })).toEqual([]);
    expect(await list({ StepStates: ['PENDING'] })).toHaveLength(11);
    await expect(list({ StepIds: ids })).rejects.toThrow(/At most 10/);
    await expect(list({ StepIds: [ids[0]], StepStates: ['PENDING'] })).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: 'Cannot specify both StepIds and StepStates.',
    });
    await expect(list({ StepIds: ['s-NONE'] })).rejects.toThrow("Step id 's-NONE' is not valid.");
    await expect(list({ Marker: 'bogus' })).rejects.toThrow(/Marker/);
  });

  it('and DescribeStep refuse unknown ids as an invalid request', async () => {
    const unknown = { name: 'InvalidRequestException', message: "Cluster id 'j-NONE' is not valid." };
    await expect(here.emr.send(new ListStepsCommand({ ClusterId: 'j-NONE' }))).rejects.toMatchObject(unknown);
    const id = await launch();
    await expect(
      here.emr.send(new DescribeStepCommand({ ClusterId: id, StepId: 's-NONE' })),
    ).rejects.toMatchObject({ name: 'InvalidRequestException', message: "Step id 's-NONE' is not valid." });
  });
});

describe('ListClusters', () => {
  it('pages newest first, filters by state and time, and shows no tags', async () => {
    const start = new Date(here.clock.now().getTime() + 1000);
    here.clock.jump(2000);
    const made: string[] = [];
    for (let n = 0; n < 53; n += 1) made.push(await launch({ Tags: [{ Key: 'a', Value: 'b' }] }));
    const first = await here.emr.send(new ListClustersCommand({ CreatedAfter: start }));
    const second = await here.emr.send(
      new ListClustersCommand({ CreatedAfter: start, Marker: first.Marker }),
    );
    const seen = [...(first.Clusters ?? []), ...(second.Clusters ?? [])];
    expect([first.Clusters?.length, second.Clusters?.length, second.Marker]).toEqual([50, 3, undefined]);
    expect(new Set(seen.map((cluster) => cluster.Id))).toEqual(new Set(made));
    expect(seen[0]).not.toHaveProperty('Tags');
    const created = seen.map((cluster) => cluster.Status?.Timeline?.CreationDateTime?.getTime() ?? 0);
    expect(created).toEqual([...created].sort((a, b) => b - a));
    const count = async (changes: object) =>
      (await here.emr.send(new ListClustersCommand({ CreatedAfter: start, ...changes }))).Clusters?.length;
    expect(await count({ CreatedBefore: start })).toBe(0);
    expect(await count({ ClusterStates: ['WAITING'] })).toBe(0);
    expect(await count({ ClusterStates: ['STARTING'] })).toBe(50);
  });
});

describe('changing a cluster', () => {
  it('requires at least one cluster', async () => {
    const none = { JobFlowIds: [] };
    await expect(
      here.emr.send(new SetTerminationProtectionCommand({ ...none, TerminationProtected: true })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(here.emr.send(new TerminateJobFlowsCommand(none))).rejects.toThrow(/cannot be empty/);
  });

  it('shows the changes, and refuses an invalid policy', async () => {
    const id = await launch();
    const changed = await here.emr.send(new ModifyClusterCommand({ ClusterId: id, ExtendedSupport: true }));
    expect(changed).toMatchObject({ StepConcurrencyLevel: 1, ExtendedSupport: true });
    expect((await describeCluster(id))?.ExtendedSupport).toBe(true);
    await expect(
      here.emr.send(new PutManagedScalingPolicyCommand({ ClusterId: id, ManagedScalingPolicy: {} })),
    ).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: expect.stringContaining('ComputeLimits'),
    });
    const AutoTerminationPolicy = { IdleTimeout: 60.5 };
    await expect(
      here.emr.send(new PutAutoTerminationPolicyCommand({ ClusterId: id, AutoTerminationPolicy })),
    ).rejects.toThrow(/is not of type int/);
  });

  it('can protect it from termination; the others in the list end', async () => {
    const [kept, other] = [await launch(), await launch()];
    await here.emr.send(
      new SetTerminationProtectionCommand({ JobFlowIds: [kept], TerminationProtected: true }),
    );
    await expect(
      here.emr.send(new TerminateJobFlowsCommand({ JobFlowIds: [kept, other] })),
    ).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Could not shut down one or more job flows since they are termination protected.',
    });
    expect((await describeCluster(kept))?.Status?.State).toBe('STARTING');
    await here.emr.send(new TerminateJobFlowsCommand({ JobFlowIds: [other] }));
    expect((await describeCluster(other))?.Status?.State).toBe('TERMINATING');
  });

  it('can set, show and remove policies, tags, concurrency and keep-alive', async () => {
    const id = await launch();
    const ClusterId = id;
    await here.emr.send(
      new PutAutoTerminationPolicyCommand({ ClusterId, AutoTerminationPolicy: { IdleTimeout: 60 } }),
    );
    const policy = await here.emr.send(new GetAutoTerminationPolicyCommand({ ClusterId }));
    expect(policy.AutoTerminationPolicy).toEqual({ IdleTimeout: 60 });
    await here.emr.send(new RemoveAutoTerminationPolicyCommand({ ClusterId }));
    const none = await here.emr.send(new GetAutoTerminationPolicyCommand({ ClusterId }));
    expect(none.AutoTerminationPolicy).toBeUndefined();
    await here.emr.send(
      new AddTagsCommand({ ResourceId: id, Tags: [{ Key: 'a', Value: '1' }, { Key: 'b' }] }),
    );
    await here.emr.send(new RemoveTagsCommand({ ResourceId: id, TagKeys: ['a', 'never'] }));
    await here.emr.send(new ModifyClusterCommand({ ClusterId, StepConcurrencyLevel: 7 }));
    await here.emr.send(
      new SetKeepJobFlowAliveWhenNoStepsCommand({ JobFlowIds: [id], KeepJobFlowAliveWhenNoSteps: false }),
    );
    expect(await describeCluster(id)).toMatchObject({
      Tags: [{ Key: 'b', Value: '' }],
      StepConcurrencyLevel: 7,
      AutoTerminate: true,
    });
    await expect(
      here.emr.send(new ModifyClusterCommand({ ClusterId, StepConcurrencyLevel: 0 })),
    ).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
  });

  it('is refused for cancelling unknown steps', async () => {
    const id = await launch();
    await expect(
      here.emr.send(new CancelStepsCommand({ ClusterId: id, StepIds: ['../x'] })),
    ).rejects.toMatchObject({ name: 'InvalidRequestException', message: "Step id '../x' is not valid." });
  });
});

describe('instances', () => {
  it('have addresses once EC2 has assigned them, and so does the cluster', async () => {
    const slow = await world({ pace: { startingMs: 60_000, bootstrappingMs: 60_000, terminatingMs: 0 } });
    try {
      const { JobFlowId: ClusterId } = await slow.emr.send(new RunJobFlowCommand(clusterRequest()));
      const look = async () => {
        const { Cluster } = await slow.emr.send(new DescribeClusterCommand({ ClusterId }));
        const { Instances } = await slow.emr.send(new ListInstancesCommand({ ClusterId }));
        return [
          Cluster?.Status?.State,
          Cluster?.MasterPublicDnsName,
          Instances?.map((it) => [it.Status?.State, it.Ec2InstanceId?.slice(0, 2), it.PrivateIpAddress]),
        ];
      };
      expect(await look()).toEqual(['STARTING', undefined, [['PROVISIONING', undefined, undefined]]]);
      slow.clock.jump(60_000);
      const bootstrapping = ['BOOTSTRAPPING', 'localhost', [['BOOTSTRAPPING', 'i-', '127.0.0.1']]];
      await until(look, (seen) => seen[0] === 'BOOTSTRAPPING');
      expect(await look()).toEqual(bootstrapping);
    } finally {
      await slow.end();
    }
  });

  it('of an unknown group, or in an invalid state, are refused', async () => {
    const ClusterId = await launch();
    const list = (changes: object) => here.emr.send(new ListInstancesCommand({ ClusterId, ...changes }));
    await expect(list({ InstanceGroupId: 'ig-NONE' })).rejects.toThrow(
      "Instance group id 'ig-NONE' is not valid.",
    );
    await expect(list({ InstanceFleetId: 'if-NONE' })).rejects.toThrow(
      "Instance fleet id 'if-NONE' is not valid.",
    );
    await expect(list({ InstanceStates: ['ASLEEP'] })).rejects.toThrow(
      /'ASLEEP' at 'instanceStates.1.member'/,
    );
    expect((await list({ InstanceStates: ['RUNNING'] })).Instances).toEqual([]);
  });

  it('are shown by group or by fleet, as the cluster has them', async () => {
    const groups = await launch({
      Instances: {
        ...instances,
        MasterInstanceType: 'm5.xlarge',
        SlaveInstanceType: 'r5.xlarge',
        InstanceCount: 3,
      },
    });
    const shown = await here.emr.send(new ListInstanceGroupsCommand({ ClusterId: groups }));
    expect(
      shown.InstanceGroups?.map((it) => [it.InstanceGroupType, it.InstanceType, it.RequestedInstanceCount]),
    ).toEqual([
      ['MASTER', 'm5.xlarge', 1],
      ['CORE', 'r5.xlarge', 2],
    ]);
    const { Instances } = await here.emr.send(
      new ListInstancesCommand({ ClusterId: groups, InstanceGroupTypes: ['CORE'] }),
    );
    expect(Instances?.map((it) => it.InstanceGroupId)).toEqual([
      shown.InstanceGroups?.[1]?.Id,
      shown.InstanceGroups?.[1]?.Id,
    ]);
    await expect(here.emr.send(new ListInstanceFleetsCommand({ ClusterId: groups }))).rejects.toThrow(
      /mutually exclusive/,
    );
    const fleets = await launch({
      Instances: {
        ...instances,
        InstanceFleets: [
          {
            InstanceFleetType: 'MASTER',
            TargetOnDemandCapacity: 1,
            InstanceTypeConfigs: [{ InstanceType: 'm5.xlarge' }],
          },
        ],
      },
    });
    const { InstanceFleets } = await here.emr.send(new ListInstanceFleetsCommand({ ClusterId: fleets }));
    expect(InstanceFleets).toMatchObject([{ InstanceFleetType: 'MASTER', TargetOnDemandCapacity: 1 }]);
  });
});

describe('releases', () => {
  it('are listed and described with their Spark version', async () => {
    const described = await here.emr.send(
      new DescribeReleaseLabelCommand({ ReleaseLabel: 'emr-spark-8.0.0' }),
    );
    expect(described.Applications).toEqual([{ Name: 'Spark', Version: '4.0.2' }]);
    const listed = await here.emr.send(
      new ListReleaseLabelsCommand({ Filters: { Prefix: 'emr-7.1', Application: 'spark@3.5.6' } }),
    );
    expect(listed.ReleaseLabels).toEqual(['emr-7.13.0', 'emr-7.12.0', 'emr-7.11.0']);
    await expect(here.emr.send(new DescribeReleaseLabelCommand({ ReleaseLabel: 'emr-1' }))).rejects.toThrow(
      /not valid/,
    );
  });
});

it('the newest thousand steps of a cluster are listed; older ones can still be described', async () => {
  const stateFolder = join(here.folder, 'a state of its own');
  const first = await world({ stateFolder });
  const { JobFlowId: ClusterId = '' } = await first.emr.send(
    new RunJobFlowCommand(clusterRequest({ Steps: [bash('true')] })),
  );
  await first.end();
  const path = join(stateFolder, 'clusters', ClusterId, 'cluster.json');
  const record = JSON.parse(await readFile(path, 'utf8')) as ClusterRecord;
  const steps = Array.from({ length: 1001 }, (_, n) => ({
    ...record.steps[0],
    id: `s-${String(n).padStart(13, '0')}`,
    state: 'COMPLETED',
    logs: 'none',
  }));
  await writeFile(path, JSON.stringify({ ...record, steps }));
  const next = await world({ stateFolder });
  try {
    const listed: (string | undefined)[] = [];
    for await (const page of paginateListSteps({ client: next.emr }, { ClusterId })) {
      listed.push(...(page.Steps ?? []).map(({ Id }) => Id));
    }
    const ids = steps.map(({ id }) => id);
    expect(listed).toEqual(ids.slice(1).reverse());
    const { Step } = await next.emr.send(new DescribeStepCommand({ ClusterId, StepId: ids[0] }));
    expect(Step?.Status?.State).toBe('COMPLETED');
  } finally {
    await next.end();
  }
});

it('an answer is sent after its effect is saved: the clusters exist after a restart', async () => {
  const other = await world();
  try {
    const { JobFlowId: id } = await other.emr.send(
      new RunJobFlowCommand(clusterRequest({ Tags: [{ Key: 'é', Value: '%#=' }] })),
    );
    await other.restart();
    const cluster = await until(
      async () => (await other.emr.send(new DescribeClusterCommand({ ClusterId: id }))).Cluster,
      (it) => it?.Status?.State === 'WAITING',
    );
    expect(cluster?.Tags).toEqual([{ Key: 'é', Value: '%#=' }]);
  } finally {
    await other.end();
  }
});
