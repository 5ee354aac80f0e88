/** A verified table as it will be published: its files, and where each will be mirrored. */
import type { TableContract } from '../pipeline/contract.ts';
import type { LandedTable } from '../run/verification.ts';
import type { InspectedTable } from './inspect.ts';

/** The table's files; rows and bytes are their sums. */
export function landedTable(run: string, contract: TableContract, { files }: InspectedTable): LandedTable {
  return {
    table: contract.name,
    rows: files.reduce((sum, file) => sum + file.rows, 0),
    bytes: files.reduce((sum, file) => sum + file.size, 0),
    partitionBy: contract.partitionBy,
    files: files.map(({ key, name, size, etag, rows }) => ({
      key,
      mirror: mirrorKey(contract.name, run, name),
      size,
      etag,
      rows,
    })),
  };
}

/**
 * The plain path of a file: `songs/year=2004/<run>-part-00000-....zstd.parquet`. The run's id and the part's own random
 * name make it one that no other publication names, so that deleting another's files can never hit this one.
 */
export function mirrorKey(table: string, run: string, name: string): string {
  const cut = name.lastIndexOf('/') + 1;
  return `${table}/${name.slice(0, cut)}${run}-${name.slice(cut)}`;
}
