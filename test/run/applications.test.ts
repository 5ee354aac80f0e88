/** Steps that share a Spark application. All on a virtual clock. */
import { describe, expect, it } from '@jest/globals';
import { applicationsToSubmit, submittedApplications } from '../../src/run/applications.ts';
import { readEntries, readState } from '../../src/run/read-journal.ts';
import type { PlannedStep, RunPlan } from '../../src/run/plan.ts';
import { currentAttempt, planned } from '../../src/run/state.ts';
import type { AttemptState, RunState } from '../../src/run/state.ts';
import { stepsToRerun } from '../../src/run/steps-to-rerun.ts';
import { dieAfterWrites, Killed } from '../support/dying-driver.ts';
import {
  driveRun,
  fakeWorld,
  interruptedRun,
  plan as separate,
  startRun,
  takeOver,
} from '../support/fake-run.ts';
import type { FakeWorld } from '../support/fake-run.ts';
import { programsOf } from '../support/step-arguments.ts';
import { cancelRun } from '../../src/run/cancel.ts';

const joined: RunPlan = { ...separate, applications: 'joined' };
const BOTH = 'landfall/r1/song_transform#1..log_transform#1';

const step = (name: string, ...upstreams: string[]): PlannedStep => ({
  ...separate.steps[0]!,
  name,
  upstreams,
});
const planOf = (...steps: PlannedStep[]): RunPlan => ({ ...joined, steps });
const names = (state: RunState) => applicationsToSubmit(state).map((steps) => steps.map(({ name }) => name));

describe('steps that are to be submitted', () => {
  it.each<[string, RunPlan, string[][]]>([
    [
      'one application if each reads what another one writes',
      planOf(step('a'), step('b', 'a'), step('c', 'a', 'b')),
      [['a', 'b', 'c']],
    ],
    [
      'applications of their own if the configuration says so',
      { ...planOf(step('a'), step('b', 'a')), applications: 'per_step' },
      [['a'], ['b']],
    ],
    [
      'applications of their own if neither reads what the other writes',
      planOf(step('a'), step('b')),
      [['a'], ['b']],
    ],
    [
      'a third application of a step that reads steps of two applications',
      planOf(step('a'), step('b'), step('c', 'a', 'b'), step('d', 'b')),
      [['a'], ['b', 'd'], ['c']],
    ],
    [
      'one application without the step that is carried over',
      {
        ...planOf(step('a'), step('b', 'a'), step('c', 'a', 'b')),
        carried: { a: '_landfall/runs/r0/steps/a/1/application_1-0a' },
      },
      [['b', 'c']],
    ],
    [
      'as many applications as EMR’s limit on arguments requires',
      planOf(
        ...Array.from({ length: 45 }, (_, n) =>
          step(`s${String(n)}`, ...(n === 0 ? [] : [`s${String(n - 1)}`])),
        ),
      ),
      [expect.any(Array) as unknown as string[], expect.any(Array) as unknown as string[]],
    ],
  ])('make %s', (_name, plan, applications) => {
    expect(names(planned(plan))).toEqual(applications);
  });

  it('stay in the application with which they were intended', () => {
    const attempt: AttemptState = {
      attempt: 1,
      token: 't',
      application: BOTH,
      clusterId: 'j-1',
      intendedAt: new Date(0),
    };
    const three = planOf(step('a'), step('b', 'a'), step('c', 'a', 'b'));
    const state = planned(three);
    expect(names({ ...state, attempts: { ...state.attempts, a: [attempt], b: [attempt] } })).toEqual([
      ['a', 'b'],
      ['c'],
    ]);
  });
});

it('are followed in the order in which they were submitted, also after some of their steps were accepted', () => {
  const state = planned(planOf(step('a'), step('b'), step('c', 'a')));
  const attempt = (application: string, stepId: string, more: Partial<AttemptState> = {}): AttemptState[] => [
    { attempt: 1, token: 't', application, clusterId: 'j-1', intendedAt: new Date(0), stepId, ...more },
  ];
  const attempts = {
    a: attempt('a..c', 's-1', { execution: 'e' }),
    b: attempt('b', 's-2'),
    c: attempt('a..c', 's-1'),
  };
  expect(submittedApplications({ ...state, attempts })).toEqual([
    { clusterId: 'j-1', stepId: 's-1', steps: ['c'] },
    { clusterId: 'j-1', stepId: 's-2', steps: ['b'] },
  ]);
});

const submitted = ({ emr }: FakeWorld) =>
  emr.clusters.map(({ steps }) => steps.map(({ request }) => request.name));
const stateOf = ({ objects }: FakeWorld) => readState(objects, separate.run);
const endOf = (state: RunState, name: string) => {
  const { execution, ended } = currentAttempt(state, name) ?? {};
  return execution === undefined ? ended?.state : 'accepted';
};

/** Makes the first step of each application write its report at once. */
function leaveFirstReport({ emr }: FakeWorld): void {
  const { addSteps } = emr;
  emr.addSteps = async (clusterId, requests) => {
    const answer = await addSteps(clusterId, requests);
    for (const { name, args } of requests) await emr.leaveOutput({ name, args: programsOf(args)[0]! });
    return answer;
  };
}

