/** A verified table as it will be published: its files, and where each will be mirrored. */
import { present } from '../present.ts';
import type { TableContract } from '../pipeline/contract.ts';
import type { LandedTable } from '../run/verification.ts';
import type { InspectedTable } from './inspect.ts';
import { keys, parseDataFile } from './layout.ts';
import type { Publishing } from './layout.ts';

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
      mirror: keys.plainFile(contract.name, plan, name),
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
    files: table.files.map((file) => ({
      ...file,
      mirror: keys.plainFile(
        table.table,
        plan,
        present(parseDataFile(file.key), `data file ${file.key}`).name,
      ),
    })),
  }));
}
