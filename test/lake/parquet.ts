/** Parquet files made by DuckDB, which is independent of Landfall. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { testPython } from '../support/python.ts';

/** Runs SQL statements in DuckDB. `$root` in them stands for the folder, quoted for a string literal. */
export async function duckdb(root: string, statements: readonly string[]): Promise<void> {
  const sql = statements.map((statement) => statement.replaceAll('$root', root.replaceAll("'", "''")));
  const program = 'import duckdb, json, sys\nfor statement in json.load(sys.stdin): duckdb.sql(statement)';
  const running = promisify(execFile)(testPython(), ['-c', program]);
  running.child.stdin!.end(JSON.stringify(sql));
  await running;
}

/** Two songs of 2004, and one of year 0 with an unknown artist, as in `songs/` partitioned by year. */
export const SONGS = `select * from (values
  ('S1', 'One', 'A1', 2004, 1.5::double), ('S2', 'Two', 'A1', 2004, 2.5), ('S3', 'Three', 'A2', 0, 3.5)
) as songs(song_id, title, artist_id, year, duration)`;

export const copyTo = (query: string, path: string, options = 'compression zstd') =>
  `copy (${query}) to '${path}' (format parquet, ${options})`;
