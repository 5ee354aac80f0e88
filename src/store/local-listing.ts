/** The files under a folder, in the order in which S3 would list them. */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LandfallError } from '../faults.ts';
import { codeOf, isAbsence } from './local-errors.ts';
import { isTemporary } from './local-writing.ts';

/**
 * Keys of the regular files under `root` that start with `prefix`, in the order of their UTF-8 bytes. Links are
 * followed, but never back into a folder we are in. Files that vanish meanwhile are left out; a link that leads nowhere
 * or a name that is not UTF-8 is an `input` error, for it would go missing silently.
 */
export async function* walk(root: string, prefix: string): AsyncIterable<string> {
  const cut = prefix.lastIndexOf('/') + 1;
  const folder = join(root, prefix.slice(0, cut));
  const isWanted = (name: string) => !isTemporary(name);
  yield* walkFolder(folder, {
    key: prefix.slice(0, cut),
    starts: prefix.slice(cut),
    above: new Set(),
    isWanted,
  });
}

/** Keys of the files under `root` that writes in progress, or such as died, have left; otherwise as `walk`. */
export function walkTemporary(root: string): AsyncIterable<string> {
  return walkFolder(root, { key: '', starts: '', above: new Set(), isWanted: isTemporary });
}

interface Place {
  /** Key of the folder, with a trailing slash; empty at the root. */
  key: string;
  /** What names must start with. */
  starts: string;
  /** Identities of the folders we are in. */
  above: ReadonlySet<string>;
  /** By the name of a file. */
  isWanted: (name: string) => boolean;
}

async function* walkFolder(folder: string, place: Place): AsyncIterable<string> {
  const { key, starts, above, isWanted } = place;
  const self = await identity(folder);
  if (self === undefined || above.has(self)) return;
  const inside = new Set(above).add(self);
  for (const { name, isFolder } of await entries(folder, starts)) {
    if (isFolder)
      yield* walkFolder(join(folder, name), { ...place, key: `${key}${name}/`, starts: '', above: inside });
    else if (isWanted(name)) yield `${key}${name}`;
  }
}

/** Names of the folders in a folder; none when it is not there. */
export async function* foldersIn(folder: string): AsyncIterable<string> {
  for (const { name, isFolder } of await entries(folder, '')) if (isFolder) yield name;
}

async function identity(folder: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(folder, { bigint: true });
    return `${String(dev)}:${String(ino)}`;
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

interface Entry {
  name: string;
  isFolder: boolean;
  order: Buffer;
}

async function entries(folder: string, starts: string): Promise<Entry[]> {
  const found: Entry[] = [];
  for (const dirent of await contents(folder)) {
    const { name } = dirent;
    if (!name.startsWith(starts)) continue;
    const kind = await kindOf(folder, dirent);
    if (kind === 'other') continue;
    const isFolder = kind === 'folder';
    found.push({ name, isFolder, order: Buffer.from(isFolder ? `${name}/` : name) });
  }
  return found.sort((a, b) => a.order.compare(b.order));
}

async function contents(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

async function kindOf(folder: string, dirent: Dirent): Promise<'file' | 'folder' | 'other'> {
  const isLink = dirent.isSymbolicLink();
  if (!isLink && !dirent.name.includes('\uFFFD')) return kind(dirent);
  try {
    return kind(await stat(join(folder, dirent.name)));
  } catch (error) {
    if (!isAbsence(error) && codeOf(error) !== 'ELOOP') throw error;
    throw new LandfallError(
      'input',
      isLink
        ? `${JSON.stringify(join(folder, dirent.name))} is a link that leads nowhere`
        : `${JSON.stringify(folder)} holds a file whose name is not UTF-8: ${JSON.stringify(dirent.name)}`,
      { next: isLink ? 'remove the link, or restore what it leads to' : 'rename or remove that file' },
    );
  }
}

function kind(of: { isDirectory(): boolean; isFile(): boolean }): 'file' | 'folder' | 'other' {
  if (of.isDirectory()) return 'folder';
  return of.isFile() ? 'file' : 'other';
}
