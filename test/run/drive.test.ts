import { describe, expect, it } from '@jest/globals';
import { LandfallError } from '../../src/faults.ts';
import { cancelRun } from '../../src/run/cancel.ts';
import { drive } from '../../src/run/drive.ts';
import { openJournal } from '../../src/run/journal.ts';
import { readEntries, readState } from '../../src/run/read-journal.ts';
import { dieAfterWrites, Killed } from '../support/dying-driver.ts';
import { FAULTLESS_ENTRIES } from '../support/faultless-entries.ts';
import {
  driveRun,
  fakeWorld,
  interruptedRun,
  plan,
  runIn,
  staging,
  startRun,
  takeOver,
} from '../support/fake-run.ts';
import type { FakeWorld } from '../support/fake-run.ts';
import type { CreationFault } from '../support/creation-fault.ts';
import type { FakeEmrOptions } from '../support/fake-emr.ts';
import { expectLanded } from './landed.ts';

async function landed(options: Partial<FakeEmrOptions>): Promise<FakeWorld> {
  const world = fakeWorld(7, options);
  await driveRun(world, await startRun(world));
  await expectLanded(world);
  return world;
}

describe('driving a run', () => {
  it('launches one cluster, submits each step once, publishes, and ends the cluster', async () => {
    const world = await landed({});
    expect(world.emr.clusters).toHaveLength(1);
    expect(world.emr.clusters[0]?.steps.map(({ request }) => request.name)).toEqual([
      'landfall/r1/song_transform#1',
      'landfall/r1/log_transform#1',
    ]);
  });

  it('writes each kind of entry of a run without faults, and no other', async () => {
    const { objects } = await landed({});
    const kinds = (await readEntries(objects, plan.run, 0)).map(({ entry }) => entry);
    expect([...new Set(kinds)]).toEqual(FAULTLESS_ENTRIES);
  });

  it('passes the accepted execution of an upstream to the step that reads it', async () => {
    const world = await landed({});
    const [, log] = world.emr.clusters[0]?.steps ?? [];
    const upstream = log?.request.args[log.request.args.indexOf('--upstream') + 1] ?? '';
    const accepted =
      (await readState(world.objects, plan.run)).attempts['song_transform']?.[0]?.execution ?? '';
    expect(accepted).toMatch(/song_transform\/1\/application_/);
    expect(upstream).toBe(`song_transform=s3://lake/root/${accepted}`);
  });

  const faults: CreationFault[] = ['unsent', 'lost-before', 'lost-after', 'lost-late'];
  for (const fault of faults) {
    for (const call of [1, 2, 3]) {
      it(`ends with one cluster and one copy of each step if creating call ${String(call)} is ${fault}`, async () => {
        const world = await landed({ fault: (n) => (n === call ? fault : undefined) });
        expect(world.emr.clusters).toHaveLength(1);
        expect(world.emr.clusters[0]?.steps).toHaveLength(2);
      });
    }
  }

  it('cancels the duplicate of a step whose first copy appeared after the settle window', async () => {
    const world = await landed({
      fault: (n) => (n === 2 ? 'lost-late' : undefined),
      lateMs: 75_000,
      stepMs: 600_000,
    });
    const copies = world.emr.clusters[0]?.steps.filter(({ request }) =>
      request.name.includes('song_transform'),
    );
    expect(copies).toHaveLength(2);
    expect(copies?.filter(({ cancelled }) => cancelled !== undefined)).toHaveLength(1);
  });

  it('ends the duplicate cluster of a late launch', async () => {
    const world = await landed({ fault: (n) => (n === 1 ? 'lost-late' : undefined), lateMs: 75_000 });
    expect(world.emr.clusters).toHaveLength(2);
  });

  it('follows a step that runs 26 hours to its end', async () => {
    const world = await landed({ stepMs: 26 * 3_600_000 });
    expect(world.clock.elapsed()).toBeGreaterThan(52 * 3_600_000);
    expect(world.clock.elapsed()).toBeLessThan(53 * 3_600_000);
  });

  it('fails with the cause, publishes nothing and ends the cluster if a step fails', async () => {
    const world = fakeWorld(1, { end: (token) => (token.includes('log_') ? 'FAILED' : 'COMPLETED') });
    await expect(driveRun(world, await startRun(world))).rejects.toMatchObject({
      fault: 'step',
      message: 'step log_transform ended FAILED',
      why: ['ValueError: no such column'],
    });
    expect(world.published).toEqual([]);
    expect(world.emr.liveClusters()).toEqual([]);
    expect((await readState(world.objects, plan.run)).finished).toMatchObject({
      verdict: 'failed',
      fault: 'step',
    });
  });

  it('names the run that took the publication number first', async () => {
    const world = fakeWorld(1);
    await world.objects.put('_landfall/published/1', new Uint8Array());
    await expect(driveRun(world, await startRun(world))).rejects.toMatchObject({ fault: 'overtaken' });
  });
});

