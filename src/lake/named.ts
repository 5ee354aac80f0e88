/** Which plain paths belong to Landfall: those that some entry of the publication log names. */
import { readPublication } from './publication.ts';
import type { Publication } from './publication.ts';
import type { Store } from '../store/store.ts';

/** Tells which of these keys entry `upTo` or an earlier one names. */
export type NamedBy = (keys: readonly string[], upTo: number) => Promise<Set<string>>;

/** Reads entries backwards, no further than needed to account for all keys, and each at most once. */
export function namedBy(store: Store): NamedBy {
  const entries = new Map<number, Promise<Publication | undefined>>();
  const entry = (number: number) => {
    const reading = entries.get(number) ?? readPublication(store, number);
    entries.set(number, reading);
    return reading;
  };
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
