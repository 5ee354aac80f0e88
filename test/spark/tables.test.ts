import { mkdtemp, rm } from 'node:fs/promises';
import { cpSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { acceptExecution } from '../../src/lake/accept.ts';
import { booksFindings } from '../../src/lake/books.ts';
import { inspectTable } from '../../src/lake/inspect.ts';
import { keys } from '../../src/lake/layout.ts';
import type { StepReport } from '../../src/pipeline/report.ts';
import { openStore } from '../../src/store/open.ts';
import { expectAllRight, land, landSongs } from './landing.ts';
import type { Landed } from './landing.ts';
import { plant } from './planted.ts';

const MINUTES = 60_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall spark's ü [1] {2} 100%+ "));
});
afterAll(() => rm(folder, { recursive: true }));

describe('tables of planted data', () => {
  let landed: Landed;
  beforeAll(async () => {
    landed = await land(join(folder, 'planted'), plant(join(folder, 'planted', 'input')));
  }, 5 * MINUTES);

  it('agree with the oracle row by row, and so do books and quarantine', () => {
    expectAllRight(landed);
  });

  it('hold every kind of fate, so that agreeing means something', () => {
    const { books } = landed.judgement;
    expect(books.log_data.views['plays']).toMatchObject({
      lines: { kept: 37, filtered: 5, duplicates: 6, quarantined: 0 },
      conflicts: 3,
    });
    expect(books.song_data.lines).toEqual({ read: 50, blank: 0, unparsable: 0, quarantined: 2 });
    const { lines, quarantinedBy, nulls } = books.song_data.views['song_data']!;
    expect(lines).toEqual({ kept: 48, filtered: 0, duplicates: 0, quarantined: 2 });
    expect(quarantinedBy.map(({ reason, field }) => `${reason} ${field}`)).toEqual(['missing song_id']);
    expect(nulls).toEqual(
      expect.arrayContaining([
        { field: 'title', missing: 1, blank: 1, unfit: 0 },
        { field: 'duration', missing: 1, blank: 0, unfit: 6 },
      ]),
    );
  });

  it('report conflicts that queries resolved and checks that do not hold', () => {
    expect(landed.song.report.tables).toMatchObject({ songs: { conflicts: 1 }, artists: { conflicts: 4 } });
    expect(landed.log.report.tables['users']!.conflicts).toBe(2);
    const violations = landed.log.report.tables['users']!.violations;
    expect(violations).toHaveLength(1);
    expect(violations[0]).toMatchObject({ check: 'accepted_values', severity: 'warn', count: 1 });
    expect(violations[0]!.sample.map((row): unknown => JSON.parse(row))).toEqual([
      { user_id: 24, first_name: 'Kim', last_name: 'Lee', gender: 'F', level: 'gold' },
    ]);
  });

  it('name the upstream execution that was read, the one of two that the driver accepts, and are told in few lines', async () => {
    expect(landed.log.report.upstreams).toEqual({ song_transform: `file://${landed.song.folder}` });
    expect(readdirSync(dirname(landed.song.folder))).toHaveLength(2);
    const attempt = keys.attempt('by-hand', 'song_transform', 1);
    cpSync(dirname(landed.song.folder), join(folder, 'accepting', attempt), { recursive: true });
    const lake = await openStore(`file://${join(folder, 'accepting')}`);
    expect((await acceptExecution(lake, attempt, 'by-hand'))?.key).toBe(
      keys.execution(attempt, basename(landed.song.folder)),
    );
    expect(landed.log.report).toMatchObject({ token: 'by-hand', step: 'log_transform' });
    const lines = landed.stdout.trimEnd().split('\n');
    expect(lines.filter((line) => !line.startsWith('landfall: '))).toEqual([]);
    expect(lines).toContain('landfall: songplays: 37 rows');
  });

  it('lie in zstd Parquet below partition folders', () => {
    const years = readdirSync(join(landed.log.folder, 'tables/songplays')).filter((name) =>
      name.startsWith('year='),
    );
    expect(years.sort()).toEqual([
      'year=2000',
      'year=2017',
      'year=2018',
      'year=2019',
      'year=2020',
      'year=2021',
      'year=2099',
    ]);
    const files = readdirSync(join(landed.song.folder, 'tables/artists')).filter((name) =>
      name.endsWith('.parquet'),
    );
    expect(files).toEqual([expect.stringMatching(/\.zstd\.parquet$/)]);
  });

  it('report each of their data files, by name and size', async () => {
    for (const { folder: execution, report } of [landed.song, landed.log]) {
      for (const [table, { files }] of Object.entries(report.tables)) {
        const inspected = await inspectTable(await openStore(`file://${execution}`), `tables/${table}/`);
        expect({ table, files }).toEqual({
          table,
          files: inspected.files.map(({ name, size }) => ({ name, size })).sort(byName),
        });
        expect(files.length).toBeGreaterThan(0);
      }
    }
  });
});

