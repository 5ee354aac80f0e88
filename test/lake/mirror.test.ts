import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mirror } from '../../src/lake/mirror.ts';
import { newestPublication, publish } from '../../src/lake/publication.ts';
import { unknownObjects } from '../../src/lake/unknown-objects.ts';
import type { LandedTable } from '../../src/run/verification.ts';
import { openFolder } from '../../src/store/local-folder.ts';
import type { Store } from '../../src/store/store.ts';
import { memoryStore } from '../support/memory-store.ts';
import { expectedPaths, landed, plainPaths, watched } from './publishing.ts';
import { advising } from '../support/advice.ts';
import { madeOf } from './plans.ts';

const memory = () => memoryStore('s3://lake', () => new Date('2026-11-21T10:00:00Z'));
const bytes = (text: string) => new TextEncoder().encode(text);

/** Runs r1 (2003, 2004) and r2 (2004, 2005); r1 is published and mirrored. */
async function twoRuns(store: Store): Promise<{ first: LandedTable[]; second: LandedTable[] }> {
  const first = await landed(store, 'r1', [2003, 2004]);
  const second = await landed(store, 'r2', [2004, 2005], 2);
  await publish(store, { number: 1, run: 'r1', driver: 'd1', kept: [], madeOf, tables: first });
  await mirror(store);
  return { first, second };
}

const publishSecond = (store: Store, tables: LandedTable[]) =>
  publish(store, { number: 2, run: 'r2', driver: 'd2', kept: [], madeOf, tables });

/** Publishes a run n1, n2, ... of that number, whose songs are all of 2004. */
async function publishOneYear(store: Store, number: number): Promise<void> {
  const run = `n${String(number)}`;
  await publish(store, {
    number,
    run,
    driver: 'd',
    kept: [],
    madeOf,
    tables: await landed(store, run, [2004], number),
  });
}

