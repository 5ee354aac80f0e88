/** The files under a folder, in the order in which S3 would list them. */
import type { Dirent } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../error-code.ts';
import { LandfallError } from '../faults.ts';
import { isAbsence } from './local-errors.ts';
import type { Links } from './local-inside.ts';
import { isTemporary } from './local-writing.ts';

/**
 * Keys of the regular files under `root` that start with `prefix`, in the order of their UTF-8 bytes. Links that are
 * followed never lead back into a folder we are in; where they are refused, links and special files are keys, too, and a
 * name that is not UTF-8 is a key under which nothing is found: one such name must not hide the rest of a lake. Files that
 * vanish meanwhile are left out. Where links are followed, one that leads nowhere or a name that is not UTF-8 is an `input`
 * error, for it would go missing silently.
 */
export async function* walk(root: string, prefix: string, links: Links): AsyncIterable<string> {
  const cut = prefix.lastIndexOf('/') + 1;
  const folder = join(root, prefix.slice(0, cut));
  const isWanted = (name: string) => !isTemporary(name);
  yield* walkFolder(folder, {
    key: prefix.slice(0, cut),
    starts: prefix.slice(cut),
    above: new Set(),
    links,
    isWanted,
  });
}

/** Keys of the temporary files under `root`, of writes in progress and of crashed writers; otherwise like `walk`. */
export function walkTemporary(root: string, links: Links): AsyncIterable<string> {
  return walkFolder(root, { key: '', starts: '', above: new Set(), links, isWanted: isTemporary });
}

interface Place {
  /** Key of the folder, with a trailing slash; empty at the root. */
  key: string;
  /** What names must start with. */
  starts: string;
  /** Identities of the folders we are in. */
  above: ReadonlySet<string>;
  links: Links;
  /** By the name of a file. */
  isWanted: (name: string) => boolean;
}

async function* walkFolder(folder: string, place: Place): AsyncIterable<string> {
  const { key, starts, above, links, isWanted } = place;
  const self = await identity(folder);
  if (self === undefined || above.has(self)) return;
  const inside = new Set(above).add(self);
  for (const { name, isFolder } of await entries(folder, starts, links)) {
    if (links === 'refused' && (await isUnreachable(folder, name))) yield `${key}${name}`;
    else if (isFolder)
      yield* walkFolder(join(folder, name), { ...place, key: `${key}${name}/`, starts: '', above: inside });
    else if (isWanted(name)) yield `${key}${name}`;
  }
}

/**
 * Names of the folders in a folder; none when it does not exist. Where links are refused, a link counts as a
 * folder: later requests below it are refused by name, instead of finding nothing.
 */
export async function* foldersIn(folder: string, links: Links): AsyncIterable<string> {
  for (const { name, isFolder, isLink } of await entries(folder, '', links))
    if (isFolder || isLink) yield name;
}

/** True for a name that is not UTF-8: Node's decoded form of it names no file. */
async function isUnreachable(folder: string, name: string): Promise<boolean> {
  return name.includes('\uFFFD') && (await lstat(join(folder, name)).catch(() => undefined)) === undefined;
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
  /** True only where links are refused; elsewhere a link stands for its target. */
  isLink: boolean;
  order: Buffer;
}

async function entries(folder: string, starts: string, links: Links): Promise<Entry[]> {
  const found: Entry[] = [];
  for (const dirent of await contents(folder)) {
    const { name } = dirent;
    if (!name.startsWith(starts)) continue;
    const kind = await kindOf(folder, dirent, links);
    if (kind === 'other' && links === 'followed') continue;
    const isFolder = kind === 'folder';
    found.push({ name, isFolder, isLink: kind === 'link', order: Buffer.from(isFolder ? `${name}/` : name) });
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

async function kindOf(folder: string, dirent: Dirent, links: Links): Promise<Kind | 'link'> {
  const isLink = dirent.isSymbolicLink();
  if (links === 'refused') return isLink ? 'link' : kind(dirent);
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

type Kind = 'file' | 'folder' | 'other';

function kind(of: { isDirectory(): boolean; isFile(): boolean }): Kind {
  if (of.isDirectory()) return 'folder';
  return of.isFile() ? 'file' : 'other';
}
