/** `landfall publish`, on runs whose steps were accepted and whose publisher did not finish. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { run as publish } from '../../src/commands/publish.ts';
import { Interruption } from '../../src/cli/context.ts';
import { LandfallError } from '../../src/faults.ts';
import { auditPublication } from '../../src/lake/audit.ts';
import { neededBy, planGc } from '../../src/lake/gc-plan.ts';
import { newestPublication, readPublication } from '../../src/lake/publication.ts';
import { completed } from '../../src/report/standing.ts';
import { openJournal } from '../../src/run/journal.ts';
import { madeOf } from '../../src/run/made-of.ts';
import { readState } from '../../src/run/read-journal.ts';
import { keys } from '../../src/lake/layout.ts';
import { tokens } from '../../src/run/plan.ts';
import { stepsToRerun } from '../../src/run/steps-to-rerun.ts';
import { commandWorld, outcomeOf } from '../support/command-world.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { systemClock } from '../../src/system-clock.ts';
import {
  acceptedRun,
  dataFile,
  keysFile,
  executionOf,
  landedRun,
  landRun,
  planOf,
  plainSongs,
} from '../lake/accepted-run.ts';
import type { AcceptedRun } from '../lake/accepted-run.ts';
import { cwd, files, store } from './own-lake.ts';
import { advising } from '../support/advice.ts';

/** `atPhase` is called when a phase begins. */
function publishing(
  run: string,
  flags: Record<string, unknown> = {},
  atPhase: (phase: string) => void = () => undefined,
) {
  const world = commandWorld(cwd, (event) => {
    if (event.event === 'phase-started') atPhase(event.phase);
  });
  return outcomeOf(publish, { run, lake: cwd, ...flags }, world);
}

const first: AcceptedRun = { run: 'r1', publication: 1, years: [2003] };
const second: AcceptedRun = { run: 'r2', publication: 1, years: [2004, 2005] };

/** Run r1 is published as number 1, for which r2 was planned: r2 was overtaken. */
async function overtakenRun(): Promise<void> {
  await landedRun(store, files, first);
  await acceptedRun(store, files, second);
  await expect(landRun(store, 'r2')).rejects.toMatchObject({ fault: 'overtaken' });
}

