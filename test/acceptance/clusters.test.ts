/** Which cluster a run uses, and the requests for it: the built CLI against an endpoint that records its requests. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HIDDEN, hiddenValues } from '../../src/emr/hidden-values.ts';
import { writeSparkify } from '../../scripts/sparkify/write.ts';
import type { WrittenSparkify } from '../../scripts/sparkify/write.ts';
import { report } from '../lake/plans.ts';
import { landfall, start, temporaryFolder } from '../support/landfall.ts';
import type { Ended } from '../support/landfall.ts';
import { scriptedEmr } from '../support/scripted-emr.ts';
import type { Input, ScriptedEmr } from '../support/scripted-emr.ts';

const { folder: cwd, remove } = temporaryFolder();
const config = join(cwd, 'dl.cfg');
const ACCOUNT = '111122223333';
let sample: WrittenSparkify['sources'];
let server: ScriptedEmr;
let env: Record<string, string>;
/** What the endpoint answers; a test changes it. */
let clusters: Record<string, Input> = {};
let stepState = 'COMPLETED';
/** Called with the n-th creating call of that operation. */
let reaching: { operation: string; call: number; reached: () => void } | undefined;

/** An id in EMR’s form, the same for the same name. */
const idOfStep = (name: string) => `s-${name.replace(/[^A-Za-z0-9]/gu, '-')}`;

const stepsThere = () =>
  server.inputs('AddJobFlowSteps').map(({ Steps }) => {
    const [{ Name } = { Name: '' }] = Steps as StepInput[];
    return { Id: idOfStep(Name), Name, Status: { State: stepState } };
  });

beforeAll(() => {
  mkdirSync(cwd, { recursive: true });
  sample = writeSparkify(join(cwd, 'in'), { songs: 8, days: 1, eventsPerDay: 10 }).sources;
});
afterAll(remove);
beforeEach(async () => {
  reaching = undefined;
  clusters = {};
  stepState = 'COMPLETED';
  server = await scriptedEmr({
    RunJobFlow: ({ Name }) => {
      clusters['j-NEW1'] = cluster('j-NEW1', { Name });
      told('RunJobFlow');
      return { JobFlowId: 'j-NEW1', ClusterArn: arn('j-NEW1') };
    },
    ListClusters: () => ({ Clusters: Object.values(clusters) }),
    DescribeCluster: ({ ClusterId: id }) => {
      const Cluster = clusters[id as string];
      const message = `Cluster id '${String(id)}' is not valid.`;
      return Cluster === undefined ? { ...REFUSAL, message } : { Cluster };
    },
    AddJobFlowSteps: ({ Steps }) => {
      told('AddJobFlowSteps');
      const [step] = Steps as StepInput[];
      simulateSpark(step!);
      return { StepIds: [idOfStep(step!.Name)] };
    },
    ListSteps: () => ({ Steps: stepsThere() }),
    DescribeStep: ({ StepId }) => ({ Step: stepsThere().find(({ Id }) => Id === StepId) }),
    TerminateJobFlows: () => ({}),
  });
  env = {
    AWS_ENDPOINT_URL_EMR: server.endpoint,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret-canary',
  };
});
afterEach(() => server.close());

const REFUSAL = { fault: 'error', status: 400, type: 'InvalidRequestException' } as const;

interface StepInput {
  Name: string;
  HadoopJarStep: { Args: string[] };
}
const arn = (id: string) => `arn:aws:elasticmapreduce:eu-west-1:${ACCOUNT}:cluster/${id}`;

function cluster(id: string, more: Input = {}, state = 'WAITING'): Input {
  return {
    Id: id,
    Name: 'theirs',
    ClusterArn: arn(id),
    ReleaseLabel: 'emr-7.13.0',
    Applications: [{ Name: 'Spark' }],
    Tags: [{ Key: 'landfall:pool', Value: 'ci' }],
    Status: { State: state },
    ...more,
  };
}

