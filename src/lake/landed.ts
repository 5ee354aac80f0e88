/** A verified table as it will be published: its files, and where each will be mirrored. */
import type { TableContract } from '../pipeline/contract.ts';
import type { RunPlan } from '../run/plan.ts';
import type { LandedTable } from '../run/verification.ts';
import type { InspectedTable } from './inspect.ts';

/** The table's files; rows and bytes are their sums. */
export function landedTable(
  plan: Publishing,
  contract: TableContract,
  { files }: InspectedTable,
): LandedTable {
  return {
    table: contract.name,
    rows: files.reduce((sum, file) => sum + file.rows, 0),
    bytes: files.reduce((sum, file) => sum + file.size, 0),
    partitionBy: contract.partitionBy,
    files: files.map(({ key, name, size, etag, rows, digest }) => ({
      key,
      mirror: mirrorKey(contract.name, plan, name),
      size,
      etag,
      rows,
      footer: digest,
    })),
  };
}

/** The same files as another publication will show them: their plain paths carry its number. */
export function renumbered(tables: readonly LandedTable[], plan: Publishing): LandedTable[] {
  return tables.map((table) => ({
    ...table,
    files: table.files.map((file) => ({ ...file, mirror: mirrorKey(table.table, plan, nameOf(file.key)) })),
  }));
}

/** Below the table's folder: `_landfall/runs/<run>/steps/<step>/<attempt>/<execution>/tables/<table>/<name>`. */
const nameOf = (key: string) => key.split('/').slice(9).join('/');

/** Which run publishes, and as what number. */
export type Publishing = Pick<RunPlan, 'run' | 'publication'>;

/**
 * The plain path of a file: `songs/year=2004/<run>-7-part-00000-....zstd.parquet`, 7 being the publication. The number
 * makes it one that no other publication names, not even of the same files: a publisher that was overtaken, and deletes
 * what was current before it, can never hit a file that is current again.
 */
function mirrorKey(table: string, { run, publication }: Publishing, name: string): string {
  const cut = name.lastIndexOf('/') + 1;
  return `${table}/${name.slice(0, cut)}${run}-${String(publication)}-${name.slice(cut)}`;
}
