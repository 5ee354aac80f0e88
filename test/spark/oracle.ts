/** Asks the oracle how the tables, books and quarantines of two executions differ from the expected ones. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SourceBooks } from '../../src/pipeline/report.ts';
import { testPython } from '../support/python.ts';

interface Difference {
  missing: string[];
  unexpected: string[];
}

export interface Judgement {
  books: { song_data: SourceBooks; log_data: SourceBooks };
  rows: Record<string, number>;
  /** Plays that found their song. */
  matched: number;
  differences: Record<string, Difference>;
  quarantine: Record<string, Difference & { surplus: number }>;
}

/** The differences of a correct execution: none. */
export const NOTHING: Pick<Judgement, 'differences' | 'quarantine'> = {
  differences: Object.fromEntries(
    ['songs', 'artists', 'users', 'time', 'songplays'].map((table) => [
      table,
      { missing: [], unexpected: [] },
    ]),
  ),
  quarantine: Object.fromEntries(
    ['song_data', 'log_data'].map((source) => [source, { missing: [], unexpected: [], surplus: 0 }]),
  ),
};

export async function judge(
  input: { songData: string; logData: string; shape?: 'bigint' | 'text' },
  executions: { song: string; log: string },
): Promise<Judgement> {
  const oracle = join(import.meta.dirname, 'oracle.py');
  const folders = [join(executions.song, 'tables'), join(executions.log, 'tables')];
  const { stdout } = await promisify(execFile)(
    testPython(),
    [oracle, input.shape ?? 'bigint', input.songData, input.logData, ...folders],
    { maxBuffer: 2 ** 26 },
  );
  return JSON.parse(stdout) as Judgement;
}
