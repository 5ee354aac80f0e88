/** Runs whose steps are accepted, without Spark: real journals and reports, and Parquet files made by DuckDB. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLake } from '../../src/lake/lake.ts';
import type { TableContract } from '../../src/pipeline/contract.ts';
import type { StepReport, TableReport } from '../../src/pipeline/report.ts';
import type { Landing } from '../../src/run/driven-run.ts';
import type { Entry } from '../../src/run/entries.ts';
import { createJournal, openJournal } from '../../src/run/journal.ts';
import type { Journal } from '../../src/run/journal.ts';
import { land } from '../../src/run/landing.ts';
import { QUARANTINE, keys } from '../../src/lake/layout.ts';
import { tokens } from '../../src/run/plan.ts';
import type { RunPlan } from '../../src/run/plan.ts';
import type { Store } from '../../src/store/store.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { systemClock } from '../../src/system-clock.ts';
import { copyTo, duckdb, SONGS } from './parquet.ts';
import { plan as base, report, songKeys, songs, tableReport } from './plans.ts';

/** By name: Parquet files that fit `songs` (two rows, without their year) or `song_keys` (three rows), some that do not, and five rejected lines. */
export type Files = Readonly<Record<'songs' | 'keys' | 'empty' | 'float' | 'other' | 'rejected', Uint8Array>>;

const REJECTED = `select 'song_data' as source, * from (values
  ('file:///in/a.json', 'not JSON', null, '{'), ('file:///in/a.json', 'not JSON', null, '['),
  ('file:///in/b.json', 'not JSON', null, 'x'), ('file:///in/b.json', 'not a BIGINT', 'ts', '{"ts":"x"}'),
  ('file:///in/b.json', 'not a BIGINT', 'ts', '{"ts":"y"}')
) as rejected(file, reason, field, raw)`;