/** The `step` events, without repetitions. */
function told({ events }: FakeWorld): string[] {
  const lines = events.flatMap((event) => (event.event === 'step' ? [`${event.step} ${event.state}`] : []));
  return lines.filter((line, at) => line !== lines[at - 1]);
}

describe('an application of two steps', () => {
  it('is one EMR step with one intent, and each of its steps has an execution of its own', async () => {
    const world = fakeWorld(1);
    await driveRun(world, await startRun(world, 'driver-1', joined));
    expect(submitted(world)).toEqual([[BOTH]]);
    const entries = await readEntries(world.objects, separate.run, 0);
    const about = entries.filter(({ entry }) => entry.startsWith('step-'));
    expect(about.map(({ entry }) => entry)).toEqual([
      'step-intent',
      'step-submitted',
      'step-accepted',
      'step-accepted',
    ]);
    expect(about[0]).toMatchObject({ step: 'song_transform', with: [{ step: 'log_transform', attempt: 1 }] });
    const state = await stateOf(world);
    expect(currentAttempt(state, 'song_transform')?.execution).toContain('/steps/song_transform/1/');
    expect(currentAttempt(state, 'log_transform')?.execution).toContain('/steps/log_transform/1/');
    expect(world.published).toEqual([separate.run]);
  });

  it('has its first step accepted while the second one runs', async () => {
    const world = fakeWorld(2);
    leaveFirstReport(world);
    await driveRun(world, await startRun(world, 'driver-1', joined));
    expect(told(world)).toEqual([
      'song_transform PENDING',
      'song_transform COMPLETED',
      'log_transform RUNNING',
      'log_transform COMPLETED',
    ]);
  });

  it('leaves the first step accepted when the second fails, so that a retry runs the second alone', async () => {
    const world = fakeWorld(3, { end: () => 'FAILED' });
    leaveFirstReport(world);
    await expect(driveRun(world, await startRun(world, 'driver-1', joined))).rejects.toMatchObject({
      fault: 'step',
      message: 'step log_transform ended FAILED',
    });
    const state = await stateOf(world);
    expect(['song_transform', 'log_transform'].map((name) => endOf(state, name))).toEqual([
      'accepted',
      'FAILED',
    ]);
    expect(stepsToRerun(state, joined.steps)).toEqual([{ step: 'log_transform', reason: 'it failed' }]);
  });

  it('fails in its first step if that left no report, and the second never ran', async () => {
    const world = fakeWorld(4, { end: () => 'FAILED' });
    await expect(driveRun(world, await startRun(world, 'driver-1', joined))).rejects.toMatchObject({
      message: 'step song_transform ended FAILED',
    });
    const state = await stateOf(world);
    expect(['song_transform', 'log_transform'].map((name) => endOf(state, name))).toEqual([
      'FAILED',
      'CANCELLED',
    ]);
  });

  it('runs only its second step again after the cluster was lost during that step', async () => {
    const loss = { afterMs: 60_000, code: 'INSTANCE_FAILURE' } as const;
    const world = fakeWorld(5, { loss: (n) => (n === 1 ? loss : undefined) });
    leaveFirstReport(world);
    await driveRun(world, await startRun(world, 'driver-1', { ...joined, retryInfrastructure: 1 }));
    expect(submitted(world)).toEqual([[BOTH], ['landfall/r1/log_transform#2']]);
    expect(world.published).toEqual([separate.run]);
  });

  it('is submitted once, whichever journal entry is the last that its driver writes before it dies', async () => {
    const whole = fakeWorld(6);
    await driveRun(whole, await startRun(whole, 'driver-1', joined));
    const { length } = await stateOf(whole);
    for (let writes = 1; writes < length; writes += 1) {
      const world = fakeWorld(6);
      const revive = dieAfterWrites(world, writes);
      const died = startRun(world, 'driver-1', joined).then((journal) => driveRun(world, journal));
      await expect(died).rejects.toThrow(Killed);
      revive();
      await driveRun(world, await takeOver(world, 'driver-2'));
      expect([writes, submitted(world)]).toEqual([writes, [[BOTH]]]);
      expect(world.published).toEqual([separate.run]);
    }
  });

  it('is cancelled with one request, and the outcome names both steps', async () => {
    const world = fakeWorld(7);
    const journal = await startRun(world, 'driver-1', joined);
    const interrupted = new AbortController();
    const { listSteps, cancelSteps } = world.emr;
    const requests: (readonly string[])[] = [];
    world.emr.cancelSteps = (clusterId, ids) => {
      requests.push(ids);
      return cancelSteps(clusterId, ids);
    };
    world.emr.listSteps = (id, since) => {
      if (world.clock.elapsed() > 40_000) interrupted.abort(new Error('interrupted'));
      return listSteps(id, since);
    };
    await driveRun(world, journal, interrupted.signal).catch(() => undefined);
    const outcome = await cancelRun(interruptedRun(world, journal), { by: 'test' });
    const [id = ''] = world.emr.clusters[0]!.steps.map((one) => one.id);
    expect(requests).toEqual([[id]]);
    expect(outcome.confirmed).toContain(`step song_transform, log_transform (${id})`);
  });
});
