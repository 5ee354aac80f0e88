import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createEmrClients } from '../../src/emr/client.ts';
import type { EmrClients } from '../../src/emr/client.ts';
import { clusterLogs } from '../../src/emr/cluster-logs.ts';
import { createEmr } from '../../src/emr/emr.ts';
import { createExplain } from '../../src/emr/explain.ts';
import type { Emr, Step } from '../../src/run/ports.ts';
import { clusterPhase, stepPhase } from '../../src/run/states.ts';
import { credentials, region, world } from '../emr-local/world.ts';
import type { World } from '../emr-local/world.ts';
import { launchSettings } from '../support/emr-clients.ts';
import { memoryStore } from '../support/memory-store.ts';

const LOGS = 's3://lake/_landfall/logs';
const TOKEN = 'landfall/round trip/cluster#1';
const store = memoryStore(LOGS, () => new Date());

let local: World;
let clients: EmrClients;
let emr: Emr;

beforeEach(async () => {
  local = await world({ openStore: () => Promise.resolve(store) });
  clients = await createEmrClients({ endpoint: local.endpoint.url, region, credentials });
  emr = createEmr(clients, { launch: { ...launchSettings, logUri: LOGS, keepAlive: true } });
});
afterEach(async () => {
  clients.destroy();
  await local.end();
});

async function until<T>(ask: () => Promise<T>, enough: (value: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 600; tries += 1) {
    const value = await ask();
    if (enough(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('not within 15 s');
}

describe('a cluster of the local endpoint', () => {
  it('is launched, found, given steps, explained, cancelled and ended only through the port', async () => {
    const launched = await emr.runJobFlow(TOKEN);
    if (launched.kind !== 'accepted') throw new Error(launched.reason);
    const { id } = launched.value;
    await until(
      () => emr.describeCluster(id),
      ({ state }) => clusterPhase(state) === 'ready',
    );
    const home = { account: '000000000000', region };
    expect(launched.value).toEqual({ id, ...home });
    expect(await emr.findClusters(TOKEN, new Date(Date.now() - 600_000))).toMatchObject([
      { id, name: TOKEN, ...home },
    ]);
    expect(await emr.findClusters('landfall/round', new Date(0))).toEqual([]);
    expect(await emr.findReusable()).toEqual({ chosen: id, rejected: [], passedOver: [] });

    const added = await emr.addSteps(id, [
      {
        name: 'fails',
        args: [
          'bash',
          '-c',
          'echo "ValueError: no plays" | sed "1i Traceback (most recent call last):"; exit 3',
        ],
      },
      { name: 'sleeps', args: ['bash', '-c', 'sleep 600'] },
    ]);
    if (added.kind !== 'accepted') throw new Error(added.reason);
    const [fails = '', sleeps = ''] = added.value;
    const phase = (step: Step | undefined) => stepPhase(step?.state ?? '');

    const [failed] = await until(
      () => emr.getSteps(id, [fails]),
      ([step]) => phase(step) === 'failed',
    );
    const explain = createExplain({
      openStore: () => Promise.resolve(store),
      clock: local.clock,
      describe: (clusterId) => clusterLogs(clients, clusterId),
      waiting: () => undefined,
      waitSeconds: 20,
      pollSeconds: 0.05,
    });
    expect(await explain({ clusterId: id, step: failed! })).toEqual(
      expect.arrayContaining(['ValueError: no plays', `logs: ${LOGS}/${id}/steps/${fails}`]),
    );

    await until(
      () => emr.listSteps(id),
      ([newest]) => phase(newest) === 'running',
    );
    await emr.cancelSteps(id, [fails, sleeps]);
    await until(
      () => emr.getSteps(id, [sleeps]),
      ([step]) => phase(step) === 'cancelled',
    );
    await emr.cancelSteps(id, [fails, sleeps]);

    await emr.terminate(id);
    await until(
      () => emr.describeCluster(id),
      ({ state }) => clusterPhase(state) === 'ended',
    );
    await emr.terminate(id);
    await expect(emr.addSteps(id, [{ name: 'late', args: ['bash', '-c', 'true'] }])).rejects.toMatchObject({
      fault: 'cluster',
    });
    await expect(emr.describeCluster('j-NOSUCH')).rejects.toMatchObject({
      fault: 'cluster',
      retryable: false,
    });
  });

  it.each([
    ['the settings', { idleTimeoutSeconds: 1200 }],
    ['a cluster_json', { clusterJson: { AutoTerminationPolicy: { IdleTimeout: 1200 } } }],
  ])(
    'stays up without steps for ten minutes and more, and not beyond the idle timeout of %s',
    async (_, more) => {
      const ours = createEmr(clients, { launch: { ...launchSettings, logUri: LOGS, ...more } });
      const launched = await ours.runJobFlow(TOKEN);
      if (launched.kind !== 'accepted') throw new Error(launched.reason);
      const { id } = launched.value;
      const state = async () => (await ours.describeCluster(id)).state;
      await until(state, (its) => its === 'WAITING');
      local.clock.jump(600_000);
      expect(await state()).toBe('WAITING');
      local.clock.jump(570_000);
      expect(await state()).toBe('WAITING');
      local.clock.jump(30_000);
      await until(state, (its) => its === 'TERMINATED');
    },
  );

  it('gets no requests with other credentials', async () => {
    const strangers = await createEmrClients({
      endpoint: local.endpoint.url,
      region,
      credentials: { ...credentials, secretAccessKey: 'another' },
    });
    await expect(createEmr(strangers, { launch: launchSettings }).runJobFlow(TOKEN)).rejects.toMatchObject({
      fault: 'access',
    });
    strangers.destroy();
  });
});
