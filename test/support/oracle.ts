/** The expected tables, computed from the raw JSON by DuckDB (test/spark/oracle.py). */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { SourceBooks } from '../../src/pipeline/report.ts';
import { testPython } from './python.ts';

export interface Judgement {
  books: Record<string, SourceBooks>;
  rows: Record<string, number>;
  differences: Record<string, { missing: string[]; unexpected: string[] }>;
}

/** Compares the tables at plain paths in a folder with the raw inputs. */
export function judge(songData: string, logData: string, tables: string): Judgement {
  const script = join(import.meta.dirname, '../spark/oracle.py');
  const { status, stdout, stderr } = spawnSync(
    testPython(),
    [script, 'bigint', songData, logData, tables, tables],
    {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Judgement;
}

/** No row missing and no extra row, in all five tables. */
export const equalTables = Object.fromEntries(
  ['songs', 'artists', 'users', 'time', 'songplays'].map((name) => [name, { missing: [], unexpected: [] }]),
);
