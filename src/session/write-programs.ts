/** Writes the steps of a pipeline to a folder, as programs. */
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { LandfallError } from '../faults.ts';
import { codeOf } from '../error-code.ts';
import { render } from './prepare.ts';
import { configure } from './configure.ts';
import type { CliContext, Flags } from '../cli/context.ts';
import type { RenderFlags } from '../cli/run-verbs.ts';

/** The files that were written, one for each step. Throws `input` where the folder cannot be written. */
export async function writePrograms(flags: RenderFlags & Flags, cli: CliContext): Promise<WrittenProgram[]> {
  const { steps } = render(configure('render', flags, cli));
  const to = flags.to ?? 'rendered';
  const folder = resolve(cli.cwd, to);
  try {
    makeFolder(folder);
    const files = steps.map((step) => ({ ...step, path: join(folder, `${step.name}.py`) }));
    for (const { path, program } of files) refuseForeign(path, program);
    for (const { path, program } of files) await writeFile(path, program);
    return files.map(({ name, path, digest, tables }) => ({
      step: name,
      path,
      digest,
      tables: tables.map((table) => table.name),
    }));
  } catch (error) {
    throw error instanceof LandfallError ? error : unwritable(to, error);
  }
}

export interface WrittenProgram {
  step: string;
  path: string;
  digest: string;
  tables: string[];
}

/** Throws `input` if a file with a step's name exists and is not a rendered step: rendered steps all begin alike. */
function refuseForeign(path: string, program: string): void {
  if (!existsSync(path)) return;
  const [begins] = program.split('\n', 1);
  if (readFileSync(path, 'utf8').split('\n', 1)[0] === begins) return;
  throw new LandfallError('input', `${path} exists and is not a rendered step`, {
    stand: ['nothing was written'],
    next: 'move it away, or name another folder with --to',
  });
}

/** Node's recursive mkdir never returns where a file system accepts no folder, such as /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) {
    // Throws EEXIST for a file.
    if (!statSync(folder).isDirectory()) mkdirSync(folder);
    return;
  }
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  mkdirSync(folder);
}

const WHY: Readonly<Record<string, string>> = {
  EEXIST: 'there is a file where a folder should be',
  ENOTDIR: 'there is a file where a folder should be',
  EISDIR: 'there is a folder where a step should be written',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOENT: 'the folder cannot be made there',
  ELOOP: 'its links form a loop',
  ENAMETOOLONG: 'the name is too long for this file system',
};

function unwritable(to: string, error: unknown): Error {
  const why = WHY[codeOf(error)];
  if (why === undefined) return error as Error;
  return new LandfallError('input', `--to ${to} cannot be written`, {
    why: [why],
    next: 'name another folder',
  });
}
