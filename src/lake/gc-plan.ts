/** What nothing in the lake needs any more: runs, and executions of runs that stay. */
import { atOnce } from '../at-once.ts';
import { LandfallError } from '../faults.ts';
import { fold } from '../run/fold.ts';
import { readEntry, readJournal } from '../run/read-journal.ts';
import { ownership } from '../run/ownership.ts';
import type { Owner } from '../run/ownership.ts';
import { listRuns } from '../run/runs.ts';
import type { RunState } from '../run/state.ts';
import type { Store } from '../store/store.ts';
import { entryNumber, isExecutionName, isRunId, keys, parseDataFile, parseExecution } from './layout.ts';
import { dataByRun, dataOfRun, objectsOf } from './objects-of-run.ts';
import type { DataByRun, DataObject } from './objects-of-run.ts';
import { listPublications, newestNumber } from './publication-numbers.ts';
import { readPublication } from './publication.ts';
import type { Publication } from './publication.ts';

export interface Removal {
  run: string;
  /** The execution's name; absent when the whole run goes. */
  execution?: string;
  objects: number;
  bytes: number;
}

export interface GcPlan {
  /** Runs that go, oldest first; those that an earlier gc left half removed come before all. */
  runs: Removal[];
  /** Executions of runs that stay, which no attempt accepted and no publication names. */
  executions: Removal[];
  kept: { run: string; why: string }[];
  /** Keys that are not Landfall's, where it would have removed its own. They stay. */
  strange: string[];
}

export interface GcChoice {
  /** So many of the newest runs, and of the newest publications with all that they name, stay. */
  keep: number;
  isDead: (who: Owner) => boolean;
}

const JOURNALS_AT_ONCE = 16;

/** What the newest publications need. */
export interface Needed {
  /** By run: the number of the newest of them that is its own, or names files that it wrote. */
  runs: ReadonlyMap<string, number>;
  /** Keys of their data files. */
  files: ReadonlySet<string>;
  newest: number;
  /** Why that is unknown, where the log is damaged. Everything then counts as needed. */
  unclear?: string;
}

/** Looks through all runs of the lake; changes nothing. */
export async function planGc(store: Store, needed: Needed, { keep, isDead }: GcChoice): Promise<GcPlan> {
  const plan: GcPlan = { runs: [], executions: [], kept: [], strange: [] };
  // Data files first: the run of each of them has begun, so that it is among the runs that are listed then.
  const data = await readable(() => dataByRun(store));
  const names = await listRuns(store);
  const going: Going[] = (await halfRemoved(store, names)).map((run) => ({ run }));
  const states = await atOnce(JOURNALS_AT_ONCE, names, (run) => readRun(store, run));
  for (const [at, run] of [...names.entries()].reverse()) {
    const state = states[at];
    if (state === undefined) continue;
    const decided = await readable(() =>
      decide(store, run, state, {
        needed,
        isDead,
        newest: at < keep ? `one of the newest ${String(keep)}` : undefined,
        data,
      }),
    );
    if ('unreadable' in decided)
      plan.kept.unshift({ run, why: `it cannot be read completely: ${decided.unreadable}` });
    else if (decided.goes) going.push({ run, listed: decided.listed });
    else {
      plan.kept.unshift({ run, why: decided.why });
      for (const execution of decided.executions) {
        const { removal, strange } = await listRemoval(store, { needed, data }, { run, execution });
        plan.strange.push(...strange);
        if (removal.objects > 0) plan.executions.push(removal);
      }
    }
  }
  if (needed.unclear === undefined)
    for (const { run, listed } of going) {
      const { removal, strange } = listed ?? (await listRemoval(store, { needed, data }, { run }));
      plan.runs.push(removal);
      plan.strange.push(...strange);
    }
  const known = new Set([...names, ...going.map(({ run }) => run)]);
  const unowned = 'unreadable' in data ? [] : [...data.of].filter(([run]) => !known.has(run));
  plan.strange.push(
    ...('unreadable' in data ? [] : data.strange),
    ...unowned.flatMap(([, objects]) => objects.map(({ key }) => key)),
    ...(await listPublications(store)).foreign,
  );
  return plan;
}

