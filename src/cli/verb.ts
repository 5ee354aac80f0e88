/** What the command line knows of a verb, and what several verbs have. */
import type { InferredOptionTypes, Options } from 'yargs';
import type { globalOptions } from './global-options.ts';

export interface Verb {
  name: string;
  summary: string;
  positional?: { name: string; summary: string };
  options: Record<string, Options>;
  /** It reads the pipeline's inputs: `--<source> URI` is a flag for each source, which only the pipeline can name. */
  takesSources?: true;
  /** In a command, `{sources}`, `{source}` and `{step}` stand for flags and names of the pipeline. */
  examples: readonly (readonly [command: string, what: string])[];
}

/** A verb's flags by their dashed names, and its positional, as its declaration types them. */
export type FlagsOf<V extends Verb> = Partial<
  InferredOptionTypes<V['options']> & InferredOptionTypes<typeof globalOptions> & PositionalOf<V>
>;

type PositionalOf<V extends Verb> = V extends { positional: { name: infer N extends string } }
  ? Record<N, string | undefined>
  : unknown;

export const lake = {
  type: 'string',
  describe: 'Where the tables land: an s3:// URI or a folder',
} as const satisfies Options;
export const trustLake = {
  type: 'boolean',
  describe: 'Continue even if another user owns the lake, or another machine planned the run',
} as const satisfies Options;
export const runOption = { name: 'run', summary: 'Run id; the newest run of the lake when absent' } as const;
