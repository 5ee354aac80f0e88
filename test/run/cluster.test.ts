/** Which cluster a run uses: launched, adopted, reused or named, and what its journal records about it. */
import { describe, expect, it } from '@jest/globals';
import { needsCluster, willLaunch } from '../../src/run/stages.ts';
import { readState } from '../../src/run/read-journal.ts';
import type { RunPlan } from '../../src/run/plan.ts';
import { currentCluster } from '../../src/run/state.ts';
import type { RunState } from '../../src/run/state.ts';
import { HOME } from '../support/fake-emr.ts';
import { begun, driveRun, fakeWorld, plan, startRun, takeOver } from '../support/fake-run.ts';
import type { FakeWorld } from '../support/fake-run.ts';

/** A cluster that exists before the run. */
async function existing({ emr }: FakeWorld, name: string): Promise<string> {
  const launched = await emr.runJobFlow(name);
  if (launched.kind !== 'accepted') throw new Error(launched.reason);
  return launched.value.id;
}
const named = (id: string): RunPlan => ({ ...plan, cluster: { kind: 'id', id } });
const reusing: RunPlan = { ...plan, cluster: { kind: 'reuse' } };
const clusterOf = async (world: FakeWorld) => currentCluster(await readState(world.objects, plan.run));
const notes = ({ events }: FakeWorld) =>
  events.flatMap((event) => (event.event === 'note' ? [event.message] : []));

describe('the journal', () => {
  it('records account and region of a launched cluster', async () => {
    const world = fakeWorld(1);
    await driveRun(world, await startRun(world));
    expect(await clusterOf(world)).toMatchObject({ how: 'launched', ...HOME });
  });

  it('records them for a cluster found again after a lost answer', async () => {
    const world = fakeWorld(1, { fault: (call) => (call === 1 ? 'lost-after' : undefined) });
    await driveRun(world, await startRun(world));
    expect(await clusterOf(world)).toMatchObject({ how: 'adopted', ...HOME });
  });

  it('records them for a cluster that was named, or found for reuse', async () => {
    for (const how of ['given', 'reused'] as const) {
      const world = fakeWorld(1);
      const id = await existing(world, 'theirs');
      world.emr.findReusable = () => Promise.resolve({ chosen: id, rejected: [] });
      await driveRun(world, await startRun(world, 'driver-1', how === 'given' ? named(id) : reusing));
      expect(await clusterOf(world)).toMatchObject({ id, how, ...HOME });
      expect(world.emr.liveClusters()).toHaveLength(1);
    }
  });
});

describe('a run that reuses', () => {
  it('says why each cluster was rejected, and launches one if none is left', async () => {
    const world = fakeWorld(1);
    const rejected = [
      { id: 'j-A', reason: 'it lacks Spark' },
      { id: 'j-B', reason: 'its release is emr-6.0.0, not emr-7.13.0; it runs 4 steps at once' },
    ];
    world.emr.findReusable = () => Promise.resolve({ rejected });
    await driveRun(world, await startRun(world, 'driver-1', reusing));
    expect(notes(world)).toEqual([
      'cluster j-A not reused: it lacks Spark',
      'cluster j-B not reused: its release is emr-6.0.0, not emr-7.13.0; it runs 4 steps at once',
      'no cluster to reuse: launching one',
    ]);
    expect(await clusterOf(world)).toMatchObject({ how: 'launched', terminate: 'requested' });
  });

  it('shares the cluster with another run that also chose it, and neither ends it', async () => {
    const world = fakeWorld(1);
    const id = await existing(world, 'theirs');
    world.emr.findReusable = () => Promise.resolve({ chosen: id, rejected: [] });
    const second = { ...reusing, run: 'r2', publication: 2 };
    await Promise.all([
      driveRun(world, await startRun(world, 'driver-1', reusing)),
      driveRun(world, await startRun(world, 'driver-2', second)),
    ]);
    expect(world.published.sort()).toEqual(['r1', 'r2']);
    expect(world.emr.liveClusters().map((cluster) => cluster.id)).toEqual([id]);
    expect(world.emr.clusters[0]?.steps).toHaveLength(4);
  });
});

