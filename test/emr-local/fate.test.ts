import { describe, expect, it } from '@jest/globals';
import { nextDue, settle, terminate } from '../../src/emr-local/cluster-machine.ts';
import { fateOf } from '../../src/emr-local/fate.ts';
import { checkFaultPlan } from '../../src/emr-local/fault-plan.ts';
import { newCluster } from '../../src/emr-local/new-cluster.ts';
import { read, requests } from '../../src/emr-local/request-schemas.ts';
import { pace } from './records.ts';
import { random } from './world.ts';
import type { FaultPlanInput } from '../../src/emr-local/fault-shapes.ts';
import type { ClusterRecord } from '../../src/emr-local/records.ts';

type Event = NonNullable<FaultPlanInput['events']>[number];

const STEP = {
  Name: 'a',
  ActionOnFailure: 'CONTINUE',
  HadoopJarStep: { Jar: 'command-runner.jar', Args: ['bash', '-c', 'true'] },
};

/** A cluster launched at 1000, two steps pending, with its part of these events. */
function cluster(events: Event[], number = 1): ClusterRecord {
  const request = read(requests.runJobFlow, {
    Name: 'c',
    ReleaseLabel: 'emr-7.13.0',
    ServiceRole: 'r',
    JobFlowRole: 'r',
    LogUri: 's3://b/',
    Instances: { MasterInstanceType: 'm5.xlarge', KeepJobFlowAliveWhenNoSteps: true },
    BootstrapActions: [{ Name: 'b', ScriptBootstrapAction: { Path: 's3://b/boot.sh' } }],
    Steps: [STEP, STEP],
  });
  const launched = newCluster(request, { now: 1000, random, region: 'r', pace });
  const plan = checkFaultPlan({ events }, 'test');
  return { ...launched, ...fateOf(plan.events, number, launched, pace) };
}

/** Lets it run until `now`, waking whenever something is due; its processes never end by themselves. */
function live(start: ClusterRecord, now: number): ClusterRecord {
  let record = settle(start, 1000, pace);
  for (let due = nextDue(record); due !== undefined && due <= now; due = nextDue(record)) {
    const next = settle(record, due, pace);
    if (next === record) break;
    record = next;
  }
  return record;
}

describe('what becomes of a cluster', () => {
  it.each([
    [{ event: 'validation-error' }, 'VALIDATION_ERROR', 1200],
    [{ event: 'fleet-timeout' }, 'INSTANCE_FLEET_TIMEOUT', 1200],
    [{ event: 'bootstrap-failure' }, 'BOOTSTRAP_FAILURE', 1500],
    [{ event: 'internal-error', after: 0.1 }, 'INTERNAL_ERROR', 1100],
    [{ event: 'internal-error', after: 30 }, 'INTERNAL_ERROR', 31_000],
    [{ event: 'spot-loss' }, 'INSTANCE_FAILURE', 1501],
    [{ event: 'spot-loss', after: 2 }, 'INSTANCE_FAILURE', 3000],
    [{ event: 'spot-loss', step: 1, after: 2 }, 'INSTANCE_FAILURE', 3500],
  ] as const)('%j: it ends as %s at %d', (event, code, time) => {
    const before = live(cluster([event]), time - 1);
    expect(before.reason.code).toBeUndefined();
    const after = live(cluster([event]), time);
    expect([after.state, after.reason.code]).toEqual(['TERMINATING', code]);
    expect(after.steps.filter(({ state }) => state === 'PENDING' || state === 'RUNNING')).toEqual([]);
  });

  it('is an end with errors after its running step was killed and the logs have arrived', () => {
    const lost = live(cluster([{ event: 'spot-loss', after: 2 }]), 3000);
    expect(lost.steps.map(({ state, stop }) => [state, stop?.how])).toEqual([
      ['CANCEL_PENDING', 'TERMINATE_PROCESS'],
      ['CANCELLED', undefined],
    ]);
    const gone = { ...lost, steps: lost.steps.map((step) => ({ ...step, state: 'CANCELLED' as const })) };
    expect(settle(gone, 3100, pace).state).toBe('TERMINATED_WITH_ERRORS');
    const failed = live(cluster([{ event: 'bootstrap-failure' }]), 1700);
    expect([failed.state, failed.bootstrapLog?.state]).toEqual(['TERMINATING', 'due']);
    const told = { ...failed, bootstrapLog: { ...failed.bootstrapLog!, state: 'uploaded' as const } };
    expect(settle(told, 1700, pace).state).toBe('TERMINATED_WITH_ERRORS');
  });

  it('names the failed bootstrap action and its instance as EMR does', () => {
    const { reason, bootstrapLog } = live(cluster([{ event: 'bootstrap-failure', stderr: 'oh' }]), 1500);
    const instance = bootstrapLog?.instance;
    expect(instance).toMatch(/^i-[0-9a-f]{17}$/);
    expect(reason.message).toBe(
      `On the master instance (${instance!}), bootstrap action 1 returned a non-zero return code`,
    );
    expect(reason.details?.[0]).toMatchObject({
      ErrorCode: 'BOOTSTRAP_FAILURE_PRIMARY_WITH_NON_ZERO_CODE',
      ErrorData: expect.arrayContaining([
        { 'primary-instance-id': instance },
        { 'amazon-s3-path': 's3://b/boot.sh' },
      ]),
    });
  });

  it('happens to the clusters that the plan selects, and to no other', () => {
    const event = { event: 'fleet-timeout', nth: 2, count: 2 } as const;
    const struck = [1, 2, 3, 4].map((number) => cluster([event], number).fate !== undefined);
    expect(struck).toEqual([false, true, true, false]);
  });

  it('does not happen to a cluster that has ended already', () => {
    const doomed = live(cluster([{ event: 'spot-loss', after: 9 }]), 1500);
    const why = { code: 'USER_REQUEST', message: 'Terminated by user request' } as const;
    const ending = terminate(doomed, why, 2000, pace);
    const gone = { ...ending, steps: [] };
    expect(settle(gone, 20_000, pace)).toMatchObject({ state: 'TERMINATED', reason: why });
  });

  it('waits for the step it is tied to', () => {
    const tied = live(cluster([{ event: 'spot-loss', step: 2 }]), 100_000);
    expect(tied.reason.code).toBeUndefined();
    const done = {
      ...tied,
      steps: tied.steps.map((step, n) => (n === 0 ? { ...step, state: 'COMPLETED' as const } : step)),
    };
    const begun = settle(done, 100_000, pace);
    expect(begun.steps[1]?.state).toBe('RUNNING');
    expect(settle(begun, 100_001, pace).reason.code).toBe('INSTANCE_FAILURE');
  });
});
