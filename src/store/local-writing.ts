/** Files that appear whole or not at all, and stay after a power cut. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, lstat, mkdir, open, rename, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '../error-code.ts';
import { LandfallError } from '../faults.ts';
import { isAbsence, localError } from './local-errors.ts';

/** The command that `gc` prints uses the same prefix. */
const PREFIX = '.landfall-tmp-';

/** A name for a file in the making, unique. */
export function temporaryName(): string {
  return `${PREFIX}${randomUUID()}`;
}

/** True for a temporary file of a write in progress or of a crashed writer: not an object. */
export function isTemporary(name: string): boolean {
  return name.startsWith(PREFIX);
}

/** Writes or replaces the file at `path`. */
export async function replaceFile(path: string, body: Uint8Array): Promise<void> {
  await withTemporary(path, filledWith(body), (temporary) => rename(temporary, path));
}

/** Throws `input` when a folder stands where a file belongs. */
async function refuseFolder(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) return;
  throw new LandfallError('input', `${JSON.stringify(path)} is a folder, and a file belongs there`, {
    next: 'remove the folder, or restore the file that belongs there',
  });
}

/** Replaces the file at `path` by a copy of `from`. */
export async function copyOver(from: string, path: string): Promise<void> {
  const fill = async (temporary: string) => {
    await copyFile(from, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    await syncPath(temporary);
  };
  await withTemporary(path, fill, (temporary) => rename(temporary, path));
}

/**
 * Writes the file unless one of that name exists; returns whether it did. link(2) decides between simultaneous
 * writers. Throws `input` when a folder is there.
 */
export async function createFile(path: string, body: Uint8Array): Promise<boolean> {
  return withTemporary(path, filledWith(body), async (temporary) => {
    try {
      await link(temporary, path);
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') {
        await refuseFolder(path);
        return false;
      }
      if (codeOf(error) === 'ENOENT') throw error;
      throw localError(error, 'link', path);
    } finally {
      await unlink(temporary);
    }
  });
}

/** Deletes the file if it is there, and the folders above it that this leaves empty, up to `root`, which stays. */
export async function removeFile(root: string, path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
  for (let folder = dirname(path); folder.length > root.length; folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') return;
    }
  }
}

function filledWith(body: Uint8Array): (temporary: string) => Promise<void> {
  return async (temporary) => {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(body);
      await file.sync();
    } finally {
      await file.close();
    }
  };
}

/** How many times someone else may remove the folder between our creating it and our writing into it. */
const TRIES = 20;

async function withTemporary<T>(
  path: string,
  fill: (temporary: string) => Promise<void>,
  place: (temporary: string) => Promise<T>,
): Promise<T> {
  const folder = dirname(path);
  for (let tries = 1; ; tries += 1) {
    const temporary = join(folder, temporaryName());
    try {
      await makeFolder(folder);
      await fill(temporary);
      const result = await place(temporary);
      await syncPath(folder);
      return result;
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      if (codeOf(error) !== 'ENOENT' || tries === TRIES) throw error;
    }
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await makeOne(folder);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await makeOne(folder);
  }
}

/** One folder, unless it is there. Node's own recursive mkdir never returns where a file system takes no folder, as /proc. */
async function makeOne(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return;
  }
  await syncPath(dirname(folder));
}

async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } catch (error) {
    // Some file systems cannot sync a folder, and say so.
    if (!['EINVAL', 'ENOTSUP'].includes(codeOf(error))) throw error;
  } finally {
    await file.close();
  }
}
