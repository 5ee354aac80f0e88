/** What the command line knows of a verb, and what several verbs have. */
import type { Options } from 'yargs';

export interface Verb {
  name: string;
  summary: string;
  positional?: { name: string; summary: string };
  options: Record<string, Options>;
  /** It reads the pipeline's inputs: `--<source> URI` is a flag for each source, which only the pipeline can name. */
  takesSources?: true;
  examples: readonly (readonly [command: string, what: string])[];
}

export const lake = {
  type: 'string',
  describe: 'Where the tables land: an s3:// URI or a folder',
} as const satisfies Options;
export const trustLake = {
  type: 'boolean',
  describe: 'Continue even if another user owns the lake, or another machine planned the run',
} as const satisfies Options;
export const runOption = { name: 'run', summary: 'Run id; the newest run of the lake when absent' };
