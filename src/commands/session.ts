/** One driver's session with one run: own it, connect to EMR, drive it to its verdict, tell what came of it. */
import type { Settings } from '../config/settings.ts';
import { LandfallError } from '../faults.ts';
import type { EndpointFile } from '../local/endpoint-file.ts';
import { collect, emptySummary, formatSummary } from '../report/summary.ts';
import type { RunSummary } from '../report/summary.ts';
import { cancelledError, cancelRun } from '../run/cancel.ts';
import type { CancelOutcome } from '../run/cancel.ts';
import type { Run } from '../run/context.ts';
import { drive } from '../run/drive.ts';
import type { Staging } from '../run/drive.ts';
import type { Journal } from '../run/journal.ts';
import { hold } from '../run/ownership.ts';
import type { RunPlan } from '../run/plan.ts';
import type { RunState } from '../run/state.ts';
import type { Store } from '../store/store.ts';
import { composePorts, connectEmr, emrAccess } from './compose.ts';
import { launchSettings } from './launch.ts';
import { startEndpointOf, stateFolderOf, stopEndpointOf } from './local-cluster.ts';
import { Interruption } from './world.ts';
import type { World } from './world.ts';

export interface Session {
  settings: Settings;
  store: Store;
  journal: Journal;
  staging: () => Promise<Staging>;
  /** Seconds to watch at most. */
  timeout?: number | undefined;
  /** How long planning took, for the summary. */
  planMs?: number;
}

/**
 * Drives the run and prints its summary. Throws the LandfallError that is its verdict, or the Interruption that ended it
 * after what could be cancelled was. Leaves no process behind, unless the work itself goes on.
 */
export async function driveToVerdict(world: World, session: Session): Promise<void> {
  const { journal, store } = session;
  const { plan } = journal.state();
  const owner = { driver: journal.driver, ...world.process };
  const release = await hold(store, world.clock, owner, journal);
  let summary = summaryOf(journal.state());
  const { planMs } = session;
  if (planMs !== undefined) summary = collect(summary, { event: 'phase-ended', phase: 'plan', ms: planMs });
  const listening: World = {
    ...world,
    printer: {
      ...world.printer,
      emit: (event) => {
        summary = collect(summary, event);
        world.printer.emit(event);
      },
    },
  };
  world.answering.interruptions = true;
  try {
    await driven(listening, session);
  } catch (error) {
    throw withNext(error, plan.run);
  } finally {
    await release();
  }
  printSummary(world, summary);
}

/** What earlier drivers of the run have come to. */
function summaryOf({ plan, verified, published }: RunState): RunSummary {
  const summary = collect(emptySummary, { event: 'planned', plan });
  return {
    ...summary,
    tables: [...(verified?.tables ?? [])],
    findings: verified?.findings ?? [],
    ...(published === undefined ? {} : { publication: published }),
  };
}

function printSummary({ printer }: World, summary: RunSummary): void {
  printer.result(
    formatSummary(summary),
    printer.output === 'ndjson' ? { event: 'summary', ...summary } : summary,
  );
}

/** Connects, drives, and clears up: an interruption cancels the work, a passed timeout leaves it alone. */
async function driven(world: World, session: Session): Promise<void> {
  const { journal, settings, store } = session;
  const { plan } = journal.state();
  const stateFolder = stateFolderOf(world, plan, journal.state().endpoint);
  const local = plan.cluster.cluster === 'local';
  let endpoint: EndpointFile | undefined;
  if (local) {
    if (journal.state().endpoint === undefined) await journal.append({ entry: 'endpoint', stateFolder });
    endpoint = await startEndpointOf(world, settings, plan, stateFolder);
  }
  const launch = launchSettings(settings, plan);
  const connection = await connectEmr(
    world,
    emrAccess(inRegionOf(plan, settings), endpoint),
    launch,
    settings,
  );
  const ports = await composePorts(world, store, journal.driver, connection);
  const ending = new AbortController();
  const run: Run = { ports, journal, signal: AbortSignal.any([world.interrupted, ending.signal]) };
  let goesOn = plan.keepAlive;
  try {
    const working = work(run, session);
    await Promise.race([
      working,
      aborted(world.interrupted).catch(async (cause: unknown) => {
        await letGo(world, working);
        throw cause;
      }),
      expiry(world, session, ending.signal),
    ]);
  } catch (error) {
    if (error instanceof Interruption) await interrupted(world, run, error);
    goesOn = goesOn || (error instanceof LandfallError && leavesWorkRunning(error));
    throw error;
  } finally {
    ending.abort();
    connection.close();
    if (local && !goesOn) await stopEndpointOf(world, stateFolder, journal.state().finished !== undefined);
  }
}

