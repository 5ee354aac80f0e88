/** Objects under one root, in S3 or in a local folder, behind one small interface. */
import { LandfallError } from '../faults.ts';

export interface ObjectInfo {
  /** Relative to the store's root, `/`-separated, never with a leading slash. Exactly as stored: not URL-encoded. */
  key: string;
  /** Bytes. */
  size: number;
  /** Without quotes. For a local file, a digest of size, inode and modification time. */
  etag: string;
  lastModified: Date;
  /** The storage class, when S3 has archived the object, and it cannot be read before it is restored. */
  archive?: string;
  /** In lists: S3 may have archived it, and only `head` tells. */
  mayBeArchived?: true;
}

export interface Store {
  /** The root: `s3://bucket/prefix` or `file:///folder`, raw (not percent-encoded), without a trailing slash. */
  readonly uri: string;

  /** Every object whose key starts with `prefix` (a plain string prefix), page by page, in key order within S3. */
  list(prefix: string): AsyncIterable<ObjectInfo>;
  /** Names of the folders right below `prefix`, which ends with a slash; their content is not listed. */
  folders(prefix: string): AsyncIterable<string>;
  /** Undefined when there is no such object. */
  head(key: string): Promise<ObjectInfo | undefined>;
  /** Throws `input`, and does not read it whole, when it has more than `most` bytes; `MOST_BYTES` when that is not given. */
  get(key: string, most?: number): Promise<Uint8Array | undefined>;
  /**
   * Bytes `[start, end)`; throws when the object is gone. With an `etag`, of that version alone: throws a retryable
   * `unreachable` when the object has been replaced.
   */
  getRange(key: string, start: number, end: number, etag?: string): Promise<Uint8Array>;
  /** Writes or replaces, and verifies by checksum that what arrived is what was sent. */
  put(key: string, body: Uint8Array): Promise<ObjectInfo>;
  /** Writes only when nothing is there. False: the key is taken. Never replaces, whatever runs at the same time. */
  createIfAbsent(key: string, body: Uint8Array): Promise<boolean>;
  /** Server-side copy within the store; the source's bytes never pass through us where the store can copy. */
  copy(from: string, to: string): Promise<ObjectInfo>;
  /** Deletes the objects with these keys; a missing one is not an error. */
  remove(keys: readonly string[]): Promise<void>;
  /**
   * Start times of the incomplete uploads under the root; in a local folder, when each temporary file of a crashed
   * writer was last written to. Absent where writers leave nothing behind.
   */
  incompleteUploads?(): AsyncIterable<Date>;
  /** The time as the store's own clock tells it, by which ages of its objects are judged. */
  now(): Promise<Date>;
}

/** The most bytes that are read whole, unless the reader states another limit. */
export const MOST_BYTES = 512 * 1024 * 1024;

/** An object that is too large to be what it should be. `place`: its URI or path; `size`: where it is known. */
export function tooLarge(place: string, size: number | undefined, most: number): LandfallError {
  return new LandfallError('input', `${JSON.stringify(place)} is not read: it is too large`, {
    why: [
      size === undefined
        ? `it has more than the ${String(most)} bytes that are read`
        : `it has ${String(size)} bytes; at most ${String(most)} are read`,
    ],
    next: 'restore it from a version or a backup; Landfall never writes one this large',
  });
}

/** The full URI of an object: what Spark, and a person, can be given. */
export function uriOf(store: Store, key: string): string {
  return `${store.uri}/${key}`;
}
