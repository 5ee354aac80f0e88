/** The journal on a failing store: writes are durable, intents are written first, broken entries are named. */
import { describe, expect, it } from '@jest/globals';
import { LandfallError } from '../../src/faults.ts';
import { openJournal } from '../../src/run/journal.ts';
import { readState } from '../../src/run/read-journal.ts';
import { keys } from '../../src/lake/layout.ts';
import { driveRun, fakeWorld, plan, startRun, takeOver } from '../support/fake-run.ts';
import type { FakeWorld } from '../support/fake-run.ts';
import { advising } from '../support/advice.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const journalKey = (number: number) => keys.entry(plan.run, number);

/** Replaces the n-th journal write; `write` does the original write. */
function atWrite(
  world: FakeWorld,
  n: number,
  instead: (write: () => Promise<boolean>) => Promise<boolean>,
): void {
  const { createIfAbsent } = world.objects;
  let writes = 0;
  world.objects.createIfAbsent = (key, body) => {
    const write = () => createIfAbsent(key, body);
    if (!key.includes('/journal/')) return write();
    writes += 1;
    return writes === n ? instead(write) : write();
  };
}

/** What EMR has of this run without an intent in the journal. */
function unannounced(world: FakeWorld): string[] {
  const names = world.emr.clusters.flatMap(({ token, steps }) => [
    token,
    ...steps.map(({ request }) => request.name),
  ]);
  const written = [...world.objects.contents]
    .filter(([key]) => key.includes('/journal/'))
    .map(([, body]) => new TextDecoder().decode(body));
  return names.filter((name) => !written.some((text) => text.includes('intent') && text.includes(name)));
}

async function lengthOfARun(): Promise<number> {
  const world = fakeWorld(1);
  await driveRun(world, await startRun(world));
  return (await readState(world.objects, plan.run)).length;
}

describe('a journal that cannot be written', () => {
  it.each([
    ['the disk is full', 'ENOSPC'],
    ['the file system is read-only', 'EROFS'],
  ])(
    'because %s stops the run before any action that is not journalled, at every write',
    async (why, code) => {
      const length = await lengthOfARun();
      for (let n = 1; n <= length; n += 1) {
        const world = fakeWorld(1);
        let broken = true;
        const { createIfAbsent } = world.objects;
        let writes = 0;
        world.objects.createIfAbsent = (key, body) => {
          if (key.includes('/journal/')) writes += 1;
          if (broken && writes >= n)
            return Promise.reject(new LandfallError('access', `could not write: ${why}`, { why: [code] }));
          return createIfAbsent(key, body);
        };
        const driving = startRun(world).then((journal) => driveRun(world, journal));
        await expect(driving).rejects.toMatchObject({ fault: 'access', message: `could not write: ${why}` });
        expect(unannounced(world)).toEqual([]);
        broken = false;
        const again = n === 1 ? await startRun(world) : await takeOver(world, 'driver-2');
        await driveRun(world, again);
        expect((await readState(world.objects, plan.run)).finished?.verdict).toBe('succeeded');
        expect(world.emr.clusters).toHaveLength(1);
        expect(world.emr.clusters[0]?.steps).toHaveLength(2);
        expect(world.published).toEqual([plan.run]);
      }
    },
  );

  it('for some minutes is waited for, and reported', async () => {
    const world = fakeWorld(1);
    const { objects, clock, random } = world.ports;
    const notes: string[] = [];
    const { get } = objects;
    await startRun(world);
    const note = (message: string) => notes.push(message);
    const journal = await openJournal({ objects, clock, random, driver: 'd', note }, plan.run);
    const away = new LandfallError('unreachable', 'S3 request failed', { retryable: true });
    objects.get = (key) => (clock.monotonic() < 300_000 ? Promise.reject(away) : get(key));
    await journal.refresh();
    expect(notes.length).toBeGreaterThan(2);
    expect(notes.length).toBeLessThanOrEqual(6);
    expect(notes[0]).toBe('S3 request failed; trying again');
  });
});

