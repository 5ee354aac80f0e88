import { describe, expect, it } from '@jest/globals';
import { planStages } from '../../src/run/stages.ts';
import type { Progress } from '../../src/run/stages.ts';
import { planned } from '../../src/run/state.ts';
import type { ClusterEntry, RunState } from '../../src/run/state.ts';
import { plan } from '../support/fake-run.ts';

const kinds = (state: RunState, progress: Progress = {}, detached = false) =>
  planStages(state, { progress, detached }).map(({ kind }) => kind);

const attempt = {
  attempt: 1,
  token: 't',
  application: 't',
  clusterId: 'j-1',
  intendedAt: new Date(0),
};
const submitted = { ...attempt, stepId: 's-1' };
const accepted = { ...submitted, execution: 'e' };
const staged: RunState = { ...planned(plan), staged: true };

describe('the stages of a run', () => {
  it('lead a new run from staging to the plain paths, each with its reason', () => {
    const stages = planStages(planned(plan));
    expect(stages.map(({ kind }) => kind)).toEqual([
      'upload',
      'cluster',
      'run',
      'verify',
      'publish',
      'release',
      'mirror',
    ]);
    expect(stages.filter(({ reason }) => reason === '')).toEqual([]);
    expect(stages[2]).toMatchObject({
      steps: [
        { step: 'song_transform', reason: 'it waits for nothing' },
        { step: 'log_transform', reason: 'after song_transform, whose tables it reads' },
      ],
    });
  });

  it('say how the JVM of a local run is set up for the size of its inputs', () => {
    const reasonFor = (bytes: number) => {
      const sources = plan.sources.map((source, index) => ({ ...source, bytes: index === 0 ? bytes : 0 }));
      return planStages(planned({ ...plan, cluster: { kind: 'local' }, sources }))[1]?.reason;
    };
    expect(reasonFor(299_999_999)).toContain('less than 300 MB: its JVM compiles quickly');
    expect(reasonFor(300_000_000)).toContain('300 MB or more: its JVM optimises');
  });

  it('end with the submission if the run is detached, and are empty if everything is submitted', () => {
    expect(kinds(planned(plan), {}, true)).toEqual(['upload', 'cluster', 'submit']);
    const all = { song_transform: [submitted], log_transform: [submitted] };
    expect(kinds({ ...staged, attempts: all }, {}, true)).toEqual([]);
  });

  it('begin with one look for steps whose submission has no answer', () => {
    const state = { ...staged, attempts: { ...staged.attempts, song_transform: [attempt] } };
    expect(planStages(state)[0]).toMatchObject({ kind: 'adopt', steps: ['song_transform'] });
    expect(kinds(state, { hasAdopted: true })[0]).toBe('cluster');
    expect(kinds(state, {}, true)).toEqual(['adopt', 'cluster', 'submit']);
  });

  const launched: ClusterEntry = {
    n: 1,
    token: 't',
    intendedAt: new Date(0),
    id: 'j-1',
    how: 'launched',
  };
  const { id: _, how: __, ...intended } = launched;
  const reusing: RunState = { ...staged, plan: { ...plan, cluster: { kind: 'reuse' } } };
  const naming: RunState = { ...staged, plan: { ...plan, cluster: { kind: 'id', id: 'j-9' } } };
  const retried: Partial<RunState> = { clusters: [launched], renewCluster: 'if-gone' };
  it.each<[string, RunState, Progress, unknown]>([
    ['a new cluster', staged, {}, { kind: 'launch' }],
    ['the named cluster', naming, {}, { kind: 'given', id: 'j-9' }],
    ['a live cluster, to reuse', reusing, {}, { kind: 'reuse' }],
    ['a new one when none can be reused', reusing, { exhausted: ['reuse'] }, { kind: 'launch' }],
    ['the launch that was begun', { ...reusing, clusters: [intended] }, {}, { kind: 'launch' }],
    [
      'the cluster that it has',
      { ...staged, clusters: [launched] },
      {},
      { kind: 'current', id: 'j-1', mustBeReady: false },
    ],
    [
      'the same one after a retry, if that takes steps',
      { ...staged, ...retried },
      {},
      { kind: 'current', id: 'j-1', mustBeReady: true },
    ],
    ['a new one if it does not', { ...staged, ...retried }, { exhausted: ['current'] }, { kind: 'launch' }],
    [
      'a new one after a retry that wants another',
      { ...staged, clusters: [launched], renewCluster: 'always' },
      {},
      { kind: 'launch' },
    ],
    [
      'a new one after a loss, even for a run that reuses',
      { ...reusing, clusters: [launched], renewCluster: 'launch' },
      {},
      { kind: 'launch' },
    ],
  ])('get %s', (_name, state, progress, source) => {
    expect(planStages(state, { progress })[0]).toMatchObject({ kind: 'cluster', source });
  });

  it('follow submitted steps before they need a cluster that accepts steps', () => {
    const state = { ...staged, attempts: { ...staged.attempts, song_transform: [submitted] } };
    const [follow, cluster, run] = planStages(state);
    expect(follow).toMatchObject({ kind: 'follow', steps: ['song_transform'] });
    expect(cluster).toMatchObject({ kind: 'cluster' });
    expect(run).toMatchObject({ kind: 'run', steps: [{ step: 'log_transform' }] });
  });

  it('need no cluster once every step is accepted', () => {
    const all = { song_transform: [accepted], log_transform: [accepted] };
    const state = { ...staged, attempts: all };
    expect(kinds(state)).toEqual(['verify', 'publish', 'release', 'mirror']);
    expect(kinds(state, { verification: { tables: [], kept: [], findings: [] } })[0]).toBe('publish');
  });

  it('run again only the steps of a retry', () => {
    const state = {
      ...staged,
      current: { song_transform: 1, log_transform: 2 },
      attempts: { song_transform: [accepted], log_transform: [{ ...submitted, ended: { state: 'FAILED' } }] },
    };
    expect(planStages(state)).toContainEqual(
      expect.objectContaining({ kind: 'run', steps: [expect.objectContaining({ step: 'log_transform' })] }),
    );
    expect(kinds(state)).not.toContain('follow');
  });

  it('of a published run are ending its cluster and the copy, then none', () => {
    const state = { ...staged, published: 1 };
    expect(kinds(state)).toEqual(['release', 'mirror']);
    expect(kinds(state, { hasReleased: true })).toEqual(['mirror']);
    const over = {
      ...state,
      mirrored: true,
      finished: { entry: 'finished', verdict: 'succeeded' },
    } as RunState;
    expect(kinds(over, { hasReleased: true })).toEqual([]);
  });
});
