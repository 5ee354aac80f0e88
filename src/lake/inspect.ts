/**
 * What is in a table's folder: data files with what their footers say, broken ones, and what does not belong there.
 */
import { atOnce } from '../at-once.ts';
import { LandfallError } from '../faults.ts';
import { present } from '../present.ts';
import type { ObjectInfo, Store } from '../store/store.ts';
import { readFooter } from './footer.ts';
import type { FileColumn } from './footer.ts';
import { keys, kindOfName, parseDataFile, partitionOf } from './layout.ts';
import type { PartitionValue } from './layout.ts';

export interface DataFile {
  key: string;
  /** Key relative to the folder that its execution has of the table: `year=2004/part-0.zstd.parquet`. */
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
  /** The folder, relative to the store, with a trailing slash. Files of earlier executions are not in it. */
  folder: string;
  files: readonly DataFile[];
  /** Named like data, but not a whole Parquet file. */
  broken: readonly BrokenFile[];
  /**
   * Names of everything else, except what writers usually leave: checksums, folder markers, and `_SUCCESS`, which
   * nobody reads as data, and which Hadoop's S3A committers fill with a summary in JSON.
   */
  strays: readonly string[];
}

export interface BrokenFile {
  key: string;
  name: string;
  why: string;
}

const FOOTERS_AT_ONCE = 16;

/**
 * Reads the footer of every data file in `folder` (with a trailing slash), and of `earlier` ones: keys of files that earlier
 * executions wrote. Of those, the ones that are gone are left out. Broken files are data, not errors.
 */
export async function inspectTable(
  store: Store,
  folder: string,
  earlier: readonly string[] = [],
): Promise<InspectedTable> {
  const files: DataFile[] = [];
  const broken: BrokenFile[] = [];
  const strays: string[] = [];
  const data = async function* () {
    for await (const object of store.list(folder)) {
      const name = object.key.slice(folder.length);
      const kind = kindOfName(name, object.size);
      if (kind === 'data') yield { ...object, name };
      else if (kind === 'stray') strays.push(name);
    }
    yield* namedFiles(store, earlier);
  };
  const alike = oncePerContent();
  for (const read of await atOnce(FOOTERS_AT_ONCE, data(), (file) => inspectFile(store, file, alike))) {
    if ('why' in read) broken.push(read);
    else files.push(read);
  }
  return { folder, files, broken, strays };
}

/** Those of the data files that are there, in the order of their folders, each of which is listed once. */
export async function* namedFiles(
  store: Store,
  files: readonly string[],
): AsyncGenerator<ObjectInfo & { name: string }> {
  const wanted = new Map(files.map((key) => [key, present(parseDataFile(key), `data file ${key}`)]));
  const folders = new Set([...wanted.values()].map((file) => keys.written(file, file.table)));
  for (const folder of folders) {
    for await (const object of store.list(folder)) {
      const file = wanted.get(object.key);
      if (file !== undefined) yield { ...object, name: file.name };
    }
  }
}

async function inspectFile(
  store: Store,
  { key, name, size, etag }: ObjectInfo & { name: string },
  alike: OncePerContent,
): Promise<DataFile | BrokenFile> {
  const footer = await readFooter(size, (start, end) => store.getRange(key, start, end)).catch(unreadable);
  if ('broken' in footer) return { key, name, why: footer.broken };
  const { rows, digest, columns } = footer;
  const partition = partitionOf(name.split('/').slice(0, -1));
  return { key, name, size, etag, rows, digest, columns: alike(columns), partition: alike(partition) };
}

/** The first value that had the content of this one. */
type OncePerContent = <Value>(value: Value) => Value;

/** The files of a table have few different sets of columns and partitions, and each set is kept once. */
function oncePerContent(): OncePerContent {
  const first = new Map<string, unknown>();
  return <Value>(value: Value): Value => {
    const content = JSON.stringify([value]);
    if (!first.has(content)) first.set(content, value);
    return first.get(content) as Value;
  };
}

/** A link, a special file, or one that is gone: a finding against the table, like any broken file. */
export function unreadable(error: unknown): { broken: string } {
  if (error instanceof LandfallError && error.fault === 'input') return { broken: error.message };
  throw error;
}