describe('a driver that dies', () => {
  it('is replaced, after each of its journal writes, by one that ends in the same state', async () => {
    const whole = fakeWorld(3);
    await driveRun(whole, await startRun(whole));
    const length = (await readState(whole.objects, plan.run)).length;
    expect(length).toBeGreaterThan(12);
    for (let n = 1; n < length; n += 1) {
      const world = fakeWorld(3);
      const revive = dieAfterWrites(world, n);
      const died = startRun(world).then((journal) => driveRun(world, journal));
      await expect(died).rejects.toThrow(Killed);
      revive();
      await driveRun(world, await takeOver(world, 'driver-2'));
      await expectLanded(world);
      expect(world.emr.clusters).toHaveLength(1);
      expect(world.emr.clusters[0]?.steps).toHaveLength(2);
    }
  });

  it('while it copies the tables to the plain paths leaves the rest to the next, and nothing is copied twice', async () => {
    const world = fakeWorld(3);
    let copied = 0;
    world.ports.lake.mirror = () => Promise.reject(new Killed());
    await expect(driveRun(world, await startRun(world))).rejects.toThrow(Killed);
    expect(await readState(world.objects, plan.run)).toMatchObject({ published: 1, mirrored: false });
    world.ports.lake.mirror = () => Promise.resolve(void (copied += 1));
    for (const driver of ['driver-2', 'driver-3']) await driveRun(world, await takeOver(world, driver));
    expect(copied).toBe(1);
    await expectLanded(world);
  });

  it('stops at its next look if it was only paused and another has taken over the run', async () => {
    const world = fakeWorld(5);
    const first = await startRun(world);
    const paused = driveRun(world, first);
    paused.catch(() => undefined);
    await world.clock.sleep(30_000);
    const second = await takeOver(world, 'driver-2');
    await driveRun(world, second);
    await expect(paused).rejects.toMatchObject({ fault: 'owned' });
    await expectLanded(world);
  });

  it('makes the next one stage again if it died before the run was staged', async () => {
    const world = fakeWorld(9);
    const journal = await startRun(world);
    let asked = 0;
    const signal = new AbortController().signal;
    const ask = () => {
      asked += 1;
      return Promise.resolve(staging);
    };
    await drive(runIn(world, journal, signal), { staging: ask, detached: false });
    expect(asked).toBe(1);
    expect(world.objects.contents.get('_landfall/runs/r1/inputs.json.gz')).toEqual(staging.manifest);
  });
});

describe('a run that another process requests to cancel', () => {
  it('cancels its step, ends its cluster and gives that verdict at its next look', async () => {
    const world = fakeWorld(2, { stepMs: 3_600_000 });
    const driving = driveRun(world, await startRun(world));
    driving.catch(() => undefined);
    await world.clock.sleep(120_000);
    const { objects, clock, random } = world.ports;
    const other = await openJournal({ objects, clock, random, driver: 'someone' }, plan.run);
    await other.append({ entry: 'cancel-requested', by: 'someone' });
    await expect(driving).rejects.toMatchObject({ fault: 'cancelled' });
    expect((await readState(world.objects, plan.run)).finished).toMatchObject({ verdict: 'cancelled' });
    expect(world.emr.clusters[0]?.steps[0]?.cancelled).toBeDefined();
    expect(world.emr.liveClusters()).toEqual([]);
    expect(world.published).toEqual([]);
  });
});

