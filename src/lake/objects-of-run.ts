/** What a run wrote: below its own folder, and the data files of its executions. */
import { LandfallError } from '../faults.ts';
import type { ObjectInfo, Store } from '../store/store.ts';
import { isOfRun, keys, writerOf } from './layout.ts';

export interface DataObject extends ObjectInfo {
  /** Name of the execution that wrote it. */
  execution: string;
}

/** Everything below `delta/`. */
export interface DataByRun {
  /** By the run in its name, which may not exist. */
  of: ReadonlyMap<string, readonly DataObject[]>;
  /** Keys of what no execution writes. */
  strange: readonly string[];
}

/** One listing of all data files. */
export async function dataByRun(store: Store): Promise<DataByRun> {
  const of = new Map<string, DataObject[]>();
  const strange: string[] = [];
  for await (const object of store.list(keys.data)) {
    const writer = writerOf(object);
    if (writer === undefined) {
      strange.push(object.key);
      continue;
    }
    const its = of.get(writer.run) ?? [];
    its.push({ ...object, execution: writer.execution });
    of.set(writer.run, its);
  }
  return { of, strange };
}

/**
 * Landfall's own objects of the run, or of one of its executions, but for the data files that are `needed`; and the keys of
 * what else lies in the run's folder, or in those of that execution. `data`: all data files of the run.
 */
export async function objectsOf(
  store: Store,
  { run, execution }: { run: string; execution?: string },
  needed: { files: ReadonlySet<string> },
  data: readonly DataObject[],
): Promise<{ ours: ObjectInfo[]; others: string[] }> {
  const ours: ObjectInfo[] = [];
  const others: string[] = [];
  for await (const object of store.list(`${keys.run(run)}/`)) {
    if (execution !== undefined && !object.key.includes(`/${execution}/`)) continue;
    if (isOfRun(run, object)) ours.push(object);
    else others.push(object.key);
  }
  for (const object of data) {
    if (needed.files.has(object.key)) continue;
    if (execution === undefined || object.execution === execution) ours.push(object);
  }
  return { ours, others };
}

/** All data files of the run, of which each table is listed. */
export async function dataOfRun(store: Store, run: string): Promise<DataObject[]> {
  const found: DataObject[] = [];
  for await (const table of store.folders(keys.data)) found.push(...(await dataOfTable(store, table, run)));
  return found;
}

/** What the run wrote of the table; nothing where a link stands in place of the table's folder, which is not followed. */
async function dataOfTable(store: Store, table: string, run: string): Promise<DataObject[]> {
  const found: DataObject[] = [];
  try {
    for await (const object of store.list(keys.dataOfRun(table, run))) {
      const writer = writerOf(object);
      if (writer?.run === run) found.push({ ...object, execution: writer.execution });
    }
  } catch (error) {
    if (!(error instanceof LandfallError && error.fault === 'input')) throw error;
  }
  return found;
}
