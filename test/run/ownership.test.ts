/** Who may continue a run: by `owner.json`, the store's clock, and the process if it is visible. */
import { describe, expect, it } from '@jest/globals';
import { readState } from '../../src/run/read-journal.ts';
import { claimRun, ownedBy, ownership } from '../../src/run/ownership.ts';
import type { Owner } from '../../src/run/ownership.ts';
import { driveRun, fakeWorld, plan, startRun, takeOver } from '../support/fake-run.ts';
import type { FakeWorld } from '../support/fake-run.ts';

const who = (driver: string): Owner => ({ driver, host: 'laptop', boot: 'b', pid: 7 });
const alive = () => false;

async function look(world: FakeWorld, isDead: (owner: Owner) => boolean = alive): Promise<string> {
  return (await ownership(world.objects, await readState(world.objects, plan.run), isDead)).owner;
}

describe('the owner of a run', () => {
  it('is the driver that has just begun, even before it has written owner.json', async () => {
    const world = fakeWorld(1);
    await startRun(world);
    expect(await look(world)).toBe('beginning');
    await world.clock.sleep(31_000);
    expect(await look(world)).toBe('none');
  });

  it('is the driver that has just taken over, even if the previous one released the run or died', async () => {
    const world = fakeWorld(1);
    const first = await startRun(world);
    const { release } = await claimRun(world.objects, world.clock, who('driver-1'), first);
    expect(await look(world, ({ driver }) => driver === 'driver-1')).toBe('dead');
    await release();
    expect(await look(world)).toBe('none');
    await takeOver(world, 'driver-2');
    expect(await look(world)).toBe('beginning');
  });

  it('is live while it renews, silent after two minutes without renewal, and gone once it releases the run', async () => {
    const world = fakeWorld(1);
    const journal = await startRun(world);
    const { release } = await claimRun(world.objects, world.clock, who('driver-1'), journal);
    await world.clock.sleep(600_000);
    expect(await look(world)).toBe('fresh');
    await release();
    expect(await look(world)).toBe('none');
    const { put } = world.objects;
    const { release: stop } = await claimRun(world.objects, world.clock, who('driver-1'), journal);
    world.objects.put = () => Promise.reject(new Error('no network'));
    await world.clock.sleep(100_000);
    expect(await look(world)).toBe('fresh');
    await world.clock.sleep(50_000);
    expect(await look(world)).toBe('silent');
    world.objects.put = put;
    await stop();
  });

  it('is not trusted if its file is broken, and does not overwrite the next one’s', async () => {
    const world = fakeWorld(1);
    const journal = await startRun(world);
    await world.clock.sleep(60_000);
    await world.objects.put(`_landfall/runs/${plan.run}/owner.json`, new Uint8Array([123]));
    expect(await look(world)).toBe('none');
    const { release } = await claimRun(world.objects, world.clock, who('driver-1'), journal);
    const second = await takeOver(world, 'driver-2');
    const { release: stop } = await claimRun(world.objects, world.clock, who('driver-2'), second);
    await expect(journal.refresh()).rejects.toMatchObject({ fault: 'owned' });
    await release();
    expect(await look(world)).toBe('fresh');
    await stop();
  });

  it('is not affected by a driver that was overtaken without knowing it', async () => {
    const world = fakeWorld(2);
    const { release } = await claimRun(world.objects, world.clock, who('driver-1'), await startRun(world));
    const second = await takeOver(world, 'driver-2');
    const { release: releaseSecond } = await claimRun(world.objects, world.clock, who('driver-2'), second);
    const owner = async () => {
      const found = await ownership(world.objects, await readState(world.objects, plan.run), alive);
      return 'who' in found ? `${found.owner} ${found.who.driver}` : found.owner;
    };
    for (let looks = 0; looks < 20; looks += 1) {
      await world.clock.sleep(9_000);
      expect(await owner()).toBe('fresh driver-2');
    }
    await release();
    expect(await owner()).toBe('fresh driver-2');
    await releaseSecond();
  });

  it('is named to the second driver', () => {
    expect(ownedBy('r1', who('driver-1'), 4_000)).toMatchObject({
      fault: 'owned',
      message: 'run r1 is driven by driver-1 (pid 7 on laptop)',
    });
  });
});

describe('two drivers of one run', () => {
  it('that begin it at the same moment become one owner, and one that learns who', async () => {
    const world = fakeWorld(1);
    const begun = await Promise.allSettled([startRun(world, 'driver-1'), startRun(world, 'driver-2')]);
    const lost = begun.filter(({ status }) => status === 'rejected');
    expect(lost).toEqual([
      {
        status: 'rejected',
        reason: expect.objectContaining({ fault: 'owned', message: 'run r1 exists already' }),
      },
    ]);
  });

  it('that take it over at the same moment become one owner, and the other stops', async () => {
    const world = fakeWorld(1);
    await startRun(world);
    const took = await Promise.allSettled([takeOver(world, 'driver-2'), takeOver(world, 'driver-3')]);
    const won = took.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(won).toHaveLength(1);
    expect(took.filter(({ status }) => status === 'rejected')).toMatchObject([
      { reason: { fault: 'owned' } },
    ]);
    await driveRun(world, won[0]!);
    expect(world.emr.clusters).toHaveLength(1);
    expect(world.published).toEqual([plan.run]);
  });
});
