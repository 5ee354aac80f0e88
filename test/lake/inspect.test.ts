import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { inspectTable } from '../../src/lake/inspect.ts';
import { openFolder } from '../../src/store/local-folder.ts';
import { copyTo, duckdb } from './parquet.ts';

let made: string;
let root: string;
beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), "landfall 'made "));
  await mkdir(join(made, 'types'));
  await duckdb(made, [
    copyTo(
      `select 1::bigint b, 2::int i, 1.5::double d, 'x' s, timestamptz '2018-11-21 21:56:47.796+00' t,
        timestamp '2018-11-21 21:56:47.796' l,
        1.5::decimal(9, 2) p, 1.5::decimal(18, 2) q, 1.5::decimal(38, 2) r, true o, date '2018-11-21' y,
        [1::bigint, null] ll, [1.5::decimal(5, 2)] lp, [['x']] lx, {a: 1} g, if(range = 2, null, range) n from range(5)`,
      '$root/types/types.parquet',
    ),
    copyTo(
      `select range a, repeat('x', 300) || range b from range(100000)`,
      '$root/large.parquet',
      'compression snappy, row_group_size 2048',
    ),
    copyTo(`select 1 a, 'x' as "column ${'n'.repeat(80)}"`, '$root/one.parquet'),
    copyTo(
      `select ${Array.from({ length: 1500 }, (_, n) => `${String(n)} as "${'wide'.repeat(20)}${String(n)}"`).join(', ')}`,
      '$root/wide.parquet',
    ),
  ]);
});
afterAll(() => rm(made, { recursive: true, force: true }));
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'landfall-inspect-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const inspect = () => inspectTable(openFolder(root), 'tables/songs/');

/** Puts a file made by DuckDB, or text, into the table's folder. */
async function place(name: string, from: string | Uint8Array): Promise<string> {
  const path = join(root, 'tables/songs', name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, typeof from === 'string' ? await readFile(join(made, from)) : from);
  return path;
}

