/** Whole runs against an endpoint that throttles like EMR, fails, and has another clock. */
import { describe, expect, it } from '@jest/globals';
import { drivenRun } from './driven.ts';
import type { DrivenRun } from './driven.ts';
import { clusterAndSteps, driven, expectFewCalls, expectOnce } from './judging.ts';

describe('a run under EMR’s own quotas', () => {
  it('is never throttled when it is alone, and makes few calls', async () => {
    await driven({ quotas: true }, async (run) => {
      await expectOnce(run);
      expectFewCalls(run);
      expect(run.throttled).toEqual([]);
    });
  }, 60_000);
});

describe('a run whose machine’s clock is not EMR’s', () => {
  it.each([10, -10])(
    'and is off by %i minutes from the start, lands, because the SDK signs with EMR’s time',
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

  it('any more, after it was set forward and back by ten minutes, still lands', async () => {
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
