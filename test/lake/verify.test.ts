import { copyFile, mkdir, mkdtemp, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { keys } from '../../src/lake/layout.ts';
import { createLake } from '../../src/lake/lake.ts';
import type { TableContract } from '../../src/pipeline/contract.ts';
import type { StepReport, TableReport } from '../../src/pipeline/report.ts';
import type { Verification } from '../../src/run/verification.ts';
import { openFolder } from '../../src/store/local-folder.ts';
import { filesBelow } from './accepted-run.ts';
import { copyTo, duckdb, SONGS } from './parquet.ts';
import { books, EXECUTION, plan, report, RUN, songKeys, songs, tableReport, viewBooks } from './plans.ts';

let made: string;
let root: string;
const folder = (name: string) => join(root, keys.table(EXECUTION, name));

beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), 'landfall-made-'));
  const year = (n: number, change = '') =>
    `select * exclude (year) ${change} from (${SONGS}) where year = ${String(n)}`;
  await duckdb(made, [
    copyTo(year(2004), '$root/2004.parquet'),
    copyTo(year(0), '$root/0.parquet'),
    copyTo('select song_id from (' + SONGS + ')', '$root/keys.parquet'),
    copyTo(year(2004, 'replace (duration::float as duration)'), '$root/float.parquet'),
    copyTo(year(2004, "replace (if(song_id = 'S1', null, artist_id) as artist_id)"), '$root/nulls.parquet'),
    copyTo(year(2004, "replace (if(song_id = 'S1', null, title) as title)"), '$root/allowed-nulls.parquet'),
    copyTo(
      year(2004, 'exclude (title)').replace('* exclude (year) exclude (title)', '* exclude (year, title)'),
      '$root/less.parquet',
    ),
    copyTo(
      year(2004, "replace (title || ', in another and longer version' as title)"),
      '$root/other.parquet',
    ),
    copyTo(year(2004, ', 1 as more'), '$root/more.parquet'),
    copyTo(year(2004), '$root/snappy.parquet', 'compression snappy'),
    copyTo(`select * exclude (year) from (${SONGS}) where false`, '$root/empty.parquet'),
    copyTo(`select * from (${SONGS}) where false`, '$root/empty-with-year.parquet'),
  ]);
});
afterAll(() => rm(made, { recursive: true, force: true }));

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'landfall-verify-'));
  await place('songs', 'year=2004/part-0-u.zstd.parquet', '2004');
  await place('songs', 'year=0/part-0-u.zstd.parquet', '0');
  await place('song_keys', 'part-0-v.zstd.parquet', 'keys');
  written = { songs: await filesOf('songs'), song_keys: await filesOf('song_keys') };
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function place(table: string, name: string, from: string): Promise<void> {
  await mkdir(join(folder(table), name, '..'), { recursive: true });
  await copyFile(join(made, `${from}.parquet`), join(folder(table), name));
}

const filesOf = (table: string) => filesBelow(openFolder(root), keys.table(EXECUTION, table));

interface Given {
  contract?: Partial<TableContract>;
  tables?: StepReport['tables'];
  sources?: StepReport['sources'];
  sourceTables?: StepReport['sourceTables'];
}

/** What the step wrote: the two tables placed before each test. */
let written: Record<'songs' | 'song_keys', TableReport['files']>;

/** No line is quarantined. */
const clean = {
  song_data: {
    ...books(),
    lines: { read: 1000, blank: 2, unparsable: 0, quarantined: 0 },
    unparsableBy: [],
    views: { song_data: viewBooks({ kept: 905, quarantined: 0 }, { quarantinedBy: [] }) },
  },
};

async function verify({
  contract = {},
  tables = {},
  sources = clean,
  sourceTables = {},
}: Given = {}): Promise<Verification> {
  const landed = {
    songs: tableReport(3, { files: written.songs }),
    song_keys: tableReport(3, { files: written.song_keys }),
    ...tables,
  };
  const step = { ...report(landed, sources), sourceTables };
  const lake = createLake(openFolder(root), { driver: 'd' });
  return lake.verify(plan([{ ...songs, ...contract }, songKeys]), [
    { step: 'song_transform', key: EXECUTION, report: step },
  ]);
}

/** A report of songs by a step that wrote the present files. */
const songsReport = async (rows: number, more: Partial<TableReport> = {}) => ({
  songs: tableReport(rows, { files: await filesOf('songs'), ...more }),
});

const findings = async (given?: Given) =>
  (await verify(given)).findings.map(
    ({ severity, subject, message }) => `${severity} ${subject}: ${message}`,
  );

