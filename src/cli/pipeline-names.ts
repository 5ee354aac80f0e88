/** The chosen pipeline's own flags and names in the help of a verb. */
import type { CliContext } from './context.ts';
import type { PlaceFlags } from './run-verbs.ts';
import type { Verb } from './verb.ts';

/** All lists are empty where the pipeline cannot be read. */
export interface PipelineNames {
  /** Of its sources and parameters, without dashes in front. */
  flags: readonly { name: string; doc: string }[];
  sources: readonly string[];
  steps: readonly string[];
}

/** The names of the pipeline that these flags choose. */
export type ReadPipelineNames = (
  flags: PlaceFlags,
  from: Pick<CliContext, 'cwd' | 'prefix' | 'env'>,
) => PipelineNames;

/** Whether the help of the verb depends on the pipeline. */
export function isAboutPipeline({ takesSources, examples }: Verb): boolean {
  return takesSources === true || examples.some(([line]) => /\{\w+\}/.test(line));
}

/** The verb with the flags of the pipeline, and with the names of the pipeline in its examples. */
export function withPipeline(verb: Verb, names: PipelineNames): Verb {
  const own = verb.takesSources === true ? names.flags : [];
  const options = own.map(
    ({ name, doc }) => [name, { type: 'string', describe: doc, group: GROUP }] as const,
  );
  return {
    ...verb,
    options: { ...Object.fromEntries(options), ...verb.options },
    examples: verb.examples.map(([line, what]) => [exampleOf(line, names), what] as const),
  };
}

const GROUP = 'Flags of the pipeline:';

function exampleOf(line: string, { sources, steps }: PipelineNames): string {
  const given = sources.length === 0 ? ['SOURCE'] : sources;
  const flags = given.map((source) => `--${source.replaceAll('_', '-')} s3://raw/${source}`).join(' ');
  return line
    .replaceAll('{sources}', flags)
    .replaceAll('{source}', given.at(-1) ?? 'SOURCE')
    .replaceAll('{step}', steps.at(-1) ?? 'STEP');
}