describe('a cluster that was chosen for reuse and ends', () => {
  /** A run that finds these to reuse, one after another. */
  async function choosing(...found: (string | undefined)[]) {
    const world = fakeWorld(1);
    const ids = new Map<string, string>();
    for (const name of new Set(found)) if (name !== undefined) ids.set(name, await existing(world, name));
    world.emr.findReusable = () => {
      const chosen = ids.get(found.shift() ?? '');
      return Promise.resolve({ rejected: [], ...(chosen === undefined ? {} : { chosen }) });
    };
    const id = (name: string) => ids.get(name) ?? '';
    const end = (name: string) => world.emr.terminate(id(name));
    return { world, id, end, journal: await startRun(world, 'driver-1', reusing) };
  }
  const used = (state: RunState) => state.clusters.map(({ id, how }) => [id, how]);

  /** Ends it when this call is made. */
  function at(world: FakeWorld, call: 'describeCluster' | 'addSteps', end: () => Promise<void>): void {
    const real = world.emr[call] as (...args: unknown[]) => Promise<never>;
    world.emr[call] = async (...args: unknown[]) => {
      Object.assign(world.emr, { [call]: real });
      await end();
      return real(...args);
    };
  }

  it.each(['describeCluster', 'addSteps'] as const)(
    'before it has a step (at %s) is replaced by another one, which is journalled',
    async (call) => {
      const { world, id, end, journal } = await choosing('one', 'two');
      at(world, call, () => end('one'));
      await driveRun(world, journal);
      expect(used(journal.state())).toEqual([
        [id('one'), 'reused'],
        [id('two'), 'reused'],
      ]);
      expect(world.published).toEqual([plan.run]);
      expect(world.emr.clusters.map(({ steps }) => steps.length)).toEqual([0, 2]);
      expect(notes(world).join()).toContain(`cluster ${id('one')} was TERMINATING before the run finished`);
    },
  );

  it.each([undefined, 'one'])(
    'before it has a step is replaced by a launched one if EMR has no other (it names %s)',
    async (next) => {
      const { world, end, journal } = await choosing('one', next);
      at(world, 'addSteps', () => end('one'));
      await driveRun(world, journal);
      expect(journal.state().clusters.map(({ how }) => how)).toEqual(['reused', 'launched']);
      expect(world.emr.clusters).toHaveLength(2);
      expect(world.emr.liveClusters()).toEqual([]);
    },
  );

  it('before it has a step is replaced by the next driver of the run', async () => {
    const { world, id, end, journal } = await choosing('one', 'two');
    at(world, 'addSteps', () => end('one'));
    world.ports.explain = () =>
      Promise.reject(new Error('nobody asks for the logs of a cluster without steps'));
    const { findReusable } = world.emr;
    const found = [findReusable, () => Promise.reject(new Error('killed')), findReusable];
    world.emr.findReusable = () => found.shift()!();
    await expect(driveRun(world, journal)).rejects.toThrow('killed');
    expect(willLaunch(journal.state())).toBe(true);
    const next = await takeOver(world, 'driver-2');
    await driveRun(world, next);
    expect(used(next.state()).at(-1)).toEqual([id('two'), 'reused']);
  });

  it('after a step was sent to it counts as lost', async () => {
    const { world, id, end, journal } = await choosing('one', 'two');
    const driving = driveRun(world, journal);
    driving.catch(() => undefined);
    await world.clock.sleep(100_000);
    await end('one');
    await expect(driving).rejects.toMatchObject({ fault: 'cluster' });
    expect(used(journal.state())).toEqual([[id('one'), 'reused']]);
  });
});

describe('a retry on another named cluster', () => {
  it('is journalled, so that a later attach stays there', async () => {
    let fails = true;
    const world = fakeWorld(1, { end: () => (fails ? 'FAILED' : 'COMPLETED') });
    const [first, second] = [await existing(world, 'one'), await existing(world, 'two')];
    const journal = await startRun(world, 'driver-1', named(first));
    await expect(driveRun(world, journal)).rejects.toMatchObject({ fault: 'step' });
    fails = false;
    const rerun = plan.steps.map(({ name }) => name);
    await journal.append({ entry: 'replanned', plan: named(second), rerun, elsewhere: true });
    const stop = new AbortController();
    const watching = driveRun(world, journal, stop.signal);
    watching.catch(() => undefined);
    await world.clock.sleep(10_000);
    stop.abort(new Error('gone'));
    expect(await clusterOf(world)).toMatchObject({ n: 2, id: second, how: 'given' });
    await driveRun(world, await takeOver(world, 'driver-2'));
    const [one, two] = world.emr.clusters.map(({ steps }) => steps.length);
    expect([one, two]).toEqual([1, 2]);
  });
});

describe('continuing a run', () => {
  const intended = { n: 1, token: 't', intendedAt: new Date(0) };
  const accepted = Object.fromEntries(
    plan.steps.map(({ name }) => [
      name,
      [
        {
          attempt: 1,
          token: 't',
          application: 't',
          clusterId: 'j-1',
          intendedAt: new Date(0),
          execution: 'e',
        },
      ],
    ]),
  );
  const launched = { ...intended, id: 'j-1', how: 'launched' as const };
  const cases: [string, Partial<RunState>, { needs: boolean; launches: boolean }][] = [
    ['that has no cluster yet', {}, { needs: true, launches: true }],
    ['whose launch has no answer yet', { clusters: [intended] }, { needs: true, launches: true }],
    ['that has its cluster', { clusters: [launched] }, { needs: true, launches: false }],
    ['on a named cluster', { plan: named('j-1') }, { needs: true, launches: false }],
    ['that is to be cancelled', { cancelRequested: true }, { needs: true, launches: false }],
    ['whose steps are accepted', { attempts: accepted }, { needs: false, launches: false }],
    ['that is published', { published: 1 }, { needs: false, launches: false }],
    ['retried elsewhere', { clusters: [launched], renewCluster: 'always' }, { needs: true, launches: true }],
    ['retried while its cluster lives', { clusters: [launched], renewCluster: 'if-gone' }, { needs: true, launches: false }],
    ['retried after its cluster was ended', { clusters: [{ ...launched, terminate: 'requested' }], renewCluster: 'if-gone' }, { needs: true, launches: true }],
  ]; // prettier-ignore
  it.each(cases)(
    '%s looks for a cluster, and launches one, only if necessary',
    (_, change, { needs, launches }) => {
      const state = { ...begun, ...change };
      expect({ needs: needsCluster(state), launches: willLaunch(state) }).toEqual({ needs, launches });
    },
  );
});
