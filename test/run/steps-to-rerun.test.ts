import { describe, expect, it } from '@jest/globals';
import { openJournal } from '../../src/run/journal.ts';
import { readState } from '../../src/run/read-journal.ts';
import type { PlannedStep, RunPlan, StepBase } from '../../src/run/plan.ts';
import { planDifferences, replan, stepsToRerun } from '../../src/run/steps-to-rerun.ts';
import type { RunState } from '../../src/run/state.ts';
import type { Finding } from '../../src/run/verification.ts';
import { songs } from '../lake/plans.ts';
import { begun, driveRun, fakeWorld, plan, startRun } from '../support/fake-run.ts';
import type { FakeWorld } from '../support/fake-run.ts';

const sourceOf = (name: string) => [{ name, views: [name] }];
const song: PlannedStep = {
  ...{
    name: 'song',
    digest: 'a',
    sources: sourceOf('song_data'),
    upstreams: [],
    tables: [],
    dependencies: {},
  },
};
const log: PlannedStep = {
  ...{
    name: 'log',
    digest: 'b',
    sources: sourceOf('log_data'),
    upstreams: ['song'],
    tables: [],
    dependencies: {},
  },
};
const other: PlannedStep = {
  name: 'other',
  digest: 'c',
  sources: [],
  upstreams: [],
  tables: [],
  dependencies: {},
};
const steps = [song, log, other];

/** A run of these steps; `ends` says how each ended, `accepted` if it wrote tables. */
function ended(ends: Record<string, string>): RunState {
  const attempts = Object.fromEntries(
    Object.entries(ends).map(([name, end]) => {
      const base = { attempt: 1, token: 't', application: 't', clusterId: 'j-1', intendedAt: new Date(0) };
      return [
        name,
        [
          end === 'accepted'
            ? { ...base, execution: 'key' }
            : { ...base, ended: { state: end, at: new Date(0) } },
        ],
      ];
    }),
  );
  return { ...begun, plan: { ...plan, steps }, attempts, current: { song: 1, log: 1, other: 1 } };
}

const good = { song: 'accepted', log: 'accepted', other: 'accepted' };
const names = (rerun: { step: string }[]) => rerun.map(({ step }) => step);

const baseOf = (execution: string): StepBase => ({ execution, carryOver: ['x'], partitions: [] });
const bases = { song: baseOf('one'), log: baseOf('two'), other: baseOf('three') };

/** What the steps of the retry build on, whose plan would be that of the run but for `now`. */
function basesAfter(
  ends: Record<string, string>,
  more: Partial<RunState> = {},
  now: Partial<RunPlan> = {},
): RunPlan['bases'] {
  const state = { ...ended(ends), ...more };
  return replan({ ...state, plan: { ...state.plan, bases } }, { ...state.plan, ...now }, {}).plan.bases;
}

describe('the plan of a retry', () => {
  it('keeps what its steps build on, but for a step that failed, which may have failed because of that', () => {
    expect(basesAfter({ ...good, log: 'CANCELLED' })).toEqual(bases);
    expect(basesAfter({ ...good, log: 'FAILED' })).toEqual({ song: bases.song, other: bases.other });
  });

  it('builds on nothing where the tables were wrong, or another publication has come first', () => {
    const findings: Finding[] = [{ subject: 'log_data', severity: 'error', message: 'm' }];
    expect(basesAfter(good, { verified: { tables: [], findings } })).toEqual({
      ...{ song: bases.song, other: bases.other },
    });
    expect(basesAfter({ ...good, log: 'CANCELLED' }, {}, { publication: 9 })).toEqual({
      ...{ song: bases.song, other: bases.other },
    });
  });

  it('builds on nothing where the tables were wrong, even if the templates changed since', () => {
    const findings: Finding[] = [{ subject: 'log_data', severity: 'error', message: 'm' }];
    const digests = { sources: {}, tables: { users: 'other' } };
    expect(basesAfter(good, { verified: { tables: [], findings } }, { digests })).toEqual({
      ...{ song: bases.song, other: bases.other },
    });
  });

  it('makes a table whole whose contract no longer says how it is rebuilt in part, or says it in another way', () => {
    const withTable = (table: Partial<typeof songs>) =>
      steps.map((step) => (step === log ? { ...step, tables: [{ ...songs, name: 'y', ...table }] } : step));
    const before = ended({ ...good, log: 'CANCELLED' });
    const base = { ...bases.log, partitions: ['y'] };
    const partitionsAfter = (table: Partial<typeof songs>) =>
      replan(
        {
          ...before,
          plan: { ...before.plan, bases: { log: base }, steps: withTable({ rebuild: { by: ['year'] } }) },
        },
        { ...before.plan, steps: withTable(table) },
        {},
      ).plan.bases?.['log'];
    expect(partitionsAfter({ rebuild: { by: ['year'] } })).toEqual(base);
    for (const table of [{}, { rebuild: { by: ['month'] } }])
      expect(partitionsAfter(table)).toEqual(bases.log);
  });

  it('makes every table again that it carried over by a plan with other queries', () => {
    const digests = { sources: {}, tables: { users: 'other' } };
    expect(basesAfter({ ...good, log: 'CANCELLED' }, {}, { digests })).toEqual({
      ...bases,
      log: { ...bases.log, carryOver: [] },
    });
  });

  it('has no digests of tables that are left behind with --only, so that the next submit runs', () => {
    const withTables = steps.map((step) => ({ ...step, tables: [{ ...songs, name: `${step.name}_table` }] }));
    const digestsOf = (digest: string) => ({
      sources: {},
      tables: { song_table: digest, log_table: digest, other_table: digest },
    });
    const state = ended(good);
    const before = { ...state, plan: { ...state.plan, steps: withTables, digests: digestsOf('old') } };
    const planned = { ...plan, steps: withTables, digests: digestsOf('new') };
    const replanned = replan(before, planned, { only: 'song' });
    expect(names(replanned.rerun)).toEqual(['song']);
    expect(replanned.plan.digests.tables).toEqual({ song_table: 'new', other_table: 'old' });
    expect(replan(before, planned, { from: 'song' }).plan.digests.tables).toEqual({
      ...{ song_table: 'new', log_table: 'new', other_table: 'old' },
    });
  });
});

