/** `landfall rollback`, on a lake of three publications. */
import { cpSync, renameSync, rmSync } from 'node:fs';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { run as rollback } from '../../src/commands/rollback.ts';
import { keys } from '../../src/lake/layout.ts';
import { newestPublication, readPublication } from '../../src/lake/publication.ts';
import { planRollback, rollBack } from '../../src/lake/go-back.ts';
import { readState } from '../../src/run/read-journal.ts';
import {
  acceptedRun,
  dataFile,
  executionOf,
  keysFile,
  landedRun,
  landRun,
  plainSongs,
  tableOf,
} from '../lake/accepted-run.ts';
import { songKeys, songs } from '../lake/plans.ts';
import { commandWorld, outcomeOf } from '../support/command-world.ts';
import { cwd, files, store } from './own-lake.ts';

beforeEach(async () => {
  await landedRun(store, files, { run: 'r1', publication: 1, years: [2001] });
  await landedRun(store, files, { run: 'r2', publication: 2, years: [2002, 2003] });
  await landedRun(store, files, { run: 'r3', publication: 3, years: [2003] });
});

function rollingBack(number?: number, flags: Record<string, unknown> = {}) {
  const named = number === undefined ? {} : { number: String(number) };
  return outcomeOf(rollback, { ...named, lake: cwd, ...flags }, commandWorld(cwd));
}

