/** Proof that a store honours create-if-absent, on which journal and publication rest. */
import { LandfallError } from '../faults.ts';
import { keys } from '../lake/layout.ts';
import { uriOf } from './store.ts';
import type { Store } from './store.ts';

/**
 * Creates a probe object named after `id`, which must be new, and tries to create it again: the second try must be
 * refused and must leave the first one's content. Throws `input` when the store lets it through.
 */
export async function proveCreateIfAbsent(store: Store, id: string): Promise<void> {
  const key = keys.probe(id);
  const first = new TextEncoder().encode('first');
  try {
    const created = await store.createIfAbsent(key, first);
    if (!created && !same(await store.get(key), first))
      throw unfit(store, `it says that the new name ${uriOf(store, key)} is taken`);
    const again = await store.createIfAbsent(key, new TextEncoder().encode('again'));
    if (again || !same(await store.get(key), first))
      throw unfit(store, `it let a second writer replace ${uriOf(store, key)}`);
  } catch (error) {
    await store.remove([key]).catch(() => undefined);
    throw error;
  }
  await store.remove([key]);
}

function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}

function unfit(store: Store, why: string): LandfallError {
  return new LandfallError(
    'input',
    `${store.uri} does not honour create-if-absent, so two runs could overwrite each other`,
    {
      why: [why],
      next: 'put the lake on Amazon S3, a store that honours If-None-Match: *, or a local disk',
    },
  );
}
