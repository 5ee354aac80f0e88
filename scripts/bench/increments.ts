/** Times how Landfall brings a lake up to date: from nothing, with one more day, with nothing new, with another query. */
import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stepReport } from '../../src/pipeline/report.ts';
import type { Made, StepReport } from '../../src/pipeline/report.ts';
import { present } from '../../src/present.ts';
import { DATA_SETS } from '../sparkify/data-sets.ts';
import type { DataSetName } from '../sparkify/data-sets.ts';
import { writeSparkify } from '../sparkify/write.ts';
import type { Contestant } from './contestants.ts';
import { disagreement, readTables } from './fingerprints.ts';
import type { Taken } from './results.ts';
import { take } from './take.ts';

/** What bringing a lake up to date took. */
export interface Increment extends Taken {
  what: string;
  /** Seconds from the begin of each step to its report. */
  spark: number;
  /** Input objects whose JSON was parsed. */
  parsed: number;
  /** Tables that were made again, whole or in part; internal ones too. */
  made: readonly string[];
}

export interface IncrementOptions {
  data: DataSetName;
  landfall: Pick<Contestant, 'command' | 'env'>;
  seed: number;
  /** Data, tables and working folders go below it. */
  folder: string;
  progress: (message: string) => void;
}

/** The shipped pipeline, of which one query is changed. */
const PIPELINE = join(import.meta.dirname, '../../spark-templates/sparkify');

/** Throws when a lake that was brought up to date has other rows than one that was loaded at once. */
export async function increments(options: IncrementOptions): Promise<Increment[]> {
  const { data, seed, folder } = options;
  const input = join(folder, 'data', `increments-${data}-${String(seed)}`);
  rmSync(input, { recursive: true, force: true });
  writeSparkify(input, { ...DATA_SETS[data].options, seed });
  const [whole, grown] = [join(folder, 'whole'), join(folder, 'grown')];
  for (const lake of [whole, grown]) rmSync(lake, { recursive: true, force: true });
  const load = (what: string, lake: string, ...flags: string[]) =>
    measured(what, { ...options, input, lake }, flags);
  const all = load('full load', whole);
  const expected = await readTables(whole);
  const lastDay = join(input, 'log_data', present(pathsBelow(join(input, 'log_data')).at(-1), 'a day'));
  const aside = join(folder, 'last-day.json');
  renameSync(lastDay, aside);
  load('all days but one', grown);
  renameSync(aside, lastDay);
  const results = [all, load('one more day', grown), load('nothing new', grown)];
  const templates = join(folder, 'templates');
  rmSync(templates, { recursive: true, force: true });
  cpSync(PIPELINE, templates, { recursive: true });
  appendFileSync(
    join(templates, 'tables/log_transform/users.sql.hbs'),
    '\n-- The same rows by another query.\n',
  );
  results.push(load('another query of users', grown, '--templates', templates));
  const { fingerprints } = await readTables(grown);
  const why = disagreement(
    new Map([
      ['a full load', expected.fingerprints],
      ['the lake that was brought up to date', fingerprints],
    ]),
  );
  if (why !== undefined) throw new Error(why);
  return results;
}

function measured(
  what: string,
  { landfall, folder, input, lake, progress }: IncrementOptions & { input: string; lake: string },
  flags: readonly string[],
): Increment {
  const before = reportsIn(lake);
  const command = [...landfall.command(input, lake), ...flags];
  const taken = take(command, { cwd: join(folder, 'work'), env: { ...process.env, ...landfall.env } });
  const reports = [...reportsIn(lake)].filter(([path]) => !before.has(path)).map(([, report]) => report);
  progress(`${what}: ${taken.wall.toFixed(1)} s`);
  return {
    what,
    ...taken,
    spark: reports.reduce((sum, { startedAt, endedAt }) => sum + (endedAt - startedAt) / 1000, 0),
    parsed: reports
      .flatMap(({ sourceTables }) => Object.values(sourceTables))
      .reduce((sum, { parsed }) => sum + parsed, 0),
    made: reports.flatMap(({ tables }) =>
      Object.entries(tables).flatMap(([name, { made }]) => (isAsBefore(made) ? [] : [name])),
    ),
  };
}

/** True for a table of which no partition was made. */
const isAsBefore = (made: Made): boolean =>
  made.kind === 'carried over' || (made.kind === 'partitions' && made.partitions.length === 0);

/** The reports of all executions in a lake, by path. */
function reportsIn(lake: string): ReadonlyMap<string, StepReport> {
  const runs = join(lake, '_landfall/runs');
  mkdirSync(runs, { recursive: true });
  const paths = pathsBelow(runs).filter((path) => path.endsWith('/report.json'));
  return new Map(
    paths.map((path) => [path, stepReport.parse(JSON.parse(readFileSync(join(runs, path), 'utf8')))]),
  );
}

/** Sorted paths of the files below a folder. */
function pathsBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();
}
