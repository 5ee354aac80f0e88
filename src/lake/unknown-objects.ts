/** Objects in the plain paths that Landfall did not put there. */
import type { RunPlan } from '../run/plan.ts';
import type { Finding } from '../run/verification.ts';
import type { Store } from '../store/store.ts';
import { isFolderMarker, keys } from './layout.ts';
import { earlierEntries, namedBy } from './named.ts';
import { namedFinding } from './named-finding.ts';
import { newestPublication, readPublication } from './publication.ts';
import type { Publication } from './publication.ts';

/**
 * Keys in the plain paths of these tables that no publication names, except folder markers: objects of others,
 * which publishing would mix with ours. Also a file where a table's folder must be.
 */
export async function unknownObjects(
  store: Store,
  tables: readonly string[],
  newest: Publication | undefined,
): Promise<string[]> {
  const named = namedBy(store, earlierEntries(store, newest));
  const unknown: string[] = [];
  for (const table of tables) {
    const there: string[] = [];
    const path = keys.plainTable(table);
    if ((await store.head(path)) !== undefined) there.push(path);
    for await (const { key, size } of store.list(keys.plainFolder(table))) {
      if (!isFolderMarker(key, size)) there.push(key);
    }
    const ours = await named(there, newest?.number ?? 0);
    unknown.push(...there.filter((key) => !ours.has(key)));
  }
  return unknown;
}

/**
 * Files that engines ignore, and that file browsers and network disks leave during a run: `.DS_Store`, `.nfs0001`.
 */
const isHidden = (key: string) => key.split('/').some((name) => name.startsWith('.') || name.startsWith('_'));

/**
 * A finding for each table of the plan with such objects in its plain path, hidden ones excepted: they would be
 * published with it. None once the plan's number is taken, by this run or another: then it is decided, and the newest
 * entry may name more by now.
 */
export async function unknownObjectsFindings(store: Store, plan: RunPlan): Promise<Finding[]> {
  const tables = plan.steps.flatMap(({ tables: written }) => written.filter(({ internal }) => !internal));
  const names = tables.map(({ name }) => name);
  const found = await unknownObjects(store, names, await newestPublication(store));
  const unknown = found.filter((key) => !isHidden(key));
  if (unknown.length === 0 || (await readPublication(store, plan.publication)) !== undefined) return [];
  const message = 'an object that Landfall did not write lies where the table is published';
  return names.flatMap((subject): Finding[] => {
    const there = unknown.filter(
      (key) => key === keys.plainTable(subject) || key.startsWith(keys.plainFolder(subject)),
    );
    const uris = there.map((key) => `${plan.lake}/${key}`);
    return namedFinding(subject, message, uris).map((finding) => ({ ...finding, foreign: true }));
  });
}
