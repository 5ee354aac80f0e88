/** Objects in the plain paths that Landfall did not put there. */
import type { Store } from '../store/store.ts';
import { isFolderMarker } from './folder-marker.ts';
import { namedBy } from './named.ts';
import { newestPublication } from './publication.ts';

/**
 * Keys in the plain paths of these tables that no publication names, folder markers excepted: someone else's, which a
 * publish would mix with ours. Also a file that stands where a table's folder must be.
 */
export async function unknownObjects(store: Store, tables: readonly string[]): Promise<string[]> {
  const newest = (await newestPublication(store))?.number ?? 0;
  const named = namedBy(store);
  const unknown: string[] = [];
  for (const table of tables) {
    const keys: string[] = [];
    if ((await store.head(table)) !== undefined) keys.push(table);
    for await (const { key, size } of store.list(`${table}/`)) {
      if (!isFolderMarker(key, size)) keys.push(key);
    }
    const ours = await named(keys, newest);
    unknown.push(...keys.filter((key) => !ours.has(key)));
  }
  return unknown;
}
