/** Songs whose tables break their contracts in every way. Joins the Spark application of a test file. */
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { booksFindings } from '../../src/lake/books.ts';
import type { Job } from './batch.ts';
import { plant } from './planted.ts';
import { executionOf, renderInto, templates } from './spark.ts';

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

/** The step that lands them, below `folder`. */
export function brokenContractsJob(folder: string): Job {
  const edits = {
    'tables/song_transform/songs.sql.hbs': songs,
    'tables/song_transform/artists.sql.hbs': artists,
    'engine/fates.py': losing('SOD3'),
  };
  const { songData } = plant(join(folder, 'broken', 'input'));
  const programs = renderInto(join(folder, 'broken', 'programs'), {}, templates(edits));
  return {
    program: programs['song_transform']!,
    arguments: [
      '--output',
      `file://${join(folder, 'broken/out')}`,
      '--source',
      `song_data=file://${songData}`,
    ],
  };
}

/** Registers the tests. `folder`: where `brokenContractsJob` put its files. */
export function describeBrokenContracts(folder: () => string): void {
  const reportOf = () => executionOf(join(folder(), 'broken/out')).report;

  describe('tables of planted data that break their contracts', () => {
    it('have books that name the object that lost a line', () => {
      const report = reportOf();
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
          ['error accepted_values: year is not one of 0, 2004', 9, ['SOA1', 'SOA2', 'SOA3', 'SOA4', 'SOC']],
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
          ['error row_count: the table has 42 rows, but must have at least 1000', 42, []],
          ['warn row_count: the table has 42 rows, but must have at most 1', 42, []],
          [
            'error row_count: the table has 42 rows, but must have exactly 47, the kept lines of song_data',
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
    ])('report every kind of broken check of %s, with its severity, count and rows', (table, expected) => {
      const { violations } = reportOf().tables[table]!;
      expect(
        violations.map(({ check, severity, detail, count, sample }) => [
          `${severity} ${check}: ${detail}`,
          count,
          sample.map((row) => Object.values(JSON.parse(row) as object)[0] as unknown),
        ]),
      ).toEqual(expected);
    });
  });
}
