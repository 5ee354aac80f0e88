/** Mistakes in `resolves` of a table: it names a view that the step reads, and columns of that view. */
import type { Diagnostic } from '../faults.ts';
import { addToReads } from './check-query-reads.ts';
import { lacking } from './consequences.ts';
import type { SourceContract } from './contract.ts';
import type { TableFile } from './table-file.ts';
import { stepNamed } from './shapes.ts';
import type { PipelineFile } from './shapes.ts';
import { mistake } from './template-file.ts';
import { didYouMean } from './yaml.ts';

interface Surroundings {
  file: PipelineFile;
  sources: readonly SourceContract[];
  tables: readonly TableFile[];
}

export function checkResolves({ front, step: owner, locate }: TableFile, around: Surroundings): Diagnostic[] {
  if (front.resolves === undefined) return [];
  const { view, ...columns } = front.resolves;
  const { reads } = stepNamed(around.file, owner);
  if (!reads.includes(view)) {
    const known = around.sources.flatMap(({ views }) => views.map(({ name }) => name));
    const hint = known.includes(view) ? addToReads(view, owner) : didYouMean(view, reads);
    return [lacking([view], mistake(locate(['resolves', 'view']), `${owner} does not read ${view}`, hint))];
  }
  const source = around.sources.find(({ views }) => views.some(({ name }) => name === view));
  const table = around.tables.find(({ name }) => name === view);
  const names = source?.fields.map(({ name }) => name) ?? table?.front.columns.map(({ name }) => name);
  if (names === undefined) return [];
  return (['by', 'comparing'] as const).flatMap((key) =>
    columns[key].flatMap((name, index) =>
      names.includes(name)
        ? []
        : [
            lacking(
              [view, `${view}.${name}`],
              mistake(
                locate(['resolves', key, index]),
                `${view} has no column ${name}`,
                didYouMean(name, names),
              ),
            ),
          ],
    ),
  );
}
