/** Writes sample data where a run can read them; never overwrites what someone else has put there. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { failureFrom, isFull, LandfallError } from '../faults.ts';
import { messageOf } from '../message-of.ts';
import { shellWord } from '../shell-words.ts';
import type { SampleFile } from './generate-sample.ts';

export interface WrittenSample {
  /** Folders by the source's name. */
  sources: Record<string, string>;
  /** False: all of it was there already. */
  written: boolean;
}

/**
 * Writes each source's sample into a folder with its name below `root`: all of it or nothing, into a folder that is absent
 * or empty. A folder that holds this very sample stays as it is. Throws `input` when one holds anything else.
 */
export function writeSample(root: string, files: readonly SampleFile[]): WrittenSample {
  const names = new Set(files.map(({ path }) => sourceOf(path)));
  const sources = [...names].map((name) => {
    const own = files.filter(({ path }) => sourceOf(path) === name);
    const mark = join(root, `.landfall-sample-${name}`);
    return { name, files: own, folder: join(root, name), mark, digest: digestOf(own) };
  });
  const missing = sources.filter((source) => !isWritten(source));
  for (const source of missing) refuseOthers(source);
  for (const source of missing) writeSource(root, source);
  return {
    sources: Object.fromEntries(sources.map(({ name, folder }) => [name, folder])),
    written: missing.length > 0,
  };
}

const sourceOf = (path: string) => path.slice(0, path.indexOf('/'));

interface SourceSample {
  files: readonly SampleFile[];
  folder: string;
  /** A file that says which sample the folder holds. Hidden and beside it, so that no reader takes it for data. */
  mark: string;
  digest: string;
}

function writeSource(root: string, source: SourceSample): void {
  const { files, folder, mark, digest } = source;
  const draft = join(root, `.landfall-draft-${randomUUID()}`);
  try {
    for (const { path, text } of files) {
      const place = join(draft, path.slice(path.indexOf('/') + 1));
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, path.endsWith('.gz') ? gzipSync(text) : text);
    }
    writeFileSync(mark, digest);
    renameSync(draft, folder);
  } catch (cause) {
    // Another run has written the same sample meanwhile.
    if (isWritten(source)) return;
    if (isFull(cause)) throw failureFrom(cause);
    throw new LandfallError('input', `the sample could not be written to ${folder}`, {
      why: [messageOf(cause)],
      next: 'work in a folder that can be written, or name inputs',
      cause,
    });
  } finally {
    rmSync(draft, { recursive: true, force: true });
    removeEmpty(root);
  }
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It holds something, or was never made.
  }
}

/** The mark is written before the folder appears, so both are there only when the folder is complete. */
function isWritten({ folder, mark, digest }: SourceSample): boolean {
  return namesIn(folder).length > 0 && textOf(mark) === digest;
}

function refuseOthers({ folder, mark }: SourceSample): void {
  const [first] = namesIn(folder);
  if (first === undefined) return;
  const what = existsSync(mark) ? 'another sample' : `other files, such as ${first}`;
  throw new LandfallError('input', `${folder} holds ${what}`, {
    next: `move it away, or remove it: rm -r ${shellWord(folder)}`,
  });
}

function namesIn(folder: string): string[] {
  try {
    return existsSync(folder) ? readdirSync(folder) : [];
  } catch (cause) {
    throw new LandfallError('input', `cannot read folder ${folder}`, { next: 'move it away', cause });
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function digestOf(files: readonly SampleFile[]): string {
  const hash = createHash('sha256');
  for (const { path, text } of files) hash.update(`${path}\0${text}\0`);
  return hash.digest('hex');
}
