/** The mirror: copies of the published files at plain paths, where any engine looks for them. */
import pLimit from 'p-limit';
import { LandfallError } from '../faults.ts';
import type { LandedFile, LandedTable } from '../run/verification.ts';
import { uriOf } from '../store/store.ts';
import type { Store } from '../store/store.ts';
import { namedBy } from './named.ts';
import type { NamedBy } from './named.ts';
import { newestPublication, publicationAfter } from './publication.ts';
import type { Publication } from './publication.ts';

const COPIES_AT_ONCE = 16;

/** Told after each table: how many of its files were copied and deleted. */
export type OnTable = (told: { table: string; copied: number; deleted: number }) => void;

/**
 * Makes the plain paths equal to the newest publication: per table copies what is missing, then deletes what earlier
 * entries named. Nothing else is ever deleted. May stop anywhere and be run again; when another run publishes
 * meanwhile, it goes on with that publication, and ends with whichever is the newest.
 */
export async function mirror(store: Store, onTable: OnTable = () => undefined): Promise<void> {
  const named = namedBy(store);
  let entry = await newestPublication(store);
  while (entry !== undefined) entry = await converge({ store, named, onTable }, entry);
}

interface Mirroring {
  store: Store;
  named: NamedBy;
  onTable: OnTable;
}

/** Undefined when done; otherwise a newer entry, with which to start over. */
async function converge(mirroring: Mirroring, entry: Publication): Promise<Publication | undefined> {
  const former = entry.formerTables.map((table): LandedTable => ({
    table,
    rows: 0,
    bytes: 0,
    partitionBy: [],
    files: [],
  }));
  for (const table of [...entry.tables, ...former]) {
    const newer = await publicationAfter(mirroring.store, entry.number);
    if (newer !== undefined) return newer;
    await convergeTable(mirroring, entry.number, table);
  }
  return publicationAfter(mirroring.store, entry.number);
}

async function convergeTable(
  { store, named, onTable }: Mirroring,
  number: number,
  table: LandedTable,
): Promise<void> {
  const there = new Map<string, number>();
  for await (const { key, size } of store.list(`${table.table}/`)) there.set(key, size);
  const missing = table.files.filter((file) => there.get(file.mirror) !== file.size);
  const limit = pLimit(COPIES_AT_ONCE);
  await Promise.all(missing.map((file) => limit(() => copyFile(store, file))));
  const wanted = new Set(table.files.map((file) => file.mirror));
  const others = [...there.keys()].filter((key) => !wanted.has(key));
  const obsolete = await named(others, number - 1);
  if (obsolete.size > 0) await store.remove([...obsolete]);
  onTable({ table: table.table, copied: missing.length, deleted: obsolete.size });
}

async function copyFile(store: Store, file: LandedFile): Promise<void> {
  const { size } = await store.copy(file.key, file.mirror);
  if (size === file.size) return;
  await store.remove([file.mirror]);
  throw new LandfallError('tables', `${uriOf(store, file.key)} is no longer the file that was published`, {
    why: [`it had ${String(file.size)} bytes when it was verified, and has ${String(size)} now`],
    next: 'find out who changed it; a new landfall submit restores the plain paths',
  });
}
