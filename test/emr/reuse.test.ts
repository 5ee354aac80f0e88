import { afterEach, describe, expect, it } from '@jest/globals';
import type { EmrClients } from '../../src/emr/client.ts';
import { createEmr } from '../../src/emr/emr.ts';
import { rejectionReasons, whyNot } from '../../src/emr/reuse.ts';
import type { Candidate } from '../../src/emr/reuse.ts';
import { clientsOf, launchSettings } from '../support/emr-clients.ts';
import { scriptedEmr } from '../support/scripted-emr.ts';
import type { ScriptedEmr } from '../support/scripted-emr.ts';

const fitting: Candidate = {
  state: 'WAITING',
  release: 'emr-7.13.0',
  applications: ['spark', 'Hadoop'],
  tags: new Map([['landfall:pool', 'ci']]),
  autoTerminate: false,
  stepConcurrency: 1,
};
const wanted = { release: 'emr-7.13.0', applications: ['Spark'], pool: 'ci' };

describe('a candidate', () => {
  it('fits if release, applications and pool match', () => {
    expect(rejectionReasons(fitting, wanted)).toEqual([]);
    expect(rejectionReasons({ ...fitting, state: 'RUNNING' }, wanted)).toEqual([]);
  });

  it.each<[Partial<Candidate>, string]>([
    [{ state: 'TERMINATING' }, 'it is TERMINATING'],
    [{ state: 'HIBERNATING' }, 'it is HIBERNATING'],
    [{ autoTerminate: true }, 'it ends by itself after its last step'],
    [{ tags: new Map() }, 'its tag landfall:pool is missing, not ci'],
    [{ tags: new Map([['landfall:pool', 'CI']]) }, 'its tag landfall:pool is CI, not ci'],
    [{ release: 'emr-7.12.0' }, 'its release is emr-7.12.0, not emr-7.13.0'],
    [{ applications: ['Hive'] }, 'it lacks Spark'],
    [{ stepConcurrency: 10 }, 'it runs 10 steps at once'],
  ])('that differs by %j is rejected with the reason', (difference, reason) => {
    expect(rejectionReasons({ ...fitting, ...difference }, wanted)).toEqual([reason]);
  });

  it('that the user named may be in any pool', () => {
    const { release, applications } = wanted;
    expect(rejectionReasons({ ...fitting, tags: new Map() }, { release, applications })).toEqual([]);
  });

  it('that differs in several ways gets all reasons, and only its state once it ends', () => {
    const other: Candidate = { ...fitting, autoTerminate: true, applications: ['Hive'], stepConcurrency: 2 };
    expect(rejectionReasons({ ...other, tags: new Map([['landfall:run', 'r-2']]) }, wanted)).toEqual([
      'it ends by itself after its last step',
      'its tag landfall:pool is missing, not ci',
      'it lacks Spark',
      'it runs 2 steps at once',
    ]);
    expect(rejectionReasons({ ...other, state: 'TERMINATED_WITH_ERRORS' }, wanted)).toEqual([
      'it is TERMINATED_WITH_ERRORS',
    ]);
  });
});

