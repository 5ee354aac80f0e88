/** The driver's own EMR adapter and its exactly-once rule against an endpoint that misbehaves: real HTTP, real clock, real steps. */
import '../support/one-realm.ts';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ListClustersCommand, ListStepsCommand } from '@aws-sdk/client-emr';
import { describe, expect, it } from '@jest/globals';
import { createEmrClients } from '../../src/emr/client.ts';
import type { EmrClients } from '../../src/emr/client.ts';
import { clusterLogs } from '../../src/emr/cluster-logs.ts';
import { createEmr } from '../../src/emr/emr.ts';
import { createExplain } from '../../src/emr/explain.ts';
import type { FaultPlanInput } from '../../src/emr-local/fault-shapes.ts';
import { createOnce } from '../support/create-once.ts';
import type { Created } from '../support/create-once.ts';
import type { Answer, Cluster, Emr, Step } from '../../src/run/ports.ts';
import { openStore } from '../../src/store/open.ts';
import { launchSettings } from '../support/emr-clients.ts';
import { credentials, jumpingClock, region, until, world } from './world.ts';
import type { World } from './world.ts';

const SETTLE_MS = 600;
const CLUSTER = 'landfall/2026-11-21T09-30-00-ab12/cluster#1';
const STEP = 'landfall/2026-11-21T09-30-00-ab12/song_transform#1';

interface Driver {
  here: World;
  clients: EmrClients;
  emr: Emr;
  notes: string[];
  launch(): Promise<Created<string>>;
  /** One step, whose process leaves a file each time it runs. */
  submit(clusterId: string): Promise<Created<string>>;
}

/** An impatient driver: its settle window is less than a second, and so is its request timeout. */
async function withDriver(faults: FaultPlanInput, use: (driver: Driver) => Promise<void>): Promise<void> {
  const here = await world({ faults });
  const clients = await createEmrClients({
    endpoint: here.endpoint.url,
    region,
    credentials,
    requestTimeoutMs: 400,
  });
  const emr = createEmr(clients, { launch: launchSettings });
  const notes: string[] = [];
  const once = (
    what: string,
    send: () => Promise<Answer<string>>,
    find: () => Promise<string | undefined>,
  ) => {
    const note = (message: string) => notes.push(message);
    return createOnce(jumpingClock(), { what, send, find, settleMs: SETTLE_MS, note });
  };
  const since = new Date(Date.now() - 600_000);
  const driver: Driver = {
    here,
    clients,
    emr,
    notes,
    launch: () =>
      once(
        'cluster',
        async () => {
          const answer = await emr.runJobFlow(CLUSTER);
          return answer.kind === 'accepted' ? { ...answer, value: answer.value.id } : answer;
        },
        async () => (await emr.findClusters(CLUSTER, since))[0]?.id,
      ),
    submit: (clusterId) => {
      const args = ['bash', '-c', 'echo ran >> "$HOME/runs"'];
      return once(
        'step',
        async () => {
          const answer = await emr.addSteps(clusterId, [{ name: STEP, args }]);
          return answer.kind === 'accepted' ? { ...answer, value: answer.value[0]! } : answer;
        },
        async () => (await emr.listSteps(clusterId)).find(({ name }) => name === STEP)?.id,
      );
    },
  };
  try {
    await use(driver);
  } finally {
    clients.destroy();
    await here.end();
  }
}

const clustersOf = async ({ here }: Driver) => (await here.emr.send(new ListClustersCommand({}))).Clusters!;
const stepsOf = async ({ here }: Driver, ClusterId: string) =>
  (await here.emr.send(new ListStepsCommand({ ClusterId }))).Steps!;

/** Every way to lose an answer, and what happens to the request; `sent` is how often it must be sent. */
const lost = [
  ['a reset before the effect', [{ fault: 'reset-before' }], 2],
  ['a reset after the effect', [{ fault: 'reset-after' }], 1],
  ['a 500 before the effect', [{ fault: 'error-before', code: 'InternalServerException' }], 2],
  ['a 500 after the effect', [{ fault: 'error-after', code: 'InternalServerException' }], 1],
  ['a 503 after the effect', [{ fault: 'error-after', code: 'ServiceUnavailableException' }], 1],
  ['a throttle', [{ fault: 'error-before', code: 'ThrottlingException' }], 2],
  ['a throttle with effect', [{ fault: 'error-after', code: 'ThrottlingException' }], 1],
  ['a hang before the effect', [{ fault: 'hang', seconds: 5, when: 'before' }], 2],
  ['a hang after the effect', [{ fault: 'hang', seconds: 5, when: 'after' }], 1],
  ['an answer that is too slow', [{ fault: 'slow', ms: 5000 }], 1],
  ['an answer cut in half', [{ fault: 'truncate' }], 1],
  ['a lost answer whose effect shows late', [{ fault: 'reset-after' }, { fault: 'late', seconds: 0.3 }], 1],
] as const;

