import { describe, expect, it } from '@jest/globals';
import { endStep, nextDue, settle, terminate } from '../../src/emr-local/cluster-machine.ts';
import { cancelSteps, settleLogs } from '../../src/emr-local/step-machine.ts';
import type { ClusterRecord, StepRecord } from '../../src/emr-local/records.ts';
import { cluster, pace, step } from './records.ts';

const failed = { ok: false, failure: { Reason: 'Unknown Error.' } } as const;
const userRequest = { code: 'USER_REQUEST', message: 'Terminated by user request' } as const;

const states = (record: ClusterRecord) => record.steps.map(({ state }) => state);
const running = (...steps: StepRecord[]) => settle(cluster({ steps }), 10, pace);

describe('a cluster that starts', () => {
  const starting = cluster({ state: 'STARTING', until: 200, idleSince: undefined, steps: [step('a')] });

  it('stays STARTING and then BOOTSTRAPPING for its time before it takes a step', () => {
    expect(settle(starting, 199, pace)).toBe(starting);
    const bootstrapping = settle(starting, 200, pace);
    expect([bootstrapping.state, states(bootstrapping)]).toEqual(['BOOTSTRAPPING', ['PENDING']]);
    expect(nextDue(bootstrapping)).toBe(500);
    const ready = settle(bootstrapping, 500, pace);
    expect([ready.state, ready.ready, states(ready)]).toEqual(['RUNNING', 500, ['RUNNING']]);
    expect(ready.steps[0]?.started).toBe(500);
  });

  it('without steps waits if it keeps alive, and ends if it does not', () => {
    const waiting = settle(settle({ ...starting, steps: [] }, 200, pace), 500, pace);
    expect([waiting.state, waiting.reason.message]).toEqual(['WAITING', 'Cluster ready to run steps.']);
    const ending = settle(settle({ ...starting, steps: [], keepAlive: false }, 200, pace), 500, pace);
    expect([ending.state, ending.reason.code]).toEqual(['TERMINATING', 'ALL_STEPS_COMPLETED']);
  });
});

describe('steps', () => {
  it('start in the order of submission, as many at once as the concurrency level allows', () => {
    expect(states(running(step('a'), step('b'), step('c')))).toEqual(['RUNNING', 'PENDING', 'PENDING']);
    const two = settle(cluster({ concurrency: 2, steps: [step('a'), step('b'), step('c')] }), 10, pace);
    expect(states(two)).toEqual(['RUNNING', 'RUNNING', 'PENDING']);
    expect(states(settle({ ...two, concurrency: 3 }, 20, pace))).toEqual(['RUNNING', 'RUNNING', 'RUNNING']);
  });

  it('make the cluster wait again when the last one ends, with a message about its end', () => {
    const after = (outcome: Parameters<typeof endStep>[1]['outcome']) =>
      settle(endStep(running(step('a')), { id: 'a', outcome }, 20, pace), 20, pace);
    expect(after({ ok: true })).toMatchObject({ state: 'WAITING', idleSince: 20 });
    expect(after({ ok: true }).steps[0]).toMatchObject({ state: 'COMPLETED', ended: 20 });
    expect(after(failed).reason.message).toBe('Cluster ready after last step failed.');
    expect(after(failed).steps[0]).toMatchObject({ state: 'FAILED', failure: failed.failure });
  });

  it('that are the last of a cluster without keep-alive end the cluster', () => {
    const one = settle(cluster({ keepAlive: false, steps: [step('a')] }), 10, pace);
    const ending = settle(endStep(one, { id: 'a', outcome: failed }, 20, pace), 20, pace);
    expect(ending).toMatchObject({
      state: 'TERMINATING',
      reason: { code: 'STEP_FAILURE', message: 'Steps completed with errors' },
    });
    expect(settle(ending, 120, pace)).toMatchObject({ state: 'TERMINATED', ended: 120 });
    const well = settle(endStep(one, { id: 'a', outcome: { ok: true } }, 20, pace), 20, pace);
    expect(well.reason).toMatchObject({ code: 'ALL_STEPS_COMPLETED', message: 'Steps completed' });
  });

  it('are ended once: a second report of the same end changes nothing', () => {
    const once = endStep(running(step('a')), { id: 'a', outcome: { ok: true } }, 20, pace);
    expect(endStep(once, { id: 'a', outcome: failed }, 30, pace)).toBe(once);
  });
});

describe('the action on failure', () => {
  const fail = (action: StepRecord['actionOnFailure'], changes: Partial<ClusterRecord> = {}) => {
    const steps = [step('a', { actionOnFailure: action }), step('b')];
    const before = settle(cluster({ steps, ...changes }), 10, pace);
    return settle(endStep(before, { id: 'a', outcome: failed }, 20, pace), 20, pace);
  };

  it('CONTINUE continues with the next step', () => {
    expect(states(fail('CONTINUE'))).toEqual(['FAILED', 'RUNNING']);
  });

  it('CANCEL_AND_WAIT cancels pending steps and waits', () => {
    const after = fail('CANCEL_AND_WAIT');
    expect([after.state, states(after)]).toEqual(['WAITING', ['FAILED', 'CANCELLED']]);
    expect(after.steps[1]?.started).toBeUndefined();
  });

  it('CANCEL_AND_WAIT ends a cluster without keep-alive', () => {
    expect(fail('CANCEL_AND_WAIT', { keepAlive: false }).state).toBe('TERMINATING');
  });

  it.each(['TERMINATE_CLUSTER', 'TERMINATE_JOB_FLOW'] as const)(
    '%s ends the cluster with errors',
    (action) => {
      const after = fail(action);
      expect([after.state, states(after)]).toEqual(['TERMINATING', ['FAILED', 'CANCELLED']]);
      expect(after.reason).toEqual({ code: 'STEP_FAILURE', message: 'Shut down as step failed' });
      expect(settle(after, 120, pace).state).toBe('TERMINATED_WITH_ERRORS');
    },
  );

  it('does not end a protected cluster, which waits instead', () => {
    const after = fail('TERMINATE_CLUSTER', { terminationProtected: true });
    expect([after.state, states(after)]).toEqual(['WAITING', ['FAILED', 'CANCELLED']]);
  });

  it('is never applied while several steps may run at once', () => {
    expect(fail('TERMINATE_CLUSTER', { concurrency: 2 }).state).toBe('RUNNING');
  });
});

