/** The names of a pipeline's sources, for whoever needs no more of it. */
import { LandfallError } from '../faults.ts';
import { loadPipeline } from '../pipeline/load.ts';
import { codeOf } from '../store/local-errors.ts';
import { readPipelineFolder } from './pipeline-folder.ts';

/** The sources of the pipeline in `templates`, else of the usual one; none where it cannot be read. */
export function sourceNames(templates: string | undefined, cwd: string): string[] {
  try {
    return (
      loadPipeline(readPipelineFolder(templates, cwd).files).pipeline?.sources.map(({ name }) => name) ?? []
    );
  } catch (error) {
    if (error instanceof LandfallError || codeOf(error) !== '') return [];
    throw error;
  }
}
