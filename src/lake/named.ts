/** Which plain paths belong to Landfall: those that some entry of the publication log names. */
import { LandfallError } from '../faults.ts';
import { publicationsIn } from './layout.ts';
import { readPublication } from './publication.ts';
import type { Publication } from './publication.ts';
import type { Store } from '../store/store.ts';

/** The plain paths that an entry names. An entry may have a hundred thousand files, so the rest of it is not kept. */
export interface NamedPaths {
  publishedAt: string;
  /** By table. */
  paths: ReadonlyMap<string, readonly string[]>;
}

/** By number, each entry read at most once. A damaged entry is undefined too: what it names belongs to nobody. */
export type EarlierEntries = (number: number) => Promise<NamedPaths | undefined>;

/** `known`: an entry that has been read already. */
export function earlierEntries(store: Store, known?: Publication): EarlierEntries {
  const entries = new Map<number, Promise<NamedPaths | undefined>>();
  if (known !== undefined) entries.set(known.number, Promise.resolve(pathsOf(known)));
  return (number) => {
    const reading = entries.get(number) ?? readPaths(store, number);
    entries.set(number, reading);
    return reading;
  };
}

async function readPaths(store: Store, number: number): Promise<NamedPaths | undefined> {
  try {
    const entry = await readPublication(store, number);
    return entry === undefined ? undefined : pathsOf(entry);
  } catch (error) {
    if (error instanceof LandfallError && error.fault === 'input') return undefined;
    throw error;
  }
}

function pathsOf({ publishedAt, tables }: Publication): NamedPaths {
  const paths = new Map(tables.map(({ table, files }) => [table, files.map(({ mirror }) => mirror)]));
  return { publishedAt, paths };
}

/** Which of these keys entry `upTo`, or an earlier one, names. */
export type NamedBy = (keys: readonly string[], upTo: number) => Promise<Set<string>>;

/**
 * Reads entry `upTo`, and of those before it only the ones whose numbers occur in keys that it does not name: the plain path
 * of a file contains the number of the first entry that names it. So a stranger's object costs no reading of a long log.
 */
export function namedBy(store: Store, entry: EarlierEntries = earlierEntries(store)): NamedBy {
  return async (keys, upTo) => {
    const open = new Set(keys);
    const named = new Set<string>();
    const read = async (number: number) => {
      if (open.size === 0 || number === 0) return;
      for (const path of [...((await entry(number))?.paths.values() ?? [])].flat()) {
        if (open.delete(path)) named.add(path);
      }
    };
    await read(upTo);
    const numbers = new Set([...open].flatMap(publicationsIn));
    for (const number of [...numbers].sort((a, b) => b - a)) if (number < upTo) await read(number);
    return named;
  };
}
