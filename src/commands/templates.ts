/** Finds and reads the pipeline's folder. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { LandfallError } from '../faults.ts';
import type { TemplateFile } from '../pipeline/template-file.ts';

const NAME = 'spark-templates';
const SHIPPED = join(import.meta.dirname, '../..', NAME);

/** The texts of a pipeline: `folder`, else `./spark-templates`, else the one that comes with Landfall. */
export function readTemplates(folder: string | undefined, cwd: string): TemplateFile[] {
  const here = resolve(cwd, folder ?? NAME);
  const root = folder === undefined && !isFolder(here) ? SHIPPED : here;
  if (!isFolder(root)) {
    throw new LandfallError('input', `--templates ${folder ?? NAME}: there is no such folder`, {
      next: `name the folder that holds pipeline.yaml`,
    });
  }
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ path: relative(root, path), text: readFileSync(path, 'utf8') }));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
