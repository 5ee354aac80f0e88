import { afterEach, describe, expect, it } from '@jest/globals';
import type { EmrClients } from '../../src/emr/client.ts';
import { createEmr } from '../../src/emr/emr.ts';
import { rejectionReason } from '../../src/emr/reuse.ts';
import type { Candidate } from '../../src/emr/reuse.ts';
import { clientsOf, launchSettings } from '../support/emr-clients.ts';
import { scriptedEmr } from '../support/scripted-emr.ts';
import type { ScriptedEmr } from '../support/scripted-emr.ts';

const fitting: Candidate = {
  id: 'j-1',
  state: 'WAITING',
  release: 'emr-7.13.0',
  applications: ['spark', 'Hadoop'],
  tags: new Map([['landfall:pool', 'ci']]),
  autoTerminate: false,
  stepConcurrency: 1,
};
const wanted = { release: 'emr-7.13.0', applications: ['Spark'], pool: 'ci' };

describe('a candidate', () => {
  it('fits when release, applications and pool do', () => {
    expect(rejectionReason(fitting, wanted)).toBeUndefined();
    expect(rejectionReason({ ...fitting, state: 'RUNNING' }, wanted)).toBeUndefined();
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
    expect(rejectionReason({ ...fitting, ...difference }, wanted)).toBe(reason);
  });

  it('that a person named may be of any pool', () => {
    const { release, applications } = wanted;
    expect(rejectionReason({ ...fitting, tags: new Map() }, { release, applications })).toBeUndefined();
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
  async function find(clusters: ReturnType<typeof cluster>[]) {
    server = await scriptedEmr({
      ListClusters: ({ Marker }) => ({
        Clusters: Marker === undefined ? clusters.slice(0, 2) : clusters.slice(2),
        ...(Marker === undefined ? { Marker: 'm' } : {}),
      }),
      DescribeCluster: ({ ClusterId }) => ({ Cluster: clusters.find(({ Id }) => Id === ClusterId) }),
    });
    clients = await clientsOf(server.endpoint);
    return createEmr(clients, { launch: launchSettings }).findReusable();
  }

  it('prefers an idle one, the newest first, and tells why those before it did not fit', async () => {
    const found = await find([
      cluster('j-busy', 'RUNNING', 900),
      cluster('j-old', 'WAITING', 100),
      cluster('j-other', 'WAITING', 300, { ReleaseLabel: 'emr-6.0.0' }),
      cluster('j-new', 'WAITING', 200),
    ]);
    expect(found).toEqual({
      chosen: 'j-new',
      rejected: [{ id: 'j-other', reason: 'its release is emr-6.0.0, not emr-7.13.0' }],
    });
    expect(server.inputs('ListClusters')[0]).toEqual({ ClusterStates: ['WAITING', 'RUNNING'] });
  });

  it('chooses none when none fits, each with its reason', async () => {
    const found = await find([
      cluster('j-1', 'WAITING', 1, { Tags: [] }),
      cluster('j-2', 'RUNNING', 2, { StepConcurrencyLevel: 4 }),
    ]);
    expect(found).toEqual({
      rejected: [
        { id: 'j-1', reason: 'its tag landfall:pool is missing, not default' },
        { id: 'j-2', reason: 'it runs 4 steps at once' },
      ],
    });
  });
});