describe('one cluster is kept and one step accepted', () => {
  it.each(lost)('under %s', async (_, kinds, sent) => {
    const faults = ['RunJobFlow', 'AddJobFlowSteps'].flatMap((on) => kinds.map((kind) => ({ on, ...kind })));
    await withDriver({ faults }, async (driver) => {
      const how = sent === 1 ? 'adopted' : 'accepted';
      const cluster = await driver.launch();
      const step = await driver.submit(cluster.value);
      expect([cluster.how, step.how]).toEqual([how, how]);
      expect((await clustersOf(driver)).map(({ Id, Name }) => [Id, Name])).toEqual([
        [cluster.value, CLUSTER],
      ]);
      const [done] = await until(
        () => driver.emr.getSteps(cluster.value, [step.value]),
        ([seen]) => seen?.state === 'COMPLETED',
      );
      expect(done?.name).toBe(STEP);
      expect(await readFile(join(driver.here.folder, 'runs'), 'utf8')).toBe('ran\n');
      expect((await stepsOf(driver, cluster.value)).map(({ Id }) => Id)).toEqual([step.value]);
    });
  });

  it('also if looking for it is throttled and returns a stale view once', async () => {
    const faults = [
      { on: 'RunJobFlow', fault: 'reset-after' },
      { on: 'ListClusters', fault: 'error-before', code: 'ThrottlingException' },
      { on: 'ListClusters', fault: 'stale', nth: 2 },
    ] as const;
    await withDriver({ faults: [...faults] }, async (driver) => {
      const cluster = await driver.launch();
      expect(cluster.how).toBe('adopted');
      expect(driver.notes.at(-1)).toContain('looking again');
      expect(await clustersOf(driver)).toHaveLength(1);
    });
  });

  it('unless the effect shows after the settle window: then there are two with the same name', async () => {
    const faults = [
      { on: 'RunJobFlow', fault: 'reset-after' },
      { on: 'RunJobFlow', fault: 'late', seconds: 3600 },
    ] as const;
    await withDriver({ faults: [...faults] }, async (driver) => {
      const cluster = await driver.launch();
      expect(cluster.how).toBe('accepted');
      driver.here.clock.jump(3_600_000);
      const found = await driver.emr.findClusters(CLUSTER, new Date(0));
      expect(found.map(({ name }) => name)).toEqual([CLUSTER, CLUSTER]);
      expect(found.map(({ id }) => id)).toContain(cluster.value);
    });
  });
});

describe('refused access', () => {
  it.each(['AccessDeniedException', 'ExpiredTokenException'] as const)(
    'is reported at once, without a retry: %s',
    async (code) => {
      const fault = { on: '*', fault: 'error-before', code, count: 2 } as const;
      await withDriver({ faults: [fault] }, async (driver) => {
        await expect(driver.launch()).rejects.toMatchObject({ fault: 'access', retryable: false });
        await expect(driver.emr.findClusters(CLUSTER, new Date(0))).rejects.toMatchObject({
          fault: 'access',
        });
        expect(await clustersOf(driver)).toEqual([]);
      });
    },
  );
});

describe('following a run', () => {
  it('continues after isolated failures and an unknown state', async () => {
    const faults = [
      { on: 'DescribeCluster', fault: 'error-before', code: 'InternalServerException' },
      { on: 'DescribeCluster', fault: 'unknown-state', nth: 2 },
      { on: 'ListSteps', fault: 'reset-before' },
      { on: 'ListSteps', fault: 'truncate', nth: 2 },
      { on: 'ListSteps', fault: 'unknown-state', nth: 3 },
    ] as const;
    await withDriver({ faults: [...faults] }, async ({ emr, launch, submit }) => {
      const { value: clusterId } = await launch();
      const { value: stepId } = await submit(clusterId);
      const clusterStates: string[] = [];
      const stepStates: string[] = [];
      await until(
        async (): Promise<[Cluster, Step[]]> => [
          await emr.describeCluster(clusterId),
          await emr.getSteps(clusterId, [stepId]),
        ],
        ([cluster, [step]]) => {
          clusterStates.push(cluster.state);
          stepStates.push(step!.state);
          return step!.state === 'COMPLETED';
        },
      );
      expect(clusterStates[0]).toBe('HIBERNATING');
      expect(stepStates[0]).toBe('HIBERNATING');
    });
  });

  it('explains a failed bootstrap action with its last lines', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'landfall logs é-'));
    const here = await world({
      faults: { events: [{ event: 'bootstrap-failure', stderr: 'pip: no such package\n' }] },
      openStore: (uri) => openStore(uri),
    });
    const clients = await createEmrClients({ endpoint: here.endpoint.url, region, credentials });
    try {
      const logUri = pathToFileURL(folder).href;
      const emr = createEmr(clients, { launch: { ...launchSettings, logUri } });
      const answer = await emr.runJobFlow(CLUSTER);
      const clusterId = answer.kind === 'accepted' ? answer.value.id : '';
      const cluster = await until(
        () => emr.describeCluster(clusterId),
        ({ state }) => state === 'TERMINATED_WITH_ERRORS',
      );
      expect(cluster.reasonCode).toBe('BOOTSTRAP_FAILURE');
      expect(cluster.errorDetails.join()).toContain('BOOTSTRAP_FAILURE_PRIMARY_WITH_NON_ZERO_CODE');
      const explain = createExplain({
        openStore: (uri) => openStore(uri),
        clock: jumpingClock(),
        describe: (id) => clusterLogs(clients, id),
        waiting: () => undefined,
        waitSeconds: 1,
        pollSeconds: 1,
      });
      const [line, logs] = await explain({ clusterId });
      expect(line).toBe('pip: no such package');
      expect(logs).toMatch(/node\/i-[0-9a-f]{17}\/bootstrap-actions\/1\/stderr\.gz$/);
    } finally {
      clients.destroy();
      await here.end();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
