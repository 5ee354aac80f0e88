/** Whole runs against an endpoint that throttles as EMR does, fails, and has another clock. */
import { ListClustersCommand, ListStepsCommand } from '@aws-sdk/client-emr';
import { describe, expect, it } from '@jest/globals';
import { drivenRun } from './driven.ts';
import type { DrivenOptions, DrivenRun } from './driven.ts';
import { client } from './world.ts';

async function driven(options: DrivenOptions, look: (run: DrivenRun) => Promise<void>): Promise<void> {
  const run = await drivenRun(options);
  try {
    await run.drive();
    await look(run);
  } finally {
    await run.end();
  }
}

/** It landed, with one cluster and each step's process run once. */
async function expectOnce(run: DrivenRun): Promise<void> {
  expect(run.journal.state().finished?.verdict).toBe('succeeded');
  expect(run.published).toEqual([run.plan.run]);
  expect(await run.ran()).toEqual(['landfall/r1/song_transform#1', 'landfall/r1/log_transform#1']);
  expect(await clusterAndSteps(run)).toEqual(['TERMINATED', 'COMPLETED', 'COMPLETED']);
}

/** What became of the one cluster and its steps, the newest first. */
async function clusterAndSteps({ here }: DrivenRun): Promise<(string | undefined)[]> {
  // Its clock is the machine's own, so that its first request may be refused for its date.
  const patient = client(here.endpoint.url, 3);
  here.clock.jump(600_000);
  const { Clusters } = await patient.send(new ListClustersCommand({}));
  const { Steps } = await patient.send(new ListStepsCommand({ ClusterId: Clusters![0]!.Id }));
  patient.destroy();
  return [...Clusters!, ...Steps!].map(({ Status }) => Status?.State);
}

const notes = ({ events }: DrivenRun, telling: RegExp) =>
  events.flatMap(({ at, event }) => (event.event === 'note' && telling.test(event.message) ? [at] : []));
const gaps = (times: readonly number[]) => times.slice(1).map((at, n) => at - times[n]!);

/** What EMR's quotas leave to a single run: far below a token a second. */
function expectFewCalls({ calls, seconds }: DrivenRun): void {
  const count = (operation: string) => calls.filter((one) => one === operation).length;
  expect(count('ListSteps')).toBeLessThan(60 + seconds() / 20);
  expect(count('DescribeCluster')).toBeLessThan(40 + seconds() / 20);
  expect(count('ListClusters')).toBeLessThan(30 + seconds() / 20);
}

const OPERATIONS = [
  'RunJobFlow',
  'ListClusters',
  'DescribeCluster',
  'AddJobFlowSteps',
  'ListSteps',
  'TerminateJobFlows',
];

describe('a run under EMR’s own quotas', () => {
  it('is never throttled when it is alone, and makes few calls', async () => {
    await driven({ quotas: true }, async (run) => {
      await expectOnce(run);
      expectFewCalls(run);
      expect(run.throttled).toEqual([]);
    });
  }, 60_000);

  it('outlasts a greedy neighbour who uses up every token of the account', async () => {
    let bursts = 0;
    const greedy = async ({ here }: DrivenRun) => {
      bursts += 1;
      if (bursts > 15) return;
      const theirs = new ListStepsCommand({ ClusterId: 'j-NEIGHBOUR' });
      const polls = Array.from({ length: 26 }, () => here.emr.send(theirs).catch(() => undefined));
      await Promise.all(polls);
    };
    await driven({ quotas: true, afterSleep: greedy }, async (run) => {
      await expectOnce(run);
      expect(run.throttled.length).toBeGreaterThan(3);
      expectFewCalls(run);
      const told = notes(run, /trying again/);
      if (told.length > 1) expect(Math.min(...gaps(told))).toBeGreaterThanOrEqual(60);
    });
  }, 60_000);

  it('gets over four throttled calls of each API, with one line a minute at most', async () => {
    const faults = OPERATIONS.map((on) => {
      const count = on === 'RunJobFlow' || on === 'AddJobFlowSteps' ? 2 : 4;
      return { on, count, fault: 'error-before', code: 'ThrottlingException' } as const;
    });
    await driven({ faults: { faults } }, async (run) => {
      await expectOnce(run);
      for (const operation of OPERATIONS) expect(run.throttled).toContain(operation);
      for (const telling of [/^no usable answer/, /^cluster: /, /^step song_transform: /]) {
        const told = notes(run, telling);
        expect(told.length).toBeGreaterThan(0);
        if (told.length > 1) expect(Math.min(...gaps(told))).toBeGreaterThanOrEqual(60);
      }
    });
  }, 60_000);
});

describe('a run whose machine’s clock is not EMR’s', () => {
  it.each([10, -10])(
    'by %i minutes from the start lands, for the SDK signs with EMR’s time',
    async (minutes) => {
      const run = await drivenRun({});
      run.here.clock.set(minutes * 60_000);
      try {
        await run.drive();
        await expectOnce(run);
      } finally {
        await run.end();
      }
    },
    60_000,
  );

  it('any more, after it was set by ten minutes to and fro, lands all the same', async () => {
    let sleeps = 0;
    const set = ({ here }: DrivenRun) => {
      sleeps += 1;
      if (sleeps < 60 && sleeps % 6 === 0) here.clock.set((sleeps % 12 === 0 ? 10 : -10) * 60_000);
      return Promise.resolve();
    };
    await driven({ afterSleep: set }, async (run) => {
      expect(sleeps).toBeGreaterThan(12);
      await expectOnce(run);
    });
  }, 60_000);
});

describe('a step whose process', () => {
  it.each([
    ['is killed by the system', 'kill -9 $$', 'FAILED'],
    ['ends without its report', 'exit 0', 'COMPLETED'],
    ['dies of its JVM', 'echo "java.lang.OutOfMemoryError: Java heap space" >&2; exit 52', 'FAILED'],
    ['finds the disk full', 'echo "java.io.IOException: No space left on device" >&2; exit 1', 'FAILED'],
  ])(
    '%s fails the run once, with its cluster ended and nothing published',
    async (_, work, state) => {
      const run = await drivenRun({ work });
      try {
        await expect(run.drive()).rejects.toMatchObject({ fault: 'step' });
        expect(await run.ran()).toEqual(['landfall/r1/song_transform#1']);
        expect(run.journal.state().finished).toMatchObject({ verdict: 'failed', fault: 'step' });
        expect(run.published).toEqual([]);
        expect(await clusterAndSteps(run)).toEqual(['TERMINATED', state]);
      } finally {
        await run.end();
      }
    },
    60_000,
  );
});
