/** Fingerprints of the tables in a folder, from any contestant: equal fingerprints mean equal rows. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/** By table: its rows and the sum of their hashes. */
export type Fingerprints = Readonly<Record<string, string>>;

export interface Tables {
  fingerprints: Fingerprints;
  /** Parquet files of all tables. */
  files: number;
}

/** Each column as it is compared; songplay_id is left out, since each contestant makes its own. */
const COLUMNS = {
  songs: ['song_id', 'title', 'artist_id', 'year::INT', 'duration'],
  artists: ['artist_id', 'name', 'location', 'latitude', 'longitude'],
  users: ['user_id::BIGINT', 'first_name', 'last_name', 'gender', 'level'],
  time: ['epoch_ms(start_time)', 'hour::INT', 'day::INT', 'week::INT', 'month::INT', 'year::INT', 'weekday'],
  songplays: [
    'epoch_ms(start_time)',
    'user_id::BIGINT',
    'level',
    'song_id',
    'artist_id',
    'session_id::BIGINT',
    'location',
    'user_agent',
    'year::INT',
    'month::INT',
  ],
} as const;

export async function readTables(folder: string): Promise<Tables> {
  const duckdb = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
  const fingerprints: Record<string, string> = {};
  let files = 0;
  for (const [table, columns] of Object.entries(COLUMNS)) {
    const place = join(folder, table);
    const pattern = existsSync(place) ? `${place}/**/*.parquet` : `${place}.parquet`;
    const read = await duckdb.runAndReadAll(
      `SELECT count(*) || ' rows, ' || coalesce(sum(hash(${columns.join(', ')})::HUGEINT), 0),
         (SELECT count(*) FROM glob('${pattern}'))::INT
       FROM read_parquet('${pattern}', hive_partitioning = true, hive_types_autocast = false)`,
    );
    const [row = []] = read.getRows();
    fingerprints[table] = String(row[0]);
    files += Number(row[1]);
  }
  duckdb.closeSync();
  return { fingerprints, files };
}

/** The first table of which two contestants made different rows, in words; undefined when there is none. */
export function disagreement(found: ReadonlyMap<string, Fingerprints>): string | undefined {
  const [[first, expected] = ['', {}], ...others] = found;
  for (const [name, theirs] of others)
    for (const [table, rows] of Object.entries(expected))
      if (theirs[table] !== rows)
        return `${table}: ${first} made ${rows}, and ${name} made ${theirs[table] ?? 'nothing'}`;
  return undefined;
}