describe('the steps a retry runs again', () => {
  it('are none if every step was accepted and nothing changed', () => {
    expect(stepsToRerun(ended(good), steps)).toEqual([]);
  });

  it('are the failed one and those that never ran, each with its reason', () => {
    expect(stepsToRerun(ended({ song: 'accepted', log: 'FAILED' }), steps)).toEqual([
      { step: 'log', reason: 'it failed' },
      { step: 'other', reason: 'it never ran' },
    ]);
    expect(stepsToRerun(ended({ ...good, other: 'CANCELLED' }), steps)).toEqual([
      { step: 'other', reason: 'it was cancelled' },
    ]);
  });

  it('include steps that depend on a failed one, even if they succeeded', () => {
    expect(stepsToRerun(ended({ ...good, song: 'INTERRUPTED' }), steps)).toEqual([
      { step: 'song', reason: 'it failed' },
      { step: 'log', reason: 'it reads what song writes' },
    ]);
  });

  it('include one whose program changed, and those that depend on it', () => {
    expect(names(stepsToRerun(ended(good), [{ ...song, digest: 'new' }, log, other]))).toEqual([
      'song',
      'log',
    ]);
  });

  it('include one with a finding about it, its source or its table, unless running it again would not help', () => {
    const broken = (
      subject: string,
      severity: Finding['severity'],
      more: Partial<Finding> = {},
    ): RunState => ({
      ...ended(good),
      verified: { tables: [], findings: [{ subject, severity, message: 'm', ...more }] },
    });
    expect(names(stepsToRerun(broken('log_data', 'error', { limit: 'max_quarantined' }), steps))).toEqual([]);
    expect(names(stepsToRerun(broken('log_data', 'error', { foreign: true }), steps))).toEqual([]);
    expect(names(stepsToRerun(broken('log_data', 'error'), steps))).toEqual(['log']);
    expect(names(stepsToRerun(broken('log', 'error'), steps))).toEqual(['log']);
    expect(names(stepsToRerun(broken('log_data', 'warn'), steps))).toEqual([]);
  });

  it('are all if the run published and files were lost before their copy', () => {
    const finished = {
      ...{ version: 2, number: 9, driver: 'd', nonce: 'n', at: '' },
      ...({ entry: 'finished', verdict: 'failed', fault: 'tables' } as const),
    };
    expect(names(stepsToRerun({ ...ended(good), published: 1, finished }, steps))).toEqual([
      'song',
      'log',
      'other',
    ]);
    const succeeded = { ...finished, verdict: 'succeeded' as const };
    expect(stepsToRerun({ ...ended(good), published: 1, finished: succeeded }, steps)).toEqual([]);
  });

  it('are a named step and later ones, or only that step', () => {
    expect(names(stepsToRerun(ended(good), steps, { from: 'song' }))).toEqual(['song', 'log']);
    expect(names(stepsToRerun(ended(good), steps, { only: 'song' }))).toEqual(['song']);
  });

  it('are refused if another step would remain undone, or if there is no such step', () => {
    expect(() => stepsToRerun(ended({ ...good, other: 'FAILED' }), steps, { only: 'song' })).toThrow(
      'would leave other undone',
    );
    expect(() => stepsToRerun(ended(good), steps, { from: 'sogn' })).toThrow('no step sogn');
  });
});

