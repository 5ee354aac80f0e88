/** One driver's session with one run: own it, connect to EMR, drive it to its verdict, tell what came of it. */
import type { Settings } from '../config/settings.ts';
import { LandfallError } from '../faults.ts';
import type { EndpointFile } from '../local/endpoint-file.ts';
import type { Outcome } from '../report/outcome.ts';
import { cancelledError, cancelRun } from '../run/cancel.ts';
import type { CancelOutcome } from '../run/cancel.ts';
import type { Run } from '../run/driven-run.ts';
import { submission } from '../run/detach.ts';
import type { Submission } from '../run/detach.ts';
import { drive } from '../run/drive.ts';
import type { Staging } from '../run/drive.ts';
import { guarded } from '../run/guard.ts';
import { isToBeCancelled } from '../run/state.ts';
import { whyNotUse } from './cluster-trust.ts';
import { composePorts } from './compose.ts';
import { connectForRun } from './connect.ts';
import { startEndpointOf, stateFolderOf, stopEndpointOf } from './local-cluster.ts';
import { aborted, owning } from './owning.ts';
import type { Owned } from './owning.ts';
import type { Watch } from './watch.ts';
import { Interruption } from '../cli/context.ts';
import type { CliContext } from '../cli/context.ts';

export interface Session extends Owned {
  settings: Settings;
  staging: () => Promise<Staging>;
  watch: Watch;
  /** `--trust-lake`: believes the journal about clusters. */
  trustLake?: boolean;
}

/**
 * Drives the run and returns what landed; of a detached one, what was submitted. Throws the LandfallError that is its
 * verdict, or the Interruption that ended it after what could be cancelled was. Leaves no process behind, unless the
 * work itself continues.
 */
export async function driveToVerdict(cli: CliContext, session: Session): Promise<Outcome> {
  const { result: submission, summary } = await owning(cli, session, (listening) =>
    driven(listening, session),
  );
  return submission === undefined ? { kind: 'landed', summary } : { kind: 'submitted', submission };
}

/**
 * Connects, drives, and clears up: an interruption cancels the work, a passed timeout leaves it alone unless it was to
 * cancel it. What was submitted is returned when the run is detached.
 */
async function driven(cli: CliContext, session: Session): Promise<Submission | undefined> {
  const { journal, settings, store, watch, trustLake = false } = session;
  const { plan } = journal.state();
  const local = plan.cluster.cluster === 'local';
  const stateFolder = local ? await stateFolderOf(cli, store, plan.run) : undefined;
  let endpoint: EndpointFile | undefined;
  if (stateFolder !== undefined) {
    const { host } = cli.process;
    if (journal.state().endpoint !== host) await journal.append({ entry: 'endpoint', host });
    endpoint = await startEndpointOf(cli, settings, plan, stateFolder);
  }
  const connection = await connectForRun(cli, settings, journal.state(), {
    endpoint,
    ...(watch.detach ? { actionOnFailure: 'CANCEL_AND_WAIT' } : {}),
  });
  const emr = guarded(connection.emr, {
    run: plan.run,
    whyNotUse: async (id) =>
      trustLake ? undefined : whyNotUse(journal.state().plan.cluster, id, connection.clusters),
  });
  const ports = await composePorts(cli, store, journal.driver, { ...connection, emr });
  const ending = new AbortController();
  const run: Run = { ports, journal, signal: AbortSignal.any([cli.interrupted, ending.signal]) };
  let goesOn = plan.keepAlive || watch.detach;
  const working = work(run, session);
  try {
    return await Promise.race([
      working,
      aborted(cli.interrupted).catch(async (cause: unknown) => {
        await letGo(cli, working);
        throw cause;
      }),
      expiry(cli, session, ending.signal),
    ]);
  } catch (error) {
    goesOn = plan.keepAlive;
    if (error instanceof Interruption) await interrupted(cli, run, error);
    if (!(error instanceof LandfallError)) throw error;
    if (error.fault === 'timeout' && watch.cancelOnTimeout) {
      ending.abort(error);
      await letGo(cli, working);
      throw await cancelledAfter(run, error);
    }
    goesOn = goesOn || leavesWorkRunning(error);
    throw error;
  } finally {
    ending.abort();
    connection.close();
    if (stateFolder !== undefined && !goesOn)
      await stopEndpointOf(cli, stateFolder, journal.state().finished !== undefined);
  }
}