/** A removal, and the keys of objects in the same places that are not ours to remove. */
interface Listed {
  removal: Removal;
  strange: readonly string[];
}

/** A run to remove. Its objects are not listed yet if an earlier gc began to remove it. */
interface Going {
  run: string;
  listed?: Listed | undefined;
}

interface Deciding extends Pick<GcChoice, 'isDead'> {
  needed: Needed;
  /** Why the run stays, as one of the newest. */
  newest: string | undefined;
  data: DataByRun | Unreadable;
}

type Decision = { goes: true; listed?: Listed } | { goes: false; why: string; executions: readonly string[] };

/** Whether a run is removed, and which of its executions are removed if it stays. */
async function decide(
  store: Store,
  run: string,
  state: RunState | 'removing' | Unreadable,
  { needed, isDead, newest, data }: Deciding,
): Promise<Decision> {
  if (state === 'removing') return { goes: true };
  const kept = (why: string, executions: readonly string[] = []): Decision => ({
    goes: false,
    why,
    executions,
  });
  if ('unreadable' in state) return kept(`its journal cannot be read: ${state.unreadable}`);
  if ('unreadable' in data) return kept(`its data files cannot be listed: ${data.unreadable}`);
  const busy = await whyBusy(store, state, needed, isDead);
  const why = newest ?? busy ?? whyNeeded(run, needed);
  if (why === undefined) return { goes: true, listed: await listRemoval(store, { needed, data }, { run }) };
  if (busy !== undefined || needed.unclear !== undefined) return kept(why);
  return kept(why, await unaccepted(store, state, data));
}

/** What the last `keep` publications name. */
export async function neededBy(store: Store, keep: number): Promise<Needed> {
  const runs = new Map<string, number>();
  const files = new Set<string>();
  const newest = await readable(() => newestNumber(store));
  if (typeof newest !== 'number') return { runs, files, newest: 0, unclear: newest.unreadable };
  for (let number = newest; number > Math.max(0, newest - keep); number -= 1) {
    const entry = await readable(() => readPublication(store, number));
    if (entry === undefined) continue;
    if ('unreadable' in entry) return { runs, files, newest, unclear: entry.unreadable };
    for (const run of runsOf(entry)) if (!runs.has(run)) runs.set(run, number);
    for (const key of keysOf(entry)) files.add(key);
  }
  return { runs, files, newest };
}

/**
 * Why a publication after `newest` needs a run. Such a publication may come at any time while the run's journal can
 * be appended to, so ask between reading that journal and appending `removing`.
 */
export async function whyNeededSince(
  store: Store,
  run: string,
  { newest }: Pick<Needed, 'newest'>,
): Promise<string | undefined> {
  for (let number = newest + 1; ; number += 1) {
    const entry = await readPublication(store, number);
    if (entry === undefined) return undefined;
    if (runsOf(entry).has(run)) return namedBy(number);
  }
}

const keysOf = ({ tables, kept }: Publication): string[] =>
  [...tables, ...kept].flatMap(({ files }) => files.map(({ key }) => key));

/** The run that published, the one that has the list of inputs, and those that made the tables and wrote the files. */
const runsOf = (entry: Publication): ReadonlySet<string> =>
  new Set([
    entry.run,
    entry.madeOf.inputs.run,
    ...entry.madeOf.steps.flatMap(({ execution }) => parseExecution(execution)?.run ?? []),
    ...keysOf(entry).flatMap((key) => parseDataFile(key)?.run ?? []),
  ]);

const namedBy = (number: number) => `publication ${String(number)} names its files`;