describe('the mirror', () => {
  it('does nothing before the first publication', async () => {
    const store = memory();
    await mirror(store);
    expect(await plainPaths(store)).toEqual({});
  });

  it('shows the published files at plain paths, and then exactly those of the next publication', async () => {
    const store = memory();
    const { first, second } = await twoRuns(store);
    expect(await plainPaths(store)).toEqual(expectedPaths(first));
    await publishSecond(store, second);
    await mirror(store);
    expect(await plainPaths(store)).toEqual(expectedPaths(second));
  });

  it('leaves the runs’ own files alone', async () => {
    const store = memory();
    const { first, second } = await twoRuns(store);
    await publishSecond(store, second);
    await mirror(store);
    for (const { files } of [...first, ...second]) {
      for (const { key } of files) expect(await store.head(key)).toBeDefined();
    }
  });

  it('changes nothing when it is run again, and copies nothing twice', async () => {
    const store = memory();
    await twoRuns(store);
    const calls: string[] = [];
    await mirror(watched(store, (call) => Promise.resolve(void calls.push(call)), true));
    expect(calls).toEqual([]);
  });

  it('copies a truncated file again', async () => {
    const store = memory();
    const { first } = await twoRuns(store);
    await store.put(first[0]!.files[0]!.mirror, bytes('short'));
    await mirror(store);
    expect(await plainPaths(store)).toEqual(expectedPaths(first));
  });

  it('keeps strangers’ objects, whatever their names', async () => {
    const store = memory();
    const { second } = await twoRuns(store);
    const strange = [
      'songs/year=2004/theirs.parquet',
      'songs/r1-part-9.parquet',
      'songs/',
      'songsx/a',
      'users',
      'other/year=2004/r1-part-0.zstd.parquet',
    ];
    for (const key of strange) await store.put(key, bytes('theirs'));
    await publishSecond(store, second);
    await mirror(store);
    const there = await plainPaths(store);
    for (const key of strange) expect(there[key]).toBe('theirs');
    expect(Object.keys(there)).toHaveLength(strange.length + Object.keys(expectedPaths(second)).length);
  });

  it('catches up with publications that were never mirrored', async () => {
    const store = memory();
    const { second } = await twoRuns(store);
    await publishSecond(store, second);
    const third = await landed(store, 'r3', [2010], 3);
    await publish(store, { number: 3, run: 'r3', driver: 'd3', kept: [], madeOf, tables: third });
    await mirror(store);
    expect(await plainPaths(store)).toEqual(expectedPaths(third));
  });

  it('empties the plain path of a table that is no longer published, however old', async () => {
    const store = memory();
    const { second } = await twoRuns(store);
    const songs = second.filter(({ table }) => table === 'songs');
    await publish(store, { number: 2, run: 'r2', driver: 'd', kept: [], madeOf, tables: songs });
    await publish(store, { number: 3, run: 'r2', driver: 'd', kept: [], madeOf, tables: songs });
    await mirror(store);
    expect(await plainPaths(store)).toEqual(expectedPaths(songs));
  });

  it('returns to an older set when that is published again', async () => {
    const store = memory();
    const { first, second } = await twoRuns(store);
    await publishSecond(store, second);
    await mirror(store);
    await publish(store, { number: 3, run: 'r1', driver: 'd', kept: [], madeOf, tables: first });
    await mirror(store);
    expect(await plainPaths(store)).toEqual(expectedPaths(first));
  });

  it.each<[string, string, (store: Store, key: string) => Promise<unknown>]>([
    ['has another size', 'bytes, and has 13 now', (store, key) => store.put(key, bytes('tampered with'))],
    ['is gone', 'is gone', (store, key) => store.remove([key])],
  ])(
    'names a published file that %s, does not mirror it, and deletes nothing because of it',
    async (_, why, spoil) => {
      for (const store of [memory(), openFolder(await mkdtemp(join(tmpdir(), 'landfall-mirror-')))]) {
        const { first, second } = await twoRuns(store);
        await publishSecond(store, second);
        const { key, mirror: plain } = second[0]!.files[1]!;
        await spoil(store, key);
        await expect(mirror(store)).rejects.toMatchObject({
          fault: 'tables',
          message:
            'publication 2 is current, but 1 of its files of songs cannot be copied to the plain paths',
          why: [expect.stringMatching(new RegExp(`^${store.uri}/${key} .*${why}$`))],
          next: advising(/^landfall rollback --lake .*landfall submit --lake .* makes a new one$/),
        });
        const there = await plainPaths(store);
        expect(Object.keys(there)).not.toContain(plain);
        expect(Object.keys(there)).toEqual(expect.arrayContaining(Object.keys(expectedPaths(first))));
        if (store.uri.startsWith('file://')) await rm(store.uri.slice('file://'.length), { recursive: true });
      }
    },
  );

  it('deletes files of earlier entries even if the listing does not show them yet', async () => {
    const store = memory();
    const one = await landed(store, 'one', [2004]);
    await publish(store, { number: 1, run: 'one', driver: 'd', kept: [], madeOf, tables: one });
    await mirror(store);
    const hidden = new Set(Object.keys(await plainPaths(store)));
    const lagging = {
      ...store,
      list: async function* (prefix: string) {
        for await (const object of store.list(prefix)) if (!hidden.has(object.key)) yield object;
      },
    };
    for (const number of [2, 3]) {
      const run = `n${String(number)}`;
      const tables = await landed(store, run, [2004 + number], number);
      await publish(store, { number, run, driver: 'd', kept: [], madeOf, tables });
      if (number === 3) await mirror(lagging);
    }
    expect(Object.keys(await plainPaths(store)).sort()).toEqual([
      'songs/year=2007/n3-3-part-0.zstd.parquet',
      'users/n3-3-part-0.zstd.parquet',
    ]);
  });

  it('reads at most eight recent earlier entries, and no more than necessary', async () => {
    const store = memory();
    await twoRuns(store);
    for (let number = 2; number <= 20; number += 1) {
      await publishOneYear(store, number);
      await mirror(store);
    }
    const last = await landed(store, 'last', [2004], 21);
    await publish(store, { number: 21, run: 'last', driver: 'd', kept: [], madeOf, tables: last });
    const read: string[] = [];
    const get = (key: string) => {
      read.push(key.slice(-11, -5));
      return store.get(key);
    };
    await mirror({ ...store, get });
    expect([...new Set(read)].sort()).toEqual(Array.from({ length: 10 }, (_, n) => `0000${String(n + 13)}`));
  });

  it('converges when it is run again after dying before any of its calls', async () => {
    let survived = false;
    for (let n = 1; !survived; n += 1) {
      const store = memory();
      const { second } = await twoRuns(store);
      await publishSecond(store, second);
      let calls = 0;
      const dying = watched(store, async (call) => {
        calls += 1;
        if (calls >= n) await Promise.reject(new Error(`killed before call ${String(n)}: ${call}`));
      });
      survived = await mirror(dying).then(
        () => true,
        () => false,
      );
      expect(n).toBeLessThan(100);
      await mirror(store);
      expect(await plainPaths(store)).toEqual(expectedPaths(second));
    }
  });

  it('converges on the newest when another run publishes and mirrors before any of its calls', async () => {
    for (let n = 1; ; n += 1) {
      const store = memory();
      const { second } = await twoRuns(store);
      await publishSecond(store, second);
      const third = await landed(store, 'r3', [2004, 2006], 3);
      let calls = 0;
      const slow = watched(store, async () => {
        calls += 1;
        if (calls !== n) return;
        await publish(store, { number: 3, run: 'r3', driver: 'd3', kept: [], madeOf, tables: third });
        await mirror(store);
      });
      await mirror(slow);
      expect(await plainPaths(store)).toEqual(expectedPaths(calls < n ? second : third));
      if (calls < n) break;
      expect(n).toBeLessThan(100);
    }
  });

  it('converges when two mirror at the same time', async () => {
    const store = memory();
    const { second } = await twoRuns(store);
    await publishSecond(store, second);
    const lane = () =>
      mirror(watched(store, () => new Promise((resolve) => setTimeout(resolve, Math.random() * 3))));
    await Promise.all([lane(), lane(), lane()]);
    expect(await plainPaths(store)).toEqual(expectedPaths(second));
  });
});

