/** Going on with a run that exists: its verdict if it has one, watching if it is driven, driving it if it is not. */
import type { Settings } from '../config/settings.ts';
import { LandfallError } from '../faults.ts';
import { narrateEntry } from '../report/narrate-entry.ts';
import { formatStatus } from '../report/status.ts';
import type { Staging } from '../run/drive.ts';
import { openJournal, readEntries, readState } from '../run/journal.ts';
import { ownership, SILENT_MS } from '../run/ownership.ts';
import type { Owner } from '../run/ownership.ts';
import { keys } from '../run/plan.ts';
import { statusOf } from '../run/status.ts';
import { advance } from '../run/state.ts';
import type { RunState } from '../run/state.ts';
import type { Store } from '../store/store.ts';
import { prepareSpark } from './local-cluster.ts';
import { driveToVerdict } from './session.ts';
import type { World } from './world.ts';

export interface Resumption {
  settings: Settings;
  store: Store;
  run: string;
  staging: () => Promise<Staging>;
  timeout?: number | undefined;
  /** Do not wait for a living owner to fall silent. */
  takeOver: boolean;
}

/** True when a run of that name has begun. */
export async function runExists(store: Store, run: string): Promise<boolean> {
  return (await store.head(`${keys.journal(run)}000001.json`)) !== undefined;
}

/** Ends as the run ends: returns when it succeeded, throws its verdict otherwise. */
export async function resumeRun(world: World, resumption: Resumption): Promise<void> {
  const { store, run, takeOver } = resumption;
  const deadline = world.clock.monotonic() + (resumption.timeout ?? Number.POSITIVE_INFINITY) * 1000;
  let state = await readState(store, run);
  let told = false;
  for (;;) {
    if (isOver(state)) {
      tellVerdict(world, state);
      return;
    }
    const owner = await ownership(store, run, (who) => isDead(who, world));
    if (owner.owner !== 'fresh' || takeOver) {
      const timeout = (deadline - world.clock.monotonic()) / 1000;
      if (
        await takeRunOver(
          world,
          { ...resumption, timeout: Number.isFinite(timeout) ? timeout : undefined },
          state,
        )
      )
        return;
    } else if (!told) sayOwner(world, run, owner.who, owner.silentMs);
    told = true;
    for (const entry of await readEntries(store, run, state.length)) {
      const line = narrateEntry(entry);
      if (line !== undefined) world.printer.emit({ event: 'note', message: line });
      state = advance(state, entry);
    }
    if (world.clock.monotonic() > deadline) throw watchedLongEnough(run);
    await world.clock.sleep(WATCH_MS, world.interrupted);
    world.interrupted.throwIfAborted();
  }
}

const WATCH_MS = 2_000;

/** Finished, and nothing of it left to do. */
function isOver({ finished, mirrored }: RunState): boolean {
  return finished !== undefined && (finished.verdict !== 'succeeded' || mirrored);
}

/** Drives the run to its verdict; false when someone else did something to it since `state`: then look again. */
async function takeRunOver(world: World, resumption: Resumption, state: RunState): Promise<boolean> {
  const { clock, random } = world;
  const { store, run, settings, staging, timeout } = resumption;
  if (state.plan.cluster.cluster === 'local') await prepareSpark(world, settings, state.plan);
  const driver = random.hex(8);
  const journal = await openJournal({ objects: store, clock, random, driver }, run);
  if (journal.state().length !== state.length) return false;
  await journal.append({ entry: 'taken-over', from: state.driver });
  world.printer.emit({ event: 'note', message: `going on with run ${run}` });
  await driveToVerdict(world, { settings, store, journal, staging, timeout });
  return true;
}

/** A process on this boot of this host that no longer runs; in doubt it lives. */
export function isDead(who: Owner, { process: here }: World): boolean {
  if (who.host !== here.host || who.boot !== here.boot || here.boot === 'unknown') return false;
  try {
    process.kill(who.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function sayOwner({ printer }: World, run: string, who: Owner, silentMs: number): void {
  const seconds = String(Math.round(silentMs / 1000));
  printer.emit({
    event: 'note',
    message: `run ${run} is driven by pid ${String(who.pid)} on ${who.host}, last heard of ${seconds} s ago: watching (succeeded after ${String(SILENT_MS / 1000)} s of silence, or with --take-over)`,
  });
}

function watchedLongEnough(run: string): LandfallError {
  return new LandfallError('timeout', `run ${run} is not done`, {
    stand: ['it goes on under its driver'],
    next: `landfall attach ${run}`,
  });
}

/** Prints what a finished run came to, or throws it when that is a failure. */
function tellVerdict({ printer }: World, state: RunState): void {
  const { finished, plan } = state;
  const status = statusOf(state);
  if (finished === undefined || finished.verdict === 'succeeded') {
    printer.result(formatStatus(status), status);
    return;
  }
  const { fault = 'step', message = `run ${plan.run} ${finished.verdict}`, why = [] } = finished;
  const retry = `landfall retry ${plan.run}`;
  const next = finished.verdict === 'cancelled' ? retry : `mend the cause, then ${retry}`;
  throw new LandfallError(fault, message, { why, next });
}
