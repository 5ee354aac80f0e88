/** Whether a published file is still what was published. */
import type { LandedFile } from '../run/verification.ts';
import { uriOf } from '../store/store.ts';
import type { ObjectInfo, Store } from '../store/store.ts';

/** Why what stands there now cannot be the published file, by its presence and size alone; undefined when it can. */
export function lossOf(
  store: Store,
  { key, size }: Pick<LandedFile, 'key' | 'size'>,
  there: Pick<ObjectInfo, 'size'> | undefined,
): string | undefined {
  if (there === undefined) return `${uriOf(store, key)} is gone`;
  return there.size === size
    ? undefined
    : `${uriOf(store, key)} had ${String(size)} bytes, and has ${String(there.size)} now`;
}
