/** Log files as EMR leaves them: gzipped, late, sometimes huge, sometimes cut short. */
import { once } from 'node:events';
import { createGunzip } from 'node:zlib';
import { isGzip } from '../store/gzip.ts';
import type { Store } from '../store/store.ts';

/** Larger files are not fetched, bytes as stored. */
export const FETCH_LIMIT = 64 * 1024 * 1024;
/** The end of a log that is looked at, bytes once unpacked. */
export const TAIL_LIMIT = 20 * 1024 * 1024;
/** No more than this is unpacked, bytes: a small file can hold a very long log. */
const UNPACK_LIMIT = 2 * 1024 * 1024 * 1024;

export interface LogFile {
  /** The end of the log. */
  text: string;
  uploaded: Date;
  etag: string;
}

/**
 * The log at `key`; undefined while it does not exist. A log larger than `FETCH_LIMIT` has no text. `before`: the
 * result of an earlier read, which is reused if the object has not changed.
 */
export async function readLog(store: Store, key: string, before?: LogFile): Promise<LogFile | undefined> {
  const info = await store.head(key);
  if (info === undefined) return undefined;
  const { etag, lastModified: uploaded } = info;
  if (before?.etag === etag) return { ...before, uploaded };
  if (info.size > FETCH_LIMIT) return { text: '', uploaded, etag };
  const body = await store.get(key, FETCH_LIMIT);
  if (body === undefined) return undefined;
  return { text: (await unpackTail(body)).toString('utf8'), uploaded, etag };
}

/** The last `limit` bytes of what was packed; of a file cut short, those before the break. Plain text stays as it is. */
export async function unpackTail(packed: Uint8Array, limit = TAIL_LIMIT): Promise<Buffer> {
  if (!isGzip(packed)) return Buffer.from(packed.subarray(-limit));
  const gunzip = createGunzip();
  let tail: Buffer[] = [];
  let held = 0;
  let total = 0;
  gunzip.on('data', (piece: Buffer) => {
    tail.push(piece);
    held += piece.length;
    total += piece.length;
    if (held > 2 * limit) {
      tail = [Buffer.concat(tail).subarray(-limit)];
      held = limit;
    }
    if (total > UNPACK_LIMIT) gunzip.destroy();
  });
  const closed = once(gunzip, 'close');
  gunzip.on('error', () => gunzip.destroy());
  gunzip.end(packed);
  await closed.catch(() => undefined);
  return Buffer.concat(tail).subarray(-limit);
}
