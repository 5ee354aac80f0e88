/** The verbs as in `commands/`, without terminal, settings and SDK: what a process of a play does. */
import { sha256 } from '../../../src/session/sha256.ts';
import { LandfallError } from '../../../src/faults.ts';
import { createLake } from '../../../src/lake/lake.ts';
import { newestPublication } from '../../../src/lake/publication.ts';
import { cancelRun } from '../../../src/run/cancel.ts';
import { sparingNotes } from '../../../src/run/sparing-notes.ts';
import { drive } from '../../../src/run/drive.ts';
import type { RunEvent } from '../../../src/run/events.ts';
import { createJournal, openJournal } from '../../../src/run/journal.ts';
import { readEntries, readState } from '../../../src/run/read-journal.ts';
import type { Journal } from '../../../src/run/journal.ts';
import { claimRun, ownedBy, ownership } from '../../../src/run/ownership.ts';
import type { Owner } from '../../../src/run/ownership.ts';
import { keys } from '../../../src/lake/layout.ts';
import type { RunPlan } from '../../../src/run/plan.ts';
import type { Lake, Ports } from '../../../src/run/ports.ts';
import { retry as retryCall } from '../../../src/run/with-retry.ts';
import { stepsToRerun } from '../../../src/run/steps-to-rerun.ts';
import { advance } from '../../../src/run/advance.ts';
import type { RunState } from '../../../src/run/state.ts';
import type { Accepted, LandedTable } from '../../../src/run/verification.ts';
import type { Store } from '../../../src/store/store.ts';
import { plan, runIn, staging } from '../../support/fake-run.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { Interruption } from './process.ts';
import type { Process } from './process.ts';
import type { Schedule, Verb } from './schedule.ts';
import { emrOver, storeOver } from './wire.ts';
import type { World } from './world.ts';

/** A process that works on a run. */
interface Driver {
  world: World;
  process: Process;
  run: string;
  store: Store;
  ports: Ports;
  /** Whether the owner's process can be seen to be dead from here. */
  isDead: (who: Owner) => boolean;
}

export interface Begun {
  process: Process;
  run: string;
  isDead: (who: Owner) => boolean;
  /** Called with every event of the driver. */
  emit: (event: RunEvent) => void;
}

/** Does what `landfall VERB` does, with the same result. */
export async function command(world: World, verb: Verb, takeOver: boolean, begun: Begun): Promise<void> {
  const driver = driverOf(world, begun);
  switch (verb) {
    case 'submit':
      return submit(driver);
    case 'attach':
      return resume(driver, takeOver);
    case 'cancel':
      return cancel(driver);
    case 'retry':
      return retry(driver);
  }
}

function driverOf(world: World, { process, run, isDead, emit }: Begun): Driver {
  const store = storeOver(world, process);
  const ports: Ports = {
    clock: process.clock,
    random: seededRandom(world.schedule.seed * 1000 + Number(process.name.slice(1))),
    objects: store,
    emr: emrOver(world, process, run),
    explain: () => Promise.resolve(['ValueError: no such column']),
    lake: lakeOver(store, process.name),
    emit,
    note: sparingNotes({ clock: process.clock, emit }),
    sha256,
  };
  return { world, process, run, store, ports, isDead };
}

/** The real lake without Parquet: a step's only table is the file that is there. */
function lakeOver(store: Store, driver: string): Lake {
  return {
    ...createLake(store, { driver }),
    verify: async (its, accepted) => {
      const tables: LandedTable[] = [];
      for (const one of accepted) tables.push(await tableOf(store, its, one));
      return { tables, kept: [], findings: [] };
    },
  };
}

async function tableOf(store: Store, its: RunPlan, { step, key }: Accepted): Promise<LandedTable> {
  const folder = keys.table(key, step);
  const files = [];
  for await (const { key: file, size, etag } of store.list(folder))
    files.push({
      key: file,
      mirror: keys.plainFile(step, its, file.slice(folder.length)),
      size,
      etag,
      rows: 1,
    });
  return { table: step, rows: 1, bytes: 1, partitionBy: [], files };
}

const writerOf = ({ ports: { objects, clock, random }, process }: Driver) => ({
  objects,
  clock,
  random,
  driver: process.name,
});

async function planOf({ world, run, store }: Driver): Promise<RunPlan> {
  const { cluster, keepAlive, applications } = world.schedule;
  return {
    ...plan,
    run,
    keepAlive,
    applications,
    cluster: chosen(cluster, world.given),
    publication: ((await newestPublication(store))?.number ?? 0) + 1,
  };
}

function chosen(cluster: Schedule['cluster'], given: string): RunPlan['cluster'] {
  return cluster === 'given' ? { kind: 'id', id: given } : { kind: cluster };
}

