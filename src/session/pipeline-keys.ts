/** The keys that a pipeline adds to the settings, for verbs that need nothing else of it. Only pipeline.yaml is read. */
import { pipelineSettings } from '../config/schema.ts';
import type { PipelineKeys } from '../config/schema.ts';
import { LandfallError } from '../faults.ts';
import type { Pipeline } from '../pipeline/contract.ts';
import { outlineOf } from '../pipeline/outline.ts';
import type { PipelineOutline } from '../pipeline/outline.ts';
import { codeOf } from '../error-code.ts';
import { findPipeline, readPipelineFile } from './pipeline-folder.ts';
import type { CliContext } from '../cli/context.ts';
import type { PipelineNames } from '../cli/pipeline-names.ts';
import type { PlaceFlags } from '../cli/run-verbs.ts';

export function keysOf(pipeline: Pipeline | undefined): PipelineKeys {
  return {
    sources: pipeline?.sources.map(({ name }) => name) ?? [],
    parameters: pipeline?.parameters ?? [],
  };
}

/** Undefined where pipeline.yaml cannot be read, or has mistakes. */
function chosenOutline(
  flags: PlaceFlags,
  cli: Pick<CliContext, 'cwd' | 'prefix' | 'env'>,
): PipelineOutline | undefined {
  try {
    return outlineOf(readPipelineFile(findPipeline(flags, cli)));
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
  const { sources = [], parameters = [] } = chosenOutline(flags, cli) ?? {};
  return { sources, parameters };
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
  const { sources = [], parameters = [], steps = [] } = chosenOutline(flags, from) ?? {};
  const settings = pipelineSettings({ sources, parameters });
  return { flags: settings.map(({ flag, doc }) => ({ name: flag, doc })), sources, steps };
}
