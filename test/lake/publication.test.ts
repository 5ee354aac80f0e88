import { describe, expect, it } from '@jest/globals';
import { keys } from '../../src/lake/layout.ts';
import {
  entryBody,
  newestPublication,
  publicationAfter,
  publish,
  readPublication,
} from '../../src/lake/publication.ts';
import { listPublications } from '../../src/lake/publication-numbers.ts';
import { memoryStore } from '../support/memory-store.ts';
import { landed } from './publishing.ts';
import { madeOf } from './plans.ts';

const store = () => memoryStore('s3://lake', () => new Date('2026-11-21T10:00:00Z'));
const entryOf = (files: readonly object[]) => ({
  version: 3,
  kept: [],
  madeOf,
  number: 1,
  run: 'r1',
  driver: 'd',
  publishedAt: '2026-11-21T10:00:00.000Z',
  tables: [{ table: 'songs', rows: 1, bytes: 1, partitionBy: [], files }],
  formerTables: [],
});
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

describe('the publication log', () => {
  it('is empty at first', async () => {
    expect(await newestPublication(store())).toBeUndefined();
    expect(await readPublication(store(), 1)).toBeUndefined();
  });

  it('names every file of every table, the run and the time', async () => {
    const lake = store();
    const tables = await landed(lake, 'r1', [2004]);
    expect(await publish(lake, { number: 1, run: 'r1', driver: 'd1', kept: [], madeOf, tables })).toBe(
      'published',
    );
    expect(await newestPublication(lake)).toEqual({
      version: 3,
      kept: [],
      madeOf,
      number: 1,
      run: 'r1',
      driver: 'd1',
      publishedAt: '2026-11-21T10:00:00.000Z',
      tables,
      formerTables: [],
    });
    expect(await lake.head('_landfall/published/000001.json')).toBeDefined();
  });

  it('lets only one of two runs take a number, and keeps its entry', async () => {
    const lake = store();
    const tables = await landed(lake, 'r1', [2004]);
    await publish(lake, { number: 1, run: 'r1', driver: 'd1', kept: [], madeOf, tables });
    const second = {
      number: 1,
      run: 'r2',
      driver: 'd2',
      kept: [],
      madeOf,
      tables: await landed(lake, 'r2', [2004]),
    };
    expect(await publish(lake, second)).toBe('taken');
    expect(await publish(lake, { ...second, tables })).toBe('taken');
    expect((await newestPublication(lake))!.run).toBe('r1');
  });

  it('recognises a run’s own entry, also when another driver of that run wrote it', async () => {
    const lake = store();
    const tables = await landed(lake, 'r1', [2004]);
    await publish(lake, { number: 1, run: 'r1', driver: 'd1', kept: [], madeOf, tables });
    for (const driver of ['d1', 'd2']) {
      expect(
        await publish(lake, {
          number: 1,
          run: 'r1',
          driver,
          kept: [],
          madeOf,
          tables: [...tables].reverse(),
        }),
      ).toBe('published');
    }
    const others = await landed(lake, 'r1', [2004, 2005]);
    expect(
      await publish(lake, { number: 1, run: 'r1', driver: 'd1', kept: [], madeOf, tables: others }),
    ).toBe('taken');
  });

  it('recognises its own entry if the answer to the write was lost', async () => {
    const lake = store();
    const deaf = {
      ...lake,
      createIfAbsent: async (key: string, body: Uint8Array) => {
        await lake.createIfAbsent(key, body);
        return lake.createIfAbsent(key, body);
      },
    };
    const tables = await landed(lake, 'r1', [2004]);
    expect(await publish(deaf, { number: 1, run: 'r1', driver: 'd1', kept: [], madeOf, tables })).toBe(
      'published',
    );
  });

  it('distinguishes a rollback to a run’s tables from that run’s own publication', async () => {
    const lake = store();
    const tables = await landed(lake, 'r1', [2004]);
    const candidate = { run: 'r1', driver: 'd1', kept: [], madeOf, tables };
    await publish(lake, { number: 1, ...candidate });
    await publish(lake, { number: 2, ...candidate, rollbackTo: 1 });
    expect(await publish(lake, { number: 2, ...candidate })).toBe('taken');
    await publish(lake, { number: 3, ...candidate });
    expect(await publish(lake, { number: 3, ...candidate, rollbackTo: 1 })).toBe('taken');
    expect(await publish(lake, { number: 2, ...candidate, rollbackTo: 1 })).toBe('published');
  });

  it('has no gaps', async () => {
    const lake = store();
    const tables = await landed(lake, 'r1', [2004]);
    await expect(
      publish(lake, { number: 3, run: 'r1', driver: 'd', kept: [], madeOf, tables }),
    ).rejects.toMatchObject({
      fault: 'input',
      message: 'cannot publish as number 3: there is no number 2',
    });
    expect(await newestPublication(lake)).toBeUndefined();
  });

  it('finds the newest of many entries by number, not by text, and ignores other objects', async () => {
    const lake = store();
    await publish(lake, { number: 1, run: 'r1', driver: 'd', kept: [], madeOf, tables: [] });
    const entry = (await readPublication(lake, 1))!;
    for (let number = 2; number <= 10; number += 1)
      await lake.put(keys.publication(number), bytes({ ...entry, number }));
    for (const name of [
      '000012.json.bak',
      'readme.txt',
      '11.json',
      '-00011.json',
      '0000011.json',
      'x/000011.json',
    ]) {
      await lake.put(`_landfall/published/${name}`, bytes('x'));
    }
    expect((await newestPublication(lake))!.number).toBe(10);
    expect((await listPublications(lake)).foreign).toHaveLength(6);
  });

  it.each([3, 1_000_000, 999_999_999_999_999])(
    'treats entry %d after entry 1 as a gap, without reading all numbers between',
    async (far) => {
      const lake = store();
      await publish(lake, { number: 1, run: 'r1', driver: 'd', kept: [], madeOf, tables: [] });
      await lake.put(keys.publication(far), bytes({ ...(await readPublication(lake, 1)), number: far }));
      const asked: string[] = [];
      const head = (key: string) => {
        asked.push(key);
        return lake.head(key);
      };
      await expect(newestPublication({ ...lake, head })).rejects.toMatchObject({
        fault: 'input',
        message: 's3://lake/_landfall/published/000002.json is missing',
        next: expect.stringContaining(keys.publication(far)),
      });
      expect(asked).toEqual([keys.publication(2)]);
    },
  );

  it('looks up an entry by name if the listing does not show it yet', async () => {
    const lake = store();
    for (const number of [1, 2, 3])
      await publish(lake, { number, run: `r${String(number)}`, driver: 'd', kept: [], madeOf, tables: [] });
    const list = async function* (prefix: string) {
      for await (const object of lake.list(prefix)) if (object.key !== keys.publication(2)) yield object;
    };
    expect((await newestPublication({ ...lake, list }))!.number).toBe(3);
  });

  const file = { size: 1, etag: 'e', rows: 1 };
  const data = 'delta/songs/r1.local-1-ff';
  const shown = 'songs/r1-1-a.parquet';
  it.each<[string, object]>([
    ['a journal entry as a plain path', { key: `${data}/a.parquet`, mirror: keys.entry('r1', 1) }],
    ['another entry as a plain path', { key: `${data}/a.parquet`, mirror: keys.publication(1) }],
    ['a stranger’s file as a plain path', { key: `${data}/a.parquet`, mirror: 'songs/theirs.parquet' }],
    ['a plain path of another table', { key: `${data}/a.parquet`, mirror: 'users/r1-1-a.parquet' }],
    ['a plain path of a later publication', { key: `${data}/a.parquet`, mirror: 'songs/r1-2-a.parquet' }],
    ['a plain path outside the lake', { key: `${data}/a.parquet`, mirror: '../songs/r1-1-a.parquet' }],
    ['an absolute plain path', { key: `${data}/a.parquet`, mirror: '/songs/r1-1-a.parquet' }],
    ['a journal entry as a data file', { key: keys.entry('r1', 1), mirror: shown }],
    ['a data file outside the lake', { key: `../${data}/a.parquet`, mirror: shown }],
    ['a data file with a way up', { key: `${data}/../a.parquet`, mirror: 'songs/../r1-1-a.parquet' }],
    ['a data file of another table', { key: data.replace('songs', 'users') + '/a.parquet', mirror: shown }],
    ['a data file in no execution', { key: 'in/song_data/a.parquet', mirror: shown }],
  ])('is damaged if it names %s', async (_, named) => {
    const lake = store();
    const put = (of: object) => lake.put(keys.publication(1), bytes({ ...entryOf([{ ...file, ...of }]) }));
    await put({ key: `${data}/a.parquet`, mirror: shown });
    expect((await newestPublication(lake))!.tables).toHaveLength(1);
    await put(named);
    await expect(newestPublication(lake)).rejects.toMatchObject({
      fault: 'input',
      message: 's3://lake/_landfall/published/000001.json is damaged',
    });
  });

  it.each<[string, object]>([
    ['another number than its name', { number: 2 }],
    ['a run that can have no such name', { run: '../r1' }],
    ['a table that can have no such name', { formerTables: ['_landfall'] }],
    [
      'inputs of a run that can have no such name',
      { madeOf: { ...madeOf, inputs: { digest: 'x', run: '../r1' } } },
    ],
    [
      'a digest of a table that can have no such name',
      { madeOf: { ...madeOf, tables: { '../songs': 'x' } } },
    ],
    ['a table with the name of the folder of data files', { formerTables: ['delta'] }],
    ['a later entry that it goes back to', { rollbackTo: 1 }],
  ])('is damaged if it contains %s', async (_, wrong) => {
    const lake = store();
    await lake.put(keys.publication(1), bytes({ ...entryOf([]), ...wrong }));
    await expect(newestPublication(lake)).rejects.toThrow('000001.json is damaged');
  });

  it('finds the entries after a given one without listing', async () => {
    const lake = store();
    for (const number of [1, 2, 3])
      await publish(lake, { number, run: `r${String(number)}`, driver: 'd', kept: [], madeOf, tables: [] });
    const blind = {
      ...lake,
      list: () => {
        throw new Error('listed');
      },
    };
    expect((await publicationAfter(blind, 1))!.number).toBe(3);
    expect(await publicationAfter(blind, 3)).toBeUndefined();
  });

  it('remembers tables that a later entry no longer has', async () => {
    const lake = store();
    const published = async (number: number, names: readonly string[]) => {
      const run = `r${String(number)}`;
      const tables = (await landed(lake, run, [2004])).filter(({ table }) => names.includes(table));
      await publish(lake, { number, run, driver: 'd', kept: [], madeOf, tables });
    };
    await published(1, ['songs', 'users']);
    await published(2, ['songs']);
    await published(3, ['songs']);
    await published(4, ['users']);
    const former = async (number: number) => (await readPublication(lake, number))!.formerTables;
    expect([await former(1), await former(2), await former(3), await former(4)]).toEqual([
      [],
      ['users'],
      ['users'],
      ['songs'],
    ]);
  });

  it('names the files that later runs need, and no other objects as such', async () => {
    const lake = store();
    const keptFile = (key: string) => [{ table: 'rows', files: [{ key, size: 1 }] }];
    const of = (key: string) => ({ ...entryOf([]), kept: keptFile(key) });
    const key = 'delta/rows/r0.local-1-ff/a.parquet';
    await lake.put(keys.publication(1), bytes(of(key)));
    expect((await newestPublication(lake))!.kept).toEqual(keptFile(key));
    for (const wrong of [keys.entry('r1', 1), 'delta/songs/r0.local-1-ff/a.parquet', `../${key}`]) {
      await lake.put(keys.publication(1), bytes(of(wrong)));
      await expect(newestPublication(lake)).rejects.toMatchObject({
        why: [`${JSON.stringify(wrong)} is not a data file of rows`],
      });
    }
  });

  it('refuses to write an entry that readers would call damaged', async () => {
    const lake = store();
    const tables = await landed(lake, 'r1', [2004]);
    const kept = [{ table: 'rows', files: [{ key: 'delta/rows/r1.local-1-ff/x/a.parquet', size: 1 }] }];
    await expect(
      publish(lake, { number: 1, run: 'r1', driver: 'd1', kept, madeOf, tables }),
    ).rejects.toMatchObject({
      fault: 'tables',
      why: ['"delta/rows/r1.local-1-ff/x/a.parquet" is not a data file of rows'],
    });
    expect(await newestPublication(lake)).toBeUndefined();
  });

  it('refuses to write an entry that is too long to be read', async () => {
    const lake = store();
    const entry = { number: 1, kept: [], tables: await landed(lake, 'r1', [2004, 2005]) };
    const { length } = entryBody(lake, entry);
    expect(entryBody(lake, entry, length)).toHaveLength(length);
    for (const most of [length - 1, 10])
      expect(() => entryBody(lake, entry, most)).toThrow(
        expect.objectContaining({
          fault: 'tables',
          message: '3 data files: too many for one publication',
          next: expect.stringContaining('target_file_size'),
        }),
      );
  });

  it('refuses an entry of a newer Landfall with the next move, and names a damaged one', async () => {
    const lake = store();
    await lake.put(keys.publication(1), bytes({ version: 4, whatever: true }));
    await expect(newestPublication(lake)).rejects.toMatchObject({
      fault: 'input',
      next: expect.stringContaining('update Landfall'),
    });
    for (const damaged of [
      bytes({ version: 3 }),
      bytes([]),
      new TextEncoder().encode('{"version": 1, '),
      new Uint8Array(),
    ]) {
      await lake.put(keys.publication(1), damaged);
      await expect(newestPublication(lake)).rejects.toThrow(
        's3://lake/_landfall/published/000001.json is damaged',
      );
    }
  });
});
