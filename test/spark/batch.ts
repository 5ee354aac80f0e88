/** Many runs of rendered steps in one Spark application (batch.py). */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runSpark } from './spark.ts';

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

/** Runs the jobs in their order; `args` go to spark-submit. A step that fails is a result; anything else is thrown. */
export async function runBatch(
  folder: string,
  jobs: readonly Job[],
  { args = [], env = {} }: { args?: readonly string[]; env?: Record<string, string> } = {},
): Promise<JobResult[]> {
  const [todo, done] = [join(folder, 'jobs.json'), join(folder, 'results.json')];
  writeFileSync(todo, JSON.stringify(jobs));
  const { code, stderr } = await runSpark([...args, join(import.meta.dirname, 'batch.py'), todo, done], env);
  if (code !== 0) throw new Error(stderr.slice(-4000));
  return JSON.parse(readFileSync(done, 'utf8')) as JobResult[];
}
