/** Generated data full of conflicts, landed several times in one Spark application: unchanged, and in other layouts. */
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generate } from '../../spark/generated.ts';
import { judge, NOTHING } from '../../spark/oracle.ts';
import { landVariants } from '../../spark/variants.ts';
import type { LandedVariant } from '../../spark/variants.ts';

const SEED = 1;
const DATA_SETS = 60;
const OTHER = {
  songplay_id: 'text',
  songs_partition_by: ['year', 'artist_id'],
  target_file_size: 2 ** 20,
} as const;
const { songs, plays } = generate(SEED, DATA_SETS);

/** Reads a file of more than 64 KiB in several parts. */
const inSmallSplits = (text: string) =>
  text.replace('"spark.sql.files.maxPartitionBytes": "128m"', '"spark.sql.files.maxPartitionBytes": "64k"');

/** Loses plays that match no song, and has only sixteen ids. */
const wrongQuery = (query: string) =>
  query.replace('LEFT JOIN', 'JOIN').replace('event_hash, 1, 15)', 'event_hash, 1, 1)');

let folder: string;
let landed: Record<string, LandedVariant>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfall generated '));
  landed = await landVariants(
    folder,
    { songs, plays },
    [
      { name: 'plain', layout: {} },
      {
        name: 'otherwise',
        layout: { seed: 5, twice: true },
        shufflePartitions: 7,
        edits: { 'engine/session.py': inSmallSplits },
      },
      { name: 'with other parameters', layout: {}, parameters: OTHER },
      {
        name: 'by a wrong query',
        layout: {},
        edits: { 'tables/log_transform/songplays.sql.hbs': wrongQuery },
      },
    ],
    { zone: 'America/Los_Angeles' },
  );
}, 900_000);
afterAll(() => rm(folder, { recursive: true }));

const reportOf = (name: string) => {
  const { song, log } = landed[name]!.executions;
  return { ...song.report.sources, ...log.report.sources };
};

describe(`${String(DATA_SETS)} data sets of seed ${String(SEED)}`, () => {
  it.each([
    { name: 'plain' },
    { name: 'otherwise' },
    { name: 'with other parameters', shape: 'text' as const },
  ])(
    'land as the oracle computes them, to the last row, book and rejected line: $name',
    async ({ name, shape }) => {
      const { input, executions } = landed[name]!;
      const judgement = await judge(
        { ...input, ...(shape === undefined ? {} : { shape }) },
        { song: executions.song.folder, log: executions.log.folder },
      );
      expect(judgement).toMatchObject(NOTHING);
      expect(reportOf(name)).toEqual(judgement.books);
      expect(executions.log.report.tables['songplays']!.matched).toMatchObject([{ rows: judgement.matched }]);
    },
  );

  it('are full of conflicts, so that the comparison covers them', () => {
    const { song, log } = landed['plain']!.executions;
    const books = log.report.sources['log_data']!.views['plays'];
    expect(books?.conflicts).toBeGreaterThan(DATA_SETS);
    expect(song.report.tables['songs']!.conflicts).toBeGreaterThan(DATA_SETS);
    expect(song.report.tables['artists']!.conflicts).toBeGreaterThan(DATA_SETS);
    expect(log.report.tables['users']!.conflicts).toBeGreaterThan(DATA_SETS / 2);
  });

  it('give the same tables in other files and another order, delivered twice, with other partitions', () => {
    expect(landed['otherwise']?.digests).toEqual(landed['plain']?.digests);
  });

  it('are laid out as the parameters say', () => {
    const tables = join(landed['with other parameters']!.executions.song.folder, 'tables');
    expect(readdirSync(join(tables, 'songs/year=1999'))).toContain('artist_id=d1-A1');
  });

  it('report plays that the query lost, and plays that share an id', () => {
    const { report } = landed['by a wrong query']!.executions.log;
    const { rows, violations } = report.tables['songplays']!;
    const kept = report.sources['log_data']!.views['plays']!.lines.kept;
    expect(rows).toBeLessThan(kept);
    expect(violations.map(({ check, severity, detail }) => `${severity} ${check}: ${detail}`)).toEqual([
      'error unique: songplay_id is not unique',
      `error row_count: the table has ${String(rows)} rows, but must have exactly ${String(kept)}, the kept lines of plays`,
    ]);
    expect(rows - violations[0]!.count).toBeLessThanOrEqual(16);
    const [one, other] = violations[0]!.sample.map((row) => JSON.parse(row) as Record<string, unknown>);
    expect(other!['songplay_id']).toBe(one!['songplay_id']);
    expect(other).not.toEqual(one);
  });

  it('count lines that are delivered a second time as duplicates', () => {
    const [once, twice] = [reportOf('plain')['log_data']!, reportOf('otherwise')['log_data']!];
    expect(twice.lines).toMatchObject({
      read: 2 * once.lines.read,
      unparsable: 2 * once.lines.unparsable,
      quarantined: 2 * once.lines.quarantined,
    });
    const [fatesOnce, fatesTwice] = [once.views['plays']!.lines, twice.views['plays']!.lines];
    expect(fatesTwice).toEqual({
      kept: fatesOnce.kept,
      filtered: 2 * fatesOnce.filtered,
      duplicates: 2 * fatesOnce.duplicates + fatesOnce.kept,
      quarantined: 2 * fatesOnce.quarantined,
    });
  });
});