describe('rollback', () => {
  it('makes the set before the current one current again, under a new number and new plain paths', async () => {
    const { failure, value } = await rollingBack();
    expect(failure).toBeUndefined();
    expect(value).toMatchObject({
      state: 'done',
      number: 4,
      rollbackTo: 2,
      run: 'r2',
      tables: [{ table: 'songs', rows: 4, rowsBefore: 2, files: 2 }],
    });
    expect(await newestPublication(store)).toMatchObject({ number: 4, run: 'r2', rollbackTo: 2 });
    expect((await newestPublication(store))?.madeOf).toMatchObject({ inputs: { run: 'r2' } });
    expect(await plainSongs(store)).toEqual(['2002 r2-4', '2003 r2-4']);
  });

  it('goes back two sets when called twice, and then has no earlier set', async () => {
    await rollingBack();
    await rollingBack();
    expect(await newestPublication(store)).toMatchObject({ number: 5, run: 'r1', rollbackTo: 1 });
    expect(await plainSongs(store)).toEqual(['2001 r1-5']);
    expect((await rollingBack()).failure).toMatchObject({
      fault: 'input',
      message: 'there is nothing before publication 1 to go back to',
      next: 'name one of 1 to 5 whose tables are not those of 1',
    });
  });

  it('without a number never returns to a set that was rolled back', async () => {
    await rollingBack(1);
    await landedRun(store, files, { run: 'r5', publication: 5, years: [2005] });
    await rollingBack();
    expect(await newestPublication(store)).toMatchObject({ number: 6, rollbackTo: 1 });
  });

  it('goes forward again to a set by its number, or by the number of a rollback to it', async () => {
    await rollingBack(1);
    await rollingBack(3);
    expect(await newestPublication(store)).toMatchObject({ number: 5, rollbackTo: 3 });
    await rollingBack(4);
    expect(await newestPublication(store)).toMatchObject({ number: 6, rollbackTo: 1 });
    expect(await plainSongs(store)).toEqual(['2001 r1-6']);
  });

  it('shows with --dry-run what it would do, and changes nothing', async () => {
    const { value, text } = await rollingBack(1, { 'dry-run': true });
    expect(value).toMatchObject({ state: 'planned', number: 4, rollbackTo: 1 });
    expect(text).toMatch(/number 4 would make the tables of number 1 current again/);
    expect(text).toMatch(/next: landfall rollback 1 --lake /);
    expect(await readPublication(store, 4)).toBeUndefined();
    expect((await readState(store, 'r1')).rollback).toBeUndefined();
  });

  it.each([
    ['that is current', 3, 'the tables of publication 3 are the current ones'],
    ['that does not exist', 7, 'no publication 7'],
  ])('exits 2 for a publication %s', async (_, number, message) => {
    expect((await rollingBack(number)).failure).toMatchObject({ fault: 'input', message });
    expect(await readPublication(store, 4)).toBeUndefined();
  });

  it('exits 2 for an invalid number, and for a lake without publications', async () => {
    expect((await rollingBack(undefined, { number: 'r1' })).failure).toMatchObject({ fault: 'input' });
    const empty = `${cwd}/empty`;
    expect((await rollingBack(undefined, { lake: empty })).failure).toMatchObject({
      fault: 'input',
      message: expect.stringMatching(/^nothing was ever published in file:/),
    });
  });

  it.each([
    ['gone', () => store.remove([dataFile('r1', 2001)]), /is gone$/],
    ['of another size', () => store.put(dataFile('r1', 2001), files.keys), /had \d+ bytes, and has \d+ now$/],
    [
      'written again with another footer',
      () => store.put(dataFile('r1', 2001), files.songs.with(-20, 1)),
      /was rewritten$/,
    ],
  ] as const)('exits 5 when a file of the set is %s, and changes nothing', async (_, spoil, why) => {
    await spoil();
    const { failure } = await rollingBack(1);
    expect(failure).toMatchObject({ fault: 'tables', why: [expect.stringMatching(why)] });
    expect(await readPublication(store, 4)).toBeUndefined();
    expect(await plainSongs(store)).toEqual(['2003 r3-3']);
  });

  it('accepts the files of a moved lake, with a warning', async () => {
    cpSync(cwd, `${cwd} moved`, { recursive: true });
    rmSync(cwd, { recursive: true });
    renameSync(`${cwd} moved`, cwd);
    const world = commandWorld(cwd);
    await rollback({ number: '1', lake: cwd }, world);
    expect(world.results[0]!.value).toMatchObject({ state: 'done', number: 4, rollbackTo: 1 });
    expect(world.events).toContainEqual({
      event: 'warning',
      message: expect.stringMatching(
        /^1 file copied or rewritten since publication, .*published sizes and footers$/,
      ),
    });
    expect(await plainSongs(store)).toEqual(['2001 r1-4']);
  });

  it('exits 2 if a stranger’s object is among the tables', async () => {
    await store.put('songs/theirs.parquet', files.songs);
    expect((await rollingBack()).failure).toMatchObject({
      fault: 'input',
      why: [expect.stringContaining('songs/theirs')],
    });
  });

  it('overtakes a run that was planned before it', async () => {
    await acceptedRun(store, files, { run: 'r4', publication: 4, years: [2004] });
    await rollingBack();
    await expect(landRun(store, 'r4')).rejects.toMatchObject({ fault: 'overtaken' });
    expect(await plainSongs(store)).toEqual(['2002 r2-4', '2003 r2-4']);
  });

  it('exits 11 if another run takes the number first, with the next command', async () => {
    await acceptedRun(store, files, { run: 'r4', publication: 4, years: [2004] });
    const plan = await planRollback(store, 1);
    await landRun(store, 'r4');
    await expect(rollBack(store, plan, 'd')).rejects.toMatchObject({ fault: 'overtaken' });
    expect(await newestPublication(store)).toMatchObject({ number: 4, run: 'r4' });
  });

  it('finishes an earlier rollback that did not reach the plain paths, instead of going back further', async () => {
    await rollingBack();
    await store.remove([(await readPublication(store, 4))!.tables[0]!.files[0]!.mirror]);
    const { value } = await rollingBack();
    expect(value).toMatchObject({ state: 'unfinished', number: 4, rollbackTo: 2 });
    expect(await plainSongs(store)).toEqual(['2002 r2-4', '2003 r2-4']);
    expect((await rollingBack()).value).toMatchObject({ state: 'done', number: 5, rollbackTo: 1 });
  });

  it('goes back further even if a plain path of the last rollback was changed since', async () => {
    await rollingBack();
    const { mirror } = (await readPublication(store, 4))!.tables[0]!.files[0]!;
    await store.put(mirror, files.songs.with(-20, 1));
    expect((await rollingBack()).value).toMatchObject({ state: 'done', number: 5, rollbackTo: 1 });
  });

  it('removes tables that the earlier set did not have, and restores those it had', async () => {
    const albums = { ...songKeys, name: 'albums', internal: false };
    await acceptedRun(store, files, { run: 'r4', publication: 4, years: [2004], tables: [songs, albums] });
    await store.copy(keysFile('r4'), `${tableOf('r4', 'albums')}part-0-v.zstd.parquet`);
    await store.remove([keysFile('r4')]);
    const report = `${executionOf('r4')}/report.json`;
    const text = new TextDecoder().decode(await store.get(report));
    await store.put(report, new TextEncoder().encode(text.replace('"song_keys"', '"albums"')));
    await landRun(store, 'r4');
    const plainAlbums = async () => {
      const found: string[] = [];
      for await (const { key } of store.list('albums/')) found.push(key);
      return found;
    };
    expect(await plainAlbums()).toEqual(['albums/r4-4-part-0-v.zstd.parquet']);
    const { text: said, value } = await rollingBack();
    expect(value).toMatchObject({ removed: ['albums'] });
    expect(said).toContain('albums  no longer published');
    expect(await plainAlbums()).toEqual([]);
    expect((await rollingBack(4)).value).toMatchObject({
      tables: [{ table: 'songs' }, { table: 'albums', rows: 3 }],
      removed: [],
    });
    expect(await plainAlbums()).toEqual(['albums/r4-6-part-0-v.zstd.parquet']);
    expect(await plainSongs(store)).toEqual(['2004 r4-6']);
  });

  it('leaves the run whose files it publishes to its driver', async () => {
    const before = await readState(store, 'r1');
    await rollingBack(1);
    expect(await readState(store, 'r1')).toMatchObject({
      driver: before.driver,
      rollback: 4,
      finished: { verdict: 'succeeded' },
    });
    expect(await store.get(keys.publication(1))).toBeDefined();
  });
});