describe('cancelling', () => {
  const interrupt = { by: 'SIGINT' };

  it('gives no verdict while a launch with a lost answer may still appear; a later attach ends that cluster', async () => {
    const world = fakeWorld(6, { fault: () => 'lost-late', lateMs: 40_000 });
    const stop = new AbortController();
    const journal = await startRun(world);
    const driving = driveRun(world, journal, stop.signal);
    driving.catch(() => undefined);
    await world.clock.sleep(1_000);
    stop.abort(new Error('SIGINT'));
    const run = interruptedRun(world, journal);
    const first = await cancelRun(run, interrupt);
    expect(first.requested).toEqual(['a cluster named landfall/r1/cluster#1, should it appear']);
    expect(journal.state().finished).toBeUndefined();
    const second = await cancelRun(run, { by: 'attach', settle: true, confirmMs: 120_000 });
    expect(second.requested).toEqual([]);
    expect(world.emr.clusters).toHaveLength(1);
    expect(world.emr.liveClusters()).toEqual([]);
    expect(journal.state().finished?.verdict).toBe('cancelled');
    await expect(driving).rejects.toBeDefined();
  });

  it('gives no verdict if it could not even look', async () => {
    const world = fakeWorld(6, { fault: () => 'lost-before' });
    const journal = await startRun(world);
    await journal.append({ entry: 'cluster-intent', n: 1, token: 't' });
    world.emr.findClusters = () => Promise.reject(new Error('AccessDenied'));
    const outcome = await cancelRun(interruptedRun(world, journal), interrupt);
    expect(outcome.failed).toEqual(['the lookup of clusters and steps: AccessDenied']);
    expect(journal.state().finished).toBeUndefined();
  });

  it('still sends its requests to EMR if the journal cannot be written', async () => {
    const world = fakeWorld(6, { stepMs: 3_600_000 });
    const stop = new AbortController();
    const journal = await startRun(world);
    driveRun(world, journal, stop.signal).catch(() => undefined);
    await world.clock.sleep(60_000);
    stop.abort(new Error('SIGINT'));
    world.objects.createIfAbsent = () => Promise.reject(new Error('disk full'));
    const outcome = await cancelRun(interruptedRun(world, journal), interrupt);
    expect(outcome.failed).toEqual(['the journal: disk full']);
    expect(world.emr.liveClusters()).toEqual([]);
  });

  it('has no effect after the publication intent: the run is finished instead', async () => {
    const world = fakeWorld(6);
    const publish = world.ports.lake.publish;
    world.ports.lake.publish = () => Promise.reject(new Error('killed'));
    await expect(driveRun(world, await startRun(world))).rejects.toThrow('killed');
    world.ports.lake.publish = publish;
    const journal = await takeOver(world, 'driver-2');
    await journal.append({ entry: 'cancel-requested', by: 'someone' });
    await driveRun(world, journal);
    await expectLanded(world);
  });
});

describe('a late attach', () => {
  it('accepts steps that completed on a cluster that has ended since', async () => {
    const world = fakeWorld(8);
    const stop = new AbortController();
    const journal = await startRun(world);
    const watching = driveRun(world, journal, stop.signal);
    watching.catch(() => undefined);
    await world.clock.sleep(100_000);
    expect(journal.state().attempts['log_transform']?.[0]?.stepId).toBeDefined();
    stop.abort(new Error('timeout'));
    await world.clock.sleep(600_000);
    for (const { id } of world.emr.clusters) {
      await world.emr.listSteps(id);
      await world.emr.terminate(id);
    }
    await driveRun(world, await takeOver(world, 'driver-2'));
    await expectLanded(world);
    expect(world.emr.clusters).toHaveLength(1);
  });
});

describe('what the journal records about EMR', () => {
  it('is that a refused launch created nothing: the next driver sends at once, without looking', async () => {
    const world = fakeWorld(9);
    const { runJobFlow } = world.emr;
    world.emr.runJobFlow = () => Promise.reject(new LandfallError('access', 'not allowed'));
    const journal = await startRun(world);
    await expect(driveRun(world, journal)).rejects.toMatchObject({ fault: 'access' });
    expect(journal.state().clusters).toEqual([]);
    world.emr.runJobFlow = runJobFlow;
    const before = world.clock.elapsed();
    const next = await takeOver(world, 'driver-2');
    const driving = driveRun(world, next);
    await world.clock.sleep(plan.settleSeconds * 500);
    expect(next.state().clusters[0]?.id).toBeDefined();
    expect(world.clock.elapsed() - before).toBeLessThan(plan.settleSeconds * 1000);
    await driving;
    await expectLanded(world);
  });

  it('is that a refused step was never submitted', async () => {
    const world = fakeWorld(10);
    world.emr.addSteps = () => Promise.reject(new LandfallError('cluster', 'no more steps'));
    const journal = await startRun(world);
    await expect(driveRun(world, journal)).rejects.toMatchObject({ fault: 'cluster' });
    expect(journal.state().attempts).toMatchObject({ song_transform: [] });
  });

  it('is that a cluster ended during the run, and why; its end is not requested again', async () => {
    const world = fakeWorld(11);
    const { describeCluster } = world.emr;
    world.emr.describeCluster = async (id) => ({
      ...(await describeCluster(id)),
      state: 'TERMINATED_WITH_ERRORS',
      reasonCode: 'INSTANCE_FAILURE',
      reason: 'Spot',
    });
    const journal = await startRun(world);
    await expect(driveRun(world, journal)).rejects.toMatchObject({
      fault: 'cluster',
      why: ['INSTANCE_FAILURE: Spot', 'ValueError: no such column'],
      stand: ['the cause is in the infrastructure: a retry may succeed'],
    });
    expect(journal.state().clusters[0]).toMatchObject({
      ended: { state: 'TERMINATED_WITH_ERRORS', code: 'INSTANCE_FAILURE' },
    });
    expect(journal.state().clusters[0]?.terminate).toBeUndefined();
  });
});
