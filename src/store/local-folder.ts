/** Objects in a local folder. */
import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, open, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkKey, checkPrefix } from './keys.ts';
import { isAbsence, localError, locally } from './local-errors.ts';
import { linked, openRegular, refuseLinkedFolders, special } from './local-inside.ts';
import type { Links } from './local-inside.ts';
import { foldersIn, walk, walkTemporary } from './local-listing.ts';
import { copyOver, createFile, removeFile, replaceFile, temporaryName } from './local-writing.ts';
import { replaced } from './replaced.ts';
import { MOST_BYTES, tooLarge } from './store.ts';
import type { ObjectInfo, Store } from './store.ts';
import { formatUri } from './uri.ts';

/**
 * The store of the files under `path`, an absolute folder, which need not exist: the first write makes it. An etag
 * changes whenever a file is written again. Deleting an object also deletes the folders this leaves empty. Where
 * links are refused, nothing is read, written or deleted through one below `path`: such a link is listed as an object
 * that cannot be read; deleting it deletes the link. The same holds for FIFOs, sockets and devices.
 */
export function openFolder(path: string, links: Links = 'refused'): Store {
  const at = (key: string) => join(path, checkKey(key));
  /** Runs the work on the path of a key, after checking that no link leads there. */
  const inside = async <T>(action: string, key: string, work: (place: string) => Promise<T>): Promise<T> => {
    const place = at(key);
    return locally(action, place, async () => {
      if (links === 'refused') await refuseLinkedFolders(path, key);
      return work(place);
    });
  };
  const listing = <T>(prefix: string, walking: () => AsyncIterable<T>) =>
    explained(path, checkPrefix(prefix), insideOnly(path, prefix, links, walking));
  return {
    uri: formatUri({ scheme: 'file', path }),
    list: (prefix) => listing(prefix, () => list(path, prefix, links)),
    folders: (prefix) => listing(prefix, () => foldersIn(join(path, prefix), links)),
    head: (key) => inside('look at', key, (place) => info(place, key, links)),
    get: (key, most = MOST_BYTES) => inside('read', key, (place) => readWhole(place, most, links)),
    getRange: (key, start, end, etag) =>
      inside('read', key, (place) => readRange(place, { start, end, etag, links })),
    put: (key, body) =>
      inside('write', key, async (place) => {
        await replaceFile(place, body);
        return present(place, key, links);
      }),
    createIfAbsent: (key, body) => inside('write', key, (place) => createFile(place, body)),
    copy: (from, to) =>
      inside('copy', from, async (source) => {
        await present(source, from, links);
        return inside('write', to, async (target) => {
          await copyOver(source, target);
          return present(target, to, links);
        });
      }),
    remove: async (keys) => {
      for (const key of keys) await inside('delete', key, (place) => removeFile(path, place));
    },
    incompleteUploads: () => explained(path, '', deadWrites(path, links)),
    now: () => now(path),
  };
}

async function* insideOnly<T>(
  root: string,
  prefix: string,
  links: Links,
  walking: () => AsyncIterable<T>,
): AsyncIterable<T> {
  if (links === 'refused') await refuseLinkedFolders(root, prefix);
  yield* walking();
}

/** No active write leaves its file untouched for this long. The command that `gc` prints uses the same time. */
const DEAD_MS = 3_600_000;

/** When each temporary file of a crashed writer was last written to. */
async function* deadWrites(root: string, links: Links): AsyncIterable<Date> {
  const latest = (await now(root)).getTime() - DEAD_MS;
  for await (const key of walkTemporary(root, links)) {
    const found = await info(join(root, key), key, links);
    if (found !== undefined && found.lastModified.getTime() < latest) yield found.lastModified;
  }
}

async function* list(root: string, prefix: string, links: Links): AsyncIterable<ObjectInfo> {
  for await (const key of walk(root, prefix, links)) {
    const found = await locally('look at', join(root, key), () => info(join(root, key), key, links));
    if (found !== undefined) yield found;
    else if (links === 'refused' && key.includes('\uFFFD'))
      yield { key, size: 0, etag: '', lastModified: new Date(0) };
  }
}

async function* explained<T>(root: string, prefix: string, listing: AsyncIterable<T>): AsyncIterable<T> {
  try {
    yield* listing;
  } catch (error) {
    throw localError(error, 'list', join(root, prefix));
  }
}

async function unlessAbsent<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

async function info(path: string, key: string, links: Links): Promise<ObjectInfo | undefined> {
  const statOf = links === 'refused' ? lstat : stat;
  const found = await unlessAbsent(statOf(path, { bigint: true }));
  if (found === undefined || found.isDirectory()) return undefined;
  if (found.isFile()) return infoFrom(key, found);
  return links === 'refused' ? { ...infoFrom(key, found), size: 0 } : undefined;
}

/** The regular file that must be there. */
async function present(path: string, key: string, links: Links): Promise<ObjectInfo> {
  const found = await (links === 'refused' ? lstat : stat)(path, { bigint: true });
  if (found.isSymbolicLink()) throw linked(path);
  if (!found.isFile() && !found.isDirectory()) throw special(path);
  return infoFrom(key, found);
}

function infoFrom(key: string, { size, ino, mtimeNs, mtime }: BigIntStats): ObjectInfo {
  const etag = createHash('sha256')
    .update(`${String(size)} ${String(ino)} ${String(mtimeNs)}`)
    .digest('hex')
    .slice(0, 32);
  return { key, size: Number(size), etag, lastModified: mtime };
}

async function readWhole(path: string, most: number, links: Links): Promise<Uint8Array | undefined> {
  const file = await openRegular(path, links);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    if (size > most) throw tooLarge(path, size, most);
    return await readBytes(file, 0, size);
  } finally {
    await file.close();
  }
}

interface Range {
  start: number;
  end: number;
  etag: string | undefined;
  links: Links;
}

async function readRange(path: string, { start, end, etag, links }: Range): Promise<Uint8Array> {
  const file = await openRegular(path, links);
  if (file === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
  try {
    if (etag !== undefined && infoFrom('', await file.stat({ bigint: true })).etag !== etag) {
      throw replaced(path);
    }
    const { size } = await file.stat();
    return await readBytes(file, start, Math.min(end, size));
  } finally {
    await file.close();
  }
}

/** Bytes `[start, end)`, as far as there are any. */
async function readBytes(file: FileHandle, start: number, end: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(Math.max(0, end - start));
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** The first folder of these in which a file can be made: TMPDIR may name a folder that is missing. */
const TEMPORARY = [tmpdir(), '/tmp', '/dev/shm'];

/** The file system's clock, as it stamps a new file; where nothing can be written, that of a temporary folder. */
async function now(root: string): Promise<Date> {
  const stamped = async (folder: string) => {
    const path = join(folder, temporaryName());
    try {
      const file = await open(path, 'wx');
      const { mtime } = await file.stat().finally(() => file.close());
      return mtime;
    } finally {
      await rm(path, { force: true });
    }
  };
  return [root, ...TEMPORARY].reduce<Promise<Date>>(
    (earlier, folder) => earlier.catch(() => stamped(folder)),
    Promise.reject(new Error('no folder is writable')),
  );
}
