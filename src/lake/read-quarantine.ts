/** The lines that a run rejected: counts from the reports of its steps, samples from the Parquet that they wrote. */
import { gunzipSync } from 'node:zlib';
import { cachedAsyncBuffer, parquetReadObjects } from 'hyparquet';
import type { AsyncBuffer } from 'hyparquet';
import { attemptsOf } from '../run/state.ts';
import { LandfallError } from '../faults.ts';
import { messageOf } from '../message-of.ts';
import { nearest } from '../nearest.ts';
import type { SourceBooks } from '../pipeline/report.ts';
import { commandAt } from '../shell-words.ts';
import { QUARANTINE, keys } from './layout.ts';
import { tokens } from '../run/plan.ts';
import type { Quarantine, RejectedLine, Rejection, SourceQuarantine } from '../run/rejections.ts';
import type { RunState } from '../run/state.ts';
import { statusOf } from '../run/status-of.ts';
import type { Accepted } from '../run/verification.ts';
import { uriOf } from '../store/store.ts';
import type { ObjectInfo, Store } from '../store/store.ts';
import { acceptExecution, readExecution } from './accept.ts';
import { readFooter } from './footer.ts';

export interface QuarantineQuestion {
  /** One source of the run; all of them when absent. */
  source?: string | undefined;
  /** The lines that this view lacks: those that it rejects, and unparsable ones. Those of all views when absent. */
  view?: string | undefined;
  /** Samples of each reason and field. */
  limit: number;
}

/** Characters of a sample's raw text; the Parquet holds the first MiB of the line. */
const SAMPLE_LENGTH = 1000;

/** What a run rejected, as far as its steps have reported: of each step the newest attempt with a complete report. */
export async function readQuarantine(
  store: Store,
  state: RunState,
  { source: only, view, limit }: QuarantineQuestion,
): Promise<Quarantine> {
  const { plan } = state;
  const sources: SourceQuarantine[] = [];
  const unread: string[] = [];
  const views: string[] = [];
  for (const { name: step, sources: read } of plan.steps) {
    const asked = read.map(({ name }) => name).filter((name) => only === undefined || name === only);
    const found = asked.length === 0 ? undefined : await reported(store, state, step);
    for (const source of asked) {
      const books = found?.report.sources[source];
      if (found === undefined || books === undefined) {
        unread.push(source);
        continue;
      }
      views.push(...Object.keys(books.views));
      if (view === undefined || Object.hasOwn(books.views, view))
        sources.push(await sourceQuarantine(store, found, { source, books, view, limit }));
    }
  }
  if (view !== undefined && unread.length === 0 && !views.includes(view))
    throw unknownView(view, views, { lake: store.uri, run: plan.run });
  return {
    run: plan.run,
    verdict: statusOf(state).verdict,
    maxQuarantined: plan.maxQuarantined,
    total: sources.reduce((sum, { quarantined }) => sum + quarantined, 0),
    sources,
    unread,
  };
}

/** The quarantine that was asked for. */
export interface AskedOf {
  lake: string;
  run: string;
}

function unknownView(view: string, known: readonly string[], asked: AskedOf): LandfallError {
  const message = `no step read a view ${view}; the views are ${known.join(', ')}`;
  return unknownName(message, ['--view', view], known, asked);
}

/** An `input` error for a flag whose value is not one of `known`; it advises the command with the nearest one. */
export function unknownName(
  message: string,
  [flag, given]: readonly [flag: string, given: string],
  known: readonly string[],
  { lake, run }: AskedOf,
): LandfallError {
  const meant = nearest(given, known) ?? known[0];
  if (meant === undefined) return new LandfallError('input', message);
  return new LandfallError('input', message, { next: commandAt(lake, 'quarantine', run, flag, meant) });
}