export async function makeFiles(): Promise<Files> {
  const folder = await mkdtemp(join(tmpdir(), 'landfall-made-'));
  const inYear = (change = '') => `select * exclude (year) ${change} from (${SONGS}) where year = 2004`;
  try {
    await duckdb(folder, [
      copyTo(inYear(), '$root/songs'),
      copyTo(`select song_id from (${SONGS})`, '$root/keys'),
      copyTo(`select * exclude (year) from (${SONGS}) where false`, '$root/empty'),
      copyTo(inYear('replace (duration::float as duration)'), '$root/float'),
      copyTo(REJECTED, '$root/rejected', 'compression gzip'),
      copyTo(inYear("replace (title || ', in another and longer version' as title)"), '$root/other'),
    ]);
    const read = async (name: string) => [name, await readFile(join(folder, name))] as const;
    return Object.fromEntries(
      await Promise.all(['songs', 'keys', 'empty', 'float', 'other', 'rejected'].map(read)),
    ) as unknown as Files;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export interface AcceptedRun {
  run: string;
  /** The planned publication number. */
  publication: number;
  /** Partitions of songs, one file each. */
  years: readonly number[];
  tables?: readonly TableContract[];
  /** Entries in place of, or after, those of an accepted step. */
  entries?: readonly Entry[];
}

const STEP = 'song_transform';

export function planOf({ run, publication, tables = [songs, songKeys] }: AcceptedRun, lake: string): RunPlan {
  return { ...base(tables), run, publication, lake };
}

/** The files of a table as a step reports them; `folder` ends with a slash. */
export async function filesBelow(store: Store, folder: string): Promise<TableReport['files']> {
  const found: TableReport['files'] = [];
  for await (const { key, size } of store.list(folder)) found.push({ name: key.slice(folder.length), size });
  return found;
}

/** The folder of the run's accepted execution, relative to the lake. */
export const executionOf = (run: string) => `${keys.attempt(run, STEP, 1)}/local-1-ff`;

/** The folder of what it wrote of a table, with a trailing slash. */
export const tableOf = (run: string, table: string) => keys.table(executionOf(run), table);

export const dataFile = (run: string, year: number) =>
  `${tableOf(run, 'songs')}year=${String(year)}/part-0-u.zstd.parquet`;

export const keysFile = (run: string) => `${tableOf(run, 'song_keys')}part-0-v.zstd.parquet`;

/** Contains the lines that the run's books count as quarantined. */
export const rejectedFile = (run: string) =>
  `${tableOf(run, QUARANTINE)}source=song_data/part-0-w.gz.parquet`;

/** Writes the run's journal, inputs, program, tables and report, as if its one step had just been accepted. */
export async function acceptedRun(store: Store, files: Files, its: AcceptedRun): Promise<void> {
  const { run, years } = its;
  const token = tokens.step(run, STEP, 1);
  const text = (value: string) => new TextEncoder().encode(value);
  const journal = await createJournal(writer(store, `${run}-1`), {
    entry: 'planned',
    plan: planOf(its, store.uri),
  });
  await store.put(keys.inputs(run), text('manifest'));
  await store.put(keys.program(run, STEP, 1), text('program'));
  for (const year of years) await store.put(dataFile(run, year), files.songs);
  await store.put(keysFile(run), files.keys);
  await store.put(rejectedFile(run), files.rejected);
  const tables = {
    songs: tableReport(2 * years.length, {
      files: await filesBelow(store, tableOf(run, 'songs')),
    }),
    song_keys: tableReport(3, { files: await filesBelow(store, tableOf(run, 'song_keys')) }),
  };
  const quarantine = { song_data: await filesBelow(store, tableOf(run, QUARANTINE)) };
  const body: StepReport = { ...report(tables), quarantine, token };
  await store.put(`${executionOf(run)}/report.json`, text(JSON.stringify(body)));
  const about = { step: STEP, attempt: 1 };
  const accepted: Entry[] = [
    { entry: 'staged' },
    { entry: 'cluster-intent', n: 1, token: tokens.cluster(run, 1) },
    { entry: 'cluster', n: 1, id: 'j-1', how: 'launched' },
    { entry: 'step-intent', ...about, token, clusterId: 'j-1' },
    { entry: 'step-submitted', ...about, id: 's-1', how: 'accepted' },
    { entry: 'step-ended', ...about, state: 'COMPLETED' },
    { entry: 'step-accepted', ...about, execution: executionOf(run) },
  ];
  for (const entry of its.entries ?? accepted) await journal.append(entry);
}

function writer(store: Store, driver: string) {
  const seed = Array.from(driver).reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7);
  return { objects: store, clock: systemClock, random: seededRandom(seed), driver };
}

/** Opens the run as another driver, which takes it over. */
export async function takenOver(store: Store, run: string, driver: string): Promise<Journal> {
  const journal = await openJournal(writer(store, driver), run);
  await journal.append({ entry: 'taken-over', from: journal.state().driver });
  return journal;
}

/** Lands the run as the driver of this journal. */
export function landAs(store: Store, journal: Journal): Promise<void> {
  const { clock } = writer(store, journal.driver);
  const lake = createLake(store, { driver: journal.driver });
  const ports: Landing['ports'] = { clock, lake, emit: () => undefined };
  return land({ ports, journal, signal: new AbortController().signal });
}

/** Takes the run over and lands it. */
export async function landRun(store: Store, run: string, driver = `${run}-2`): Promise<void> {
  await landAs(store, await takenOver(store, run, driver));
}

/** An accepted run that is landed as well. */
export async function landedRun(store: Store, files: Files, its: AcceptedRun): Promise<void> {
  await acceptedRun(store, files, its);
  await landRun(store, its.run);
}

/** Years of songs at the plain paths, and which run and publication the files are of: `2004 r1-1`. */
export async function plainSongs(store: Store): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list('songs/')) {
    const [, year = '', name = key] = /year=(\d+)\/(.+)$/.exec(key) ?? [];
    found.push(`${year} ${name.replace('-part-0-u.zstd.parquet', '')}`);
  }
  return found.sort();
}
