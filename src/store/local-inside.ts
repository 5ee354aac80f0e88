/** Stays within a folder: nothing is reached through a link below it, and only regular files are read. */
import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../error-code.ts';
import { LandfallError } from '../faults.ts';
import { isAbsence } from './local-errors.ts';

/** `refused` in a lake, which anybody may have written to; `followed` in inputs, which their owner may put together so. */
export type Links = 'refused' | 'followed';

/** Throws `input` when a folder of the key, below `root`, is a link. The root itself may be one, or lie below one. */
export async function refuseLinkedFolders(root: string, key: string): Promise<void> {
  let at = root;
  for (const name of key.split('/').slice(0, -1)) {
    at = join(at, name);
    try {
      if ((await lstat(at)).isSymbolicLink()) throw linked(at);
    } catch (error) {
      if (isAbsence(error)) return;
      throw error;
    }
  }
}

/** Opens a regular file; undefined when nothing of that name, or a folder, is there. Never waits for a FIFO's writer. */
export async function openRegular(path: string, links: Links): Promise<FileHandle | undefined> {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (links === 'refused' ? constants.O_NOFOLLOW : 0);
  let file: FileHandle;
  try {
    file = await open(path, flags);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    if (codeOf(error) === 'ELOOP' && links === 'refused') throw linked(path);
    if (codeOf(error) === 'ENXIO') throw special(path);
    throw error;
  }
  const found = await file.stat();
  if (found.isFile()) return file;
  await file.close();
  if (found.isDirectory()) return undefined;
  throw special(path);
}

export function linked(path: string): LandfallError {
  return new LandfallError(
    'input',
    `${JSON.stringify(path)} is a link, and Landfall follows no links inside a lake`,
    {
      why: ['a link can lead out of the lake'],
      next: 'remove the link, or replace it with what it points to',
    },
  );
}

export function special(path: string): LandfallError {
  return new LandfallError('input', `${JSON.stringify(path)} is not a regular file`, {
    why: ['it is a FIFO, a socket or a device'],
    next: 'remove it, or restore the file that belongs there',
  });
}