describe('cancelling', () => {
  it('ends a pending step at once, and a running one when its process ends, whatever its exit code', () => {
    const { cluster: asked, answers } = cancelSteps(
      running(step('a'), step('b')),
      ['b', 'a'],
      'SEND_INTERRUPT',
      20,
    );
    expect(states(asked)).toEqual(['CANCEL_PENDING', 'CANCELLED']);
    expect(answers).toEqual([
      { stepId: 'b', status: 'SUBMITTED' },
      { stepId: 'a', status: 'SUBMITTED' },
    ]);
    expect(states(endStep(asked, { id: 'a', outcome: { ok: true } }, 30, pace))).toEqual([
      'CANCELLED',
      'CANCELLED',
    ]);
  });

  it('triggers no action on failure', () => {
    const before = running(step('a', { actionOnFailure: 'TERMINATE_CLUSTER' }), step('b'));
    const asked = cancelSteps(before, ['a'], 'SEND_INTERRUPT', 20).cluster;
    const after = settle(endStep(asked, { id: 'a', outcome: failed }, 30, pace), 30, pace);
    expect([after.state, states(after)]).toEqual(['RUNNING', ['CANCELLED', 'RUNNING']]);
  });

  it('can be made more forceful, never less, and is refused for a step that has ended', () => {
    const firm = cancelSteps(running(step('a')), ['a'], 'TERMINATE_PROCESS', 20).cluster;
    const gentle = cancelSteps(firm, ['a'], 'SEND_INTERRUPT', 21).cluster;
    expect(gentle.steps[0]?.stop?.how).toBe('TERMINATE_PROCESS');
    const over = endStep(gentle, { id: 'a', outcome: failed }, 30, pace);
    expect(cancelSteps(over, ['a'], 'SEND_INTERRUPT', 31).answers[0]).toMatchObject({ status: 'FAILED' });
  });
});

describe('terminating', () => {
  it('cancels pending steps, stops running ones, and is complete when their processes have ended', () => {
    const ending = terminate(running(step('a'), step('b')), userRequest, 20, pace);
    expect([ending.state, states(ending)]).toEqual(['TERMINATING', ['CANCEL_PENDING', 'CANCELLED']]);
    expect(settle(ending, 10_000, pace)).toBe(ending);
    const over = settle(endStep(ending, { id: 'a', outcome: failed }, 10_000, pace), 10_000, pace);
    expect([over.state, states(over)]).toEqual(['TERMINATED', ['CANCELLED', 'CANCELLED']]);
  });

  it('can leave running steps INTERRUPTED, as some observers of EMR report', () => {
    const ending = terminate(running(step('a')), userRequest, 20, { ...pace, endRunningAs: 'INTERRUPTED' });
    expect(states(endStep(ending, { id: 'a', outcome: failed }, 30, pace))).toEqual(['INTERRUPTED']);
  });

  it('waits until the logs have arrived or are given up', () => {
    const before = settle(cluster({ logUri: 's3://b/l', steps: [step('a')] }), 10, pace);
    const ended = endStep(before, { id: 'a', outcome: { ok: true } }, 20, pace);
    expect(ended.steps[0]).toMatchObject({ logs: 'due', logsDue: 5020 });
    const ending = terminate(ended, userRequest, 30, pace);
    expect(settle(ending, 500, pace).state).toBe('TERMINATING');
    expect(settle(settleLogs(ending, 'a', 'lost'), 500, pace).state).toBe('TERMINATED');
    expect(settle(settleLogs(ending, 'a', { retryAt: 900 }), 500, pace).state).toBe('TERMINATING');
  });

  it('does nothing to a cluster that has ended', () => {
    const over = cluster({ state: 'TERMINATED' });
    expect(terminate(over, userRequest, 20, pace)).toBe(over);
  });
});

describe('the idle timer', () => {
  const idle = cluster({ idleTimeout: 60, idleSince: 1000 });

  it('ends a cluster when it has waited for the whole time, not a millisecond earlier', () => {
    expect(nextDue(idle)).toBe(61_000);
    expect(settle(idle, 60_999, pace)).toBe(idle);
    expect(settle(settle(idle, 61_000, pace), 61_100, pace).state).toBe('TERMINATED');
  });

  it('does not run while a step is pending or running, and restarts after it', () => {
    const busy = settle({ ...idle, steps: [step('a')] }, 30_000, pace);
    expect(settle(busy, 200_000, pace).state).toBe('RUNNING');
    const free = settle(endStep(busy, { id: 'a', outcome: { ok: true } }, 200_000, pace), 200_000, pace);
    expect(nextDue(free)).toBe(260_000);
  });

  it('does not end a protected cluster', () => {
    expect(settle({ ...idle, terminationProtected: true }, 90_000, pace).state).toBe('WAITING');
  });
});
