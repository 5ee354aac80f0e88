import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LaunchSettings } from '../../src/emr/launch-settings.ts';
import { checkLaunch, runJobFlowRequest, stepConfig } from '../../src/emr/requests.ts';
import { HIDDEN, hidden, hiddenValues } from '../../src/emr/hidden-values.ts';
import { LandfallError, formatDiagnostic } from '../../src/faults.ts';
import { tokens } from '../../src/run/plan.ts';
import { checkRunId } from '../../src/run/run-id.ts';
import { launchSettings } from '../support/emr-clients.ts';

const TOKEN = 'landfall/r-1/cluster#1';
const request = (more: Partial<LaunchSettings> = {}) =>
  runJobFlowRequest({ ...launchSettings, ...more }, TOKEN);
const problems = (clusterJson: unknown) =>
  checkLaunch({ ...launchSettings, clusterJson, clusterJsonFile: 'cluster.json' }).map(formatDiagnostic);

describe('the RunJobFlow request', () => {
  it('from settings alone makes a small cluster that waits for steps and ends when idle', () => {
    expect(request({ subnet: 'subnet-1', keyName: 'ops key' })).toEqual({
      Name: TOKEN,
      ReleaseLabel: 'emr-7.13.0',
      LogUri: 's3://lake/_landfall/logs',
      Applications: [{ Name: 'Spark' }],
      ServiceRole: 'EMR_DefaultRole',
      JobFlowRole: 'EMR_EC2_DefaultRole',
      VisibleToAllUsers: true,
      Instances: {
        Ec2SubnetId: 'subnet-1',
        Ec2KeyName: 'ops key',
        InstanceGroups: [
          { InstanceRole: 'MASTER', InstanceType: 'm5.xlarge', InstanceCount: 1 },
          { InstanceRole: 'CORE', InstanceType: 'm5.xlarge', InstanceCount: 2 },
        ],
        KeepJobFlowAliveWhenNoSteps: true,
      },
      AutoTerminationPolicy: { IdleTimeout: 600 },
      StepConcurrencyLevel: 1,
      Steps: [],
      Tags: [
        { Key: 'for-use-with-amazon-emr-managed-policies', Value: 'true' },
        { Key: 'team', Value: 'plays & songs' },
        { Key: 'landfall:run', Value: 'r-1' },
      ],
    });
  });

  it('has one node if there are no core nodes', () => {
    expect(request({ coreCount: 0 }).Instances?.InstanceGroups).toHaveLength(1);
  });

  it('joins a pool only if the cluster outlives its run', () => {
    const pool = (more: Partial<LaunchSettings>) =>
      request(more).Tags?.find(({ Key }) => Key === 'landfall:pool')?.Value;
    expect(pool({ pool: 'ci' })).toBeUndefined();
    expect(pool({ pool: 'ci', keepAlive: true })).toBe('ci');
    expect(pool({ keepAlive: true })).toBe('default');
  });

  it.each([
    'EMR_DefaultRole',
    'EMR_DefaultRole_V2',
    'arn:aws:iam::1:role/service-role/AmazonEMR-ServiceRole-1',
  ])('has, with the role %s, the tag that the second managed policies require', (serviceRole) => {
    const sent = request({ serviceRole, jobFlowRole: 'EMR_EC2_DefaultRole_V2' });
    expect(sent).toMatchObject({ ServiceRole: serviceRole, JobFlowRole: 'EMR_EC2_DefaultRole_V2' });
    expect(sent.Tags).toContainEqual({ Key: 'for-use-with-amazon-emr-managed-policies', Value: 'true' });
  });

  it('keeps that tag if the user sets it', () => {
    const tag = { Key: 'for-use-with-amazon-emr-managed-policies', Value: 'false' };
    expect(request({ clusterJson: { Tags: [tag] } }).Tags?.filter(({ Key }) => Key === tag.Key)).toEqual([
      tag,
    ]);
  });

  it.each<[string, Partial<LaunchSettings>, number]>([
    ['the settings', {}, 600],
    ['the settings, kept alive', { keepAlive: true, pool: 'ci' }, 600],
    ['a cluster_json that has none', { clusterJson: { Instances: { InstanceCount: 1 } } }, 600],
    ['a cluster_json that has one without a time, for which EMR takes an hour', { clusterJson: { AutoTerminationPolicy: {} } }, 600],
    ['a cluster_json that has another', { clusterJson: { AutoTerminationPolicy: { IdleTimeout: 1800 } } }, 1800],
    ['a cluster_json with keep-alive', { keepAlive: true, clusterJson: { Instances: { KeepJobFlowAliveWhenNoSteps: true } } }, 600],
  ])('always ends the cluster when it is idle, and never for lack of steps: %s', (_, settings, seconds) => {
    const sent = request(settings);
    expect(sent.AutoTerminationPolicy).toEqual({ IdleTimeout: seconds });
    expect(sent.Instances?.KeepJobFlowAliveWhenNoSteps).toBe(true);
  }); // prettier-ignore

  it('puts fleets into the subnet of the settings', () => {
    const clusterJson = {
      Instances: { InstanceFleets: [{ InstanceFleetType: 'MASTER', TargetOnDemandCapacity: 1 }] },
    };
    const { Instances } = request({ clusterJson, subnet: 'subnet-1' });
    expect(Instances).toEqual({
      Ec2SubnetIds: ['subnet-1'],
      ...clusterJson.Instances,
      KeepJobFlowAliveWhenNoSteps: true,
    });
  });

  it('is shown with the names that cluster_json gives, and without values that may be secrets', () => {
    const clusterJson = {
      ReleaseLabel: launchSettings.release,
      Applications: [{ Name: 'Spark', Args: ['canary-0'] }],
      KerberosAttributes: {
        Realm: 'A',
        KdcAdminPassword: 'canary-1',
        CrossRealmTrustPrincipalPassword: 'canary-2',
      },
      Configurations: [
        {
          Classification: 'hive-site',
          Properties: { Name: 'canary-3', 'javax.jdo.option.ConnectionPassword': 'canary-4', port: 4711 },
          Configurations: [{ Classification: 'export', Properties: { TOKEN: 'canary-5' } }],
        },
      ],
      BootstrapActions: [
        {
          Name: 'agent',
          ScriptBootstrapAction: { Path: 's3://u:canary-6@b/x', Args: ['--key', 'canary-7'] },
        },
      ],
      Tags: [{ Key: 'owner', Value: 'canary-8' }],
      AdditionalInfo: '{"password":"canary-9"}',
    };
    const sent = JSON.stringify(request({ clusterJson }));
    const shown = JSON.stringify(request({ clusterJson: hidden(clusterJson) }));
    expect(sent.match(/canary-\d/g)).toHaveLength(10);
    expect(shown).not.toMatch(/canary|4711/);
    for (const name of ['hive-site', 'ConnectionPassword', 'TOKEN', 'agent', 'owner', 'Spark', HIDDEN])
      expect(shown).toContain(name);
    const known = new Set(hiddenValues(clusterJson));
    expect(JSON.parse(sent, (_, value: unknown) => (known.has(String(value)) ? HIDDEN : value))).toEqual(
      JSON.parse(shown),
    );
  });

  it('passes on everything in cluster_json except our own fields', () => {
    const clusterJson = {
      Name: 'nightly',
      ReleaseLabel: 'emr-7.13.0',
      Instances: {
        InstanceFleets: [
          {
            InstanceFleetType: 'MASTER',
            TargetOnDemandCapacity: 1,
            InstanceTypeConfigs: [
              {
                InstanceType: 'm5.xlarge',
                Configurations: [{ classification: 'a', properties: { b: 'c' } }],
              },
            ],
          },
          {
            InstanceFleetType: 'CORE',
            TargetSpotCapacity: 8,
            LaunchSpecifications: {
              SpotSpecification: { TimeoutDurationMinutes: 10, TimeoutAction: 'SWITCH_TO_ON_DEMAND' },
            },
          },
        ],
        Ec2SubnetIds: ['subnet-a', 'subnet-b'],
      },
      Applications: [{ Name: 'Spark' }, { Name: 'Hive' }],
      ManagedScalingPolicy: {
        ComputeLimits: { UnitType: 'InstanceFleetUnits', MinimumCapacityUnits: 2, MaximumCapacityUnits: 10 },
      },
      SecurityConfiguration: 'encrypted',
      BootstrapActions: [
        { Name: 'setup', ScriptBootstrapAction: { Path: 's3://b/setup.sh', Args: ['a b', "c'd"] } },
      ],
      Tags: [{ Key: 'team', Value: 'data' }],
      AutoTerminationPolicy: { IdleTimeout: 3600 },
      ServiceRole: 'Own',
    };
    const sent = request({ clusterJson, subnet: 'subnet-1', keyName: 'k' });
    expect(sent).toMatchObject({
      Name: TOKEN,
      Applications: clusterJson.Applications,
      ManagedScalingPolicy: clusterJson.ManagedScalingPolicy,
      SecurityConfiguration: 'encrypted',
      BootstrapActions: clusterJson.BootstrapActions,
      AutoTerminationPolicy: { IdleTimeout: 3600 },
      ServiceRole: 'Own',
      StepConcurrencyLevel: 1,
    });
    expect(sent.Instances).toEqual({
      Ec2KeyName: 'k',
      Ec2SubnetIds: ['subnet-a', 'subnet-b'],
      KeepJobFlowAliveWhenNoSteps: true,
      InstanceFleets: [
        {
          ...clusterJson.Instances.InstanceFleets[0],
          InstanceTypeConfigs: [
            { InstanceType: 'm5.xlarge', Configurations: [{ Classification: 'a', Properties: { b: 'c' } }] },
          ],
        },
        clusterJson.Instances.InstanceFleets[1],
      ],
    });
    expect(sent.Tags).toEqual([
      { Key: 'for-use-with-amazon-emr-managed-policies', Value: 'true' },
      { Key: 'team', Value: 'data' },
      { Key: 'landfall:run', Value: 'r-1' },
    ]);
  });

  it('accepts configurations in either key case, also nested ones, with values as texts', () => {
    const upper = [
      {
        Classification: 'spark-env',
        Configurations: [{ Classification: 'export', Properties: { PYSPARK_PYTHON: '/usr/bin/python3' } }],
      },
      {
        Classification: 'spark-defaults',
        Properties: { 'spark.executor.cores': '4', 'spark.speculation': 'false' },
      },
    ];
    const lower = [
      {
        classification: 'spark-env',
        configurations: [{ classification: 'export', properties: { PYSPARK_PYTHON: '/usr/bin/python3' } }],
      },
      {
        classification: 'spark-defaults',
        properties: { 'spark.executor.cores': 4, 'spark.speculation': false },
      },
    ];
    expect(request({ clusterJson: { Configurations: lower } }).Configurations).toEqual(upper);
    expect(request({ clusterJson: { Configurations: upper } }).Configurations).toEqual(upper);
    expect(request({ clusterJson: { configurations: lower } }).Configurations).toEqual(upper);
    const group = (more: object) => ({
      Instances: {
        InstanceGroups: [{ InstanceRole: 'MASTER', InstanceType: 'x', InstanceCount: 1, ...more }],
      },
    });
    expect(request({ clusterJson: group({ configurations: lower }) }).Instances?.InstanceGroups).toEqual(
      group({ Configurations: upper }).Instances.InstanceGroups,
    );
  });

  it.each(['a<b', 'a$b', 'a|b', 'a`b', ''])('refuses the name %j, which EMR does not accept', (name) => {
    expect(() => runJobFlowRequest(launchSettings, name)).toThrow(LandfallError);
  });

  it('reports all mistakes of cluster_json at once', () => {
    const clusterJson = { Steps: [{ Name: 's', HadoopJarStep: { Jar: 'x' } }], StepConcurrencyLevel: 5 };
    const thrown = (() => {
      try {
        return request({ clusterJson });
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toMatchObject({
      fault: 'input',
      why: [
        'cluster_json Steps: must be empty; the pipeline submits the steps',
        'cluster_json StepConcurrencyLevel: must be 1; leave it out',
      ],
    });
  });
});

describe('the check of cluster_json', () => {
  const cases: [string, unknown, string][] = [
    ['a list', [{ Classification: 'x' }], 'cluster.json: is a list, where a RunJobFlow request is an object; for a list of configurations, write {"Configurations": [...]}'],
    ['a text', 'x', 'cluster.json: holds a string, where EMR wants an object'],
    ['a misspelt field', { ManagedScalingPolicies: {} }, 'cluster.json ManagedScalingPolicies: EMR has no such field; did you mean ManagedScalingPolicy?'],
    ['a misspelt field deep inside', { Instances: { InstanceGroups: [{ InstanceRole: 'MASTER', InstanceTyp: 'x' }] } }, 'cluster.json Instances.InstanceGroups[0].InstanceTyp: EMR has no such field; did you mean InstanceType?'],
    ['a number as text', { EbsRootVolumeSize: '20' }, 'cluster.json EbsRootVolumeSize: holds a string, where EMR wants a number'],
    ['a list that is none', { Instances: { Ec2SubnetIds: 'subnet-1' } }, 'cluster.json Instances.Ec2SubnetIds: holds a string, where EMR wants a list'],
    ['a null', { Tags: null }, 'cluster.json Tags: holds null, where EMR wants a list'],
    ['no keep-alive', { Instances: { KeepJobFlowAliveWhenNoSteps: false } }, 'KeepJobFlowAliveWhenNoSteps: must be true'],
    ['termination protection', { Instances: { TerminationProtected: true } }, 'TerminationProtected: must be false'],
    ['fleets beside groups', { Instances: { InstanceFleets: [], InstanceGroups: [] } }, 'InstanceFleets: cannot stand beside instance groups'],
    ['two kinds of subnet', { Instances: { Ec2SubnetId: 'a', Ec2SubnetIds: ['b'] } }, 'Ec2SubnetIds: cannot stand beside Ec2SubnetId'],
    ['applications without Spark', { Applications: [{ Name: 'Hive' }] }, 'Applications: lacks Spark'],
    ['another LogUri', { LogUri: 's3://else' }, 'LogUri: is s3://else, but the run\'s is s3://lake/_landfall/logs; leave it out and set log_uri in dl.cfg'],
    ['another release', { ReleaseLabel: 'emr-6.1.0' }, 'ReleaseLabel: is emr-6.1.0, but the run\'s is emr-7.13.0'],
    ['an idle timeout EMR does not take', { AutoTerminationPolicy: { IdleTimeout: 30 } }, 'AutoTerminationPolicy.IdleTimeout: is 30: EMR takes whole seconds from 60 to 604800'],
    ['a release and an AMI', { AmiVersion: '3.11.0' }, 'AmiVersion: cannot stand beside a release'],
    ['configurations in both cases', { Configurations: [], configurations: [] }, 'cluster.json configurations: EMR has no such field; did you mean Configurations?'],
    ['a configuration in both cases', { Configurations: [{ Classification: 'a', classification: 'b' }] }, 'Configurations[0].classification: EMR has no such field; did you mean Classification?'],
    ['a password of another kind', { KerberosAttributes: { Realm: 'A', KdcAdminPassword: 4711 } }, 'KerberosAttributes.KdcAdminPassword: holds a number, where EMR wants a string in quotes'],
    ['a tag of ours', { Tags: [{ Key: 'landfall:pool', Value: 'x' }] }, 'Tags: landfall:pool: tags of this name are ours'],
  ]; // prettier-ignore
  it.each(cases)('names the place of %s', (_, clusterJson, expected) => {
    expect(problems(clusterJson)).toEqual([expect.stringContaining(expected)]);
  });

  it('reports misspelt fields, wrong types and fields that are ours all at once', () => {
    const clusterJson = {
      Instances: { KeepJobFlowAliveWhenNoSteps: false, InstanceGroup: [], Ec2SubnetIds: 'subnet-1' },
      Steps: [{ Nmae: 'x' }],
      Tags: 'team=data',
      Applications: [{ Nmae: 'Spark' }],
    };
    const file = 'cluster.json ';
    expect(problems(clusterJson).sort()).toEqual([
      `${file}Applications[0].Nmae: EMR has no such field; did you mean Name?`,
      `${file}Instances.Ec2SubnetIds: holds a string, where EMR wants a list`,
      `${file}Instances.InstanceGroup: EMR has no such field; did you mean InstanceGroups?`,
      `${file}Instances.KeepJobFlowAliveWhenNoSteps: must be true; without steps the cluster would end before they arrive; AutoTerminationPolicy ends an idle one`,
      `${file}Steps: must be empty; the pipeline submits the steps`,
      `${file}Steps[0].Nmae: EMR has no such field; did you mean Name?`,
      `${file}Tags: holds a string, where EMR wants a list`,
    ]);
  });

  it('says why the file cannot be used', () => {
    const settings = { ...launchSettings, clusterJsonFile: '/x.json', clusterJsonProblem: 'is another file' };
    expect(checkLaunch(settings).map(formatDiagnostic)).toEqual(['/x.json: is another file']);
    expect(() => runJobFlowRequest(settings, TOKEN)).toThrow('cannot be launched as configured');
  });

  it('accepts a request that EMR would accept', () => {
    expect(
      problems({
        Instances: { InstanceCount: 3, MasterInstanceType: 'm5.xlarge' },
        KerberosAttributes: { Realm: 'A', KdcAdminPassword: 'p' },
      }),
    ).toEqual([]);
  });

  it('says that its name is not used', () => {
    const found = checkLaunch({ ...launchSettings, clusterJson: { Name: 'x' } });
    expect(found).toEqual([expect.objectContaining({ severity: 'notice', at: 'cluster_json Name' })]);
  });

  it('reports an idle timeout in the settings that EMR does not accept', () => {
    expect(checkLaunch({ ...launchSettings, idleTimeoutSeconds: 59 })).toEqual([
      expect.objectContaining({ at: '[EMR] idle_timeout', severity: 'error' }),
    ]);
  });
});

describe('the check of the release', () => {
  it.each([
    'emr-5.30.0',
    'emr-5.36.2',
    'emr-6.1.0',
    'emr-6.15.0',
    'emr-7.13.0',
    'emr-spark-8.0.0',
    'emr-10.0.0',
  ])('accepts %s, whose clusters end when they are idle', (release) => {
    expect(checkLaunch({ ...launchSettings, release })).toEqual([]);
    expect(request({ release })).toMatchObject({
      ReleaseLabel: release,
      AutoTerminationPolicy: { IdleTimeout: 600 },
    });
  });

  it.each(['emr-4.9.6', 'emr-5.29.0', 'emr-5.3.2', 'emr-6.0.1'])(
    'refuses %s, whose clusters do not',
    (release) => {
      expect(checkLaunch({ ...launchSettings, release }).map(formatDiagnostic)).toEqual([
        `[EMR] release: is ${release}, whose clusters do not end by themselves when idle; EMR supports that from 5.30.0 and 6.1.0 on`,
      ]);
    },
  );
});

describe('a step', () => {
  it('keeps its arguments as they are, commas, quotes and unicode included', () => {
    const args = ['spark-submit', 'a,b c\'d"e', '[x]=%20#ü🎵', 's3://b/songs and plays/'];
    expect(stepConfig({ name: 'landfall/r/s#1', args })).toEqual({
      Name: 'landfall/r/s#1',
      ActionOnFailure: 'CONTINUE',
      HadoopJarStep: { Jar: 'command-runner.jar', Args: args },
    });
  });

  it('may have 10,240 characters of arguments, its jar included, and no more', () => {
    const room = 10_240 - 'command-runner.jar'.length;
    expect(stepConfig({ name: 's', args: ['a'.repeat(room)] }).Name).toBe('s');
    expect(() => stepConfig({ name: 's', args: ['a'.repeat(room), 'b'] })).toThrow(
      /10241 characters, EMR takes 10240/,
    );
  });

  it('may have no empty argument, which EMR would drop, and no name of more than 256 characters', () => {
    expect(() => stepConfig({ name: 's', args: ['a', ''] })).toThrow(/argument 2 is empty/);
    expect(() => stepConfig({ name: 's'.repeat(257), args: [] })).toThrow(/257 characters/);
  });
});

describe('the names of a run’s cluster and steps', () => {
  const longestStep = 'a'.repeat(63);
  const anyId = fc.oneof(
    fc.string({ maxLength: 80 }),
    fc.string({ unit: 'grapheme', maxLength: 80 }),
    fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,70}$/),
  );

  it('are valid for EMR, for every valid run id', () => {
    const sent = (id: string) => {
      const cluster = runJobFlowRequest(launchSettings, tokens.cluster(id, 999_999)).Name ?? '';
      return [cluster, stepConfig({ name: tokens.step(id, longestStep, 999_999), args: ['a'] }).Name ?? ''];
    };
    const taken = (id: string) => {
      try {
        return checkRunId(id) === id;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(anyId.filter(taken), (id) => {
        for (const name of sent(id)) expect(name).toMatch(/^[^<>$|`\p{C}]{1,256}$/u);
      }),
    );
    expect(sent('r'.repeat(64)).map((name) => name.length)).toEqual([88, 144]);
  });

  it.each(['a<b', 'a>b', 'a$b', 'a|b', 'a`b', 'a b', 'a/b', '-a', 'r'.repeat(65), ''])(
    'are never made from the run id %j',
    (id) => {
      expect(() => checkRunId(id)).toThrow('is not a run id');
    },
  );
});
