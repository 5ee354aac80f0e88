/** Many runs of rendered steps in one Spark application (batch.py). */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Spark } from '../../src/local/setup-spark.ts';
import { RELEASE, runSpark, sparkOf } from './spark.ts';

export interface Job {
  /** A rendered step. */
  program: string;
  /** As on its command line. */
  arguments: readonly string[];
  /** If given, queries run as on large data, with this number of partitions. */
  shufflePartitions?: number;
  /** Local files that are moved before the job starts: from where to where. */
  moves?: readonly (readonly [from: string, to: string])[];
  /** A local input that gets another line, or is deleted, after all input was read. */
  append?: string;
  remove?: string;
}

export interface JobResult {
  failure: { kind: string; error: string } | null;
  /** What a failed step says about the place. */
  place: [table: string | null, template: string | null, line: number | null] | null;
  /** By view: lines by file, fate, reason and field, from which the books were made. */
  counted: Record<
    string,
    [file: string, fate: string, reason: string | null, field: string | null, lines: number][]
  >;
  /** By source: how often all of its lines were parsed. */
  parsed: Record<string, number>;
}

export interface BatchOptions {
  /** Whose Spark runs them, instead of the one under test. */
  release?: string;
  /** Properties of the machine, as Python, the JVM and Spark see them. */
  zone?: string;
  cores?: number;
}

/** Runs the jobs in their order. A step that fails is a result; anything else is thrown. */
export async function runBatch(
  folder: string,
  jobs: readonly Job[],
  { release = RELEASE, zone, cores }: BatchOptions = {},
): Promise<JobResult[]> {
  const [todo, done] = [join(folder, 'jobs.json'), join(folder, 'results.json')];
  writeFileSync(todo, JSON.stringify(jobs));
  const spark = await sparkOf(release);
  const conf = {
    ...inZone(spark, zone),
    ...(cores === undefined ? {} : { 'spark.master': `local[${cores}]` }),
  };
  const args = Object.entries(conf).flatMap(([key, value]) => ['--conf', `${key}=${value}`]);
  const program = join(import.meta.dirname, 'batch.py');
  const { code, stdout, stderr } = await runSpark(
    [...args, program, todo, done],
    zone === undefined ? {} : { TZ: zone },
    spark,
  );
  // Spark puts the traceback of a Python program on stdout.
  if (code !== 0) throw new Error(`${stderr.slice(-4000)}\n${stdout.slice(-4000)}`);
  return JSON.parse(readFileSync(done, 'utf8')) as JobResult[];
}

function inZone({ conf }: Spark, zone: string | undefined): Record<string, string> {
  if (zone === undefined) return {};
  const options = conf['spark.driver.extraJavaOptions'] ?? '';
  return {
    'spark.driver.extraJavaOptions': options.replace('-Duser.timezone=UTC', `-Duser.timezone=${zone}`),
    'spark.sql.session.timeZone': zone,
  };
}
