/**
 * The publication log: entry N, once created, makes its tables the current ones, all of them or none. Entries are numbered
 * from 1, without gaps.
 */
import { z } from 'zod';
import { counted } from '../counted.ts';
import { LandfallError } from '../faults.ts';
import { readJson } from '../json-text.ts';
import type { MadeOf } from '../run/made-of.ts';
import type { KeptTable, LandedFile, LandedTable } from '../run/verification.ts';
import { uriOf } from '../store/store.ts';
import type { Store } from '../store/store.ts';
import {
  isPlainPathOf,
  isRunId,
  isTableName,
  keys,
  mostBytes,
  parseDataFile,
  parseExecution,
} from './layout.ts';
import { newestNumber } from './publication-numbers.ts';

const VERSION = 3;

const count = z.number().int().nonnegative();

const name = z.string().refine(isTableName, 'is not the name of a table');

const landedTable = z.object({
  table: name,
  rows: count,
  bytes: count,
  partitionBy: z.array(z.string()),
  files: z.array(
    z.object({
      key: z.string(),
      mirror: z.string(),
      size: count,
      etag: z.string(),
      rows: count,
      footer: z.string().optional(),
    }),
  ),
});

const digest = z.string();

const madeOf = z.object({
  inputs: z.object({ digest, run: z.string().refine(isRunId, 'is not a run id') }),
  sources: z.array(z.object({ source: name, digest, objects: count, bytes: count })),
  tables: z.record(name, digest),
  steps: z.array(
    z
      .object({
        step: z.string(),
        execution: z.string(),
        reads: z.array(z.string()),
        writes: z.array(name),
      })
      .refine(
        ({ step, execution }) => parseExecution(execution)?.step === step,
        'names an execution that is none of its step',
      ),
  ),
  maxQuarantined: z.number(),
});

const publicationShape = z.object({
  version: z.literal(VERSION),
  number: z.number().int().positive(),
  run: z.string().refine(isRunId, 'is not a run id'),
  /** Id of the driver that published. */
  driver: z.string(),
  /** ISO 8601, by the store's clock. */
  publishedAt: z.string(),
  tables: z.array(landedTable),
  /** Internal tables, and the rows of sources, which a later run may need. */
  kept: z.array(z.object({ table: name, files: z.array(z.object({ key: z.string(), size: count })) })),
  madeOf,
  /** The earlier entry whose files these are, when this one goes back to it: never itself one that goes back. */
  rollbackTo: z.number().int().positive().optional(),
  /** Tables of earlier entries that this one no longer has: their plain paths are to be emptied. */
  formerTables: z.array(name),
});

export type Publication = z.infer<typeof publicationShape>;

/** What a run wants to publish, as entry `number`. */
export interface Candidate {
  number: number;
  run: string;
  driver: string;
  tables: readonly LandedTable[];
  kept: readonly KeptTable[];
  madeOf: MadeOf;
  rollbackTo?: number;
}

/**
 * The current publication; undefined when nothing was ever published. Throws `input` when it is damaged, or when the log
 * has a gap, so that nobody can tell which one is current.
 */
export async function newestPublication(store: Store): Promise<Publication | undefined> {
  const newest = await newestNumber(store);
  return newest === 0 ? undefined : readPublication(store, newest);
}

/** The newest entry after `number`; undefined while that one is the newest. Much cheaper than a listing. */
export async function publicationAfter(store: Store, number: number): Promise<Publication | undefined> {
  let newest: Publication | undefined;
  for (let next = number + 1; ; next += 1) {
    const entry = await readPublication(store, next);
    if (entry === undefined) return newest;
    newest = entry;
  }
}

/** Entry `number`, or undefined. Throws `input` for an entry that is damaged, or that this Landfall cannot understand. */
export async function readPublication(store: Store, number: number): Promise<Publication | undefined> {
  const body = await store.get(keys.publication(number), mostBytes.publication);
  return body === undefined ? undefined : parse(store, number, body);
}

function parse(store: Store, number: number, body: Uint8Array): Publication {
  const uri = uriOf(store, keys.publication(number));
  const json = readJson(new TextDecoder().decode(body));
  const value = 'value' in json ? json.value : undefined;
  const version = z.object({ version: z.number() }).safeParse(value).data?.version;
  if (version !== undefined && version > VERSION) {
    throw new LandfallError('input', `${uri} was written by a newer Landfall`, {
      why: [`it has format ${String(version)}; this Landfall knows up to ${String(VERSION)}`],
      next: 'update Landfall, here and wherever else it writes to this lake',
    });
  }
  const { data, error } = publicationShape.safeParse(value);
  const wrong =
    data === undefined
      ? ['problem' in json ? json.problem : z.prettifyError(error)]
      : misplaced(data, number);
  if (data !== undefined && wrong.length === 0) return data;
  throw new LandfallError('input', `${uri} is damaged`, {
    why: wrong.slice(0, SAMPLE),
    stand: ['nothing was changed'],
    next: 'restore it from a version or a backup; nothing in Landfall ever rewrites it',
  });
}

/** What of an entry says which objects it names. */
type Entry = Pick<Candidate, 'number' | 'tables' | 'kept'> & { rollbackTo?: number | undefined };

