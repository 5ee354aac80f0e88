/** Objects in a local folder. */
import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkKey, checkPrefix } from './keys.ts';
import { isAbsence, localError, locally } from './local-errors.ts';
import { foldersIn, walk, walkTemporary } from './local-listing.ts';
import { copyOver, createFile, removeFile, replaceFile, temporaryName } from './local-writing.ts';
import type { ObjectInfo, Store } from './store.ts';
import { replaced } from './replaced.ts';
import { formatUri } from './uri.ts';

/**
 * The store of the files under `path`, an absolute folder, which need not exist: the first write makes it. An etag
 * changes whenever a file is written again. Deleting an object also deletes the folders this leaves empty.
 */
export function openFolder(path: string): Store {
  const at = (key: string) => join(path, checkKey(key));
  return {
    uri: formatUri({ scheme: 'file', path }),
    list: (prefix) => list(path, checkPrefix(prefix)),
    folders: (prefix) => explained(path, checkPrefix(prefix), foldersIn(join(path, prefix))),
    head: async (key) => locally('look at', at(key), () => info(at(key), key)),
    get: async (key) => locally('read', at(key), () => unlessAbsent(readFile(at(key)))),
    getRange: async (key, start, end, etag) =>
      locally('read', at(key), () => readRange(at(key), { start, end }, etag)),
    put: async (key, body) =>
      locally('write', at(key), async () => {
        await replaceFile(at(key), body);
        return present(at(key), key);
      }),
    createIfAbsent: async (key, body) => locally('write', at(key), () => createFile(at(key), body)),
    copy: async (from, to) =>
      locally('copy', at(from), async () => {
        await present(at(from), from);
        await copyOver(at(from), at(to));
        return present(at(to), to);
      }),
    remove: async (keys) => {
      for (const key of keys) await locally('delete', at(key), () => removeFile(path, at(key)));
    },
    incompleteUploads: () => explained(path, '', deadWrites(path)),
    now: () => now(path),
  };
}

/** No living write leaves its file alone for so long. Also in the command that `gc` tells. */
const DEAD_MS = 3_600_000;

/** When each file was last written to that a writer, dead since, had in the making. */
async function* deadWrites(root: string): AsyncIterable<Date> {
  const latest = (await now(root)).getTime() - DEAD_MS;
  for await (const key of walkTemporary(root)) {
    const found = await info(join(root, key), key);
    if (found !== undefined && found.lastModified.getTime() < latest) yield found.lastModified;
  }
}

async function* list(root: string, prefix: string): AsyncIterable<ObjectInfo> {
  for await (const key of explained(root, prefix, walk(root, prefix))) {
    const found = await locally('look at', join(root, key), () => info(join(root, key), key));
    if (found !== undefined) yield found;
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

async function info(path: string, key: string): Promise<ObjectInfo | undefined> {
  const found = await unlessAbsent(stat(path, { bigint: true }));
  return found?.isFile() === true ? infoFrom(key, found) : undefined;
}

async function present(path: string, key: string): Promise<ObjectInfo> {
  return infoFrom(key, await stat(path, { bigint: true }));
}

function infoFrom(key: string, { size, ino, mtimeNs, mtime }: BigIntStats): ObjectInfo {
  const etag = createHash('sha256')
    .update(`${String(size)} ${String(ino)} ${String(mtimeNs)}`)
    .digest('hex')
    .slice(0, 32);
  return { key, size: Number(size), etag, lastModified: mtime };
}

async function readRange(
  path: string,
  { start, end }: { start: number; end: number },
  etag: string | undefined,
): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    if (etag !== undefined && infoFrom('', await file.stat({ bigint: true })).etag !== etag) {
      throw replaced(path);
    }
    const bytes = Buffer.alloc(Math.max(0, end - start));
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}

/** The file system's clock, as it stamps a new file; where nothing can be written, that of the temporary folder. */
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
  return stamped(root).catch(() => stamped(tmpdir()));
}
