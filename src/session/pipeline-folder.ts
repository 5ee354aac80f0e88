/** Finds and reads the folder of a pipeline, and the engine that comes with Landfall. */
import { closeSync, constants, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pipelinePath } from '../config/pipeline-path.ts';
import type { ChosenFolder } from '../config/pipeline-path.ts';
import { readConfig } from '../config/read.ts';
import { LandfallError } from '../faults.ts';
import type { Diagnostic } from '../faults.ts';
import type { Engine } from '../pipeline/contract.ts';
import { PIPELINE } from '../pipeline/template-file.ts';
import type { TemplateFile } from '../pipeline/template-file.ts';
import type { CliContext } from '../cli/context.ts';
import type { PlaceFlags } from '../cli/run-verbs.ts';

/** More files than any pipeline needs, yet few enough to notice a wrong folder soon. */
const MOST_FILES = 1000;
const MOST_BYTES = 2 ** 20;
const LANDFALL = join(import.meta.dirname, '../..');
const ENGINE = join(LANDFALL, 'spark-templates/engine');
const FRAME = 'program.py.hbs';

/** The pipeline that comes with Landfall; package.json names its folder. */
export const SHIPPED: ChosenFolder = shipped();

function shipped(): ChosenFolder {
  const text = readFileSync(join(LANDFALL, 'package.json'), 'utf8');
  const { landfall } = JSON.parse(text) as { landfall?: { pipeline?: unknown } };
  const name = landfall?.pipeline;
  if (typeof name !== 'string') throw new Error('package.json names no pipeline');
  return { name, place: join(LANDFALL, name) };
}

export interface PipelineFolder {
  /** As messages name it. */
  name: string;
  files: TemplateFile[];
}

/** The folder that flags, environment or dl.cfg choose, else the one that comes with Landfall. Throws `input` for a dl.cfg that cannot be read. */
export function findPipeline(
  flags: PlaceFlags,
  { cwd, prefix, env }: Pick<CliContext, 'cwd' | 'prefix' | 'env'>,
): ChosenFolder {
  const cfg = readConfig(flags.config, cwd, prefix);
  const { templates } = flags;
  const chosen = pipelinePath({ cfg, env, flags: { templates }, cwd });
  return chosen === undefined || chosen.place === SHIPPED.place ? SHIPPED : chosen;
}

/** The texts of a pipeline. Throws `input` when the folder does not exist or holds no pipeline. */
export function readPipelineFolder({ name, place }: ChosenFolder): PipelineFolder {
  if (!isFolder(place)) {
    throw new LandfallError('input', `--templates ${name}: no such folder`, {
      next: 'name the folder that holds pipeline.yaml',
    });
  }
  const shown = (path: string) => join(name, relative(place, path));
  const files = filesBelow(place, name).map((path) => ({
    path: relative(place, path),
    text: textOf(path, () => shown(path)),
  }));
  return { name, files };
}

/** pipeline.yaml of a pipeline. Throws when it cannot be read. */
export function readPipelineFile({ name, place }: ChosenFolder): TemplateFile {
  return { path: PIPELINE, text: textOf(join(place, PIPELINE), () => join(name, PIPELINE)) };
}

/** The same diagnostics, with the folder of the pipeline in front of their places. */
export function placedIn({ name }: ChosenFolder, diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.map((one) => ({ ...one, at: join(name, one.at) }));
}

/** The engine of every step's program. */
export function readEngine(): Engine {
  const texts = filesBelow(ENGINE, ENGINE).map(
    (path) => [relative(ENGINE, path), textOf(path, () => path)] as const,
  );
  const modules = texts.flatMap(([name, text]) =>
    name.endsWith('.py') ? [[name.slice(0, -'.py'.length), text] as const] : [],
  );
  const frame = texts.find(([name]) => name === FRAME)?.[1];
  if (frame === undefined) throw new Error(`${FRAME} is missing in ${ENGINE}`);
  return { frame, modules: Object.fromEntries(modules) };
}

/**
 * Regular files in the order of their paths. Hidden files are skipped and links are not followed; in a wrong folder the
 * search ends early.
 */
function filesBelow(root: string, name: string): string[] {
  const folders = [root];
  const files: string[] = [];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) files.push(path);
      else
        throw unreadable(
          join(name, relative(root, path)),
          `is ${entry.isSymbolicLink() ? 'a link' : 'not a regular file'}`,
        );
    }
    if (files.length + folders.length > MOST_FILES)
      throw new LandfallError('input', `--templates ${name}: the folder has more than ${MOST_FILES} files`, {
        next: 'name the folder that holds pipeline.yaml',
      });
  }
  return files.sort();
}

/** Reads at most one byte more than a template may have, even if the file has changed meanwhile. */
function textOf(path: string, shown: () => string): string {
  const buffer = Buffer.alloc(MOST_BYTES + 1);
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read)
      read = readSync(file, buffer, length, buffer.length - length, null);
    if (length > MOST_BYTES) throw unreadable(shown(), 'is larger than 1 MiB');
    return buffer.toString('utf8', 0, length);
  } finally {
    closeSync(file);
  }
}

function unreadable(path: string, why: string): LandfallError {
  return new LandfallError('input', `${path} ${why}`, {
    next: 'a templates folder holds small text files only, and no links; move it elsewhere',
  });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
