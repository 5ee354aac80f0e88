/** A store that proves create-if-absent before its first write. Every append to a log of the lake relies on it. */
import { proveCreateIfAbsent } from './precondition.ts';
import type { Store } from './store.ts';

export interface ProvenStore extends Store {
  /**
   * Proves it now, for cases where the first write would do so too late. Throws what `proveCreateIfAbsent` throws.
   */
  prove: () => Promise<void>;
}

/**
 * The same store; `id` names the probe object and must be new. Reading proves nothing, and one proof serves all writes. A
 * proof that failed is tried again by the next write: the store may have been away.
 */
export function provenBeforeWriting(store: Store, id: string): ProvenStore {
  let proof: Promise<void> | undefined;
  const proven = () =>
    (proof ??= proveCreateIfAbsent(store, id).catch((error: unknown) => {
      proof = undefined;
      throw error;
    }));
  return {
    ...store,
    prove: proven,
    put: async (key, body) => (await proven(), store.put(key, body)),
    createIfAbsent: async (key, body) => (await proven(), store.createIfAbsent(key, body)),
    copy: async (from, to) => (await proven(), store.copy(from, to)),
    remove: async (keys) => (await proven(), store.remove(keys)),
  };
}
