import { describe, expect, it } from '@jest/globals';
import { keys } from '../../src/lake/layout.ts';
import { newestPublication, publicationAfter, publish, readPublication } from '../../src/lake/publication.ts';
import { memoryStore } from '../support/memory-store.ts';
import { landed } from './publishing.ts';

const store = () => memoryStore('s3://lake', () => new Date('2026-11-21T10:00:00Z'));
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

describe('the publication log', () => {
  it('holds nothing at first', async () => {
    expect(await newestPublication(store())).toBeUndefined();
    expect(await readPublication(store(), 1)).toBeUndefined();
  });

  it('names every file of every table, the run, and when', async () => {
    const lake = store();
    const tables = await landed(lake, 'r1', [2004]);
    expect(await publish(lake, { number: 1, run: 'r1', driver: 'd1', tables })).toBe('published');
    expect(await newestPublication(lake)).toEqual({
      version: 1,
      number: 1,
      run: 'r1',
      driver: 'd1',
      publishedAt: '2026-11-21T10:00:00.000Z',
      tables,
      formerTables: [],
    });
    expect(await lake.head('_landfall/published/000001.json')).toBeDefined();
  });

  it('lets only one of two runs take a number, and keeps the winner’s entry', async () => {
    const lake = store();
    const tables = await landed(lake, 'r1', [2004]);
    await publish(lake, { number: 1, run: 'r1', driver: 'd1', tables });
    const second = { number: 1, run: 'r2', driver: 'd2', tables: await landed(lake, 'r2', [2004]) };
    expect(await publish(lake, second)).toBe('taken');
    expect(await publish(lake, { ...second, tables })).toBe('taken');
    expect((await newestPublication(lake))!.run).toBe('r1');
  });

  it('recognises a run’s own entry, also when another driver of that run wrote it', async () => {
    const lake = store();
    const tables = await landed(lake, 'r1', [2004]);
    await publish(lake, { number: 1, run: 'r1', driver: 'd1', tables });
    for (const driver of ['d1', 'd2']) {
      expect(await publish(lake, { number: 1, run: 'r1', driver, tables: [...tables].reverse() })).toBe(
        'published',
      );
    }
    const others = await landed(lake, 'r1', [2004, 2005]);
    expect(await publish(lake, { number: 1, run: 'r1', driver: 'd1', tables: others })).toBe('taken');
  });

  it('recognises its own entry when the answer to the write was lost', async () => {
    const lake = store();
    const deaf = {
      ...lake,
      createIfAbsent: async (key: string, body: Uint8Array) => {
        await lake.createIfAbsent(key, body);
        return lake.createIfAbsent(key, body);
      },
    };
    const tables = await landed(lake, 'r1', [2004]);
    expect(await publish(deaf, { number: 1, run: 'r1', driver: 'd1', tables })).toBe('published');
  });

  it('does not take a rollback to a run’s tables for that run’s own publication, nor the other way', async () => {
    const lake = store();
    const tables = await landed(lake, 'r1', [2004]);
    const candidate = { run: 'r1', driver: 'd1', tables };
    await publish(lake, { number: 1, ...candidate });
    await publish(lake, { number: 2, ...candidate, rollbackTo: 1 });
    expect(await publish(lake, { number: 2, ...candidate })).toBe('taken');
    expect(await publish(lake, { number: 1, ...candidate, rollbackTo: 1 })).toBe('taken');
    expect(await publish(lake, { number: 2, ...candidate, rollbackTo: 1 })).toBe('published');
  });

  it('has no gaps', async () => {
    const lake = store();
    const tables = await landed(lake, 'r1', [2004]);
    await expect(publish(lake, { number: 3, run: 'r1', driver: 'd', tables })).rejects.toMatchObject({
      fault: 'input',
      message: 'cannot publish as number 3: there is no number 2',
    });
    expect(await newestPublication(lake)).toBeUndefined();
  });

  it('finds the newest among many, by number and not by text, and passes over what is no entry', async () => {
    const lake = store();
    await publish(lake, { number: 1, run: 'r1', driver: 'd', tables: [] });
    const entry = (await readPublication(lake, 1))!;
    for (const number of [9, 10, 999_999, 1_000_000])
      await lake.put(keys.publication(number), bytes({ ...entry, number }));
    for (const name of ['000012.json.bak', 'readme.txt', '13.json', 'x/000014.json']) {
      await lake.put(`_landfall/published/${name}`, bytes('x'));
    }
    expect((await newestPublication(lake))!.number).toBe(1_000_000);
  });

  it('tells what came after an entry without listing', async () => {
    const lake = store();
    for (const number of [1, 2, 3])
      await publish(lake, { number, run: `r${String(number)}`, driver: 'd', tables: [] });
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
    const [songs, users] = await landed(lake, 'r1', [2004]);
    await publish(lake, { number: 1, run: 'r1', driver: 'd', tables: [songs!, users!] });
    await publish(lake, { number: 2, run: 'r2', driver: 'd', tables: [songs!] });
    await publish(lake, { number: 3, run: 'r3', driver: 'd', tables: [songs!] });
    await publish(lake, { number: 4, run: 'r4', driver: 'd', tables: [users!] });
    const former = async (number: number) => (await readPublication(lake, number))!.formerTables;
    expect([await former(1), await former(2), await former(3), await former(4)]).toEqual([
      [],
      ['users'],
      ['users'],
      ['songs'],
    ]);
  });

  it('refuses an entry of a newer Landfall with advice, and names a damaged one', async () => {
    const lake = store();
    await lake.put(keys.publication(1), bytes({ version: 2, whatever: true }));
    await expect(newestPublication(lake)).rejects.toMatchObject({
      fault: 'input',
      next: expect.stringContaining('update Landfall'),
    });
    for (const damaged of [
      bytes({ version: 1 }),
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
