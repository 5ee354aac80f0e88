import { describe, expect, it } from '@jest/globals';
import { readState } from '../../src/run/read-journal.ts';
import { chooseAttempt, endOfAttempt } from '../../src/run/log-choice.ts';
import { said } from '../support/advice.ts';
import type { Advice } from '../../src/shell-words.ts';
import type { AttemptState, RunState } from '../../src/run/state.ts';
import { begun, driveRun, fakeWorld, plan, startRun } from '../support/fake-run.ts';

const minute = (n: number) => new Date(Date.UTC(2026, 10, 21, 9, 30 + n));
const attempt = (n: number, more: Partial<AttemptState> = {}): AttemptState => ({
  attempt: n,
  token: 't',
  application: 't',
  clusterId: 'j-1',
  intendedAt: minute(n),
  stepId: `s-${String(n)}`,
  ...more,
});
const completed = { execution: 'key', endedAt: minute(5) };
const failed = { ended: { state: 'FAILED' }, endedAt: minute(9) };
const cancelled = { ended: { state: 'CANCELLED' }, endedAt: minute(9) };
const finished = (verdict: 'failed' | 'cancelled', fault: 'step' | 'cancelled'): RunState['finished'] => ({
  entry: 'finished',
  verdict,
  fault,
  version: 1,
  number: 9,
  driver: 'd',
  nonce: 'n',
  at: minute(20).toISOString(),
});
const withAttempts = (song: AttemptState[], log: AttemptState[], more: Partial<RunState> = {}): RunState => ({
  ...begun,
  attempts: { song_transform: song, log_transform: log },
  ...more,
});
const chosen = (state: RunState, choice: Parameters<typeof chooseAttempt>[1] = {}) => {
  const { step, attempt: n } = chooseAttempt(state, choice);
  return `${step}#${String(n)}`;
};

describe('the logs chosen if no step is named', () => {
  it.each([
    ['the failed one', withAttempts([attempt(1, failed)], [attempt(1, cancelled)]), 'song_transform#1'],
    [
      'the failed one, though another one runs',
      withAttempts([attempt(1, failed)], [attempt(1)]),
      'song_transform#1',
    ],
    [
      'the failed one of a run that failed',
      withAttempts([attempt(1, completed)], [attempt(1, failed)], { finished: finished('failed', 'step')! }),
      'log_transform#1',
    ],
    ['the running one', withAttempts([attempt(1, completed)], [attempt(1)]), 'log_transform#1'],
    [
      'the running one, when an earlier attempt of it failed',
      withAttempts([attempt(1, completed)], [attempt(1, failed), attempt(2)]),
      'log_transform#2',
    ],
    [
      'the last one submitted, when all is well',
      withAttempts([attempt(3, completed)], [attempt(2, completed)]),
      'song_transform#3',
    ],
    [
      'the one that completed without tables',
      withAttempts([attempt(3, completed)], [attempt(2)], { finished: finished('failed', 'step')! }),
      'log_transform#2',
    ],
    [
      'the one that ran when the run was cancelled',
      withAttempts([attempt(1, completed)], [attempt(2)], { finished: finished('cancelled', 'cancelled')! }),
      'log_transform#2',
    ],
    [
      'the one before, while the next attempt is only intended',
      withAttempts([attempt(1, completed)], [attempt(1, failed), { ...attempt(2), stepId: undefined! }]),
      'log_transform#1',
    ],
  ])('are those of %s', (_, state, expected) => {
    expect(chosen(state)).toBe(expected);
  });
});

describe('the logs that are named', () => {
  const state = withAttempts([attempt(1, completed)], [attempt(1, failed), attempt(2, failed), attempt(3)]);

  it('are those of the newest attempt, or of any other', () => {
    expect(chosen(state, { step: 'log_transform' })).toBe('log_transform#3');
    expect(chosen(state, { step: 'log_transform', attempt: 1 })).toBe('log_transform#1');
  });

  it.each([
    [{ step: 'log_transfrom' }, ['no step "log_transfrom"', 'landfall logs log_transform --run r1']],
    [{ step: '__proto__' }, ['no step "__proto__"', 'its steps: song_transform, log_transform']],
    [{ step: 'log_transform', attempt: 9 }, ['no attempt 9', 'attempt 1, 2, 3']],
  ])('are refused if there is no such step or attempt: %j', (choice, expected) => {
    const error = caught(() => chooseAttempt(state, choice));
    expect(error).toMatchObject({ fault: 'input' });
    for (const text of expected) expect(told(error)).toContain(text);
  });

  it('are refused if the step was never submitted', () => {
    const never = withAttempts([attempt(1)], []);
    expect(told(caught(() => chooseAttempt(never, { step: 'log_transform' })))).toContain('never submitted');
    const error = caught(() => chooseAttempt(begun, {}));
    expect(error).toMatchObject({ fault: 'input' });
    expect(told(error)).toContain('run r1 has submitted no step');
    expect(told(error)).toContain('landfall status r1');
  });
});

describe('the end of a step', () => {
  const end = (state: RunState, n = 1) => endOfAttempt(state, { step: 'song_transform', attempt: n });

  it('is exact if it was seen, and otherwise comes from the next entry', () => {
    expect(end(withAttempts([attempt(1, completed)], []))).toEqual({
      state: 'COMPLETED',
      at: minute(5),
      exact: true,
    });
    expect(end(withAttempts([attempt(1)], []))).toBeUndefined();
    expect(end(withAttempts([attempt(1), attempt(2)], []))).toEqual({ at: minute(2), exact: false });
    const over = withAttempts([attempt(1)], [], { finished: finished('cancelled', 'cancelled')! });
    expect(end(over)).toEqual({ at: minute(20), exact: false });
  });

  it('is journalled by EMR’s clock, with the LogUri of a cluster that is not ours', async () => {
    const world = fakeWorld(3);
    const { emr } = world.ports;
    const answer = await emr.runJobFlow('someone else’s');
    const id = answer.kind === 'accepted' ? answer.value.id : '';
    await world.clock.sleep(60_000);
    const { describeCluster, listSteps } = emr;
    emr.describeCluster = async (one) => ({ ...(await describeCluster(one)), logUri: 's3n://theirs/logs/' });
    emr.listSteps = async (...of) =>
      (await listSteps(...of)).map((step) =>
        step.state === 'COMPLETED' ? { ...step, ended: minute(42) } : step,
      );
    await driveRun(world, await startRun(world, 'd', { ...plan, cluster: { kind: 'id', id } }));
    const state = await readState(world.objects, plan.run);
    expect(endOfAttempt(state, { step: 'log_transform', attempt: 1 })?.at).toEqual(minute(42));
    expect(chooseAttempt(state, {})).toMatchObject({ clusterId: id, logUri: 's3n://theirs/logs/' });
  });

  it('comes with the plan’s LogUri for a cluster of ours', async () => {
    const world = fakeWorld(3);
    await driveRun(world, await startRun(world));
    const state = await readState(world.objects, plan.run);
    expect(chooseAttempt(state, { step: 'song_transform' })).toMatchObject({ logUri: plan.logUri });
  });
});

function caught(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

function told(error: unknown): string {
  const { message, why, next } = error as { message: string; why: string[]; next?: Advice };
  return [message, ...why, said(next)].join('\n');
}
