/** Both steps run by hand, as a user would run them, and compared with the oracle. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { StepReport } from '../../src/pipeline/report.ts';
import { NOTHING, judge } from './oracle.ts';
import type { Judgement } from './oracle.ts';
import { executionOf, renderInto, runSpark } from './spark.ts';

export interface Landed {
  song: ReturnType<typeof executionOf>;
  log: ReturnType<typeof executionOf>;
  stdout: string;
  judgement: Judgement;
}

export interface Input {
  songData: string;
  logData: string;
}

const attemptOf = (folder: string, step: string) => join(folder, 'lake', step);

/** Runs the first step over an input, by hand and in an odd time zone. Programs and tables go below `folder`. */
async function landSongs(folder: string, input: Input) {
  const programs = renderInto(join(folder, 'programs'));
  const song = await runSpark(
    [
      programs['song_transform']!,
      '--output',
      `file://${attemptOf(folder, 'song')}`,
      '--source',
      `song_data=file://${input.songData}`,
    ],
    { TZ: 'America/New_York' },
  );
  if (song.code !== 0) throw new Error(song.stderr.slice(-4000));
  return { programs, stdout: song.stdout, execution: executionOf(attemptOf(folder, 'song')) };
}

/** Runs both steps over an input, and asks the oracle. */
export async function land(folder: string, input: Input): Promise<Landed> {
  const { programs, stdout, execution: songExecution } = await landSongs(folder, input);
  const attempt = (step: string) => attemptOf(folder, step);
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
  return { ...executions, stdout: stdout + log.stdout, judgement };
}

/** A second execution with a lower name and a later report, but without tables. */
function addLaterReport(attempt: string, report: StepReport): void {
  mkdirSync(join(attempt, 'a-0-ff'));
  writeFileSync(
    join(attempt, 'a-0-ff/report.json'),
    JSON.stringify({ ...report, endedAt: report.endedAt + 1 }),
  );
}

/** Checks that tables, books and quarantine equal those of the oracle. */
export function expectAllRight({ song, log, judgement }: Landed): void {
  expect(judgement).toMatchObject(NOTHING);
  expect(song.report.sources['song_data']).toEqual(judgement.books.song_data);
  expect(log.report.sources['log_data']).toEqual(judgement.books.log_data);
  expect(log.report.tables['songplays']!.matched).toMatchObject([{ rows: judgement.matched }]);
  for (const [table, report] of Object.entries({ ...song.report.tables, ...log.report.tables })) {
    expect(report.readBack).toBe(report.rows);
    if (table !== 'song_keys') expect([table, report.rows]).toEqual([table, judgement.rows[table]]);
  }
}
