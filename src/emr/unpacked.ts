/** A log's content piece by piece, however long: one version of its object, unpacked. */
import { Readable, pipeline } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import { codeOf } from '../error-code.ts';
import { isGzip } from '../store/gzip.ts';
import type { ObjectInfo, Store } from '../store/store.ts';

/** Bytes fetched at once, as stored. */
const FETCH = 4 * 1024 * 1024;
/** Bytes of a piece, unpacked. */
const PIECE = 256 * 1024;

/** A version of an object, as `head` gives it. */
type Version = Pick<ObjectInfo, 'key' | 'size' | 'etag'>;

/**
 * The content of that version of the object. Of a truncated or broken file, the content before the break; plain
 * text as it is. Throws what the store throws: a retryable error when the object is replaced meanwhile.
 */
export async function* unpacked(store: Store, version: Version): AsyncGenerator<Uint8Array, void> {
  if (!(await isPacked(store, version))) {
    yield* fetched(store, version);
    return;
  }
  // A truncated file ends with what was read of it, not with an error: an error would discard what is read but not yet handed on.
  const gunzip = createGunzip({ chunkSize: PIECE, finishFlush: constants.Z_SYNC_FLUSH });
  const source = Readable.from(fetched(store, version), { objectMode: true, highWaterMark: 1 });
  pipeline(source, gunzip, () => undefined);
  try {
    for await (const piece of gunzip) yield piece as Buffer;
  } catch (error) {
    if (!isBroken(error)) throw error;
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

async function isPacked(store: Store, { key, size, etag }: Version): Promise<boolean> {
  return isGzip(await store.getRange(key, 0, Math.min(2, size), etag));
}

async function* fetched(store: Store, { key, size, etag }: Version): AsyncGenerator<Uint8Array, void> {
  for (let start = 0; start < size; start += FETCH) {
    yield await store.getRange(key, start, Math.min(start + FETCH, size), etag);
  }
}

/** zlib found the file's content broken. */
function isBroken(error: unknown): boolean {
  return codeOf(error).startsWith('Z_');
}
