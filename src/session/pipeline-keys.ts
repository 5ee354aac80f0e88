/** What a pipeline lets users set, for whoever needs no more of it. */
import type { PipelineKeys } from '../config/schema.ts';
import { LandfallError } from '../faults.ts';
import type { Pipeline } from '../pipeline/contract.ts';
import { loadPipeline } from '../pipeline/load.ts';
import { codeOf } from '../store/local-errors.ts';
import { findPipeline, readPipelineFolder } from './pipeline-folder.ts';
import type { CliContext } from '../cli/context.ts';
import type { PlaceFlags } from '../cli/run-verbs.ts';

export function keysOf(pipeline: Pipeline | undefined): PipelineKeys {
  return {
    sources: pipeline?.sources.map(({ name }) => name) ?? [],
    parameters: pipeline?.parameters ?? [],
  };
}

/** The keys of the chosen pipeline; none where it cannot be read. */
export function pipelineKeys(
  flags: PlaceFlags,
  cli: Pick<CliContext, 'cwd' | 'prefix' | 'env'>,
): PipelineKeys {
  try {
    return keysOf(loadPipeline(readPipelineFolder(findPipeline(flags, cli)).files).pipeline);
  } catch (error) {
    if (error instanceof LandfallError || codeOf(error) !== '') return keysOf(undefined);
    throw error;
  }
}

/** The flags of a pipeline's keys, without dashes in front. */
export function flagsOf({ sources, parameters }: PipelineKeys): string[] {
  return [...sources, ...parameters.map(({ name }) => name)].map((name) => name.replaceAll('_', '-'));
}

/** The flags of the chosen pipeline's keys; none where it cannot be read. */
export function pipelineFlags(flags: PlaceFlags, from: Pick<CliContext, 'cwd' | 'prefix' | 'env'>): string[] {
  return flagsOf(pipelineKeys(flags, from));
}
