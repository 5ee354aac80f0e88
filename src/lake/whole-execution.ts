/** Whether what an execution wrote can be used again: its report, and each file that this names. */
import { LandfallError } from '../faults.ts';
import type { ReportedFile } from '../pipeline/report.ts';
import type { Store } from '../store/store.ts';
import { reportOf } from './accept.ts';
import { namedFiles } from './inspect.ts';
import { QUARANTINE, keys, kindOfName } from './layout.ts';

/**
 * Why it cannot; undefined when its files lie there by name and size, and no other data beside them. The tables that were
 * `checked` before are not listed again.
 */
export async function whyUnusable(
  store: Store,
  execution: string,
  checked: readonly string[] = [],
): Promise<string | undefined> {
  try {
    const report = await reportOf(store, execution);
    if (report === undefined) return `its report, ${keys.report(execution)}, is gone or broken`;
    const written = new Map<string, readonly ReportedFile[]>(
      Object.entries(report.tables).map(([table, { files }]) => [table, files]),
    );
    const rejected = Object.values(report.quarantine).flat();
    if (rejected.length > 0) written.set(QUARANTINE, rejected);
    for (const [source, { files }] of Object.entries(report.sourceTables)) written.set(source, files);
    for (const table of checked) written.delete(table);
    for (const [table, files] of written) {
      const why = await difference(store, { execution, table }, files);
      if (why !== undefined) return why;
    }
    return undefined;
  } catch (error) {
    if (error instanceof LandfallError && error.fault === 'input') return error.message;
    throw error;
  }
}

async function difference(
  store: Store,
  { execution, table }: { execution: string; table: string },
  files: readonly ReportedFile[],
): Promise<string | undefined> {
  const folder = keys.table(execution, table);
  const left = new Map(files.map((file) => [keys.reported(execution, table, file), file.size]));
  const earlier = [...left.keys()].filter((key) => !key.startsWith(folder));
  const ofSize = ({ key, size }: { key: string; size: number }) => {
    const isWhole = left.get(key) === size;
    left.delete(key);
    return isWhole ? undefined : `${key} is not as it was reported`;
  };
  for await (const object of store.list(folder)) {
    if (kindOfName(object.key.slice(folder.length), object.size) === 'left-by-custom') continue;
    const why = ofSize(object);
    if (why !== undefined) return why;
  }
  for await (const object of namedFiles(store, earlier)) {
    const why = ofSize(object);
    if (why !== undefined) return why;
  }
  const [missing] = left.keys();
  return missing === undefined ? undefined : `${missing} is gone`;
}