describe('the differences of two plans of one run', () => {
  it('include what affects the result or the place, but not the time of planning', () => {
    const later = { ...plan, plannedAt: 'later', publication: 9 };
    expect(planDifferences(plan, later)).toEqual([]);
    expect(planDifferences(plan, { ...plan, inputsDigest: 'x', release: 'emr-spark-8.0.0' })).toEqual([
      'the inputs themselves changed',
      'release: emr-7.13.0 before, emr-spark-8.0.0 now',
    ]);
    expect(planDifferences(plan, { ...plan, retryInfrastructure: 0 })).toEqual([]);
    expect(planDifferences(plan, { ...plan, retryInfrastructure: 2 })).toEqual([
      '--retry-infrastructure: 0 before, 2 now',
    ]);
  });
});

describe('a retried run', () => {
  /** A world where log_transform failed once, and completes from now on. */
  async function failedOnce(its: RunPlan): Promise<FakeWorld> {
    let broken = true;
    const world = fakeWorld(4, {
      end: (token) => (broken && token.includes('log_') ? 'FAILED' : 'COMPLETED'),
    });
    const journal = await startRun(world, 'driver-1', its);
    await expect(driveRun(world, journal)).rejects.toMatchObject({ fault: 'step' });
    broken = false;
    return world;
  }

  async function retried(world: FakeWorld, rerun: string[]): Promise<RunState> {
    const { objects, clock, random } = world.ports;
    const journal = await openJournal({ objects, clock, random, driver: 'driver-2' }, plan.run);
    await journal.append({ entry: 'replanned', plan: { ...plan, publication: 2 }, rerun, elsewhere: false });
    await driveRun(world, journal);
    return readState(world.objects, plan.run);
  }

  it('runs the failed step as a second attempt on a new cluster, and keeps the tables of the other', async () => {
    const world = await failedOnce(plan);
    const state = await retried(world, ['log_transform']);
    expect(state.finished?.verdict).toBe('succeeded');
    expect(state.attempts['song_transform']).toHaveLength(1);
    expect(state.attempts['log_transform']?.map(({ token }) => token)).toEqual([
      'landfall/r1/log_transform#1',
      'landfall/r1/log_transform#2',
    ]);
    expect(world.emr.clusters.map(({ token }) => token)).toEqual([
      'landfall/r1/cluster#1',
      'landfall/r1/cluster#2',
    ]);
    expect(world.emr.liveClusters()).toEqual([]);
  });

  it('publishes without a step or a cluster if only a stranger’s object was in the way', async () => {
    const world = fakeWorld(4);
    const { lake } = world.ports;
    const findings: Finding[] = [{ severity: 'error', subject: 'songs', message: 'm', foreign: true }];
    lake.verify = () => Promise.resolve({ tables: [], kept: [], findings });
    await expect(driveRun(world, await startRun(world))).rejects.toMatchObject({ fault: 'tables' });
    const before = await readState(world.objects, plan.run);
    expect(before.publishing).toBe(false);
    const rerun = stepsToRerun(before, plan.steps);
    findings.pop();
    const after = await retried(
      world,
      rerun.map(({ step }) => step),
    );
    expect(after).toMatchObject({
      published: 2,
      finished: { verdict: 'succeeded' },
      attempts: before.attempts,
    });
    expect(after.clusters).toEqual(before.clusters);
  });

  it('publishes and mirrors again if it had succeeded', async () => {
    const world = fakeWorld(4);
    let mirrored = 0;
    world.ports.lake.mirror = () => {
      mirrored += 1;
      return Promise.resolve();
    };
    await driveRun(world, await startRun(world));
    const state = await retried(world, ['log_transform']);
    expect(state).toMatchObject({ published: 2, mirrored: true });
    expect(mirrored).toBe(2);
  });

  it('records the cluster it was sent to, and later drivers use that one', async () => {
    const world = await failedOnce(plan);
    await world.emr.runJobFlow('someone');
    const id = world.emr.clusters[1]?.id ?? '';
    const { objects, clock, random } = world.ports;
    const journal = await openJournal({ objects, clock, random, driver: 'driver-2' }, plan.run);
    const named = { ...plan, publication: 2, cluster: { kind: 'id' as const, id } };
    await journal.append({ entry: 'replanned', plan: named, rerun: ['log_transform'], elsewhere: true });
    await driveRun(world, journal);
    const { clusters, finished } = await readState(world.objects, plan.run);
    expect(finished?.verdict).toBe('succeeded');
    expect(clusters.at(-1)).toMatchObject({ n: 2, id, how: 'given' });
    expect(world.emr.liveClusters().map((cluster) => cluster.id)).toEqual([id]);
  });

  it('stays on a cluster that was kept alive', async () => {
    const world = await failedOnce({ ...plan, keepAlive: true });
    await retried(world, ['log_transform']);
    expect(world.emr.clusters).toHaveLength(1);
  });
});