describe('a journal entry whose answer is lost', () => {
  const lost = new LandfallError('unreachable', 'S3 could not be reached', { retryable: true });
  const ways: [string, (write: () => Promise<boolean>) => Promise<boolean>][] = [
    ['and the store’s client sent it again', (write) => write().then(write)],
    ['and nobody answered', (write) => write().then(() => Promise.reject(lost))],
    ['before it arrived', () => Promise.reject(lost)],
  ];

  it.each(ways)('%s exists once, and is recognised as ours, whichever it is', async (_, way) => {
    const length = await lengthOfARun();
    for (let n = 1; n <= length; n += 1) {
      const world = fakeWorld(1);
      atWrite(world, n, way);
      await driveRun(world, await startRun(world));
      const state = await readState(world.objects, plan.run);
      expect([n, state.finished?.verdict, state.length]).toEqual([n, 'succeeded', length]);
      expect(world.emr.clusters).toHaveLength(1);
      expect(world.emr.clusters[0]?.steps).toHaveLength(2);
    }
  });
});

describe('a journal entry whose number another driver took first', () => {
  it('is written after that one, which is folded into the state', async () => {
    const world = fakeWorld(1);
    const journal = await startRun(world);
    const { objects, clock, random } = world.ports;
    const other = await openJournal({ objects, clock, random, driver: 'someone' }, plan.run);
    await other.append({ entry: 'cancel-requested', by: 'someone' });
    await journal.append({ entry: 'staged' });
    expect(journal.state()).toMatchObject({ cancelRequested: true, staged: true, length: 3 });
    expect(await readState(objects, plan.run)).toEqual(journal.state());
  });
});

describe('an invalid journal entry', () => {
  const whole = JSON.stringify({
    version: 2,
    number: 3,
    driver: 'd',
    nonce: 'n',
    at: '2026-11-21T09:30:00.000Z',
    entry: 'staged',
  });
  const broken: [string, string][] = [
    ['empty', ''],
    ['cut short', whole.slice(0, 50)],
    ['no entry', '{"version":2}'],
    ['of another number', whole.replace('"number":3', '"number":2')],
    ['a second plan', whole.replace('staged', 'planned')],
    ['no object', '[]'],
    ['binary', '\u0000\u0001\u0002'],
  ];

  it.each(broken)(
    'stops its reader with an error that names it, and changes nothing: %s',
    async (_, text) => {
      const world = fakeWorld(1);
      const journal = await startRun(world);
      await journal.append({ entry: 'staged' });
      await world.objects.put(journalKey(3), bytes(text));
      const before = [...world.objects.contents.keys()];
      const told = {
        fault: 'input',
        message: 's3://lake/root/_landfall/runs/r1/journal/000003.json is not entry 3 of a journal',
        next: advising(/restore the object/),
      };
      await expect(readState(world.objects, plan.run)).rejects.toMatchObject(told);
      await expect(driveRun(world, journal)).rejects.toMatchObject(told);
      expect([...world.objects.contents.keys()]).toEqual(before);
      expect(world.emr.creatingCalls()).toBe(0);
    },
  );

  it('is named too if the first one is not a plan', async () => {
    const world = fakeWorld(1);
    await world.objects.put(journalKey(1), bytes(whole.replace('"number":3', '"number":1')));
    await expect(readState(world.objects, plan.run)).rejects.toMatchObject({
      message: expect.stringContaining('000001.json is not entry 1 of a journal'),
      why: ['it is entry 1, of kind staged'],
    });
  });

  it('is refused with the next move if it is of a newer version or an unknown kind', async () => {
    const world = fakeWorld(1);
    await startRun(world);
    for (const newer of [whole.replace('"version":2', '"version":3'), whole.replace('staged', 'dreamt')]) {
      await world.objects.put(journalKey(2), bytes(newer.replace('"number":3', '"number":2')));
      await expect(readState(world.objects, plan.run)).rejects.toMatchObject({
        fault: 'input',
        next: 'upgrade Landfall and try again',
      });
    }
  });

  it('is not called damaged if it is of an older version, but refused with the next move', async () => {
    const world = fakeWorld(1);
    const older = { version: 1, number: 1, driver: 'd', nonce: 'n', at: '2026-11-21T09:30:00.000Z' };
    const entry = { ...older, entry: 'planned', plan: { ...plan, bases: { song_transform: 'x' } } };
    await world.objects.put(journalKey(1), bytes(JSON.stringify(entry)));
    await expect(readState(world.objects, plan.run)).rejects.toMatchObject({
      fault: 'input',
      message: 'run r1 was written by an older Landfall (journal version 1)',
      more: {},
      next: advising(/start a new run with/),
    });
  });
});
