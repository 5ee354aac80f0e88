import '../support/one-realm.ts';
import { describe, expect, it } from '@jest/globals';
import { LandfallError } from '../../src/faults.ts';
import type { Emr, Ports } from '../../src/run/ports.ts';
import { composePorts, sparkS3Access } from '../../src/session/compose.ts';
import type { Store } from '../../src/store/store.ts';
import { settingsOf } from '../config/resolve.ts';
import { commandWorld } from '../support/command-world.ts';
import { fakeWorld, startRun } from '../support/fake-run.ts';

describe('the bucket settings of local Spark', () => {
  const access = (lake: string, s3: string) => {
    const settings = settingsOf(
      `[LAKE]\npath = ${lake}\n[INPUT]\nsong_data = s3://public/song_data\nlog_data = s3://events/log_data\n[S3]\nregion = eu-north-1\n${s3}`,
    );
    return sparkS3Access(settings, [settings.lake.path]);
  };

  it('have the region of the inputs for buckets other than the lake’s', () => {
    const region = 'input_region = us-west-2\n';
    expect(access('s3://lake/landed', region)).toMatchObject({
      region: 'eu-north-1',
      bucketRegions: { public: 'us-west-2', events: 'us-west-2' },
    });
    expect(access('s3://events/landed', region)?.bucketRegions).toEqual({ public: 'us-west-2' });
  });

  it('have the lake’s key only for the lake’s bucket, and no credentials for public inputs', () => {
    expect(access('s3://lake/landed', 'anonymous_input = yes\nkms_key_id = alias/lake\n')).toMatchObject({
      anonymousBuckets: ['public', 'events'],
      bucketKeys: { lake: 'alias/lake' },
      bucketRegions: {},
    });
  });
});

describe('the ports of a driven run', () => {
  /** Ports to an unreachable EMR and lake; `calls` counts what reaches them. */
  async function composed(signal: AbortSignal) {
    const world = fakeWorld(1);
    const journal = await startRun(world);
    const calls: Record<string, number> = {};
    const away = <P extends object>(port: P): P => {
      const methods = Object.keys(port).map((name) => [
        name,
        () => {
          calls[name] = (calls[name] ?? 0) + 1;
          return Promise.reject(new LandfallError('unreachable', 'away', { retryable: true }));
        },
      ]);
      return Object.fromEntries(methods) as P;
    };
    const none = () => Promise.resolve([]);
    const connection = {
      emr: away<Emr>({ ...world.emr }),
      explain: none,
      clusters: { reusable: () => Promise.reject(new Error()), whyNot: none, whyNotReuse: none },
      asked: () => Promise.resolve({}),
      close: () => undefined,
    };
    const store = away(world.objects as unknown as Store);
    const cli = { ...commandWorld('/'), clock: world.clock, random: world.ports.random };
    return { ports: await composePorts(cli, { store, journal }, connection, signal), calls };
  }

  const reads: [string, (ports: Ports) => Promise<unknown>][] = [
    ['describeCluster', ({ emr }) => emr.describeCluster('j-1')],
    ['findClusters', ({ emr }) => emr.findClusters('t', new Date(0))],
    ['listSteps', ({ emr }) => emr.listSteps('j-1')],
    ['getSteps', ({ emr }) => emr.getSteps('j-1', ['s-1'])],
    ['describeStep', ({ emr }) => emr.describeStep('j-1', 's-1')],
    ['findReusable', ({ emr }) => emr.findReusable()],
    ['get', ({ objects }) => objects.get('k')],
    ['put', ({ objects }) => objects.put('k', new Uint8Array())],
    ['now', ({ objects }) => objects.now()],
  ];

  it.each(reads)('retry %s for a quarter of an hour', async (name, call) => {
    const { ports, calls } = await composed(new AbortController().signal);
    const before = ports.clock.monotonic();
    await expect(call(ports)).rejects.toThrow('no answer for 15 minutes');
    expect(calls[name]).toBeGreaterThan(10);
    expect(ports.clock.monotonic() - before).toBeGreaterThan(15 * 60_000);
  });

  it.each(reads)('call %s once if the run was interrupted', async (name, call) => {
    const { ports, calls } = await composed(AbortSignal.abort(new Error('SIGINT')));
    await expect(call(ports)).rejects.toThrow('away');
    expect(calls[name]).toBe(1);
  });

  it('send the request that creates a cluster once', async () => {
    const { ports, calls } = await composed(new AbortController().signal);
    await expect(ports.emr.runJobFlow('landfall/r1/cluster#1')).rejects.toThrow('away');
    expect(calls).toEqual({ runJobFlow: 1 });
  });
});