/** As with `--run-id`: continues a run that has begun, and retries one that failed. */
async function submit(driver: Driver): Promise<void> {
  const { store, run } = driver;
  if ((await store.head(`${keys.journal(run)}000001.json`)) !== undefined) {
    const { finished } = await readState(store, run);
    return finished === undefined || finished.verdict === 'succeeded' ? resume(driver, false) : retry(driver);
  }
  const its = await planOf(driver);
  await session(driver, await createJournal(writerOf(driver), { entry: 'planned', plan: its }));
}

async function retry(driver: Driver): Promise<void> {
  const { store, run, isDead } = driver;
  const journal = await openJournal(writerOf(driver), run);
  const state = journal.state();
  if (state.finished === undefined) {
    const owner = await ownership(store, state, isDead);
    if (owner.owner === 'fresh') throw ownedBy(run, owner.who, owner.silentMs);
    throw new LandfallError('input', `run ${run} has no verdict yet: there is nothing to retry`);
  }
  const its = await planOf(driver);
  const rerun = stepsToRerun(state, its.steps).map(({ step }) => step);
  if (rerun.length === 0 && state.finished.verdict === 'succeeded') return;
  await journal.append({ entry: 'replanned', plan: its, rerun, elsewhere: false });
  await session(driver, journal);
}

async function cancel(driver: Driver): Promise<void> {
  const { store, run } = driver;
  const state = await readState(store, run);
  if (state.finished !== undefined) return;
  if (state.publishing) throw new LandfallError('input', `run ${run} is being published`);
  const journal = await openJournal(writerOf(driver), run);
  await journal.append({ entry: 'cancel-requested', by: driver.process.name });
  try {
    await resume(driver, false);
  } catch (error) {
    if (!(error instanceof LandfallError) || error.fault !== 'cancelled') throw error;
    const policy = { ...driver.ports, note: () => undefined };
    const { finished } = await retryCall(policy, () => readState(store, run));
    if (finished?.verdict !== 'cancelled') throw error;
  }
}

/** Follows a live run, and drives one without a driver. */
async function resume(driver: Driver, takeOver: boolean): Promise<void> {
  const { store, run, process, isDead } = driver;
  let state = await readState(store, run);
  for (;;) {
    if (isOver(state)) {
      recordVerdict(state);
      return;
    }
    const owner = await ownership(store, state, isDead);
    if ((!['fresh', 'beginning'].includes(owner.owner) || takeOver) && (await takeRunOver(driver, state)))
      return;
    for (const entry of await readEntries(store, run, state.length)) state = advance(state, entry);
    await process.clock.sleep(2_000, AbortSignal.any([process.interrupted, process.left]));
    process.interrupted.throwIfAborted();
    process.left.throwIfAborted();
  }
}

function isOver({ finished, mirrored }: RunState): boolean {
  return finished !== undefined && (finished.verdict !== 'succeeded' || mirrored);
}

function recordVerdict({ finished, plan: { run } }: RunState): void {
  if (finished === undefined || finished.verdict === 'succeeded') return;
  throw new LandfallError(finished.fault ?? 'step', finished.message ?? `run ${run} ${finished.verdict}`);
}

async function takeRunOver(driver: Driver, state: RunState): Promise<boolean> {
  const journal = await openJournal(writerOf(driver), driver.run);
  if (journal.state().length !== state.length) return false;
  await journal.append({ entry: 'taken-over', from: state.driver });
  await session(driver, journal);
  return true;
}

/** What one driver does with a run. */
async function session(driver: Driver, journal: Journal): Promise<void> {
  const { store, process } = driver;
  const who = { driver: process.name, host: process.name, boot: 'b', pid: 1 };
  const { release } = await claimRun(store, process.clock, who, journal);
  try {
    await driven(driver, journal);
  } finally {
    await release();
  }
}

async function driven({ ports, process }: Driver, journal: Journal): Promise<void> {
  const ending = new AbortController();
  const run = runIn({ ports }, journal, AbortSignal.any([process.interrupted, ending.signal]));
  try {
    const working = drive(run, { staging: () => Promise.resolve(staging), detached: false });
    await Promise.race([
      working,
      aborted(process.interrupted).catch(async (cause: unknown) => {
        await Promise.race([working.catch(() => undefined), process.clock.sleep(500)]);
        throw cause;
      }),
      aborted(process.left),
    ]);
  } catch (error) {
    if (error instanceof Interruption && !journal.state().publishing) {
      const signal = new AbortController().signal;
      await cancelRun({ ...run, signal }, { by: error.message }).catch(() => undefined);
    }
    throw error;
  } finally {
    ending.abort();
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
