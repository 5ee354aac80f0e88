/** Finds and reads the pipeline's folder. */
import { closeSync, constants, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { LandfallError } from '../faults.ts';
import { placeOf } from '../pipeline/template-file.ts';
import type { TemplateFile } from '../pipeline/template-file.ts';

const NAME = 'spark-templates';
/** More than any pipeline needs, and few enough for a folder named by mistake. */
const MOST_FILES = 1000;
const MOST_BYTES = 2 ** 20;
const SHIPPED = join(import.meta.dirname, '../..', NAME);

/** The texts of a pipeline: `folder`, else `./spark-templates`, else the one that comes with Landfall. */
export function readTemplates(folder: string | undefined, cwd: string): TemplateFile[] {
  const root = templatesFolder(folder, cwd) ?? SHIPPED;
  if (!isFolder(root)) {
    throw new LandfallError('input', `--templates ${folder ?? NAME}: there is no such folder`, {
      next: `name the folder that holds pipeline.yaml`,
    });
  }
  return filesBelow(root).map((path) => ({ path: relative(root, path), text: textOf(root, path) }));
}

/** Regular files in order of their paths. Hidden ones are passed over, links lead nowhere, and a wrong folder soon ends. */
function filesBelow(root: string): string[] {
  const folders = [root];
  const files: string[] = [];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) files.push(path);
      else throw unreadable(root, path, `is ${entry.isSymbolicLink() ? 'a link' : 'no regular file'}`);
    }
    if (files.length + folders.length > MOST_FILES)
      throw new LandfallError('input', `--templates ${root}: there are more than ${MOST_FILES} files in it`, {
        next: 'name the folder that holds pipeline.yaml',
      });
  }
  return files.sort();
}

/** Reads at most one byte more than a template may have, whatever the file has become meanwhile. */
function textOf(root: string, path: string): string {
  const buffer = Buffer.alloc(MOST_BYTES + 1);
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read)
      read = readSync(file, buffer, length, buffer.length - length, null);
    if (length > MOST_BYTES) throw unreadable(root, path, 'has more than 1 MiB');
    return buffer.toString('utf8', 0, length);
  } finally {
    closeSync(file);
  }
}

function unreadable(root: string, path: string, why: string): LandfallError {
  return new LandfallError('input', `${placeOf(relative(root, path))} ${why}`, {
    next: 'templates are small text files that lie in their folder themselves; move it elsewhere',
  });
}

/** The folder of the templates, absolute; undefined for the one that comes with Landfall. */
export function templatesFolder(folder: string | undefined, cwd: string): string | undefined {
  const here = resolve(cwd, folder ?? NAME);
  return (folder === undefined && !isFolder(here)) || here === SHIPPED ? undefined : here;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
