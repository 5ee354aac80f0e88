/** The same tables by DuckDB on two threads: what one machine can do. `node in-duckdb.js INPUT OUTPUT` */
import { mkdirSync } from 'node:fs';
import process from 'node:process';
import { DuckDBInstance } from '@duckdb/node-api';

const SONG =
  "{song_id: 'VARCHAR', title: 'VARCHAR', artist_id: 'VARCHAR', artist_name: 'VARCHAR', artist_location: 'VARCHAR', artist_latitude: 'DOUBLE', artist_longitude: 'DOUBLE', duration: 'DOUBLE', year: 'INTEGER'}";
const EVENT =
  "{ts: 'BIGINT', userId: 'VARCHAR', sessionId: 'BIGINT', page: 'VARCHAR', level: 'VARCHAR', song: 'VARCHAR', artist: 'VARCHAR', length: 'DOUBLE', firstName: 'VARCHAR', lastName: 'VARCHAR', gender: 'VARCHAR', location: 'VARCHAR', userAgent: 'VARCHAR'}";

const [input = '', output = ''] = process.argv.slice(2);
mkdirSync(output, { recursive: true });
const duckdb = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
await duckdb.run(`
  CREATE TABLE song AS SELECT * FROM read_json('${input}/song_data/**/*.json', columns = ${SONG});
  CREATE TABLE play AS SELECT *, make_timestamp(ts * 1000) AS start_time, userId::BIGINT AS user_id
    FROM read_json('${input}/log_data/**/*.json', format = 'newline_delimited', columns = ${EVENT})
    WHERE page = 'NextSong'`);

/** By table: its query and its layout. */
const TABLES = {
  songs: ['SELECT DISTINCT ON (song_id) song_id, title, artist_id, duration, year FROM song', 'year'],
  artists: [
    `SELECT DISTINCT ON (artist_id) artist_id, artist_name AS name, artist_location AS location,
       artist_latitude AS latitude, artist_longitude AS longitude FROM song`,
  ],
  users: [
    `SELECT DISTINCT ON (user_id) user_id, firstName AS first_name, lastName AS last_name, gender, level
     FROM play ORDER BY ts DESC`,
  ],
  time: [
    `SELECT DISTINCT start_time, hour(start_time) AS hour, day(start_time) AS day, week(start_time) AS week,
       month(start_time) AS month, year(start_time) AS year, dayname(start_time) AS weekday FROM play`,
    'year, month',
  ],
  songplays: [
    `SELECT ('0x' || substr(sha256(concat_ws('|', ts, userId, sessionId)), 1, 15))::BIGINT AS songplay_id, start_time,
       user_id, level, song_id, artist_id, sessionId AS session_id, location, userAgent AS user_agent,
       year(start_time) AS year, month(start_time) AS month
     FROM play LEFT JOIN song ON play.song = song.title AND artist = artist_name AND length = song.duration`,
    'year, month',
  ],
};

for (const [table, [query, partitions]] of Object.entries(TABLES)) {
  const layout = partitions === undefined ? '' : `, PARTITION_BY (${partitions})`;
  const target = partitions === undefined ? `${output}/${table}.parquet` : `${output}/${table}`;
  await duckdb.run(`COPY (${query}) TO '${target}' (FORMAT parquet, COMPRESSION zstd${layout})`);
}