async function keysOf(prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

describe('publish', () => {
  it('lands a run whose publisher died before verification', async () => {
    await acceptedRun(store, files, second);
    await releaseRun('r2');
    const { failure, value } = await publishing('r2');
    expect(failure).toBeUndefined();
    expect(value).toMatchObject({
      run: 'r2',
      verdict: 'succeeded',
      publication: 1,
      tables: [{ table: 'songs', rows: 4, files: 2 }],
      books: { song_data: { lines: { read: 1000 } } },
    });
    expect(await plainSongs(store)).toEqual(['2004 r2-1', '2005 r2-1']);
    expect((await readState(store, 'r2')).finished?.verdict).toBe('succeeded');
  });

  it('advises publish again when it is interrupted', async () => {
    await acceptedRun(store, files, second);
    await releaseRun('r2');
    const interruption = new Interruption('SIGINT', 130);
    const world = { ...commandWorld(cwd), interrupted: AbortSignal.abort(interruption) };
    await expect(publish({ run: 'r2', lake: cwd }, world)).rejects.toBe(interruption);
    expect(interruption.left).toEqual({
      run: 'r2',
      stand: [expect.stringContaining('nothing was published'), expect.stringContaining('cluster j-1')],
      next: advising(/^landfall publish r2 --lake '/),
    });
    expect((await publishing('r2')).value).toMatchObject({ verdict: 'succeeded' });
  });

  it('says what the run’s cluster costs if the publisher did not end it', async () => {
    await overtakenRun();
    const { events } = await publishing('r2', { rebase: true });
    expect(events).toContainEqual({ event: 'warning', message: expect.stringMatching(/^cluster j-1 /) });
  });

  it('exits 11 after another run published, with the next command, and changes nothing', async () => {
    await overtakenRun();
    const length = (await readState(store, 'r2')).length;
    const { failure } = await publishing('r2');
    expect(failure).toMatchObject({
      fault: 'overtaken',
      next: advising(/^landfall publish r2 --rebase --lake '/),
    });
    expect((await readState(store, 'r2')).length).toBe(length);
    expect(await plainSongs(store)).toEqual(['2003 r1-1']);
  });

  it('publishes the accepted executions under the next number with --rebase', async () => {
    await overtakenRun();
    const { failure, value } = await publishing('r2', { rebase: true });
    expect({ failure, value }).toMatchObject({
      failure: undefined,
      value: { publication: 2, verdict: 'succeeded' },
    });
    expect((await newestPublication(store))!.tables[0]!.files.map(({ key }) => key)).toEqual([
      dataFile('r2', 2004),
      dataFile('r2', 2005),
    ]);
    expect((await newestPublication(store))!.madeOf).toEqual(
      madeOf(planOf(second, store.uri), { song_transform: executionOf('r2') }),
    );
    expect(await plainSongs(store)).toEqual(['2004 r2-2', '2005 r2-2']);
    const state = await readState(store, 'r2');
    expect(state).toMatchObject({ published: 2, mirrored: true, finished: { verdict: 'succeeded' } });
    expect(state.attempts['song_transform']).toHaveLength(1);
    expect((await auditPublication(store, (await newestPublication(store))!)).findings).toEqual([]);
    const needed = await neededBy(store, 1);
    expect(needed.files).toEqual(new Set([dataFile('r2', 2004), dataFile('r2', 2005), keysFile('r2')]));
    expect((await planGc(store, needed, { keep: 1, isDead: () => true })).executions).toEqual([]);
  });

  it('has nothing to do for a published run, and exits 0, also with --rebase', async () => {
    await landedRun(store, files, first);
    await landedRun(store, files, { ...second, publication: 2 });
    const length = (await readState(store, 'r1')).length;
    for (const rebase of [true, false]) {
      const { failure, text } = await publishing('r1', { rebase });
      expect({ failure, said: text.split('\n').at(-1) }).toEqual({
        failure: undefined,
        said: 'nothing to do',
      });
    }
    expect((await readState(store, 'r1')).length).toBe(length);
    expect((await newestPublication(store))!.number).toBe(2);
  });

  it.each<[string, (path: string) => Promise<unknown>]>([
    ['is gone', (path) => store.remove([path])],
    ['was cut', (path) => store.put(path, files.songs.subarray(0, 50))],
    ['has the same size and another content', (path) => store.put(path, files.songs.with(-20, 1))],
  ])('copies the tables of a published run again if a plain path %s', async (_, spoil) => {
    await landedRun(store, files, second);
    const expected = await plainSongs(store);
    const { key, mirror } = (await newestPublication(store))!.tables[0]!.files[0]!;
    await spoil(mirror);
    const { failure, text } = await publishing('r2');
    expect({ failure, said: text.split('\n').at(-1) }).toEqual({
      failure: undefined,
      said: 'the plain paths were copied again',
    });
    expect(await plainSongs(store)).toEqual(expected);
    expect(await store.get(mirror)).toEqual(await store.get(key));
    expect((await publishing('r2')).text).toMatch(/nothing to do$/);
  });

  it('exits 5 and keeps the copy if the published file was changed, but not its copy', async () => {
    await landedRun(store, files, second);
    const { key, mirror } = (await newestPublication(store))!.tables[0]!.files[0]!;
    await store.put(key, files.songs.with(-20, 1));
    expect((await publishing('r2')).failure).toMatchObject({
      fault: 'tables',
      why: [expect.stringMatching(/year=2004.* was rewritten$/)],
    });
    expect(await store.get(mirror)).toEqual(Buffer.from(files.songs));
  });

  it('cannot tell in a moved lake which of two different files was changed, until one is deleted', async () => {
    await landedRun(store, files, second);
    const expected = await plainSongs(store);
    const { key, mirror } = (await newestPublication(store))!.tables[0]!.files[0]!;
    await store.put(key, files.songs);
    await store.put(mirror, files.songs.with(-20, 1));
    expect((await publishing('r2')).failure).toMatchObject({
      fault: 'tables',
      why: [`${store.uri}/${key}`],
      next: advising(/^delete the files at the plain paths if they are/),
    });
    expect(await store.get(mirror)).toEqual(Buffer.from(files.songs.with(-20, 1)));
    await store.remove([mirror]);
    expect((await publishing('r2')).text).toMatch(/the plain paths were copied again$/);
    expect(await plainSongs(store)).toEqual(expected);
  });

  it('finishes a run that had published when its publisher died, even if another run has published since', async () => {
    await acceptedRun(store, files, first);
    const dying = { ...store, copy: () => Promise.reject(new Error('killed')) };
    await expect(landRun(dying, 'r1')).rejects.toThrow('killed');
    await releaseRun('r1');
    await landedRun(store, files, { ...second, publication: 2 });
    const { failure, value } = await publishing('r1');
    expect({ failure, value }).toMatchObject({ failure: undefined, value: { publication: 1 } });
    expect(await plainSongs(store)).toEqual(['2004 r2-2', '2005 r2-2']);
    expect(await readState(store, 'r1')).toMatchObject({
      mirrored: true,
      finished: { verdict: 'succeeded' },
    });
  });

  it('exits 11 again if it loses the number again, and can be repeated', async () => {
    await overtakenRun();
    const taking = (phase: string) => {
      if (phase !== 'verify') return;
      const other = JSON.parse(
        readFileSync(join(cwd, keys.publication(1)), 'utf8').replaceAll('/r1-1-', '/r3-2-'),
      ) as object;
      writeFileSync(join(cwd, keys.publication(2)), JSON.stringify({ ...other, number: 2, run: 'r3' }));
    };
    const { failure } = await publishing('r2', { rebase: true }, taking);
    expect(failure).toMatchObject({
      fault: 'overtaken',
      next: advising(/publish r2 --rebase/),
    });
    expect((await publishing('r2', { rebase: true })).failure).toBeUndefined();
    expect(await newestPublication(store)).toMatchObject({ number: 3, run: 'r2' });
  });

  it('keeps its own number with --rebase while that is free', async () => {
    await landedRun(store, files, first);
    await acceptedRun(store, files, { ...second, publication: 2 });
    await releaseRun('r2');
    const { value } = await publishing('r2', { rebase: true });
    expect(value).toMatchObject({ publication: 2 });
    expect(await readPublication(store, 3)).toBeUndefined();
  });

  it('exits 5 when the accepted tables have changed since, and publishes nothing', async () => {
    await overtakenRun();
    await store.put(dataFile('r2', 2004), files.float);
    const { failure } = await publishing('r2', { rebase: true });
    expect(failure).toMatchObject({ fault: 'tables' });
    expect((await newestPublication(store))!.number).toBe(1);
    const state = await readState(store, 'r2');
    expect(state.finished).toMatchObject({ verdict: 'failed', fault: 'tables' });
  });

  it('exits 2 if a stranger’s object is in a plain path, and changes nothing', async () => {
    await overtakenRun();
    await store.put('songs/theirs.parquet', files.songs);
    const { length } = await readState(store, 'r2');
    expect((await publishing('r2', { rebase: true })).failure).toMatchObject({ fault: 'input' });
    expect((await readState(store, 'r2')).length).toBe(length);
  });

  it('exits 5 and publishes nothing if a stranger’s object appears after planning, and continues once it is removed', async () => {
    await overtakenRun();
    const strange = ['songs/year=2004/theirs.parquet', 'songs/notes.txt', 'songs/.DS_Store'];
    const coming = (phase: string) => {
      if (phase !== 'verify') return;
      for (const key of strange) {
        mkdirSync(join(cwd, key, '..'), { recursive: true });
        writeFileSync(join(cwd, key), 'theirs');
      }
    };
    const { failure, events } = await publishing('r2', { rebase: true }, coming);
    expect(failure).toMatchObject({
      fault: 'tables',
      why: [expect.stringContaining(`${store.uri}/songs/year=2004/theirs.parquet`)],
      stand: expect.arrayContaining([expect.stringContaining('nothing was published')]),
      next: advising(/^move away what is not Landfall’s, then landfall publish r2 --lake /),
    });
    expect(failure!.why[0]).not.toContain('.DS_Store');
    expect(events).toContainEqual(expect.objectContaining({ event: 'finished', verdict: 'failed' }));
    expect((await newestPublication(store))!.number).toBe(1);
    expect(await plainSongs(store)).toContain('2003 r1-1');
    const state = await readState(store, 'r2');
    expect(state).toMatchObject({ publishing: false, finished: { verdict: 'failed', fault: 'tables' } });
    expect(stepsToRerun(state, state.plan.steps)).toEqual([]);
    expect((await publishing('r2')).failure).toMatchObject({ fault: 'input' });
    await store.remove(strange);
    expect((await publishing('r2')).value).toMatchObject({ publication: 2, verdict: 'succeeded' });
    expect(await plainSongs(store)).toEqual(['2004 r2-2', '2005 r2-2']);
  });

  it('gives no verdict to a run if it copies another run’s tables and one of those files is lost', async () => {
    await acceptedRun(store, files, { ...second, publication: 1 });
    const copying = {
      ...store,
      copy: async (from: string, to: string) => {
        if (from.includes('/r2.')) await Promise.reject(new Error('killed'));
        return store.copy(from, to);
      },
    };
    await expect(landRun(copying, 'r2')).rejects.toThrow('killed');
    await landedRun(store, files, { ...first, publication: 2 });
    const lost = [dataFile('r1', 2003), ...(await keysOf('songs/'))];
    await store.remove(lost);
    await expect(landRun(store, 'r2')).rejects.toMatchObject({
      fault: 'tables',
      message: expect.stringMatching(/^publication 2 is /),
    });
    const { finished, published } = await readState(store, 'r2');
    expect({ finished, published }).toEqual({ finished: undefined, published: 1 });
  });

  it('ends a run as failed if a published file is lost before its copy, and says that its number is current', async () => {
    await acceptedRun(store, files, { ...second, publication: 1 });
    const lost = dataFile('r2', 2005);
    const losing = {
      ...store,
      copy: async (from: string, to: string) => {
        if (from === lost) await store.remove([lost]);
        return store.copy(from, to);
      },
    };
    const told = {
      fault: 'tables',
      message: 'publication 1 is current, but 1 of its files of songs cannot be copied to the plain paths',
      why: [`${store.uri}/${lost} is gone`],
    };
    await expect(landRun(losing, 'r2')).rejects.toMatchObject(told);
    const { finished, length, published } = await readState(store, 'r2');
    expect({ finished, published }).toMatchObject({ finished: { verdict: 'failed', ...told }, published: 1 });
    const { failure } = await publishing('r2');
    expect(failure).toMatchObject({
      ...told,
      stand: expect.arrayContaining([
        'song_transform done; published as number 1, not yet copied to the plain paths',
      ]),
      next: advising(/^landfall rollback --lake .*; landfall submit --lake .* makes a new one$/),
    });
    const again = completed(
      new LandfallError('tables', told.message),
      await readState(store, 'r2'),
      new Date(),
    );
    expect(again.next).toEqual(failure!.next);
    expect(await readState(store, 'r2')).toMatchObject({
      length: length + 1,
      finished: { verdict: 'failed' },
    });
    await landedRun(store, files, { ...first, publication: 2 });
    const goes = async () => planGc(store, await neededBy(store, 1), { keep: 1, isDead: () => true });
    expect((await goes()).runs.map(({ run }) => run)).toEqual(['r2']);
  });

  it('succeeds once the lost file of a published run is back', async () => {
    await acceptedRun(store, files, { ...second, publication: 1 });
    const lost = dataFile('r2', 2005);
    const copy = async (from: string, to: string) => {
      await store.remove([lost]);
      return store.copy(from, to);
    };
    await expect(landRun({ ...store, copy }, 'r2')).rejects.toMatchObject({ fault: 'tables' });
    await store.put(lost, files.songs);
    expect((await publishing('r2')).value).toMatchObject({ publication: 1, verdict: 'succeeded' });
    expect((await readState(store, 'r2')).finished?.verdict).toBe('succeeded');
    expect(await plainSongs(store)).toEqual(['2004 r2-1', '2005 r2-1']);
  });

  it('finishes a published run even if a stranger’s object has appeared', async () => {
    await acceptedRun(store, files, second);
    const dying = {
      ...store,
      createIfAbsent: async (key: string, body: Uint8Array) => {
        const created = await store.createIfAbsent(key, body);
        if (key === keys.publication(1)) throw new Error('killed');
        return created;
      },
    };
    await expect(landRun(dying, 'r2')).rejects.toThrow('killed');
    await releaseRun('r2');
    await store.put('songs/theirs.parquet', files.songs);
    expect((await publishing('r2')).value).toMatchObject({ publication: 1, verdict: 'succeeded' });
  });

  it.each([
    ['nothing was submitted yet', [], /attach r4/],
    [
      'its step failed',
      [
        {
          entry: 'step-intent',
          step: 'song_transform',
          attempt: 1,
          token: tokens.step('r4', 'song_transform', 1),
          clusterId: 'j-1',
        },
        { entry: 'finished', verdict: 'failed', fault: 'step', message: 'x' },
      ],
      /retry r4/,
    ],
  ] as const)('exits 2 for a run if %s, with the next command', async (_, entries, next) => {
    await acceptedRun(store, files, { run: 'r4', publication: 1, years: [1], entries });
    await releaseRun('r4');
    expect((await publishing('r4', { rebase: true })).failure).toMatchObject({
      fault: 'input',
      message: 'run r4 has nothing to publish: song_transform is not done',
      next: advising(next),
    });
  });

  it('refuses a cancelled run, which needs a retry', async () => {
    await acceptedRun(store, files, second);
    const journal = await openJournal(
      { objects: store, clock: systemClock, random: seededRandom(1), driver: 'r2-1' },
      'r2',
    );
    await journal.append({ entry: 'finished', verdict: 'cancelled', fault: 'cancelled', message: 'x' });
    expect((await publishing('r2', { rebase: true })).failure).toMatchObject({
      fault: 'input',
      next: advising(/^landfall retry r2 /),
    });
  });

  it('exits 8 while another driver owns the run, or has just begun it', async () => {
    await acceptedRun(store, files, second);
    expect((await publishing('r2')).failure).toMatchObject({ fault: 'owned' });
    const who = { driver: 'r2-1', host: 'elsewhere', boot: 'b', pid: 7 };
    await store.put(keys.owner('r2'), new TextEncoder().encode(JSON.stringify(who)));
    expect((await publishing('r2')).failure).toMatchObject({
      fault: 'owned',
      message: expect.stringContaining('pid 7 on elsewhere'),
    });
    expect(await newestPublication(store)).toBeUndefined();
  });
});

/** The run's driver has ended and released the run. */
async function releaseRun(run: string): Promise<void> {
  const { driver } = await readState(store, run);
  const owner = { driver, host: 'elsewhere', boot: 'b', pid: 7, released: true };
  await store.put(keys.owner(run), new TextEncoder().encode(JSON.stringify(owner)));
}