describe('inspecting a table', () => {
  it('gets rows, columns, types, nulls and codecs from the footer alone', async () => {
    await place('a.parquet', 'types/types.parquet');
    const { files, broken, strays } = await inspect();
    expect({ broken, strays }).toEqual({ broken: [], strays: [] });
    const [file] = files;
    expect(file).toMatchObject({ key: 'tables/songs/a.parquet', name: 'a.parquet', rows: 5, partition: [] });
    expect(
      file!.columns.map(({ name, physical, logical, hasNulls }) => [name, physical, logical, hasNulls]),
    ).toEqual([
      ['b', 'INT64', 'INTEGER(64,signed)', false],
      ['i', 'INT32', 'INTEGER(32,signed)', false],
      ['d', 'DOUBLE', '', false],
      ['s', 'BYTE_ARRAY', 'STRING', false],
      ['t', 'INT64', 'TIMESTAMP(MICROS,UTC)', false],
      ['l', 'INT64', 'TIMESTAMP(MICROS,local)', false],
      ['p', 'INT32', 'DECIMAL(9,2)', false],
      ['q', 'INT64', 'DECIMAL(18,2)', false],
      ['r', 'FIXED_LEN_BYTE_ARRAY', 'DECIMAL(38,2)', false],
      ['o', 'BOOLEAN', '', false],
      ['y', 'INT32', 'DATE', false],
      ['ll', 'LIST<INT64>', 'INTEGER(64,signed)', undefined],
      ['lp', 'LIST<INT32>', 'DECIMAL(5,2)', undefined],
      ['lx', 'GROUP', 'LIST', undefined],
      ['g', 'GROUP', '', undefined],
      ['n', 'INT64', 'INTEGER(64,signed)', true],
    ]);
    expect(new Set(file!.columns.flatMap(({ codecs }) => codecs))).toEqual(new Set(['ZSTD']));
  });

  it('sums over row groups, and reads little of a large file', async () => {
    await place('large.parquet', 'large.parquet');
    const folder = openFolder(root);
    let fetched = 0;
    const counting = {
      ...folder,
      getRange: (key: string, start: number, end: number) => {
        fetched += end - start;
        return folder.getRange(key, start, end);
      },
    };
    const { files } = await inspectTable(counting, 'tables/songs/');
    expect(files[0]).toMatchObject({ rows: 100_000 });
    expect(files[0]!.columns.map(({ codecs }) => codecs)).toEqual([['SNAPPY'], ['SNAPPY']]);
    expect(fetched).toBeLessThan(100_000);
  });

  it('reads footers larger than the first fetch', async () => {
    await place('wide.parquet', 'wide.parquet');
    const { files } = await inspect();
    expect(files[0]!.columns).toHaveLength(1500);
  });

  it('decodes partition values from folder names', async () => {
    await place('year=2004/artist_id=AR%3A1%2F2/a.parquet', 'one.parquet');
    await place('year=2004/artist_id=a=b%zz/b.parquet', 'one.parquet');
    await place('year=__HIVE_DEFAULT_PARTITION__/artist_id=é/c.parquet', 'one.parquet');
    await place('loose/d.parquet', 'one.parquet');
    const { files } = await inspect();
    const partitions = Object.fromEntries(
      files.map(({ name, partition }) => [name.slice(-9, -8), partition?.map(({ value }) => value)]),
    );
    expect(partitions).toEqual({
      a: ['2004', 'AR:1/2'],
      b: ['2004', 'a=b%zz'],
      c: [null, 'é'],
      d: undefined,
    });
  });

  it('distinguishes unknown files from those that writers usually leave', async () => {
    await place('a.parquet', 'one.parquet');
    await place(
      '_SUCCESS',
      new TextEncoder().encode('{"name":"org.apache.hadoop.fs.s3a.commit.SuccessData"}'),
    );
    for (const name of ['._SUCCESS.crc', '.a.parquet.crc', 'year=2004/.b.parquet.crc']) {
      await place(name, new Uint8Array([1]));
    }
    for (const name of ['notes.txt', '_temporary/0/a.parquet', 'sub/.hidden.parquet', 'a.PARQUET']) {
      await place(name, new Uint8Array([1]));
    }
    const { files, broken, strays } = await inspect();
    expect(files.map(({ name }) => name)).toEqual(['a.parquet']);
    expect(broken).toEqual([]);
    expect([...strays].sort()).toEqual([
      '_temporary/0/a.parquet',
      'a.PARQUET',
      'notes.txt',
      'sub/.hidden.parquet',
    ]);
  });

  it('allocates nothing for a footer that claims three gigabytes, even if the file has them', async () => {
    const path = await place('huge.parquet', new Uint8Array());
    const end = Buffer.alloc(8);
    end.writeUInt32LE(3_000_000_000);
    end.write('PAR1', 4);
    await truncate(path, 3_200_000_000 - end.length);
    await appendFile(path, end);
    const asked: number[] = [];
    const lake = openFolder(root);
    const getRange = (key: string, start: number, to: number) => {
      asked.push(to - start);
      return lake.getRange(key, start, to);
    };
    const { files, broken } = await inspectTable({ ...lake, getRange }, 'tables/songs/');
    expect(files).toEqual([]);
    expect(broken).toEqual([
      {
        key: 'tables/songs/huge.parquet',
        name: 'huge.parquet',
        why: expect.stringContaining('3000000000 bytes; at most'),
      },
    ]);
    expect(Math.max(...asked)).toBeLessThan(100_000);
  });

  it.each([
    [
      'lists in lists, each of two million elements',
      [0x19, ...[0xf9, 0xff, 0xff, 0x7f]],
      40,
      /claims 2097151 elements/,
    ],
    ['structs in structs', [0x1c], 1000, /levels deep/],
    ['a text of two gigabytes', [0x18, 0xff, 0xff, 0xff, 0xff, 0x07], 1, /truncated/],
    ['a list of a type that Parquet has not', [0x19, 0x1b, 0], 1, /type 11 is not one/],
  ])(
    'allocates nothing for lists that a footer declares without having the bytes: %s',
    async (_, claim, times, why) => {
      const footer = Buffer.from(Array.from({ length: times }, () => claim).flat());
      const end = Buffer.alloc(8);
      end.writeUInt32LE(footer.length);
      end.write('PAR1', 4);
      await place('claims.parquet', Buffer.concat([Buffer.from('PAR1'), footer, end]));
      const before = process.memoryUsage().rss;
      const { broken } = await inspect();
      expect(broken).toEqual([
        { key: 'tables/songs/claims.parquet', name: 'claims.parquet', why: expect.stringMatching(why) },
      ]);
      expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
    },
  );

  it('treats links and special files as broken data files, and does not read them', async () => {
    await place('a.parquet', 'one.parquet');
    await symlink('a.parquet', join(root, 'tables/songs/link.parquet'));
    execFileSync('mkfifo', [join(root, 'tables/songs/fifo.parquet')]);
    const { files, broken } = await inspect();
    expect(files.map(({ name }) => name)).toEqual(['a.parquet']);
    expect(broken.map(({ name }) => name)).toEqual(['fifo.parquet', 'link.parquet']);
  });

  it.each([
    ['an empty file', new Uint8Array(), /zero bytes/],
    ['a few bytes', new TextEncoder().encode('PAR1PAR1'), /too few/],
    ['text', new TextEncoder().encode('{"json": "a".repeat(100)}'.repeat(20)), /truncated/],
    [
      'an impossible footer length',
      new TextEncoder().encode(`PAR1${'x'.repeat(100)}\xff\xff\xff\x7fPAR1`),
      /impossible/,
    ],
    ['a footer of zeros', Buffer.from(`PAR1${'\0'.repeat(50)}2\0\0\0PAR1`), /cannot be read/],
  ])('treats %s as broken, not as an error', async (_, body, why) => {
    await place('a.parquet', 'one.parquet');
    await place('b.parquet', body);
    const { files, broken } = await inspect();
    expect(files).toHaveLength(1);
    expect(broken).toEqual([
      { key: 'tables/songs/b.parquet', name: 'b.parquet', why: expect.stringMatching(why) },
    ]);
  });

  it('treats a file cut at any place as broken', async () => {
    const path = await place('a.parquet', 'types/types.parquet');
    const whole = await readFile(path);
    for (let size = whole.length - 1; size > 0; size -= 97) {
      await writeFile(path, whole);
      await truncate(path, size);
      const { files, broken } = await inspect();
      expect({ size, files: files.length, broken: broken.length }).toEqual({ size, files: 0, broken: 1 });
    }
  });

  it('treats a file that lost bytes in the middle as broken', async () => {
    const path = await place('a.parquet', 'large.parquet');
    const whole = await readFile(path);
    await writeFile(path, Buffer.concat([whole.subarray(0, 5000), whole.subarray(9000)]));
    expect((await inspect()).broken).toEqual([
      { key: 'tables/songs/a.parquet', name: 'a.parquet', why: expect.stringMatching(/bytes are missing/) },
    ]);
  });

  it('treats a file as broken if its footer’s row count differs from its row groups’', async () => {
    const whole = await readFile(join(made, 'types/types.parquet'));
    // FileMetaData: field 3, `num_rows`, is 5 as a zigzag varint; field 4 is the list of its one row group.
    const at = whole.lastIndexOf(Buffer.from([0x16, 0x0a, 0x19, 0x1c]));
    expect(at).toBeGreaterThan(0);
    await place('a.parquet', whole.with(at + 1, 0x0c));
    expect((await inspect()).broken).toEqual([
      {
        key: 'tables/songs/a.parquet',
        name: 'a.parquet',
        why: 'its footer counts 6 rows, and its row groups 5',
      },
    ]);
  });

  it('passes on the error if a file cannot be read at all', async () => {
    await place('a.parquet', 'one.parquet');
    const failing = { ...openFolder(root), getRange: () => Promise.reject(new Error('no network')) };
    await expect(inspectTable(failing, 'tables/songs/')).rejects.toThrow('no network');
  });

  it('finds nothing in a folder that does not exist', async () => {
    expect(await inspect()).toEqual({ folder: 'tables/songs/', files: [], broken: [], strays: [] });
  });
});