function told(operation: string): void {
  if (reaching?.operation !== operation || server.inputs(operation).length !== reaching.call) return;
  reaching.reached();
}

/** Writes what a step writes: an execution with its report. */
function simulateSpark({ Name, HadoopJarStep: { Args } }: StepInput): void {
  const output = Args[Args.indexOf('--output') + 1] ?? '';
  const folder = join(output.replace('file://', ''), EXECUTION);
  mkdirSync(folder, { recursive: true });
  const [, , step = ''] = Name.split('/');
  const body = { ...report({}, {}), step: step.replace(/#.*/, ''), token: Name };
  writeFileSync(join(folder, 'report.json'), JSON.stringify(body));
}
const EXECUTION = 'application_1795253400000_0001-0a1b2c3d';

function configure(emr: string): void {
  const inputs = Object.entries(sample).map(([name, path]) => `${name} = ${JSON.stringify(path)}`);
  writeFileSync(config, ['[INPUT]', ...inputs, '[EMR]', 'settle_seconds = 0', emr, ''].join('\n'));
}
const lakeOf = (run: string) => join(cwd, `lake of ${run}`);
const journalOf = (run: string) =>
  readdirSync(join(lakeOf(run), '_landfall/runs', run, 'journal'))
    .sort()
    .map((name) => readFileSync(join(lakeOf(run), '_landfall/runs', run, 'journal', name), 'utf8'));
const operations = () => [...new Set(server.requests.map(({ operation }) => operation))].sort();

function run(verb: string, name: string, more: readonly string[] = []): Promise<Ended> {
  const id = verb === 'submit' || verb === 'plan' ? ['--run-id', name] : [name];
  return landfall([verb, ...id, '--lake', lakeOf(name), ...more], { cwd, env });
}

interface Planned {
  candidates?: object;
  actions: { action: string; reason: string }[];
  plan: { idleTimeoutSeconds: number };
  requests: { RunJobFlow?: Input; AddJobFlowSteps: Input[] };
}
async function planned(name: string, more: readonly string[]): Promise<Planned> {
  const { code, stdout, stderr } = await run('plan', name, ['--requests', '--output', 'json', ...more]);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  expect(existsSync(lakeOf(name))).toBe(false);
  return JSON.parse(stdout) as Planned;
}

/** Submits, and kills the driver at that call of that operation, which takes effect but gets no answer. */
async function abandoned(name: string, operation: string, call: number, more: readonly string[] = []) {
  const args = ['submit', '--run-id', name, '--lake', lakeOf(name), ...more];
  const driver = await new Promise<ReturnType<typeof start>>((resolve) => {
    const started = start(args, { cwd, env });
    reaching = { operation, call, reached: () => resolve(started) };
    void started.ended.then(() => resolve(started));
  });
  driver.process.kill('SIGKILL');
  const { stderr } = await driver.ended;
  expect({ calls: server.inputs(operation).length, stderr }).toMatchObject({ calls: call });
  reaching = undefined;
}

function refused({ code, stdout, stderr }: Ended, exit: number, says: readonly string[]) {
  for (const text of says) expect(stderr).toContain(text);
  expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
}

const CLUSTER_JSON = {
  Instances: {
    InstanceFleets: [
      {
        InstanceFleetType: 'MASTER',
        TargetOnDemandCapacity: 1,
        InstanceTypeConfigs: [{ InstanceType: 'm5.xlarge' }],
      },
      {
        InstanceFleetType: 'CORE',
        TargetSpotCapacity: 8,
        InstanceTypeConfigs: [{ InstanceType: 'r5.2xlarge', WeightedCapacity: 8, BidPriceAsPercentageOfOnDemandPrice: 60.5 }],
        LaunchSpecifications: {
          SpotSpecification: {
            TimeoutDurationMinutes: 10,
            TimeoutAction: 'SWITCH_TO_ON_DEMAND',
            AllocationStrategy: 'price-capacity-optimized',
          },
        },
      },
    ],
  },
  ManagedScalingPolicy: {
    ComputeLimits: { UnitType: 'InstanceFleetUnits', MinimumCapacityUnits: 2, MaximumCapacityUnits: 16 },
  },
  SecurityConfiguration: 'at-rest',
  BootstrapActions: [{ Name: 'ü', ScriptBootstrapAction: { Path: 's3://b/set up.sh', Args: ['a b', "c'd"] } }],
  configurations: [
    { classification: 'spark-defaults', properties: { 'spark.executor.cores': 4 } },
    { Classification: 'spark-env', Configurations: [{ classification: 'export', properties: { A: 'b' } }] },
  ],
  AutoTerminationPolicy: { IdleTimeout: 900 },
  Tags: [{ Key: 'cost', Value: 'plays & songs' }],
}; // prettier-ignore

const LAUNCH = `instance_type = m6g.xlarge
core_count = 3
subnet = subnet-0a1b
key_name = ops
service_role = EMR_DefaultRole_V2
job_flow_role = EMR_EC2_DefaultRole
tags = team=söngs
pool = ci
idle_timeout = 700`;

describe('plan', () => {
  it.each(['new', 'local'])('asks EMR nothing for --cluster %s', async (choice) => {
    configure(LAUNCH);
    const { requests } = await planned('asks-nothing', ['--cluster', choice]);
    expect(requests.RunJobFlow).toMatchObject({ Name: 'landfall/asks-nothing/cluster#1' });
    expect(server.requests).toEqual([]);
  });

  it('lists the clusters for --cluster reuse: the one it takes, and why none of the others', async () => {
    configure('pool = ci');
    const created = (State: string, CreationDateTime: number) => ({
      Status: { State, Timeline: { CreationDateTime } },
    });
    clusters = {
      'j-OLDER': cluster('j-OLDER', created('WAITING', 1)),
      'j-STRANGE': cluster('j-STRANGE', {
        ...created('WAITING', 2),
        Tags: [],
        Applications: [{ Name: 'Hive' }],
      }),
      'j-BUSY': cluster('j-BUSY', created('RUNNING', 3)),
    };
    const { candidates, actions, requests } = await planned('reuses', ['--cluster', 'reuse']);
    const strange = 'its tag landfall:pool is missing, not ci; it lacks Spark';
    expect(candidates).toEqual({
      chosen: 'j-OLDER',
      rejected: [{ id: 'j-STRANGE', reason: strange }],
      passedOver: ['j-BUSY'],
    });
    const { reason } = actions.find(({ action }) => action === 'reuse cluster j-OLDER') ?? { reason: '' };
    expect(reason.split('\n').slice(1)).toEqual([
      `not j-STRANGE: ${strange}`,
      'not j-BUSY: j-OLDER comes before it',
    ]);
    expect(requests).toMatchObject({ AddJobFlowSteps: [{ JobFlowId: 'j-OLDER' }] });
    expect(requests.RunJobFlow).toBeUndefined();
    expect(operations()).toEqual(['DescribeCluster', 'ListClusters']);
  });

  it('says that none can be reused, why, and what would be launched', async () => {
    configure('pool = other');
    clusters = { 'j-1': cluster('j-1') };
    const { code, stdout } = await run('plan', 'reuses', ['--cluster', 'reuse']);
    expect(code).toBe(0);
    expect(stdout).toContain('launch a cluster of emr-7.13.0 in eu-west-1');
    expect(stdout).toContain('no live cluster can be reused');
    expect(stdout).toContain('    not j-1: its tag landfall:pool is ci, not other\n');
  });

  it('reports all mistakes of a cluster_json at once, exit 2', async () => {
    configure('cluster_json = wrong.json');
    const wrong = {
      Steps: [{}],
      StepConcurencyLevel: 2,
      Tags: 'a',
      Instances: { TerminationProtected: true },
    };
    writeFileSync(join(cwd, 'wrong.json'), JSON.stringify(wrong));
    const both = ['plan', 'submit'].map((verb) => run(verb, 'wrong', ['--cluster', 'new']));
    for (const ended of await Promise.all(both)) {
      refused(ended, 2, [
        'wrong.json Steps: must be empty',
        'wrong.json StepConcurencyLevel: EMR has no such field; did you mean StepConcurrencyLevel?',
        'wrong.json Tags: holds a string, where EMR wants a list',
        'wrong.json Instances.TerminationProtected: must be false',
      ]);
    }
    writeFileSync(join(cwd, 'wrong.json'), '{"Tags": [');
    refused(await run('plan', 'wrong', ['--cluster', 'new']), 2, ['wrong.json: ', 'JSON']);
    configure('cluster_json = absent.json\nrelease = emr-6.0.0');
    refused(await run('plan', 'wrong', ['--cluster', 'reuse']), 2, ['absent.json', 'ENOENT']);
    expect(existsSync(lakeOf('wrong'))).toBe(false);
    expect(server.requests).toEqual([]);
  });

  it('refuses paths that are too long for EMR’s steps, and releases without an idle timeout', async () => {
    configure('release = emr-5.29.0');
    const lake = join(cwd, ...Array<string>(16).fill('a'.repeat(200)));
    const long = await landfall(['plan', '--lake', lake, '--cluster', 'local'], { cwd, env });
    refused(long, 2, ['/log_transform#1: its arguments have', 'EMR takes 10240', 'shorten the lake']);
    refused(await run('plan', 'old', ['--cluster', 'new']), 2, ['[EMR] release: is emr-5.29.0']);
  });
});

describe('what plan --requests shows', () => {
  it('is what submit sends, except for the folders that executions choose', async () => {
    writeFileSync(join(cwd, 'cluster.json'), JSON.stringify(CLUSTER_JSON));
    configure(`${LAUNCH}\ncluster_json = cluster.json\napplications = per_step`);
    const { requests, plan } = await planned('shown', ['--cluster', 'new']);
    await abandoned('shown', 'AddJobFlowSteps', 2, ['--cluster', 'new']);
    const values = new Set(hiddenValues(CLUSTER_JSON));
    const sent: unknown = JSON.parse(JSON.stringify(server.inputs('RunJobFlow')), (_, value: unknown) =>
      typeof value === 'string' && values.has(value) ? HIDDEN : value,
    );
    expect(sent).toStrictEqual([requests.RunJobFlow]);
    expect(values.size).toBeGreaterThan(0);
    const filled = JSON.stringify(requests.AddJobFlowSteps)
      .replaceAll('<cluster id>', 'j-NEW1')
      .replaceAll('<application id>', EXECUTION);
    expect(server.inputs('AddJobFlowSteps')).toStrictEqual(JSON.parse(filled));
    expect(filled).toContain(EXECUTION);
    expect(requests.RunJobFlow).toMatchObject({
      AutoTerminationPolicy: { IdleTimeout: 900 },
      Instances: { Ec2SubnetIds: ['subnet-0a1b'], KeepJobFlowAliveWhenNoSteps: true },
      ServiceRole: 'EMR_DefaultRole_V2',
      StepConcurrencyLevel: 1,
      Tags: expect.arrayContaining([
        { Key: 'for-use-with-amazon-emr-managed-policies', Value: 'true' },
        { Key: 'team', Value: 'söngs' },
        { Key: 'cost', Value: HIDDEN },
      ]),
    });
    expect(plan.idleTimeoutSeconds).toBe(900);
  });
});

describe('a cluster named by --cluster', () => {
  const unfit = {
    Applications: [{ Name: 'Hadoop' }],
    ReleaseLabel: 'emr-7.12.0',
    AutoTerminate: true,
    StepConcurrencyLevel: 4,
  };

  it.each<[string, Input | undefined, string[]]>([
    ['nobody knows here', undefined, ["EMR knows no such cluster in account 444455556666, region eu-west-1", "Cluster id 'j-X' is not valid."]],
    ['has ended', cluster('j-X', {}, 'TERMINATED'), ['it is TERMINATED']],
    ['is ending', cluster('j-X', unfit, 'TERMINATING'), ['it is TERMINATING']],
    ['does not fit in many ways', cluster('j-X', unfit), ['it lacks Spark', 'its release is emr-7.12.0, not emr-7.13.0', 'it ends by itself after its last step', 'it runs 4 steps at once']],
  ])('is refused before anything is started, with every reason, if it %s', async (_, found, says) => {
    configure('');
    env['AWS_ACCOUNT_ID'] = '444455556666';
    if (found !== undefined) clusters['j-X'] = found;
    const both = ['plan', 'submit'].map((verb) => run(verb, 'named', ['--cluster', 'j-X']));
    for (const ended of await Promise.all(both)) {
      refused(ended, 2, ['cluster j-X cannot be used', ...says, 'nothing was started', '--cluster new']);
    }
    expect(existsSync(lakeOf('named'))).toBe(false);
    expect(operations()).toEqual(['DescribeCluster']);
  }); // prettier-ignore

  it('is an access error when describing it is denied', async () => {
    configure('');
    const denied = { fault: 'error', status: 400, type: 'AccessDeniedException' } as const;
    server.spoil('DescribeCluster', denied);
    const ended = await run('submit', 'named', ['--cluster', 'j-X']);
    refused(ended, 9, ['not allowed: elasticmapreduce:DescribeCluster on j-X']);
    expect(existsSync(lakeOf('named'))).toBe(false);
  });

  it('is used, whatever its pool; the run launches no other cluster and does not end this one', async () => {
    configure('');
    clusters['j-X'] = cluster('j-X', { Tags: [] });
    const { requests } = await planned('named', ['--cluster', 'j-X']);
    expect(requests.RunJobFlow).toBeUndefined();
    await abandoned('named', 'AddJobFlowSteps', 1, ['--cluster', 'j-X']);
    expect(server.inputs('AddJobFlowSteps').map(({ JobFlowId }) => JobFlowId)).toEqual(['j-X']);
    expect(operations()).not.toContain('RunJobFlow');
  });
});

describe('a run whose driver died before its cluster existed', () => {
  const cluster_json = join(cwd, 'own/cluster.json');
  const elsewhere = 'instance_type = c5.large\ncore_count = 9\nidle_timeout = 60\nsubnet = subnet-ffff';

  it('gets the planned cluster when another machine continues it, or none', async () => {
    mkdirSync(join(cwd, 'own'), { recursive: true });
    const text = JSON.stringify({ ...CLUSTER_JSON, KerberosAttributes: { Realm: 'R', KdcAdminPassword: 'kdc-canary' } });
    writeFileSync(cluster_json, text);
    configure(`${LAUNCH}\ncluster_json = own/cluster.json`);
    server.spoil('RunJobFlow', { fault: 'hang' });
    const driver = start(['submit', '--run-id', 'moved', '--lake', lakeOf('moved')], { cwd, env });
    while (server.inputs('RunJobFlow').length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    driver.process.kill('SIGKILL');
    await driver.ended;
    const before = journalOf('moved');
    const asked = server.requests.length;
    expect(before.join('')).not.toContain('kdc-canary');

    const digest = createHash('sha256').update(text).digest('hex');
    configure(elsewhere);
    const none = ['cluster_json: names a file that does not exist here', `cluster.json of SHA-256 ${digest}`, 'cli.js cancel moved'];
    refused(await run('attach', 'moved'), 2, none);
    configure(`${elsewhere}\ncluster_json = other.json`);
    writeFileSync(join(cwd, 'other.json'), '{}');
    refused(await run('attach', 'moved'), 2, ['other.json: is another file', digest]);
    expect(journalOf('moved')).toEqual(before);
    expect(server.requests).toHaveLength(asked);

    writeFileSync(join(cwd, 'other.json'), text);
    const attached = await run('attach', 'moved', ['--timeout', '2']);
    expect(attached.stderr).not.toContain('cannot be launched');
    const [first, second] = server.inputs('RunJobFlow');
    expect(second).toStrictEqual(first);
    expect(JSON.parse(journalOf('moved').find((entry) => entry.includes('"entry":"cluster"')) ?? '{}')).toMatchObject({
      id: 'j-NEW1',
      account: ACCOUNT,
      region: 'eu-west-1',
    });
  }); // prettier-ignore
});

describe('a run whose cluster is in another account', () => {
  it('is left alone by attach and cancel, which name the cluster’s account and the caller’s', async () => {
    configure('');
    await abandoned('theirs', 'AddJobFlowSteps', 1, ['--cluster', 'new', '--keep-alive']);
    const before = journalOf('theirs');
    clusters = {};
    env['AWS_ACCOUNT_ID'] = '444455556666';
    const where = [
      "the run's cluster j-NEW1 is not known to EMR here",
      `it belongs to account ${ACCOUNT}, region eu-west-1`,
      'these credentials are for account 444455556666, region eu-west-1',
    ];
    refused(await run('attach', 'theirs'), 9, where);
    expect(journalOf('theirs')).toEqual(before);
    refused(await run('cancel', 'theirs'), 9, [...where, 'cancellation stays requested']);
    const after = journalOf('theirs');
    expect(after.slice(0, -1)).toEqual(before);
    expect(after.at(-1)).toContain('"entry":"cancel-requested"');
    expect(operations()).not.toContain('TerminateJobFlows');
  });

  it('cannot be retried on that cluster, but on a new cluster here', async () => {
    configure('');
    stepState = 'CANCELLED';
    writeFileSync(join(cwd, 'aws config'), '[default]\nregion = eu-west-1\n');
    env['AWS_CONFIG_FILE'] = join(cwd, 'aws config');
    delete env['AWS_REGION'];
    expect(await run('submit', 'ended', ['--keep-alive'])).toMatchObject({ code: 7 });
    const before = journalOf('ended');
    clusters = {};
    env['AWS_REGION'] = 'us-east-1';
    const ended = await run('retry', 'ended');
    refused(ended, 9, [
      `it belongs to account ${ACCOUNT}, region eu-west-1`,
      'these credentials are for an unknown account, region eu-west-1',
      'cli.js retry ended --cluster new',
    ]);
    expect(journalOf('ended')).toEqual(before);
    stepState = 'COMPLETED';
    await run('retry', 'ended', ['--cluster', 'new', '--timeout', '1']);
    expect(server.inputs('RunJobFlow').map(({ Name }) => Name)).toEqual([
      'landfall/ended/cluster#1',
      'landfall/ended/cluster#2',
    ]);
  });
});

describe('a second submit of a run', () => {
  it.each([
    ['that was cancelled', 'CANCELLED', 7],
    ['that failed', 'FAILED', 4],
  ])('%s retries it: the same run, with a new attempt', async (_, state, code) => {
    configure('log_wait = 0');
    stepState = state;
    expect(await run('submit', state)).toMatchObject({ code });
    expect(await run('submit', state)).toMatchObject({ code });
    const names = server.inputs('AddJobFlowSteps').map(({ Steps }) => (Steps as StepInput[])[0]?.Name);
    expect(names).toEqual(
      [1, 2].map((n) => `landfall/${state}/song_transform#${String(n)}..log_transform#${String(n)}`),
    );
    expect(journalOf(state).filter((entry) => entry.includes('"entry":"replanned"'))).toHaveLength(1);
  });
});
