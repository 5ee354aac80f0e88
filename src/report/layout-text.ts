/** How many files a partitioned table will have, as far as that is known before the input is read. Pure. */
import type { Diagnostic } from '../faults.ts';
import type { TableLayout } from '../pipeline/table-layout.ts';
import type { PlannedSource } from '../run/plan.ts';
import { count } from '../counted.ts';

/** One line: the partition columns, the most files, and what is not known yet. */
export function layoutLine(layout: TableLayout, sources: readonly PlannedSource[]): string {
  const { table, partitionBy, atMostLinesOf } = layout;
  const value = partitionBy.length === 1 ? 'value' : 'combination of values';
  const each = `one file a ${value} until it passes target_file_size`;
  const source = sources.find(({ name }) => name === atMostLinesOf);
  const most =
    source === undefined
      ? 'never more files than rows'
      : `at most one a line of ${source.name}, whose ${count(source.objects)} objects have not been read yet`;
  return `${table} by ${partitionBy.join(', ')}: ${each}; ${most}`;
}

/** A warning naming the setting that makes a tiny file for each row of some table. */
export function tinyFiles({ table, identifies, chosenIn }: TableLayout): Diagnostic[] {
  if (identifies === undefined) return [];
  const { column, table: other } = identifies;
  return [
    {
      severity: 'warning',
      at: chosenIn,
      message: `${table} gets a folder, and a file of its own in it, for each ${column}, which is the key of ${other}: many tiny files, slow to write, to publish and to read`,
      hint: `leave ${column} out unless readers need it`,
    },
  ];
}
