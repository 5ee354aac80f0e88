/**
 * What is in a table's folder: data files with what their footers say, broken ones, and what does not belong there.
 */
import pLimit from 'p-limit';
import { LandfallError } from '../faults.ts';
import type { ObjectInfo, Store } from '../store/store.ts';
import { readFooter } from './footer.ts';
import type { FileColumn } from './footer.ts';
import { kindOfName, partitionOf } from './layout.ts';
import type { PartitionValue } from './layout.ts';

export interface DataFile {
  key: string;
  /** Key relative to the table's folder: `year=2004/part-0.zstd.parquet`. */
  name: string;
  size: number;
  etag: string;
  rows: number;
  /** Of its footer. */
  digest: string;
  columns: readonly FileColumn[];
  /** Undefined when the folders it lies in are not `column=value`. */
  partition: readonly PartitionValue[] | undefined;
}

export interface InspectedTable {
  /** The folder, relative to the store, with a trailing slash. */
  folder: string;
  files: readonly DataFile[];
  /** Named like data, but not a whole Parquet file. */
  broken: readonly { name: string; why: string }[];
  /**
   * Names of everything else, except what writers usually leave: checksums, folder markers, and `_SUCCESS`, which
   * nobody reads as data, and which Hadoop's S3A committers fill with a summary in JSON.
   */
  strays: readonly string[];
}

const FOOTERS_AT_ONCE = 16;

/**
 * Reads the footer of every data file in `folder` (with a trailing slash), which is listed unless `objects` are what lies in
 * it. Broken files are data, not errors.
 */
export async function inspectTable(
  store: Store,
  folder: string,
  objects: AsyncIterable<ObjectInfo> | Iterable<ObjectInfo> = store.list(folder),
): Promise<InspectedTable> {
  const limit = pLimit(FOOTERS_AT_ONCE);
  const reading: Promise<DataFile | { name: string; why: string }>[] = [];
  const strays: string[] = [];
  for await (const object of objects) {
    const name = object.key.slice(folder.length);
    const kind = kindOfName(name, object.size);
    if (kind === 'data') reading.push(limit(() => inspectFile(store, name, object)));
    else if (kind === 'stray') strays.push(name);
  }
  const read = await Promise.all(reading);
  return {
    folder,
    files: read.filter((file) => 'rows' in file),
    broken: read.filter((file) => 'why' in file),
    strays,
  };
}

async function inspectFile(
  store: Store,
  name: string,
  { key, size, etag }: ObjectInfo,
): Promise<DataFile | { name: string; why: string }> {
  const footer = await readFooter(size, (start, end) => store.getRange(key, start, end)).catch(unreadable);
  if ('broken' in footer) return { name, why: footer.broken };
  return { key, name, size, etag, ...footer, partition: partitionOf(name.split('/').slice(0, -1)) };
}

/** A link, a special file, or one that is gone: a finding against the table, like any broken file. */
export function unreadable(error: unknown): { broken: string } {
  if (error instanceof LandfallError && error.fault === 'input') return { broken: error.message };
  throw error;
}
