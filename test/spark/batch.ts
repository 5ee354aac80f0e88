/** Many runs of rendered steps in one Spark application (batch.py). */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runSpark, sparkOf } from './spark.ts';

export interface Job {
  /** A rendered step. */
  program: string;
  /** As its own command line takes them. */
  arguments: readonly string[];
  /** Instead of what the step would fit to its input. */
  shufflePartitions?: number;
}

export interface JobResult {
  failure: { kind: string; error: string } | null;
  /** By source: lines by file, fate, reason and field, as the books were made of them. */
  counted: Record<
    string,
    [file: string, fate: string, reason: string | null, field: string | null, lines: number][]
  >;
}

export interface BatchOptions {
  /** For spark-submit. */
  args?: readonly string[];
  env?: Record<string, string>;
  /** Whose Spark runs them, instead of the one under test. */
  release?: string;
}

/** Runs the jobs in their order. A step that fails is a result; anything else is thrown. */
export async function runBatch(
  folder: string,
  jobs: readonly Job[],
  { args = [], env = {}, release }: BatchOptions = {},
): Promise<JobResult[]> {
  const [todo, done] = [join(folder, 'jobs.json'), join(folder, 'results.json')];
  writeFileSync(todo, JSON.stringify(jobs));
  const program = join(import.meta.dirname, 'batch.py');
  const spark = release === undefined ? undefined : await sparkOf(release);
  const { code, stderr } = await runSpark([...args, program, todo, done], env, spark);
  if (code !== 0) throw new Error(stderr.slice(-4000));
  return JSON.parse(readFileSync(done, 'utf8')) as JobResult[];
}
