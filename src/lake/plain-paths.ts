/** The plain paths as they are, against the publication that they should show. */
import { atOnce } from '../at-once.ts';
import type { LandedFile } from '../run/verification.ts';
import type { Store } from '../store/store.ts';
import { isFolderMarker, keys } from './layout.ts';
import { namedBy } from './named.ts';
import type { Publication } from './publication.ts';

/** Keys of one table, by what is wrong with them. */
export interface PlainPath {
  table: string;
  missing: string[];
  /** Different from the published file in size, or in its last bytes: a Parquet file ends with its footer. */
  changed: string[];
  /** Of an earlier publication. */
  leftover: string[];
  /** No publication names them. */
  foreign: string[];
}

/** Bytes compared at the end of each file. */
const TAIL = 64 * 1024;
const AT_ONCE = 16;

/** Compares each table of the publication, and each that was published before; the ends of the files only with `ends`. */
export async function comparePlainPaths(
  store: Store,
  entry: Publication,
  { ends }: { ends: boolean } = { ends: true },
): Promise<PlainPath[]> {
  const named = namedBy(store);
  const compare = async (table: string, files: readonly LandedFile[]): Promise<PlainPath> => {
    const there = new Map<string, number>();
    if ((await store.head(keys.plainTable(table))) !== undefined) there.set(keys.plainTable(table), 0);
    for await (const { key, size } of store.list(keys.plainFolder(table))) {
      if (!isFolderMarker(key, size)) there.set(key, size);
    }
    const wanted = new Set(files.map(({ mirror }) => mirror));
    const others = [...there.keys()].filter((key) => !wanted.has(key));
    const ours = await named(others, entry.number - 1);
    return {
      table,
      missing: files.filter(({ mirror }) => !there.has(mirror)).map(({ mirror }) => mirror),
      changed: await changedOf(
        store,
        files.filter(({ mirror }) => there.has(mirror)),
        { sizes: there, ends },
      ),
      leftover: others.filter((key) => ours.has(key)),
      foreign: others.filter((key) => !ours.has(key)),
    };
  };
  const compared: PlainPath[] = [];
  for (const { table, files } of entry.tables) compared.push(await compare(table, files));
  for (const table of entry.formerTables) compared.push(await compare(table, []));
  return compared;
}

/** True when this publication was mirrored completely, whatever others have done to the plain paths since. */
export async function isMirrored(store: Store, entry: Publication): Promise<boolean> {
  const compared = await comparePlainPaths(store, entry, { ends: false });
  return compared.every(({ missing, leftover }) => [...missing, ...leftover].length === 0);
}

async function changedOf(
  store: Store,
  files: readonly LandedFile[],
  { sizes, ends }: { sizes: ReadonlyMap<string, number>; ends: boolean },
): Promise<string[]> {
  const isChanged = async ({ key, mirror, size }: LandedFile) =>
    sizes.get(mirror) !== size || (ends && !(await endAlike(store, key, mirror, size)));
  const changed = await atOnce(AT_ONCE, files, isChanged);
  return files.filter((_, at) => changed[at] === true).map(({ mirror }) => mirror);
}

/** A published file that is gone cannot be compared; another check reports it. */
async function endAlike(store: Store, key: string, copy: string, size: number): Promise<boolean> {
  if ((await store.head(key)) === undefined) return true;
  const start = Math.max(0, size - TAIL);
  const [one, other] = await Promise.all([
    store.getRange(key, start, size),
    store.getRange(copy, start, size),
  ]);
  return Buffer.compare(one, other) === 0;
}
