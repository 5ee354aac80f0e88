/** The corpus of bad input: one folder per case below test/fixtures/bad-input, each with its expected outcome. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { z } from 'zod';

const CORPUS = join(import.meta.dirname, '../fixtures/bad-input');

const count = z.number().int().nonnegative();

const books = z.strictObject({
  /** Input objects with lines, input objects without lines, and objects that are not input. */
  objects: z.strictObject({ read: count, empty: count, skipped: count }),
  /** `read` = kept + filtered + duplicates + quarantined. */
  lines: z.strictObject({
    read: count,
    kept: count,
    filtered: count,
    duplicates: count,
    quarantined: count,
    blank: count,
  }),
  /** By reason and field, in the order of the two. */
  quarantined: z
    .array(z.strictObject({ reason: z.string(), field: z.string().optional(), lines: count }))
    .default([]),
});

/** The step fails: its error names this file, and says this about it. */
const failure = z.strictObject({ fails: z.strictObject({ names: z.string(), because: z.string() }) });

const outcome = z.strictObject({
  doc: z.string(),
  /**
   * Files that not every file system takes, or too large for a repository. `@` in `text` is `fill` times the digit 1. A
   * `.gz` is compressed, and one that is named again has another member.
   */
  made: z.array(z.strictObject({ file: z.string(), text: z.string(), fill: count.optional() })).default([]),
  song_data: z.union([books, failure]).optional(),
  log_data: z.union([books, failure]).optional(),
});

export type Books = z.infer<typeof books>;
export type Failure = z.infer<typeof failure>['fails'];
export type Case = z.infer<typeof outcome> & { name: string };

export const SOURCES = ['song_data', 'log_data'] as const;
export type Source = (typeof SOURCES)[number];

/** Every case, by name. */
export function badInput(): Case[] {
  const names = readdirSync(CORPUS, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names.map(({ name }) => ({
    name,
    ...outcome.parse(parse(readFileSync(join(CORPUS, name, 'outcome.yaml'), 'utf8'))),
  }));
}

/** Writes a case's files of one source below `root`, in a folder named after the case. */
export function lay({ name, made }: Case, source: Source, root: string): void {
  const committed = join(CORPUS, name, source);
  mkdirSync(join(root, name), { recursive: true });
  if (existsSync(committed)) cpSync(committed, join(root, name), { recursive: true });
  for (const { file, text, fill = 1 } of made) {
    if (!file.startsWith(`${source}/`)) continue;
    const path = join(root, name, file.slice(source.length + 1));
    mkdirSync(dirname(path), { recursive: true });
    const content = text.replace('@', '1'.repeat(fill));
    writeFileSync(path, file.endsWith('.gz') ? gzipSync(content) : content, { flag: 'a' });
  }
}