/** What is wrong with an entry of this number: it may only name objects that a publication can consist of. */
function misplaced(entry: Entry, number: number): string[] {
  const { tables, kept, rollbackTo } = entry;
  const wrong: string[] = [];
  if (entry.number !== number) wrong.push(`its content says number ${String(entry.number)}`);
  if (rollbackTo !== undefined && rollbackTo >= number)
    wrong.push(`it goes back to number ${String(rollbackTo)}, which is not before it`);
  for (const { table, files } of tables) {
    for (const { key, mirror } of files) {
      const file = parseDataFile(key);
      if (file?.table !== table) wrong.push(`${JSON.stringify(key)} is not a data file of ${table}`);
      else if (!isPlainPathOf(file, number, mirror))
        wrong.push(`${JSON.stringify(mirror)} is not a plain path of ${key}`);
    }
  }
  for (const { table, files } of kept) {
    for (const { key } of files)
      if (parseDataFile(key)?.table !== table)
        wrong.push(`${JSON.stringify(key)} is not a data file of ${table}`);
  }
  return wrong;
}

const SAMPLE = 5;

/**
 * Creates entry `number`. `taken`: another run has it. `published` also when the entry is already there and ours,
 * that is, of the same run and with the same files: an answer was lost, or an earlier driver of this run wrote it.
 */
export async function publish(store: Store, candidate: Candidate): Promise<'published' | 'taken'> {
  const { number, run, driver, kept, madeOf: made, rollbackTo } = candidate;
  const before = number === 1 ? undefined : await readPublication(store, number - 1);
  if (number !== 1 && before === undefined) {
    throw new LandfallError(
      'input',
      `cannot publish as number ${String(number)}: there is no number ${String(number - 1)}`,
      {
        why: [`${uriOf(store, keys.publication(number - 1))} is missing`],
        next: 'restore it from a version or a backup, or submit again',
      },
    );
  }
  const publishedAt = (await store.now()).toISOString();
  const tables = candidate.tables.map((table) => ({ ...table, files: shownAs(table, run, before) }));
  const former = formerTables(before, tables);
  const entry = {
    version: VERSION,
    number,
    run,
    driver,
    publishedAt,
    rollbackTo,
    tables,
    kept,
    madeOf: made,
    formerTables: former,
  };
  refuseMisplaced(store, entry);
  const body = entryBody(store, entry);
  if (await store.createIfAbsent(keys.publication(number), body)) return 'published';
  const there = await readPublication(store, number);
  const isOurs =
    there?.run === run && there.rollbackTo === rollbackTo && filesOf(there.tables) === filesOf(tables);
  return isOurs ? 'published' : 'taken';
}

/** Throws `tables` for an entry that every reader would call damaged: nobody could read the log any more. */
function refuseMisplaced(store: Store, entry: Entry): void {
  const why = misplaced(entry, entry.number);
  if (why.length === 0) return;
  throw new LandfallError('tables', `${uriOf(store, keys.publication(entry.number))} would be damaged`, {
    why: why.slice(0, SAMPLE),
    stand: ['nothing was published'],
  });
}

/**
 * An entry as it is stored. Throws `tables` for one with more bytes than readers accept: nobody could read the log any more.
 */
export function entryBody(
  store: Store,
  entry: Pick<Candidate, 'number' | 'tables' | 'kept'>,
  most: number = mostBytes.publication,
): Uint8Array {
  const files = [...entry.tables, ...entry.kept].flatMap<Pick<LandedFile, 'key'>>((table) => table.files);
  const names = files.reduce((sum, { key }) => sum + key.length, 0);
  const body =
    names > most ? undefined : new TextEncoder().encode(`${JSON.stringify(entry, undefined, 1)}\n`);
  if (body !== undefined && body.length <= most) return body;
  throw new LandfallError('tables', `${counted(files.length, 'data file')}: too many for one publication`, {
    why: [
      `${uriOf(store, keys.publication(entry.number))} would have more than ${String(most)} bytes, the most that is read`,
    ],
    stand: ['nothing was published'],
    next: 'make fewer files: raise [TABLES] target_file_size or partition by fewer columns, then submit again',
  });
}

/** The files of a table; those of other runs keep the plain paths that they have in the publication before. */
function shownAs(
  { table, files }: LandedTable,
  run: string,
  before: Publication | undefined,
): readonly LandedFile[] {
  const earlier = before?.tables.find((one) => one.table === table)?.files ?? [];
  const shown = new Map(earlier.map(({ key, mirror }) => [key, mirror]));
  return files.map((file) => {
    const mirror = parseDataFile(file.key)?.run === run ? undefined : shown.get(file.key);
    return mirror === undefined ? file : { ...file, mirror };
  });
}

function formerTables(before: Publication | undefined, tables: readonly LandedTable[]): string[] {
  const earlier = [...(before?.tables.map(({ table }) => table) ?? []), ...(before?.formerTables ?? [])];
  return [...new Set(earlier)].filter((name) => !tables.some(({ table }) => table === name)).sort();
}

function filesOf(tables: readonly LandedTable[]): string {
  const files = tables.flatMap(({ table, files: all }) =>
    all.map(({ key, size, rows }) => [table, key, size, rows]),
  );
  return JSON.stringify([
    tables.map(({ table }) => table).sort(),
    files.map((file) => file.join(' ')).sort(),
  ]);
}
