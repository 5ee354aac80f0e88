/** The keys that a pipeline adds to the settings, for verbs that need nothing else of it. */
import { pipelineSettings } from '../config/schema.ts';
import type { PipelineKeys } from '../config/schema.ts';
import { LandfallError } from '../faults.ts';
import type { Pipeline } from '../pipeline/contract.ts';
import { loadPipeline } from '../pipeline/load.ts';
import { codeOf } from '../error-code.ts';
import { findPipeline, readPipelineFolder } from './pipeline-folder.ts';
import type { CliContext } from '../cli/context.ts';
import type { PipelineNames } from '../cli/pipeline-names.ts';
import type { PlaceFlags } from '../cli/run-verbs.ts';

export function keysOf(pipeline: Pipeline | undefined): PipelineKeys {
  return {
    sources: pipeline?.sources.map(({ name }) => name) ?? [],
    parameters: pipeline?.parameters ?? [],
  };
}

/** The chosen pipeline; undefined where it cannot be read. */
function chosenPipeline(
  flags: PlaceFlags,
  cli: Pick<CliContext, 'cwd' | 'prefix' | 'env'>,
): Pipeline | undefined {
  try {
    return loadPipeline(readPipelineFolder(findPipeline(flags, cli)).files).pipeline;
  } catch (error) {
    if (error instanceof LandfallError || codeOf(error) !== '') return undefined;
    throw error;
  }
}

/** The keys of the chosen pipeline; none where it cannot be read. */
export function pipelineKeys(
  flags: PlaceFlags,
  cli: Pick<CliContext, 'cwd' | 'prefix' | 'env'>,
): PipelineKeys {
  return keysOf(chosenPipeline(flags, cli));
}

/** The flags of a pipeline's keys, without dashes in front. */
export function flagsOf(keys: PipelineKeys): string[] {
  return pipelineSettings(keys).map(({ flag }) => flag);
}

/** What help says about the chosen pipeline. */
export function pipelineNames(
  flags: PlaceFlags,
  from: Pick<CliContext, 'cwd' | 'prefix' | 'env'>,
): PipelineNames {
  const pipeline = chosenPipeline(flags, from);
  const keys = keysOf(pipeline);
  return {
    flags: pipelineSettings(keys).map(({ flag, doc }) => ({ name: flag, doc })),
    sources: keys.sources,
    steps: pipeline?.steps.map(({ name }) => name) ?? [],
  };
}