function whyNeeded(run: string, { runs, unclear }: Needed): string | undefined {
  if (unclear !== undefined) return `what is published is unknown: ${unclear}`;
  const number = runs.get(run);
  return number === undefined ? undefined : namedBy(number);
}

/** Why a run is left alone, whatever its age: someone may continue it. */
export async function whyBusy(
  store: Store,
  state: RunState,
  { newest }: Pick<Needed, 'newest'>,
  isDead: GcChoice['isDead'],
): Promise<string | undefined> {
  const { finished, mirrored, rollback } = state;
  if (finished === undefined) return 'it has no verdict';
  if (finished.verdict === 'succeeded' && !mirrored) return 'it has not reached the plain paths';
  if (rollback !== undefined && rollback > newest)
    return `a rollback to it was begun, as publication ${String(rollback)}`;
  const { owner } = await ownership(store, state, isDead);
  return owner === 'fresh' ? 'its driver was active a moment ago' : undefined;
}

export interface Unreadable {
  /** What is wrong, with its place. */
  unreadable: string;
}

/** The run, as far as this version can read its journal. */
export async function readRun(store: Store, run: string): Promise<RunState | 'removing' | Unreadable> {
  return readable(async () => {
    const [first, ...more] = await readJournal(store, run);
    if (first === undefined) return { unreadable: `no run ${run} in ${store.uri}` };
    const state = fold(store, [first, ...more]);
    return state.removing === true ? 'removing' : state;
  });
}

/** A run that is damaged, or behind a link, stops nothing: it is kept and reported. */
async function readable<T>(read: () => Promise<T>): Promise<T | Unreadable> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof LandfallError && error.fault === 'input') return { unreadable: error.message };
    throw error;
  }
}

/** Folders without a first entry whose journal ends with `removing`: a gc was killed while removing them. */
async function halfRemoved(store: Store, begun: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const run of store.folders(keys.runs)) {
    if (begun.includes(run) || !isRunId(run)) continue;
    let last = 0;
    const isRemoving = await readable(async () => {
      for await (const { key } of store.list(keys.journal(run)))
        last = Math.max(last, entryNumber(run, key) ?? 0);
      return last > 1 && (await readEntry(store, run, last))?.entry === 'removing';
    });
    if (isRemoving === true) found.push(run);
  }
  return found;
}

/** Executions of this run's attempts that nothing can ever need: the run has a verdict, and a retry makes new attempts. */
async function unaccepted(store: Store, state: RunState, data: DataByRun): Promise<string[]> {
  const { run } = state.plan;
  const all = Object.entries(state.attempts);
  const accepted = new Set(all.flatMap(([, attempts]) => attempts.map(({ execution }) => execution)));
  const names = new Set<string>();
  for (const [step, attempts] of all) {
    for (const { attempt } of attempts) {
      for await (const name of store.folders(`${keys.attempt(run, step, attempt)}/`))
        if (isExecutionName(name)) names.add(name);
    }
  }
  for (const { execution } of data.of.get(run) ?? []) names.add(execution);
  const namesAccepted = new Set([...accepted].map((folder) => folder?.split('/').at(-1)));
  return [...names].filter((name) => !namesAccepted.has(name)).sort();
}

/** The data files of a run, which are listed again only where not all of them could be listed at once. */
async function dataOf(store: Store, data: Deciding['data'], run: string): Promise<readonly DataObject[]> {
  return 'unreadable' in data ? dataOfRun(store, run) : (data.of.get(run) ?? []);
}

async function listRemoval(
  store: Store,
  { needed, data }: Pick<Deciding, 'needed' | 'data'>,
  what: Pick<Removal, 'run' | 'execution'>,
): Promise<Listed> {
  const { ours, others } = await objectsOf(store, what, needed, await dataOf(store, data, what.run));
  const bytes = ours.reduce((sum, { size }) => sum + size, 0);
  return { removal: { ...what, objects: ours.length, bytes }, strange: others };
}
