/** Whether what an execution wrote can be used again: its report, and each file that this names. */
import { LandfallError } from '../faults.ts';
import { tokens } from '../run/plan.ts';
import type { Store } from '../store/store.ts';
import { readExecution } from './accept.ts';
import { QUARANTINE, keys, kindOfName, parseExecution } from './layout.ts';

/**
 * Why it cannot; undefined when its files lie there by name and size, and no other data beside them. The tables that were
 * `checked` before are not listed again.
 */
export async function whyUnusable(
  store: Store,
  execution: string,
  checked: readonly string[] = [],
): Promise<string | undefined> {
  const place = parseExecution(execution);
  const token = place === undefined ? '' : tokens.step(place.run, place.step, place.attempt);
  try {
    const report = (await readExecution(store, execution, token))?.report;
    if (report === undefined) return `its report, ${keys.report(execution)}, is gone or broken`;
    const written = new Map(Object.entries(report.tables).map(([table, { files }]) => [table, files]));
    const rejected = Object.values(report.quarantine).flat();
    if (rejected.length > 0) written.set(QUARANTINE, rejected);
    for (const [source, { files }] of Object.entries(report.sourceTables)) written.set(source, files);
    for (const table of checked) written.delete(table);
    for (const [table, files] of written) {
      const why = await difference(store, keys.table(execution, table), files);
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
  folder: string,
  files: readonly { name: string; size: number }[],
): Promise<string | undefined> {
  const left = new Map(files.map(({ name, size }) => [name, size]));
  for await (const { key, size } of store.list(folder)) {
    const name = key.slice(folder.length);
    if (kindOfName(name, size) === 'left-by-custom') continue;
    if (left.get(name) !== size) return `${key} is not as its step wrote it`;
    left.delete(name);
  }
  const [missing] = left.keys();
  return missing === undefined ? undefined : `${folder}${missing} is gone`;
}
