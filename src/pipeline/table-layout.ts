/** What contracts say about a table's files before anything is read. Pure. */
import { present } from '../present.ts';
import type { Pipeline, TableContract } from './contract.ts';

export interface TableLayout {
  table: string;
  /** Each combination of their values has one file until it is full, and more from then on; never more than it has rows. */
  partitionBy: readonly string[];
  /** Bytes at which a file is full. */
  targetFileSize: number;
  /**
   * The source in which each line makes at most one row per key: the table has no more files than this source has
   * lines.
   */
  atMostLinesOf?: string;
  /** The partition column that identifies a row of a table, so that each such row may have a file of its own. */
  identifies?: { column: string; table: string };
  /** Where the partition columns are chosen: `[TABLES] cats_partition_by`, or the table's template. */
  chosenIn: string;
}

/**
 * The layouts of those tables that have partition columns. `tables` have their parameters filled in; `folder` is how
 * messages name the pipeline's.
 */
export function partitionedLayouts(
  { pipeline, folder }: { pipeline: Pipeline; folder: string },
  tables: readonly TableContract[],
  targetFileSize: number,
): TableLayout[] {
  return tables
    .filter(({ partitionBy }) => partitionBy.length > 0)
    .map((table) => {
      const { name, partitionBy } = table;
      const atMostLinesOf = sourceOfRows(pipeline, table);
      const identifies = partitionBy.flatMap((column) => identifiedBy(column, table, tables) ?? [])[0];
      return {
        table: name,
        partitionBy,
        targetFileSize,
        ...(atMostLinesOf === undefined ? {} : { atMostLinesOf }),
        ...(identifies === undefined ? {} : { identifies }),
        chosenIn: chosenIn(pipeline, folder, name),
      };
    });
}

/**
 * A table whose key equals the key of its `resolves` has at most one row for all lines of a source that share that
 * key.
 */
function sourceOfRows({ sources }: Pipeline, { key, resolves }: TableContract): string | undefined {
  const source = sources.find(({ views }) => views.some(({ name }) => name === resolves?.view));
  if (resolves === undefined || source === undefined) return undefined;
  return [...key].sort().join() === [...resolves.by].sort().join() ? source.name : undefined;
}

/** The table whose whole key this column is, or refers to. */
function identifiedBy(
  column: string,
  table: TableContract,
  tables: readonly TableContract[],
): TableLayout['identifies'] {
  const isKeyOf = ({ key }: TableContract, name: string) => key.length === 1 && key[0] === name;
  if (isKeyOf(table, column)) return { column, table: table.name };
  for (const check of table.checks) {
    if (check.check !== 'references' || check.column !== column) continue;
    const other = tables.find(({ name }) => name === check.table);
    if (other !== undefined && isKeyOf(other, check.to)) return { column, table: other.name };
  }
  return undefined;
}

function chosenIn({ steps }: Pipeline, folder: string, name: string): string {
  const template = present(
    steps.flatMap(({ writes }) => writes).find(({ contract }) => contract.name === name),
    `table ${name} in the pipeline`,
  );
  const parameter = template.varying.partitionBy;
  return parameter === undefined ? `${folder}/${template.path}` : `[TABLES] ${parameter}`;
}
