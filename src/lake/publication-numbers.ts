/** Which entries the publication log has. They are numbered from 1, without gaps, and none is ever removed. */
import { LandfallError } from '../faults.ts';
import { uriOf } from '../store/store.ts';
import type { Store } from '../store/store.ts';
import { keys, publicationNumber } from './layout.ts';

/** What is in the folder of the log. */
export interface PublicationLog {
  /** Ascending. */
  numbers: number[];
  /** Keys that are not those of entries. */
  foreign: string[];
}

export async function listPublications(store: Store): Promise<PublicationLog> {
  const numbers: number[] = [];
  const foreign: string[] = [];
  for await (const { key } of store.list(keys.publications)) {
    const number = publicationNumber(key);
    if (number === undefined) foreign.push(key);
    else numbers.push(number);
  }
  return { numbers: numbers.sort((a, b) => a - b), foreign };
}

/**
 * Number of the newest entry; 0 when there is none. It also looks, by name, for an entry that the listing does not
 * show yet. Throws `input` when one is missing before the newest: either an entry was lost, or someone else wrote
 * one.
 */
export async function newestNumber(store: Store): Promise<number> {
  const { numbers } = await listPublications(store);
  let newest = 0;
  for (const number of numbers) {
    while (newest + 1 < number) {
      if ((await store.head(keys.publication(newest + 1))) === undefined)
        throw gap(store, newest + 1, number);
      newest += 1;
    }
    newest = number;
  }
  return newest;
}

function gap(store: Store, missing: number, next: number): LandfallError {
  return new LandfallError('input', `${uriOf(store, keys.publication(missing))} is missing`, {
    why: [`the publication log has no number ${String(missing)}, but it has number ${String(next)}`],
    stand: ['nothing was changed; nobody can tell which publication is current'],
    next: `restore it from a version or a backup, or move away ${uriOf(store, keys.publication(next))} and what comes after it, if they are not yours`,
  });
}
