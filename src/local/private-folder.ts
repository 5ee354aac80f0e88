/** Folders that nobody else can read or change: everything in them was put there by us. */
import { constants } from 'node:fs';
import { closeSync, fstatSync, lstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { LandfallError } from '../faults.ts';

/** Makes the folder, or takes the one that is there. Throws `input` when it is not ours alone. */
export function makePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const why = whyNotPrivate(folder);
  if (why === undefined) return;
  throw new LandfallError('input', `${folder} is not private: ${why}`, {
    stand: ['nothing in it was read or run'],
    next: 'remove it, or set LANDFALL_HOME to another folder of yours',
  });
}

/**
 * Why someone else may have written what is in the folder; undefined when the folder is ours alone. No link is
 * followed.
 */
export function whyNotPrivate(folder: string, us = process.geteuid?.()): string | undefined {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return 'it does not exist';
  return found.isDirectory() ? others(found, us) : 'it is not a folder';
}

/** Why someone else owns it, or may read or change it. */
function others({ uid, mode }: Stats, us: number | undefined): string | undefined {
  if (us === undefined) return undefined;
  if (uid !== us) return `it belongs to user ${String(uid)}, and this process runs as user ${String(us)}`;
  if ((mode & 0o077) !== 0) return `its mode ${(mode & 0o777).toString(8)} lets others in`;
  return undefined;
}

/** The text of a small file of ours; undefined when there is none, or when it may be someone else's. No link is followed. */
export function readPrivate(path: string, maxBytes: number, us = process.geteuid?.()): string | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const found = fstatSync(file);
    if (!found.isFile() || found.size > maxBytes || others(found, us) !== undefined) return undefined;
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}
