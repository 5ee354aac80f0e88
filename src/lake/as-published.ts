/** Whether a published file is still as it was published. */
import type { LandedFile, LandedTable } from '../run/verification.ts';
import { uriOf } from '../store/store.ts';
import type { ObjectInfo, Store } from '../store/store.ts';
import { readFooter } from './footer.ts';
import { unreadable } from './inspect.ts';

/**
 * Why the object there now cannot be the published file, by its presence and size alone; undefined when it can be.
 */
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

/** The etags of all files of these tables. */
export function etagsOf(tables: readonly LandedTable[]): ReadonlySet<string> {
  return new Set(tables.flatMap(({ files }) => files.map(({ etag }) => etag)));
}

/**
 * What a new etag means for a file of unchanged size. In S3 the file was `rewritten`. In a local lake an etag
 * depends on the place too, so a moved or restored lake has new ones: there a file with the published footer counts
 * as `copied`, unless it has the etag of another published file, with which it was swapped (`etags` are those of the
 * whole set). Undefined when the etag is the published one.
 */
export async function rewriting(
  store: Store,
  etags: ReadonlySet<string>,
  file: LandedFile,
  { etag }: Pick<ObjectInfo, 'etag'>,
): Promise<'copied' | 'rewritten' | undefined> {
  if (etag === file.etag) return undefined;
  if (!store.uri.startsWith('file://')) return 'rewritten';
  if (etags.has(etag)) return 'rewritten';
  const footer = await readFooter(file.size, (start, end) => store.getRange(file.key, start, end)).catch(
    unreadable,
  );
  if ('broken' in footer) return 'rewritten';
  const isSame = file.footer === undefined ? footer.rows === file.rows : footer.digest === file.footer;
  return isSame ? 'copied' : 'rewritten';
}
