/** What pipeline.yaml alone says of a pipeline. */
import { checkPipelineFile } from './check-graph.ts';
import type { Parameter } from './contract.ts';
import { toParameters } from './resolve.ts';
import { pipelineFile } from './shapes.ts';
import { normalized } from './template-file.ts';
import type { TemplateFile } from './template-file.ts';
import { readYaml } from './yaml.ts';

export interface PipelineOutline {
  sources: readonly string[];
  parameters: readonly Parameter[];
  steps: readonly string[];
}

/** Undefined if pipeline.yaml has mistakes. The other files are not read, so mistakes in them do not matter. */
export function outlineOf(file: TemplateFile): PipelineOutline | undefined {
  const { value, locate } = readYaml({ ...normalized(file), firstLine: 1 }, pipelineFile);
  if (value === undefined || checkPipelineFile(value, locate).length > 0) return undefined;
  const { sources, steps } = value;
  return { sources, parameters: toParameters(value), steps: steps.map(({ name }) => name) };
}
