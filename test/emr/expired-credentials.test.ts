import '../support/one-realm.ts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createEmrClients } from '../../src/emr/client.ts';
import type { EmrClients } from '../../src/emr/client.ts';
import { createEmr } from '../../src/emr/emr.ts';
import type { Emr } from '../../src/run/ports.ts';
import { launchSettings } from '../support/emr-clients.ts';
import { scriptedEmr } from '../support/scripted-emr.ts';
import type { ScriptedEmr } from '../support/scripted-emr.ts';
import { sharedCredentials } from '../support/shared-credentials.ts';
import type { SharedCredentials } from '../support/shared-credentials.ts';

let shared: SharedCredentials;
let server: ScriptedEmr;
let clients: EmrClients;
let emr: Emr;
beforeEach(async () => {
  shared = sharedCredentials();
  shared.write('AKIDOLD');
  server = await scriptedEmr({
    RunJobFlow: () => ({ JobFlowId: 'j-1' }),
    DescribeCluster: () => ({ Cluster: { Id: 'j-1', Status: { State: 'WAITING' } } }),
  });
  clients = await createEmrClients({ endpoint: server.endpoint, region: 'us-east-1' });
  emr = createEmr(clients, { launch: launchSettings });
});
afterEach(async () => {
  clients.destroy();
  await server.close();
  shared.restore();
});

describe('credentials that expire while a run is followed', () => {
  it('are read again from their source once they are refused, by reads and by creating calls', async () => {
    expect(await emr.describeCluster('j-1')).toMatchObject({ state: 'WAITING' });
    server.expire('AKIDOLD');
    shared.write('AKIDNEW');
    expect(await emr.describeCluster('j-1')).toMatchObject({ state: 'WAITING' });
    expect(await emr.runJobFlow('landfall/r/cluster#1')).toEqual({
      kind: 'accepted',
      value: { id: 'j-1' },
    });
    expect(server.effects['RunJobFlow']).toBe(1);
    server.expire('AKIDNEW');
    shared.write('AKIDNEWER');
    expect(await emr.describeCluster('j-1')).toMatchObject({ state: 'WAITING' });
  });

  it('are reported if their source has no new ones, after one look and with nothing created', async () => {
    server.expire('AKIDOLD');
    await expect(emr.describeCluster('j-1')).rejects.toMatchObject({
      fault: 'access',
      retryable: false,
      message: 'the AWS credentials have expired (DescribeCluster on j-1)',
      next: 'renew them',
    });
    await expect(emr.runJobFlow('landfall/r/cluster#1')).rejects.toMatchObject({ fault: 'access' });
    expect(server.requests.map(({ operation }) => operation)).toEqual(['DescribeCluster', 'RunJobFlow']);
    expect(server.effects).toEqual({});
  });
});
