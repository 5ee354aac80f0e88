/** Runs that share EMR's quotas with a greedy client, or are throttled at every operation. */
import { ListStepsCommand } from '@aws-sdk/client-emr';
import { describe, expect, it } from '@jest/globals';
import type { DrivenRun } from '../emr-local/driven.ts';
import { driven, expectFewCalls, expectOnce } from '../emr-local/judging.ts';

const notes = ({ events }: DrivenRun, telling: RegExp) =>
  events.flatMap(({ at, event }) => (event.event === 'note' && telling.test(event.message) ? [at] : []));
const gaps = (times: readonly number[]) => times.slice(1).map((at, n) => at - times[n]!);

const OPERATIONS = [
  'RunJobFlow',
  'ListClusters',
  'DescribeCluster',
  'AddJobFlowSteps',
  'ListSteps',
  'TerminateJobFlows',
];

describe('a run under EMR’s own quotas', () => {
  it('completes although another client uses up the whole quota of the account', async () => {
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

  it('continues after four throttled calls of each API, with at most one line a minute', async () => {
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
