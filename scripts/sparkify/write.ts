/** Writes Sparkify's data into a folder while generating them: they may be larger than memory. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LandfallError } from '../../src/faults.ts';
import { shellWord } from '../../src/shell-words.ts';
import { sparkifyFiles } from './data.ts';
import type { SparkifyFigures, SparkifyOptions } from './data.ts';

export interface WrittenSparkify {
  sources: { song_data: string; log_data: string };
  /** False: it was there already. */
  written: boolean;
  files: number;
  bytes: number;
  expected: SparkifyFigures;
}

/** Beside the sources, and hidden, so that no reader takes it for data. */
const MARK = '.sparkify.json';

interface Mark extends Pick<WrittenSparkify, 'files' | 'bytes' | 'expected'> {
  digest: string;
}

/**
 * Writes both sources below a folder: all of it or nothing. Data of the same options and the same generator stay as they
 * are; others that a generator of ours wrote are removed with `replace`. Throws `input` when anything else is there.
 */
export function writeSparkify(
  folder: string,
  options: SparkifyOptions = {},
  others: 'refuse' | 'replace' = 'refuse',
): WrittenSparkify {
  const sources = { song_data: join(folder, 'song_data'), log_data: join(folder, 'log_data') };
  const digest = digestOf(options);
  const before = markIn(folder);
  const isThere = (place: string) => existsSync(place);
  if (before?.digest === digest && Object.values(sources).every(isThere))
    return { sources, written: false, ...before };
  if (before !== undefined && others === 'replace')
    for (const place of [...Object.values(sources), join(folder, MARK)])
      rmSync(place, { recursive: true, force: true });
  const there = Object.values(sources).filter(isThere);
  const [other] = there;
  if (other !== undefined)
    throw new LandfallError('input', `${other} is there already, and holds other data`, {
      next: `move it away, or remove it: rm -r ${there.map(shellWord).join(' ')}`,
    });
  const draft = join(folder, `.sparkify-draft-${randomUUID()}`);
  try {
    const mark: Mark = { digest, ...writeFiles(draft, options) };
    for (const [name, place] of Object.entries(sources)) renameSync(join(draft, name), place);
    writeFileSync(join(folder, MARK), JSON.stringify(mark));
    return { sources, written: true, ...mark };
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function writeFiles(folder: string, options: SparkifyOptions): Omit<Mark, 'digest'> {
  const folders = new Set<string>();
  const made = sparkifyFiles(options);
  const written = { files: 0, bytes: 0 };
  for (let next = made.next(); ; next = made.next()) {
    if (next.done === true) return { ...written, expected: next.value };
    const place = join(folder, next.value.path);
    const parent = dirname(place);
    if (!folders.has(parent)) mkdirSync(parent, { recursive: true });
    folders.add(parent);
    writeFileSync(place, next.value.bytes);
    written.files += 1;
    written.bytes += next.value.bytes.length;
  }
}

/** Of the options and of the generator itself: data that an older one wrote are other data. */
function digestOf(options: SparkifyOptions): string {
  const hash = createHash('sha256').update(JSON.stringify(Object.entries(options).sort()));
  for (const name of ['data.ts', 'events.ts', 'lines.ts', 'names.ts', 'songs.ts', '../../src/dice.ts'])
    hash.update(readFileSync(join(import.meta.dirname, name)));
  return hash.digest('hex');
}

function markIn(folder: string): Mark | undefined {
  const place = join(folder, MARK);
  return existsSync(place) ? (JSON.parse(readFileSync(place, 'utf8')) as Mark) : undefined;
}
