/** The mirror: copies of the published files at plain paths, where any engine looks for them. */
import { atOnce } from '../at-once.ts';
import { LandfallError } from '../faults.ts';
import type { LandedFile, LandedTable } from '../run/verification.ts';
import { afterLoss } from '../shell-words.ts';
import type { Store } from '../store/store.ts';
import { lossOf } from './as-published.ts';
import { keys } from './layout.ts';
import { earlierEntries, namedBy } from './named.ts';
import type { EarlierEntries, NamedBy } from './named.ts';
import { newestPublication, publicationAfter } from './publication.ts';
import type { Publication } from './publication.ts';

const COPIES_AT_ONCE = 16;
const SAMPLE = 5;

/** Called after each table: how many of its files were copied and deleted. */
export type OnTable = (done: { table: string; copied: number; deleted: number }) => void;

/**
 * Makes the plain paths equal to the newest publication: per table copies what is missing, then deletes what
 * earlier entries named. Nothing else is ever deleted. It may stop anywhere and be run again. When another run
 * publishes meanwhile, it continues with that publication, and so ends with the newest one. Throws `tables` when
 * published files are gone or have another size: then nothing of that table's earlier files is deleted.
 */
export async function mirror(store: Store, onTable: OnTable = () => undefined): Promise<void> {
  const before = earlierEntries(store);
  const named = namedBy(store, before);
  let entry = await newestPublication(store);
  while (entry !== undefined) entry = await converge({ store, named, before, onTable }, entry);
}

interface Mirroring {
  store: Store;
  named: NamedBy;
  before: EarlierEntries;
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

async function convergeTable(mirroring: Mirroring, entry: Publication, table: LandedTable): Promise<void> {
  const { store, named, onTable } = mirroring;
  const there = new Map<string, number>();
  for await (const { key, size } of store.list(keys.plainFolder(table.table))) there.set(key, size);
  const missing = table.files.filter((file) => there.get(file.mirror) !== file.size);
  const copied = await atOnce(COPIES_AT_ONCE, missing, (file) => copyFile(store, file));
  const losses = copied.filter((loss) => loss !== undefined);
  if (losses.length > 0) throw lostFiles(store, entry, table.table, losses);
  const wanted = new Set(table.files.map((file) => file.mirror));
  const others = [...there.keys()].filter((key) => !wanted.has(key));
  const obsolete = await named(others, entry.number - 1);
  const recent = (await recentlyNamed(mirroring, entry, table.table)).filter((key) => !wanted.has(key));
  const deleted = new Set([...obsolete, ...recent]);
  if (deleted.size > 0) await store.remove([...deleted]);
  onTable({ table: table.table, copied: missing.length, deleted: obsolete.size });
}

/** How long a listing may fail to show a written object. */
const LAG_MS = 3_600_000;
const MOST_RECENT = 8;

/**
 * The files of the table in the entries just before this one: always the previous entry, and a few more if they are
 * so recent that a listing may not show their files yet. A damaged entry names nothing.
 */
async function recentlyNamed({ before }: Mirroring, entry: Publication, table: string): Promise<string[]> {
  const found: string[] = [];
  for (let number = entry.number - 1; number > Math.max(0, entry.number - 1 - MOST_RECENT); number -= 1) {
    const earlier = await before(number);
    if (earlier === undefined) break;
    found.push(...(earlier.paths.get(table) ?? []));
    const age = Date.parse(entry.publishedAt) - Date.parse(earlier.publishedAt);
    if (!(age < LAG_MS)) break;
  }
  return found;
}

/** Copies the file; returns the reason when it is no longer as it was published. */
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
