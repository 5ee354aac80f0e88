/** Mistakes in `rebuild` of a table: it names partition columns. */
import type { Diagnostic } from '../faults.ts';
import type { Parameter } from './contract.ts';
import { repeated } from './repeated.ts';
import type { TableFile } from './table-file.ts';
import { mistake } from './template-file.ts';
import { didYouMean } from './yaml.ts';

/** `by` may name any column by which a parameter may partition the table. */
export function checkRebuild({ front, locate }: TableFile, parameters: readonly Parameter[]): Diagnostic[] {
  if (front.rebuild === undefined) return [];
  const { by } = front.rebuild;
  const at = (index: number) => locate(['rebuild', 'by', index]);
  const columns = partitionColumns(front.partition_by, parameters);
  if (columns === undefined) return [];
  if (columns.length === 0)
    return [
      mistake(locate(['rebuild']), 'a table without partitions is always made whole', 'remove rebuild'),
    ];
  return [
    ...by.flatMap((name, index) =>
      columns.includes(name)
        ? []
        : [mistake(at(index), `${name} is not a partition column`, didYouMean(name, columns))],
    ),
    ...repeated(by).map(({ index }) => mistake(at(index), 'the column is listed twice')),
  ];
}

/** Undefined where the parameter is unknown, which is a mistake of its own. */
function partitionColumns(
  partitionBy: TableFile['front']['partition_by'],
  parameters: readonly Parameter[],
): readonly string[] | undefined {
  return Array.isArray(partitionBy)
    ? partitionBy
    : parameters.find(({ name, kind }) => kind === 'list' && name === partitionBy.parameter)?.words;
}