/** A call in flight may still bring its answer, which makes what it created easier to find; not for long. */
async function letGo({ clock }: CliContext, working: Promise<unknown>): Promise<void> {
  await Promise.race([working.catch(() => undefined), clock.sleep(IN_FLIGHT_MS)]);
}

const IN_FLIGHT_MS = 500;

async function work(run: Run, { staging, watch }: Session): Promise<Submission | undefined> {
  if (isToBeCancelled(run.journal.state())) {
    const outcome = await cancelRun(run, { by: 'attach', confirmMs: 120_000, settle: true });
    sayCancelled(run, outcome);
    throw cancelledError(run.journal.run, outcome);
  }
  await drive(run, { staging, detached: watch.detach });
  return watch.detach ? submission(run.journal.state()) : undefined;
}

/** Rejects when the watching has lasted long enough; never resolves. */
async function expiry(
  { clock }: CliContext,
  { watch, journal }: Session,
  ended: AbortSignal,
): Promise<never> {
  const { timeout } = watch;
  if (timeout === undefined) return new Promise(() => undefined);
  await clock.sleep(timeout * 1000, ended);
  throw new LandfallError('timeout', `run ${journal.run} is not done after ${String(timeout)} s`, {
    stand: ['nothing was cancelled'],
  });
}

function leavesWorkRunning({ fault }: LandfallError): boolean {
  return fault === 'timeout' || fault === 'owned' || fault === 'unreachable' || fault === 'access';
}

/** Cancels on the first signal, within seconds, and says what is confirmed and what only requested. */
async function interrupted(cli: CliContext, run: Run, { signal }: Interruption): Promise<void> {
  if (run.journal.state().publishing) {
    cli.printer.say(
      `${signal}: the tables are being published; that, or their copy to the plain paths, is unfinished`,
    );
    return;
  }
  cli.printer.say(`${signal}: cancelling run ${run.journal.run}`);
  const silent = new AbortController().signal;
  const outcome = await cancelRun({ ...run, signal: silent }, { by: signal }).catch((error: unknown) => {
    run.ports.emit({ event: 'warning', message: error instanceof Error ? error.message : String(error) });
    return undefined;
  });
  if (outcome !== undefined) sayCancelled(run, outcome);
}

/** Cancels as an interruption does; returns the timeout's error, which tells what came of that. */
async function cancelledAfter(run: Run, { message, fault }: LandfallError): Promise<LandfallError> {
  const { journal } = run;
  if (journal.state().publishing) {
    return new LandfallError(fault, message, {
      stand: ['its tables are being published, or copied to the plain paths: too late to cancel it'],
    });
  }
  const silent = new AbortController().signal;
  const outcome = await cancelRun({ ...run, signal: silent }, { by: '--cancel-on-timeout' });
  const certain = journal.state().finished !== undefined;
  return new LandfallError(fault, `${message}: it is ${certain ? '' : 'being '}cancelled`, {
    stand: cancelLines(outcome),
  });
}

function sayCancelled({ ports }: Run, outcome: CancelOutcome): void {
  for (const message of cancelLines(outcome)) ports.emit({ event: 'note', message });
}

function cancelLines({ confirmed, requested, failed, spared }: CancelOutcome): string[] {
  return [
    ...confirmed.map((what) => `${what}: ended`),
    ...requested.map((what) => `${what}: asked to end, not yet seen to`),
    ...failed.map((what) => `${what}: could not be asked to end`),
    ...spared.map((what) => `left alone: ${what}`),
  ];
}