/** The settings, looking at EMR where the run was planned for. */
function inRegionOf({ region }: RunPlan, settings: Settings): Settings {
  return region === undefined ? settings : { ...settings, emr: { ...settings.emr, region } };
}

/** A call in flight may still bring its answer, which makes what it created easier to find; not for long. */
async function letGo({ clock }: World, working: Promise<void>): Promise<void> {
  await Promise.race([working.catch(() => undefined), clock.sleep(IN_FLIGHT_MS)]);
}

const IN_FLIGHT_MS = 500;

async function work(run: Run, { staging }: Session): Promise<void> {
  const { cancelRequested, publishing } = run.journal.state();
  if (cancelRequested && !publishing) {
    const outcome = await cancelRun(run, { by: 'attach', confirmMs: 120_000, settle: true });
    sayCancelled(run, outcome);
    throw cancelledError(run.journal.run, outcome);
  }
  await drive(run, staging);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

/** Rejects when the watching has lasted long enough; never resolves. */
async function expiry({ clock }: World, { timeout, journal }: Session, ended: AbortSignal): Promise<never> {
  if (timeout === undefined) return new Promise(() => undefined);
  await clock.sleep(timeout * 1000, ended);
  throw new LandfallError('timeout', `run ${journal.run} is not done after ${String(timeout)} s`, {
    stand: ['the work goes on; nothing was cancelled'],
  });
}

function leavesWorkRunning({ fault }: LandfallError): boolean {
  return fault === 'timeout' || fault === 'owned' || fault === 'unreachable' || fault === 'access';
}

/** Cancels on the first signal, within seconds, and says what is confirmed and what only requested. */
async function interrupted(world: World, run: Run, { signal }: Interruption): Promise<void> {
  if (run.journal.state().publishing) {
    world.printer.say(
      `${signal}: the tables are being published; that, or their copy to the plain paths, is unfinished`,
    );
    world.printer.say(`  next: landfall attach ${run.journal.run}`);
    return;
  }
  world.printer.say(`${signal}: cancelling run ${run.journal.run}`);
  const silent = new AbortController().signal;
  const outcome = await cancelRun({ ...run, signal: silent }, { by: signal }).catch((error: unknown) => {
    run.ports.emit({ event: 'warning', message: error instanceof Error ? error.message : String(error) });
    return undefined;
  });
  if (outcome !== undefined) sayCancelled(run, outcome);
  world.printer.say(`  next: landfall attach ${run.journal.run}`);
}

function sayCancelled({ ports }: Run, { confirmed, requested, failed }: CancelOutcome): void {
  const say = (what: readonly string[], how: string) => {
    for (const one of what) ports.emit({ event: 'note', message: `${one}: ${how}` });
  };
  say(confirmed, 'ended');
  say(requested, 'asked to end, not yet seen to');
  say(failed, 'could not be asked to end');
}

/** The error with the command that comes next, where it names none itself. */
function withNext(error: unknown, run: string): unknown {
  if (!(error instanceof LandfallError) || error.next !== undefined) return error;
  const { fault, message, why, stand, retryable, cause } = error;
  const next = nextOf(error, run);
  return new LandfallError(fault, message, {
    why,
    stand,
    retryable,
    cause,
    ...(next === undefined ? {} : { next }),
  });
}

function nextOf({ fault }: LandfallError, run: string): string | undefined {
  switch (fault) {
    case 'timeout':
    case 'owned':
    case 'access':
    case 'unreachable':
      return `landfall attach ${run}`;
    case 'cluster':
    case 'step':
    case 'tables':
      return `mend the cause, then landfall retry ${run}`;
    case 'cancelled':
    case 'overtaken':
      return `landfall retry ${run}`;
    case 'input':
    case 'internal':
      return undefined;
  }
}
