/** Puts the sample where a run can read it; never over what someone else has put there. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { failureFrom, isFull, LandfallError } from '../faults.ts';
import { generateSample } from './sample-data.ts';
import type { Sample, SampleOptions } from './sample-data.ts';

/** Hidden: no reader takes it for data. */
const MARK = '.landfall-sample.json';

export interface WrittenSample {
  /** Folders by the source's name. */
  sources: { song_data: string; log_data: string };
  /** False: it was there already. */
  written: boolean;
  sample: Sample;
}

/**
 * Writes the sample into a folder that is absent or empty, all of it or nothing. One that holds this very sample stays as
 * it is. Throws `input` when the folder holds anything else.
 */
export function writeSample(folder: string, options: SampleOptions = {}): WrittenSample {
  const sample = generateSample(options);
  const mark = `${JSON.stringify({ sha256: digestOf(sample) })}\n`;
  const written = {
    sources: { song_data: join(folder, 'song_data'), log_data: join(folder, 'log_data') },
    sample,
  };
  if (markOf(folder) === mark) return { ...written, written: false };
  refuseStrangers(folder);
  mkdirSync(dirname(folder), { recursive: true });
  const draft = join(dirname(folder), `.${basename(folder)}-${randomUUID()}`);
  mkdirSync(draft);
  try {
    for (const { path, text } of sample.files) {
      mkdirSync(dirname(join(draft, path)), { recursive: true });
      writeFileSync(join(draft, path), text);
    }
    writeFileSync(join(draft, MARK), mark);
    renameSync(draft, folder);
  } catch (cause) {
    if (markOf(folder) === mark) return { ...written, written: false };
    if (isFull(cause)) throw failureFrom(cause);
    throw new LandfallError('input', `the sample could not be written to ${folder}`, {
      why: [cause instanceof Error ? cause.message : String(cause)],
      next: 'name another folder',
      cause,
    });
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return { ...written, written: true };
}

/** The sample that `--cluster local` uses when no input is given, in a folder of its own below `home`. */
export function ensureSample(home: string, options: SampleOptions = {}): WrittenSample {
  const digest = digestOf(generateSample(options)).slice(0, 8);
  return writeSample(join(home, `sample-${digest}`), options);
}

function refuseStrangers(folder: string): void {
  const names = namesIn(folder);
  if (names.length === 0) return;
  const what = names.includes(MARK) ? 'another sample' : `other files, such as ${names[0] ?? ''}`;
  throw new LandfallError('input', `${folder} holds ${what}`, {
    next: 'name another folder, or remove this one',
  });
}

function namesIn(folder: string): string[] {
  try {
    return existsSync(folder) ? readdirSync(folder) : [];
  } catch (cause) {
    throw new LandfallError('input', `${folder} is no folder that can be read`, {
      next: 'name another',
      cause,
    });
  }
}

function markOf(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, MARK), 'utf8');
  } catch {
    return undefined;
  }
}

function digestOf(sample: Sample): string {
  const hash = createHash('sha256');
  for (const { path, text } of sample.files) hash.update(`${path}\0${text}\0`);
  return hash.digest('hex');
}
