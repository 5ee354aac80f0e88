import { mkdtemp, rm } from 'node:fs/promises';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { acceptExecution } from '../../src/lake/accept.ts';
import type { StepReport } from '../../src/pipeline/report.ts';
import { openStore } from '../../src/store/open.ts';
import { NOTHING, judge } from './oracle.ts';
import type { Judgement } from './oracle.ts';
import { plant } from './planted.ts';
import { executionOf, renderInto, runSpark } from './spark.ts';

const SAMPLE = join(import.meta.dirname, '../../../shared/data/sparkify');
const MINUTES = 60_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall spark's ü [1] {2} 100%+ "));
});
afterAll(() => rm(folder, { recursive: true }));

interface Landed {
  song: ReturnType<typeof executionOf>;
  log: ReturnType<typeof executionOf>;
  stdout: string;
  judgement: Judgement;
}

/** Runs both steps over an input, by hand and in odd time zones, and asks the oracle. */
async function land(name: string, input: { songData: string; logData: string }) {
  const programs = renderInto(join(folder, name, 'programs'));
  const attempt = (step: string) => join(folder, name, 'lake', step);
  const song = await runSpark(
    [
      programs['song_transform']!,
      '--output',
      `file://${attempt('song')}`,
      '--source',
      `song_data=file://${input.songData}`,
    ],
    { TZ: 'America/New_York' },
  );
  if (song.code !== 0) throw new Error(song.stderr.slice(-4000));
  const songExecution = executionOf(attempt('song'));
  addLaterReport(attempt('song'), songExecution.report);
  const log = await runSpark(
    [
      ...['--conf', 'spark.sql.session.timeZone=Asia/Tokyo'],
      ...[
        programs['log_transform']!,
        '--output',
        `file://${attempt('log')}`,
        '--source',
        `log_data=file://${input.logData}`,
      ],
      ...['--upstream', `song_transform=file://${attempt('song')}`],
    ],
    { TZ: 'Asia/Kolkata' },
  );
  if (log.code !== 0) throw new Error(log.stderr.slice(-4000));
  const executions = { song: songExecution, log: executionOf(attempt('log')) };
  const folders = { song: executions.song.folder, log: executions.log.folder };
  const judgement = await judge(input, folders);
  return { ...executions, stdout: song.stdout + log.stdout, judgement } satisfies Landed;
}

/** A second execution, whose name comes first and whose report came later; its tables are not there. */
function addLaterReport(attempt: string, report: StepReport): void {
  mkdirSync(join(attempt, 'a-0-ff'));
  writeFileSync(
    join(attempt, 'a-0-ff/report.json'),
    JSON.stringify({ ...report, endedAt: report.endedAt + 1 }),
  );
}

function expectAllRight({ song, log, judgement }: Landed): void {
  expect(judgement).toMatchObject(NOTHING);
  expect(song.report.sources['song_data']).toEqual(judgement.books.song_data);
  expect(log.report.sources['log_data']).toEqual(judgement.books.log_data);
  for (const [table, report] of Object.entries({ ...song.report.tables, ...log.report.tables })) {
    expect(report.readBack).toBe(report.rows);
    if (table !== 'song_keys') expect([table, report.rows]).toEqual([table, judgement.rows[table]]);
  }
}

describe('tables of planted data', () => {
  let landed: Landed;
  beforeAll(async () => {
    landed = await land('planted', plant(join(folder, 'planted', 'input')));
  }, 5 * MINUTES);

  it('agree with the oracle row by row, and so do books and quarantine', () => {
    expectAllRight(landed);
  });

  it('hold every kind of fate, so that agreeing means something', () => {
    const { books } = landed.judgement;
    expect(books.log_data).toMatchObject({
      lines: { kept: 37, filtered: 5, duplicates: 6, quarantined: 0 },
      conflicts: 3,
    });
    expect(books.song_data.lines).toEqual({
      read: 50,
      blank: 0,
      kept: 39,
      filtered: 0,
      duplicates: 0,
      quarantined: 11,
    });
    const reasons = books.song_data.quarantinedBy.map(({ reason, field }) => `${reason} ${field ?? '-'}`);
    expect(reasons).toEqual(['missing duration', 'missing song_id', 'missing title', 'type duration']);
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
    const lake = await openStore(`file://${dirname(dirname(landed.song.folder))}`);
    expect(readdirSync(dirname(landed.song.folder))).toHaveLength(2);
    expect((await acceptExecution(lake, 'song', 'by-hand'))?.key).toBe(
      `song/${basename(landed.song.folder)}`,
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
});

if (existsSync(SAMPLE))
  it(
    'lands the real sample as the oracle does, with the known figures',
    async () => {
      const input = { songData: join(SAMPLE, 'song_data'), logData: join(SAMPLE, 'log_data') };
      const landed = await land('sample', input);
      expectAllRight(landed);
      expect(landed.judgement.rows).toEqual({
        songplays: 6820,
        users: 96,
        songs: 71,
        artists: 69,
        time: 6813,
      });
      expect(landed.log.report.sources['log_data']).toMatchObject({
        lines: { read: 8056, kept: 6820, filtered: 1236, duplicates: 0, quarantined: 0 },
      });
      const reports = { ...landed.song.report.tables, ...landed.log.report.tables };
      expect(Object.values(reports).flatMap(({ violations }) => violations)).toEqual([]);
    },
    5 * MINUTES,
  );
