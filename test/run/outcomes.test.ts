/** Verdict and exit code for every combination of states that EMR can report of a step and of its cluster. */
import { describe, expect, it } from '@jest/globals';
import { EXIT_CODES, LandfallError } from '../../src/faults.ts';
import { readState } from '../../src/run/read-journal.ts';
import type { Cluster } from '../../src/run/ports.ts';
import { CLUSTER_PHASES, REASON_KINDS, STEP_PHASES } from '../../src/run/states.ts';
import { driveRun, fakeWorld, plan, startRun } from '../support/fake-run.ts';
import { scale } from '../support/scale.ts';
import type { FakeWorld } from '../support/fake-run.ts';

/** States and codes that EMR does not have yet. */
const NEW_STATE = 'HIBERNATING';
const NEW_CODE = 'MOON_PHASE';
const STEP_STATES = [...Object.keys(STEP_PHASES), NEW_STATE];
const CLUSTER_STATES = [...Object.keys(CLUSTER_PHASES), NEW_STATE];
const CODES = [undefined, ...Object.keys(REASON_KINDS), NEW_CODE];
/** One of each kind with the same outcome. */
const FEW_CODES = [undefined, 'INTERNAL_ERROR', 'STEP_FAILURE', NEW_CODE];

const oneStep = { ...plan, steps: plan.steps.slice(0, 1) };
const WATCH_MS = 45 * 60_000;

interface Told {
  step: string;
  cluster: string;
  code: string | undefined;
}

/** EMR reports these after the step was seen running. */
function tell(world: FakeWorld, { step, cluster, code }: Told): void {
  const { listSteps, describeCluster } = world.emr;
  let ran = false;
  world.emr.listSteps = async (id) => {
    const steps = await listSteps(id);
    const now = ran;
    ran ||= steps.some(({ state }) => state === 'RUNNING');
    return now ? steps.map((one) => ({ ...one, state: step })) : steps;
  };
  world.emr.getSteps = async (id) => world.emr.listSteps(id);
  world.emr.describeStep = async (id, stepId) =>
    (await world.emr.listSteps(id)).find((one) => one.id === stepId);
  world.emr.describeCluster = async (id): Promise<Cluster> => {
    const seen = await describeCluster(id);
    const reason = code === undefined ? {} : { reasonCode: code, reason: `because of ${code}` };
    return ran ? { ...seen, state: cluster, ...reason } : seen;
  };
}

type Outcome = number | 'followed';

/** The exit code of a run of one step, or that it is still followed after 45 minutes. */
async function outcome(told: Told): Promise<Outcome> {
  const world = fakeWorld(1, { stepMs: 600_000 });
  tell(world, told);
  if (told.step === 'COMPLETED') leaveReport(world);
  const stop = new AbortController();
  const driving = driveRun(world, await startRun(world, 'driver-1', oneStep), stop.signal).then(
    () => 0,
    (error: unknown) => {
      if (stop.signal.aborted) return 'followed' as const;
      if (!(error instanceof LandfallError)) throw error;
      return EXIT_CODES[error.fault];
    },
  );
  const ended = await Promise.race([driving, world.clock.sleep(WATCH_MS).then(() => undefined)]);
  stop.abort(new Error('enough'));
  const came = ended ?? (await driving);
  const { finished } = await readState(world.objects, plan.run);
  const verdicts: Record<string, string | undefined> = {
    0: 'succeeded',
    7: 'cancelled',
    followed: undefined,
  };
  expect([told, finished?.verdict]).toEqual([told, came in verdicts ? verdicts[came] : 'failed']);
  expect([told, world.published.length]).toEqual([told, came === 0 ? 1 : 0]);
  return came;
}

/** The fake writes a step's report when its own clock completes it; here the step completes earlier. */
function leaveReport({ emr }: FakeWorld): void {
  const { addSteps } = emr;
  emr.addSteps = async (clusterId, steps) => {
    const answer = await addSteps(clusterId, steps);
    for (const step of steps) await emr.leaveOutput(step);
    return answer;
  };
}

/** EMR's own causes: the cluster was lost, not its step. */
const OWN_CAUSES = [
  'INTERNAL_ERROR',
  'INSTANCE_FAILURE',
  'INSTANCE_FLEET_TIMEOUT',
  'VALIDATION_ERROR',
  'BOOTSTRAP_FAILURE',
  'USER_REQUEST',
  NEW_CODE,
];

