/** Which plain paths belong to Landfall: those that some entry of the publication log names. */
import { LandfallError } from '../faults.ts';
import { readPublication } from './publication.ts';
import type { Publication } from './publication.ts';
import type { Store } from '../store/store.ts';

/** Entries by number, each read at most once. A damaged entry is undefined too: what it names belongs to nobody. */
export type EarlierEntries = (number: number) => Promise<Publication | undefined>;

export function earlierEntries(store: Store): EarlierEntries {
  const entries = new Map<number, Promise<Publication | undefined>>();
  return (number) => {
    const reading = entries.get(number) ?? readPublication(store, number).catch(unlessDamaged);
    entries.set(number, reading);
    return reading;
  };
}

function unlessDamaged(error: unknown): undefined {
  if (error instanceof LandfallError && error.fault === 'input') return undefined;
  throw error;
}

/** Which of these keys entry `upTo`, or an earlier one, names. */
export type NamedBy = (keys: readonly string[], upTo: number) => Promise<Set<string>>;

/** Reads entries backwards, no further than needed to account for all keys. */
export function namedBy(store: Store, entry: EarlierEntries = earlierEntries(store)): NamedBy {
  return async (keys, upTo) => {
    const open = new Set(keys);
    const named = new Set<string>();
    for (let number = upTo; number > 0 && open.size > 0; number -= 1) {
      for (const { mirror } of (await entry(number))?.tables.flatMap(({ files }) => files) ?? []) {
        if (open.delete(mirror)) named.add(mirror);
      }
    }
    return named;
  };
}