describe('tables of planted data that break their contracts', () => {
  const more = (checks: readonly string[]) => (text: string) =>
    text.replace('\nchecks:\n', `\nchecks:\n${checks.map((check) => `  - { ${check} }\n`).join('')}`);
  const songs = (text: string) =>
    moreOfSongs(text).replace(
      '  duration\nFROM',
      "  if(song_id = 'SOA2', double('NaN'), duration) AS duration\nFROM",
    );
  const moreOfSongs = more([
    'check: unique, columns: [title]',
    'check: unique, columns: [year, duration], severity: warn',
    'check: accepted_values, column: year, values: [0, 2004]',
    'check: range, column: duration, min: 10, max: 182.25',
    'check: references, column: title, table: artists, to: name',
    'check: references, column: song_id, table: artists, to: artist_id, severity: warn',
    `check: condition, name: later, sql: "year > 2003 AND duration <> 0", severity: warn`,
    'check: condition, name: known, sql: title IS NOT NULL',
    'check: row_count, min: 1000',
    'check: row_count, max: 1, severity: warn',
    'check: row_count, equals: song_data',
  ]);
  const artists = (text: string) =>
    more(['check: not_null, column: location', 'check: not_null, column: longitude, severity: warn'])(text)
      .replace('key: [artist_id]', 'key: [name]')
      .replace('name: name, type: STRING,', 'name: name, type: STRING, nullable: false,')
      .replace('name: latitude, type: DOUBLE,', 'name: latitude, type: DOUBLE, nullable: false,');
  /** A line is lost before it is counted. */
  const losing = (id: string) => (text: string) =>
    text.replace(
      'judge(read_fields(lines, source, typed), source)',
      `$&.where(F.col("_line").contains('"${id}"') == F.lit(False))`,
    );
  let report: StepReport;
  beforeAll(async () => {
    const contracts = {
      'tables/song_transform/songs.sql.hbs': songs,
      'tables/song_transform/artists.sql.hbs': artists,
      'engine/fates.py': losing('SOD3'),
    };
    const input = plant(join(folder, 'broken', 'input'));
    ({ report } = (await landSongs(join(folder, 'broken'), input, contracts)).execution);
  }, 5 * MINUTES);

  it('come with books that name the object of which a line was lost', () => {
    const { objects, lines, views } = report.sources['song_data']!;
    expect(lines).toMatchObject({ read: 49, quarantined: 2 });
    expect(views['song_data']!.lines).toMatchObject({ kept: 47, quarantined: 2 });
    expect(objects.unaccounted).toEqual([expect.stringMatching(/\/B\/durations\.json$/)]);
    const found = booksFindings('song_data', report.sources['song_data']!, {
      objects: objects.manifest,
      views: ['song_data'],
      maxQuarantined: 1,
    });
    expect(found).toMatchObject([{ severity: 'error', sample: objects.unaccounted }]);
  });

  it.each<[string, unknown[][]]>([
    [
      'songs',
      [
        ['error accepted_values: year is none of 0, 2004', 9, ['SOA1', 'SOA2', 'SOA3', 'SOA4', 'SOC']],
        ['error range: duration is not at least 10 and at most 182.25', 4, ['SOA2', 'SOC', 'SOD1', 'SOX8']],
        ['error references: title is not in artists.name', 40, ['42', 'SO1', 'SO2', 'SO3', 'SOA1']],
        ['warn references: song_id is not in artists.artist_id', 42, ['42', 'SO1', 'SO2', 'SO3', 'SOA1']],
        // A song of 2004 without a duration passes.
        [
          'warn condition: later does not hold: year > 2003 AND duration <> 0',
          15,
          ['SOA3', 'SOA4', 'SOC', 'SOX8', 'SOY1'],
        ],
        ['error condition: known does not hold: title IS NOT NULL', 2, ['SOX2', 'SOX3']],
        ['warn range: duration is not at least 0', 1, ['SOA2']],
        ['error unique: title is not unique', 30, ['SOX2', 'SOX3', 'SO1', 'SOA1', 'SOA2']],
        ['warn unique: year, duration is not unique', 27, ['SOY1', 'SOY2', 'SOY3', 'SOY7', 'SOY8']],
        ['error row_count: the table has 42 rows, and must have at least 1000', 42, []],
        ['warn row_count: the table has 42 rows, and must have at most 1', 42, []],
        [
          'error row_count: the table has 42 rows, and must have exactly 47, the kept lines of song_data',
          42,
          [],
        ],
      ],
    ],
    [
      'artists',
      [
        ['error not_null: latitude is null', 7, ['AR5', 'AR1', 'AR4', 'AR2', 'AR7']],
        ['error not_null: location is null', 8, ['AR5', 'AR1', 'AR4', 'AR2', 'ARX']],
        ['warn not_null: longitude is null', 7, ['AR5', 'AR1', 'AR4', 'AR2', 'AR7']],
        ['warn range: latitude is not at least -90 and at most 90', 1, ['ARX']],
        ['error unique: name is not unique', 2, ['AR1', 'AR4', 'AR7', 'AR8']],
      ],
    ],
  ])(
    'report every kind of check of %s that does not hold, with its severity, count and rows',
    (table, expected) => {
      const { violations } = report.tables[table]!;
      expect(
        violations.map(({ check, severity, detail, count, sample }) => [
          `${severity} ${check}: ${detail}`,
          count,
          sample.map((row) => Object.values(JSON.parse(row) as object)[0] as unknown),
        ]),
      ).toEqual(expected);
    },
  );
});

const byName = ({ name: a }: { name: string }, { name: b }: { name: string }) => (a < b ? -1 : 1);