describe('finding a cluster to reuse', () => {
  let server: ScriptedEmr;
  let clients: EmrClients;
  afterEach(async () => {
    clients.destroy();
    await server.close();
  });
  const cluster = (id: string, state: string, created: number, more: object = {}) => ({
    Id: id,
    Status: { State: state, Timeline: { CreationDateTime: created } },
    ReleaseLabel: 'emr-7.13.0',
    Applications: [{ Name: 'Spark' }],
    Tags: [{ Key: 'landfall:pool', Value: 'default' }],
    ...more,
  });
  /** States of the steps of every cluster, as ListSteps would return them. */
  let stepStates: string[] = [];
  async function find(clusters: ReturnType<typeof cluster>[], launch = launchSettings) {
    server = await scriptedEmr({
      ListSteps: ({ StepStates }) => ({
        Steps: stepStates
          .filter((state) => (StepStates as string[]).includes(state))
          .map((State, n) => ({ Id: `s-${String(n)}`, Status: { State } })),
      }),
      ListClusters: ({ Marker }) => ({
        Clusters: Marker === undefined ? clusters.slice(0, 2) : clusters.slice(2),
        ...(Marker === undefined ? { Marker: 'm' } : {}),
      }),
      DescribeCluster: ({ ClusterId }) => ({ Cluster: clusters.find(({ Id }) => Id === ClusterId) }),
    });
    clients = await clientsOf(server.endpoint);
    return createEmr(clients, { launch }).findReusable();
  }

  it('prefers an idle one, the newest first, and says why those before it did not fit', async () => {
    const found = await find([
      cluster('j-busy', 'RUNNING', 900),
      cluster('j-old', 'WAITING', 100),
      cluster('j-other', 'WAITING', 300, { ReleaseLabel: 'emr-6.0.0' }),
      cluster('j-new', 'WAITING', 200),
    ]);
    expect(found).toEqual({
      chosen: 'j-new',
      rejected: [{ id: 'j-other', reason: 'its release is emr-6.0.0, not emr-7.13.0' }],
      passedOver: ['j-old', 'j-busy'],
    });
    expect(server.inputs('DescribeCluster').map(({ ClusterId }) => ClusterId)).toEqual(['j-other', 'j-new']);
    expect(server.inputs('ListClusters')[0]).toEqual({ ClusterStates: ['WAITING', 'RUNNING'] });
  });

  it('chooses none if none fits, with a reason for each', async () => {
    const found = await find([
      cluster('j-1', 'WAITING', 1, { Tags: [] }),
      cluster('j-2', 'RUNNING', 2, { StepConcurrencyLevel: 4 }),
    ]);
    expect(found).toEqual({
      rejected: [
        { id: 'j-1', reason: 'its tag landfall:pool is missing, not default' },
        { id: 'j-2', reason: 'it runs 4 steps at once' },
      ],
      passedOver: [],
    });
  });

  it('chooses none that began to end after it was listed', async () => {
    const clusters = [cluster('j-1', 'WAITING', 1)];
    const found = find(clusters);
    clusters[0]!.Status.State = 'TERMINATING';
    expect(await found).toMatchObject({ rejected: [{ id: 'j-1', reason: 'it is TERMINATING' }] });
  });

  it('chooses none without room for a step, and does not check the steps of an idle one', async () => {
    stepStates = [...Array<string>(255).fill('PENDING'), 'RUNNING', ...Array<string>(9).fill('COMPLETED')];
    const busy = cluster('j-busy', 'RUNNING', 1);
    expect(await find([busy])).toEqual({
      rejected: [{ id: 'j-busy', reason: 'it has 256 active steps, and EMR allows no more' }],
      passedOver: [],
    });
    clients.destroy();
    await server.close();
    stepStates.shift();
    expect(await find([busy])).toMatchObject({ chosen: 'j-busy' });
    clients.destroy();
    await server.close();
    expect(await find([cluster('j-idle', 'WAITING', 1)])).toMatchObject({ chosen: 'j-idle' });
    expect(server.inputs('ListSteps')).toEqual([]);
  });

  it('requires every application that a cluster_json requests', async () => {
    const clusterJson = { Applications: [{ Name: 'Spark' }, { Name: 'Hive' }] };
    const found = await find([cluster('j-1', 'WAITING', 1)], { ...launchSettings, clusterJson });
    expect(found).toMatchObject({ rejected: [{ id: 'j-1', reason: 'it lacks Hive' }] });
  });

  it('continues with the next if describing one is denied', async () => {
    const denied = { fault: 'error', status: 400, type: 'AccessDeniedException', message: 'no' } as const;
    const clusters = [cluster('j-theirs', 'WAITING', 2), cluster('j-ours', 'WAITING', 1)];
    await find(clusters);
    server.spoil('DescribeCluster', denied);
    expect(await createEmr(clients, { launch: launchSettings }).findReusable()).toEqual({
      chosen: 'j-ours',
      rejected: [{ id: 'j-theirs', reason: 'not allowed: elasticmapreduce:DescribeCluster on j-theirs' }],
      passedOver: [],
    });
  });

  it('reports all reasons for one that the user named, except its pool', async () => {
    await find([cluster('j-1', 'WAITING', 1, { Tags: [], Applications: [], AutoTerminate: true })]);
    const { release, applications } = wanted;
    expect(await whyNot(clients, 'j-1', { release, applications })).toEqual([
      'it ends by itself after its last step',
      'it lacks Spark',
    ]);
  });
});
