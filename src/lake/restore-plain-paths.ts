/** Restores plain paths that someone else changed. */
import { LandfallError } from '../faults.ts';
import type { Store } from '../store/store.ts';
import { mirror } from './mirror.ts';
import { comparePlainPaths } from './plain-paths.ts';
import { newestPublication } from './publication.ts';
import { checkFiles } from './go-back.ts';

const SAMPLE = 5;

/**
 * Makes the plain paths equal to the newest publication, even where a copy has the right size and other content,
 * which `mirror` accepts. Objects of others stay. False when there was nothing to do. Throws `tables`, and changes
 * nothing, when the published file rather than its copy may have been changed.
 */
export async function restorePlainPaths(store: Store): Promise<boolean> {
  const newest = await newestPublication(store);
  if (newest === undefined) return false;
  const compared = await comparePlainPaths(store, newest);
  const wrong = compared.flatMap(({ missing, changed, leftover }) => [...missing, ...changed, ...leftover]);
  if (wrong.length === 0) return false;
  const changed = new Set(compared.flatMap((one) => one.changed));
  const tables = newest.tables.map((table) => ({
    ...table,
    files: table.files.filter((file) => changed.has(file.mirror)),
  }));
  const copied = await checkFiles(store, { ...newest, tables });
  if (copied.length > 0) {
    throw new LandfallError('tables', 'plain paths differ from published files that were rewritten too', {
      why: copied.slice(0, SAMPLE),
      stand: ['nothing was changed: either of the two may be the wrong one'],
      next: 'delete the files at the plain paths if they are the wrong ones; then this command copies them again',
    });
  }
  await store.remove([...changed]);
  await mirror(store);
  return true;
}