/** The step's execution that counts, of its newest attempt that has one; a run that failed may have accepted none. */
async function reported(store: Store, state: RunState, step: string): Promise<Accepted | undefined> {
  const { run } = state.plan;
  for (const { attempt, token, execution } of attemptsOf(state, step).toReversed()) {
    const found =
      execution === undefined
        ? await acceptExecution(store, keys.attempt(run, step, attempt), tokens.step(run, step, attempt))
        : await readExecution(store, execution, token);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function sourceQuarantine(
  store: Store,
  { step, key, report }: Accepted,
  { source, books, ...question }: QuarantineQuestion & { source: string; books: SourceBooks },
): Promise<SourceQuarantine> {
  const folder = keys.table(key, QUARANTINE);
  const written = new Set((report.quarantine[source] ?? []).map(({ name }) => `${folder}${name}`));
  const { view, limit } = question;
  const by = rejectionsOf(books, view);
  let files = 0;
  for await (const object of store.list(folder)) {
    if (!written.has(object.key)) continue;
    files += 1;
    if (by.every((one) => isSampled(one, limit))) break;
    await takeSamples(store, object, by, limit);
  }
  const { read, unparsable } = books.lines;
  const quarantined =
    view === undefined ? books.lines.quarantined : unparsable + (books.views[view]?.lines.quarantined ?? 0);
  const isWhole = quarantined === 0 || (files > 0 && by.every((one) => isSampled(one, limit)));
  return { source, step, read, quarantined, folder: uriOf(store, folder.slice(0, -1)), isWhole, by };
}

/** Unparsable lines, then what each view rejects; or what the one view rejects. */
function rejectionsOf({ unparsableBy, views }: SourceBooks, only: string | undefined): Rejection[] {
  const asked = Object.entries(views).filter(([view]) => only === undefined || view === only);
  return [
    ...unparsableBy.map((one) => ({ ...one, view: null, field: null, samples: [] })),
    ...asked.flatMap(([view, { quarantinedBy }]) =>
      quarantinedBy.map((one) => ({ ...one, view, samples: [] })),
    ),
  ];
}

function isSampled({ samples, lines }: Rejection, limit: number): boolean {
  return samples.length >= Math.min(limit, lines);
}

/**
 * Adds lines of one file to the rejections that need more samples: reads the reasons of all lines first, then only
 * those few lines.
 */
async function takeSamples(store: Store, object: ObjectInfo, by: Rejection[], limit: number): Promise<void> {
  const file = cachedAsyncBuffer(asyncBuffer(store, object));
  // What hyparquet makes of a footer is as large as the footer claims.
  const footer = await readFooter(
    object.size,
    async (start, end) => new Uint8Array(await file.slice(start, end)),
  );
  if ('broken' in footer) throw unreadable(object, footer.broken);
  const reasons = await read<Record<'view' | 'field', string | null> & { reason: string }>(file, object, {
    columns: ['view', 'reason', 'field'],
  });
  for (const [row, { view, reason, field }] of reasons.entries()) {
    const rejection = by.find(
      (one) => one.reason === reason && one.view === (view ?? null) && one.field === (field ?? null),
    );
    if (rejection === undefined || isSampled(rejection, limit)) continue;
    const lines = await read<StoredLine>(file, object, {
      columns: ['file', 'line', 'value', 'raw', 'bytes'],
      rowStart: row,
      rowEnd: row + 1,
    });
    rejection.samples.push(...lines.map(sample));
  }
}

/** A row of the Parquet, as far as it is shown. A file that no step wrote may contain anything there. */
type StoredLine = Record<'file' | 'line' | 'value' | 'raw' | 'bytes', unknown>;

function sample({ file, line, value, raw, bytes }: StoredLine): RejectedLine {
  return {
    ...{
      file: textOf(file),
      line: Number(line),
      value: value === null || value === undefined ? null : textOf(value),
    },
    ...{ raw: textOf(raw).slice(0, SAMPLE_LENGTH), bytes: Number(bytes) },
  };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value instanceof Object ? JSON.stringify(value, withoutBigints) : String(value);
}

const withoutBigints = (_: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value);

async function read<Row>(
  file: AsyncBuffer,
  object: ObjectInfo,
  what: { columns: string[]; rowStart?: number; rowEnd?: number },
): Promise<Row[]> {
  try {
    return (await parquetReadObjects({ file, compressors: { GZIP: gunzip }, ...what })) as Row[];
  } catch (error) {
    if (error instanceof LandfallError) throw error;
    throw unreadable(object, messageOf(error));
  }
}

function unreadable({ key }: ObjectInfo, why: string): LandfallError {
  return new LandfallError('input', `the quarantine ${key} cannot be read`, {
    why: [why],
    next: '--limit 0 shows the counts alone',
  });
}

/** Spark's pages have about a megabyte. A page that unpacks to more than this is refused. */
const MOST_UNPACKED = 256 * 1024 * 1024;

const gunzip = (bytes: Uint8Array) => new Uint8Array(gunzipSync(bytes, { maxOutputLength: MOST_UNPACKED }));

function asyncBuffer(store: Store, { key, size }: ObjectInfo): AsyncBuffer {
  return {
    byteLength: size,
    slice: (start, end = size) => {
      const bytes = readPart(store, key, start, end);
      // hyparquet starts reads that it may never await: without a handler their failure would end the process.
      bytes.catch(() => undefined);
      return bytes;
    },
  };
}

async function readPart(store: Store, key: string, start: number, end: number): Promise<ArrayBuffer> {
  if (end - start > MOST_UNPACKED) throw new Error(`a part of it claims ${String(end - start)} bytes`);
  return new Uint8Array(await store.getRange(key, start, end)).buffer;
}