describe('the mirror in a local folder', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "landfall mirror's "));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('leaves no folder of a removed partition', async () => {
    const store = openFolder(root);
    const { second } = await twoRuns(store);
    await publishSecond(store, second);
    await mirror(store);
    expect((await readdir(join(root, 'songs'))).sort()).toEqual(['year=2004', 'year=2005']);
    expect(await plainPaths(store)).toEqual(expectedPaths(second));
  });
});

describe('unknown objects', () => {
  const unknown = async (store: Store) =>
    unknownObjects(store, ['songs', 'users'], await newestPublication(store));

  it('do not exist in an empty lake, nor after any number of publications', async () => {
    const store = memory();
    expect(await unknown(store)).toEqual([]);
    const { second } = await twoRuns(store);
    expect(await unknown(store)).toEqual([]);
    await publishSecond(store, second);
    expect(await unknown(store)).toEqual([]);
  });

  it('are the objects that were never published, except folder markers and other paths', async () => {
    const store = memory();
    await twoRuns(store);
    await store.put('songs/', bytes(''));
    await store.put('songs/year=2004_$folder$', bytes(''));
    await store.put('other/theirs', bytes('x'));
    await store.put('songs_keys/theirs', bytes('x'));
    expect(await unknown(store)).toEqual([]);
    await store.put('songs/year=2004/theirs é.parquet', bytes('x'));
    await store.put('users', bytes('a file where a folder must be'));
    expect(await unknown(store)).toEqual(['songs/year=2004/theirs é.parquet', 'users']);
  });

  it('are found without reading the log, except for entries whose numbers are in their names', async () => {
    const store = memory();
    for (let number = 1; number <= 30; number += 1) {
      await publishOneYear(store, number);
    }
    const left = (await landed(store, 'n7', [2004], 7))[0]!.files[0]!;
    await store.copy(left.key, left.mirror);
    const foreign = ['songs/theirs-12-x.parquet', 'songs/theirs.parquet', 'songs/theirs-31-007-x.parquet'];
    for (const key of foreign) await store.put(key, bytes('x'));
    const newest = await newestPublication(store);
    const read: string[] = [];
    const get = (key: string) => {
      read.push(key.slice(-11, -5));
      return store.get(key);
    };
    expect((await unknownObjects({ ...store, get }, ['songs', 'users'], newest)).sort()).toEqual(
      [...foreign].sort(),
    );
    expect(read).toEqual(['000012', '000007']);
  });

  it('do not include files that a killed mirror left behind', async () => {
    const store = memory();
    const { second } = await twoRuns(store);
    await publishSecond(store, second);
    await store.copy(second[0]!.files[0]!.key, second[0]!.files[0]!.mirror);
    expect(await unknown(store)).toEqual([]);
  });
});
