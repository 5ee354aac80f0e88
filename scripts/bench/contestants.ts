/** Who is timed, and by which command. */
import { join } from 'node:path';

export interface Contestant {
  /** What --only calls it. */
  id: string;
  name: string;
  /** What it is, for a reader of the results. */
  doc: string;
  /** Reads `input` and writes its tables below `output`, which does not exist yet. */
  command: (input: string, output: string) => readonly string[];
  /** Laid over the environment. */
  env?: Readonly<Record<string, string>>;
}

/** All others are compared with these two. */
export const REFERENCES = ['tuned etl.py', 'DuckDB'] as const;

const here = import.meta.dirname;

export interface SparkForBench {
  /** The spark-submit of the private Spark. */
  submit: string;
  /** That of Landfall's steps. */
  driverMemory: string;
  env: Readonly<Record<string, string>>;
}

export function contestants({ submit, driverMemory, env }: SparkForBench): readonly Contestant[] {
  const spark = [submit, '--master', 'local[2]', '--driver-memory', driverMemory];
  const quiet = ['--conf', 'spark.log.level=WARN', '--conf', 'spark.ui.showConsoleProgress=false'];
  const script =
    (name: string, ...layout: string[]) =>
    (input: string, output: string) => [...spark, ...quiet, join(here, name), input, output, ...layout];
  const landfall =
    (...flags: string[]) =>
    (input: string, output: string) => [
      process.execPath,
      join(here, '../landfall.js'),
      'submit',
      ...['--cluster', 'local', '--lake', output],
      ...['--song-data', join(input, 'song_data'), '--log-data', join(input, 'log_data')],
      ...flags,
    ];
  return [
    {
      id: 'landfall',
      name: 'Landfall',
      doc: '`submit --cluster local` of the built CLI, with all checks and books; songs by year',
      command: landfall(),
    },
    {
      id: 'landfall-classic-layout',
      name: 'Landfall, classic layout',
      doc: 'the same with songs by year and artist_id',
      command: landfall('--songs-partition-by', 'year, artist_id'),
    },
    {
      id: 'classic',
      name: 'classic etl.py',
      doc: 'inferred schemas, files found by a pattern, a UDF; songs by year and artist_id; no checks',
      command: script('classic.py'),
      env,
    },
    {
      id: 'tuned',
      name: 'tuned etl.py',
      doc: 'explicit schemas, cached scans, a broadcast join; songs by year and artist_id; no checks',
      command: script('tuned.py', 'year', 'artist_id'),
      env,
    },
    {
      id: 'tuned-by-year',
      name: 'tuned etl.py, by year',
      doc: 'the same with songs by year',
      command: script('tuned.py', 'year'),
      env,
    },
    {
      id: 'duckdb',
      name: 'DuckDB',
      doc: '2 threads, explicit schemas; songs by year; no checks',
      command: (input, output) => [process.execPath, join(here, 'in-duckdb.js'), input, output],
    },
  ];
}