describe('verifying what landed', () => {
  it('finds nothing wrong with good tables, and lists the published ones with their files', async () => {
    const { findings: found, tables } = await verify();
    expect(found).toEqual([]);
    expect(tables).toHaveLength(1);
    expect(tables[0]).toMatchObject({ table: 'songs', rows: 3, partitionBy: ['year'] });
    expect(tables[0]!.files).toMatchObject([
      {
        mirror: `songs/year=0/${RUN}-1-part-0-u.zstd.parquet`,
        key: `${keys.table(EXECUTION, 'songs')}year=0/part-0-u.zstd.parquet`,
        rows: 1,
      },
      { mirror: `songs/year=2004/${RUN}-1-part-0-u.zstd.parquet`, rows: 2 },
    ]);
    expect(tables[0]!.bytes).toBe(tables[0]!.files.reduce((sum, { size }) => sum + size, 0));
    expect(tables[0]!.files.every(({ size, etag }) => size > 0 && etag !== '')).toBe(true);
  });

  it('finds source tables whose files or rows are not those that their step kept', async () => {
    await place('song_data', 'part-0-s.zstd.parquet', '2004');
    const files = await filesOf('song_data');
    const kept = (rows: number) => ({ song_data: { digest: 'd', rows, files, parsed: 1 } });
    expect(await findings({ sourceTables: kept(2) })).toEqual([]);
    expect(await findings({ sourceTables: kept(3) })).toEqual([
      'error song_data: its source table has 2 rows, but the step kept 3 lines',
    ]);
    await place('song_data', 'part-1-s.zstd.parquet', '0');
    expect(await findings({ sourceTables: kept(2) })).toEqual([
      'error song_data: its step did not report one of the data files',
      'error song_data: its source table has 3 rows, but the step kept 2 lines',
    ]);
  });

  it('finds a missing file', async () => {
    await rm(join(folder('songs'), 'year=0'), { recursive: true });
    expect(await findings()).toEqual([
      'error songs: a data file that its step reported is gone',
      'error songs: its row counts differ: 3 written by the step, 2 in the Parquet footers, 3 read back',
    ]);
  });

  it('finds an extra file, even if its rows are good', async () => {
    await place('songs', 'year=2004/part-1-u.zstd.parquet', '2004');
    expect(await findings()).toEqual([
      'error songs: its step did not report one of the data files',
      expect.stringMatching(/3 written by the step, 5 in the Parquet footers/),
    ]);
  });

  it('finds an extra file without rows', async () => {
    await place('songs', 'year=2004/part-1-u.zstd.parquet', 'empty');
    expect((await verify()).findings).toEqual([
      {
        severity: 'error',
        subject: 'songs',
        message: 'its step did not report one of the data files',
        count: 1,
        sample: ['year=2004/part-1-u.zstd.parquet'],
      },
    ]);
  });

  it('finds a file that was moved to another valid partition', async () => {
    await rename(join(folder('songs'), 'year=2004'), join(folder('songs'), 'year=2005'));
    expect((await verify()).findings).toMatchObject([
      { message: 'a data file that its step reported is gone', sample: ['year=2004/part-0-u.zstd.parquet'] },
      {
        message: 'its step did not report one of the data files',
        sample: ['year=2005/part-0-u.zstd.parquet'],
      },
    ]);
  });

  it('finds a file that was replaced by one with as many rows of the same columns', async () => {
    await place('songs', 'year=2004/part-0-u.zstd.parquet', 'other');
    expect((await verify()).findings).toMatchObject([
      {
        message: 'a data file differs in size from what its step reported',
        sample: ['year=2004/part-0-u.zstd.parquet'],
      },
    ]);
  });

  it('finds a truncated or empty file', async () => {
    await truncate(join(folder('songs'), 'year=0/part-0-u.zstd.parquet'), 100);
    await truncate(join(folder('songs'), 'year=2004/part-0-u.zstd.parquet'), 0);
    expect(await findings()).toEqual(
      expect.arrayContaining([
        'error songs: a data file is broken: it is truncated: it does not end as Parquet does',
        'error songs: a data file is broken: it has zero bytes',
      ]),
    );
  });

  it('finds foreign objects among the data files', async () => {
    await writeFile(join(folder('songs'), 'notes.txt'), 'x');
    await writeFile(join(folder('songs'), '_SUCCESS'), '');
    const { findings: found } = await verify();
    expect(found).toEqual([expect.objectContaining({ subject: 'songs', count: 1, sample: ['notes.txt'] })]);
  });

  it.each([
    ['a wrong type', 'float', 'column duration is FLOAT, not DOUBLE (DOUBLE)'],
    ['nulls where none may be', 'nulls', 'column artist_id holds nulls'],
    ['a missing column', 'less', 'column title is missing'],
    ['a column too many', 'more', 'column more is not in the contract'],
    ['a wrong codec', 'snappy', 'column song_id is compressed with SNAPPY, not ZSTD'],
  ])('finds %s', async (_, file, message) => {
    await place('songs', 'year=2004/part-0-u.zstd.parquet', file);
    expect(await findings()).toContain(`error songs: ${message}`);
  });

  it('allows nulls where the contract does', async () => {
    await place('songs', 'year=2004/part-0-u.zstd.parquet', 'allowed-nulls');
    expect(await findings({ tables: await songsReport(3) })).toEqual([]);
  });

  it.each([
    ['year=twelve', '"twelve" is not a valid INT for partition column year'],
    ['year=02004', '"02004" is not a valid INT for partition column year'],
    ['year=99999999999', '"99999999999" is not a valid INT for partition column year'],
    ['year=__HIVE_DEFAULT_PARTITION__', 'partition column year holds nulls'],
    ['jahr=2004', 'a data file is not in folders year=...'],
    ['2004', 'a data file is not in folders year=...'],
    ['year=2004/month=1', 'a data file is not in folders year=...'],
  ])('finds data in the folder %s', async (name, message) => {
    await mkdir(join(folder('songs'), name, '..'), { recursive: true });
    await rename(join(folder('songs'), 'year=2004'), join(folder('songs'), 'aside'));
    await mkdir(join(folder('songs'), name), { recursive: true });
    for (const file of await readdir(join(folder('songs'), 'aside'))) {
      await rename(join(folder('songs'), 'aside', file), join(folder('songs'), name, file));
    }
    expect(await findings({ tables: await songsReport(3) })).toEqual([`error songs: ${message}`]);
  });

  it('finds partition folders that the contract does not have', async () => {
    expect(await findings({ contract: { partitionBy: [] } })).toEqual(
      expect.arrayContaining([
        "error songs: a data file is not directly in the table's folder",
        'error songs: column year is missing',
      ]),
    );
  });

  it('finds rows that the step counted differently, when writing or when reading back', async () => {
    expect(await findings({ tables: await songsReport(4) })).toHaveLength(1);
    expect(await findings({ tables: await songsReport(3, { readBack: 2 }) })).toEqual([
      expect.stringContaining('2 read back'),
    ]);
  });

  it('passes on the violations that the step found, with their severity', async () => {
    const violations = [
      {
        check: 'unique',
        severity: 'error' as const,
        detail: 'song_id is not unique',
        count: 2,
        sample: ['{"song_id":"S1"}'],
      },
      { check: 'range', severity: 'warn' as const, detail: 'duration below 0', count: 1, sample: [] },
    ];
    const { findings: found } = await verify({ tables: await songsReport(3, { violations }) });
    expect(found).toEqual([
      {
        severity: 'error',
        subject: 'songs',
        message: 'unique: song_id is not unique',
        count: 2,
        sample: ['{"song_id":"S1"}'],
      },
      { severity: 'warn', subject: 'songs', message: 'range: duration below 0', count: 1, sample: [] },
    ]);
  });

  it('finds books that do not balance or are missing', async () => {
    expect(
      await findings({
        sources: { song_data: { ...clean.song_data, lines: { ...clean.song_data.lines, read: 1 } } },
      }),
    ).toEqual([expect.stringMatching(/^error song_data: .*balance/)]);
    expect(await findings({ sources: {} })).toEqual([
      'error song_data: step song_transform reports no books of this source',
    ]);
    const { song_data: its } = clean;
    expect(await findings({ sources: { song_data: { ...its, views: {} } } })).toEqual([
      'error song_data: the step reports no books of its view song_data',
    ]);
  });

  it('finds books of a source that the step does not read, and a table that it does not write', async () => {
    expect(await findings({ sources: { ...clean, log_data: clean.song_data } })).toEqual([
      'error log_data: step song_transform reports books of this source, which it does not read by the plan',
    ]);
    expect(await findings({ tables: { others: tableReport(1) } })).toEqual([
      'error song_transform: it reports a table that it does not write',
    ]);
  });

  it('finds a step without an accepted execution, and a table missing from its report', async () => {
    const lake = createLake(openFolder(root), { driver: 'd' });
    const none = await lake.verify(plan(), []);
    expect(none.findings).toEqual([
      expect.objectContaining({ severity: 'error', subject: 'song_transform' }),
    ]);
    const silent = await lake.verify(plan(), [
      { step: 'song_transform', key: EXECUTION, report: report(await songsReport(3), clean) },
    ]);
    expect(silent.findings).toEqual([
      expect.objectContaining({ subject: 'song_keys', message: 'its step reports nothing about it' }),
    ]);
  });

  describe('an empty table', () => {
    beforeEach(() => rm(folder('songs'), { recursive: true }));

    it.each(['empty', 'empty-with-year'])(
      'is allowed if the contract says so, and is one file with a schema (%s)',
      async (file) => {
        await place('songs', 'part-0.zstd.parquet', file);
        expect(await findings({ contract: { mayBeEmpty: true }, tables: await songsReport(0) })).toEqual([]);
      },
    );

    it('is a finding if it must not be empty', async () => {
      await place('songs', 'part-0.zstd.parquet', 'empty');
      expect(await findings({ tables: await songsReport(0) })).toEqual([
        'error songs: it is empty, and may not be',
      ]);
    });

    it('is a finding if there is no file at all', async () => {
      expect(await findings({ contract: { mayBeEmpty: true }, tables: await songsReport(0) })).toEqual([
        'error songs: it has no data file, so not even a schema',
      ]);
    });
  });
});
