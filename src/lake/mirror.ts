/** The mirror: copies of the published files at plain paths, where any engine looks for them. */
import pLimit from 'p-limit';
import { LandfallError } from '../faults.ts';
import type { LandedFile, LandedTable } from '../run/verification.ts';
import { afterLoss } from '../shell-words.ts';
import type { Store } from '../store/store.ts';
import { lossOf } from './as-published.ts';
import { keys } from './layout.ts';
import { namedBy } from './named.ts';
import type { NamedBy } from './named.ts';
import { newestPublication, publicationAfter } from './publication.ts';
import type { Publication } from './publication.ts';

const COPIES_AT_ONCE = 16;
const SAMPLE = 5;

/** Told after each table: how many of its files were copied and deleted. */
export type OnTable = (told: { table: string; copied: number; deleted: number }) => void;

/**
 * Makes the plain paths equal to the newest publication: per table copies what is missing, then deletes what earlier
 * entries named. Nothing else is ever deleted. May stop anywhere and be run again; when another run publishes
 * meanwhile, it goes on with that publication, and ends with whichever is the newest. Throws `tables` when published
 * files are gone or have another size: then nothing of that table's earlier files is deleted.
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
    await convergeTable(mirroring, entry, table);
  }
  return publicationAfter(mirroring.store, entry.number);
}

async function convergeTable(
  { store, named, onTable }: Mirroring,
  entry: Publication,
  table: LandedTable,
): Promise<void> {
  const there = new Map<string, number>();
  for await (const { key, size } of store.list(keys.plainFolder(table.table))) there.set(key, size);
  const missing = table.files.filter((file) => there.get(file.mirror) !== file.size);
  const limit = pLimit(COPIES_AT_ONCE);
  const copied = await Promise.all(missing.map((file) => limit(() => copyFile(store, file))));
  const losses = copied.filter((loss) => loss !== undefined);
  if (losses.length > 0) throw lostFiles(store, entry, table.table, losses);
  const wanted = new Set(table.files.map((file) => file.mirror));
  const others = [...there.keys()].filter((key) => !wanted.has(key));
  const obsolete = await named(others, entry.number - 1);
  if (obsolete.size > 0) await store.remove([...obsolete]);
  onTable({ table: table.table, copied: missing.length, deleted: obsolete.size });
}

/** Copies the file; gives why not when it is no longer there as it was published. */
async function copyFile(store: Store, file: LandedFile): Promise<string | undefined> {
  try {
    const loss = lossOf(store, file, await store.copy(file.key, file.mirror));
    if (loss !== undefined) await store.remove([file.mirror]);
    return loss;
  } catch (error) {
    const loss = error instanceof LandfallError ? lossOf(store, file, await store.head(file.key)) : undefined;
    if (loss !== undefined) return loss;
    throw error;
  }
}

function lostFiles(store: Store, { number }: Publication, table: string, losses: string[]): LandfallError {
  const message = `publication ${String(number)} is current, but ${String(losses.length)} of its files of ${table} cannot be copied to the plain paths`;
  return new LandfallError('tables', message, {
    why: losses.slice(0, SAMPLE),
    next: afterLoss(store.uri),
    more: { publication: number },
  });
}