const LIVE = ['STARTING', 'BOOTSTRAPPING', 'RUNNING', 'WAITING', NEW_STATE];
const ENDED = ['TERMINATED', 'TERMINATED_WITH_ERRORS'];

/** 0 success, 3 cluster, 4 step, 7 cancelled. */
function expected({ step, cluster, code }: Told): Outcome {
  const live = LIVE.includes(cluster);
  switch (step) {
    case 'COMPLETED':
      return 0;
    case 'CANCELLED':
      return live ? 7 : 3;
    case 'FAILED':
    case 'INTERRUPTED':
      return !live && code !== undefined && OWN_CAUSES.includes(code) ? 3 : 4;
    case 'RUNNING':
    case 'CANCEL_PENDING':
      return ENDED.includes(cluster) ? 3 : 'followed';
    default:
      return live ? 'followed' : 3;
  }
}

describe.each(STEP_STATES)('a step that EMR reports as %s', (step) => {
  it.each(CLUSTER_STATES)(
    'has one outcome on a cluster that is %s, for every reason code',
    async (cluster) => {
      for (const code of scale(FEW_CODES, CODES)) {
        const told = { step, cluster, code };
        expect([told, await outcome(told)]).toEqual([told, expected(told)]);
      }
    },
  );
});

describe('a first step that did not complete', () => {
  it.each(['FAILED', 'CANCELLED', 'INTERRUPTED'])(
    'but ended %s decides the run’s outcome, and steps that depend on it are not started',
    async (step) => {
      const world = fakeWorld(1);
      tell(world, { step, cluster: 'RUNNING', code: undefined });
      const fault = step === 'CANCELLED' ? 'cancelled' : 'step';
      await expect(driveRun(world, await startRun(world))).rejects.toMatchObject({ fault });
      expect(world.emr.clusters[0]?.steps.map(({ request }) => request.name)).toEqual([
        'landfall/r1/song_transform#1',
      ]);
      expect(world.emr.liveClusters()).toEqual([]);
    },
  );
});

describe('a cluster that never accepts a step', () => {
  const infrastructure = ['INTERNAL_ERROR', 'INSTANCE_FAILURE', 'INSTANCE_FLEET_TIMEOUT'];

  it.each(CODES)(
    'ends the run with its reason, and says whether a retry may help, after %s',
    async (code) => {
      for (const state of ['TERMINATING', ...ENDED]) {
        const world = fakeWorld(1);
        const { describeCluster } = world.emr;
        world.emr.describeCluster = async (id) => ({
          ...(await describeCluster(id)),
          state,
          ...(code === undefined ? {} : { reasonCode: code, reason: 'in its own words' }),
          errorDetails: ['EC2_CODE: no capacity'],
        });
        const error: unknown = await driveRun(world, await startRun(world)).catch(
          (thrown: unknown) => thrown,
        );
        expect(error).toMatchObject({
          fault: 'cluster',
          message: expect.stringMatching(`was ${state} before`),
        });
        const { why, stand } = error as LandfallError;
        expect(why.slice(0, 2)).toEqual(
          code === undefined
            ? ['EC2_CODE: no capacity', 'ValueError: no such column']
            : [`${code}: in its own words`, 'EC2_CODE: no capacity'],
        );
        const mayHelp = code !== undefined && infrastructure.includes(code);
        expect(stand.some((line) => line.includes('a retry may succeed'))).toBe(mayHelp);
        expect(world.emr.clusters[0]?.steps).toEqual([]);
      }
    },
  );

  it.each(['STARTING', 'BOOTSTRAPPING', NEW_STATE])('is waited for while it is %s', async (state) => {
    const world = fakeWorld(1);
    const { describeCluster } = world.emr;
    world.emr.describeCluster = async (id) => {
      const seen = await describeCluster(id);
      return world.clock.elapsed() < 3 * 3_600_000 ? { ...seen, state } : seen;
    };
    await driveRun(world, await startRun(world));
    expect(world.published).toEqual([plan.run]);
    const told = world.events.flatMap((event) => (event.event === 'cluster' ? event.state : []));
    expect(told).toContain(state);
  });
});
