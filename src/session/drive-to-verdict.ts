/** One driver's session with one run: drives it to its verdict, cancels it when interrupted, returns the outcome. */
import { LandfallError } from '../faults.ts';
import { messageOf } from '../message-of.ts';
import type { Outcome } from '../report/outcome.ts';
import { cancelLines, cancelRun } from '../run/cancel.ts';
import type { CancelOutcome } from '../run/cancel.ts';
import { submission } from '../run/detach.ts';
import { drive } from '../run/drive.ts';
import type { Run } from '../run/driven-run.ts';
import type { RunState } from '../run/state.ts';
import { connectDriver } from './connect.ts';
import { aborted, acquireLease, withStanding } from './lease.ts';
import type { Session } from './session.ts';
import { Interruption } from '../cli/context.ts';
import type { CliContext } from '../cli/context.ts';

/**
 * Drives the run and returns what landed; of a detached one, what was submitted. Throws the LandfallError that is
 * its verdict, or the Interruption that ended it, once everything that could be cancelled was. Leaves no process
 * behind, unless the work itself continues.
 */
export async function driveToVerdict(cli: CliContext, session: Session): Promise<Outcome> {
  const { journal, staging, watch } = session;
  const { keepAlive } = journal.state().plan;
  const lease = await acquireLease(cli, session);
  const ending = new AbortController();
  try {
    const signal = AbortSignal.any([cli.interrupted, ending.signal]);
    const driver = await connectDriver(lease.cli, session, signal);
    const run: Run = { ports: driver.ports, journal, signal, looks: new Map() };
    const driving = drive(run, { staging, detached: watch.detach });
    let goesOn = keepAlive || watch.detach;
    try {
      await Promise.race([driving, interruption(cli, driving), expiry(cli, session, ending.signal)]);
    } catch (error) {
      goesOn = keepAlive;
      if (error instanceof Interruption) await cancelInterrupted(lease.cli, run, error);
      if (!(error instanceof LandfallError)) throw error;
      if (error.fault === 'timeout' && watch.cancelOnTimeout) {
        ending.abort(error);
        await letGo(cli, driving);
        if (journal.state().publishing) throw tooLateToCancel(error);
        const outcome = await cancelRun({ ...run, signal: unaborted() }, { by: '--cancel-on-timeout' });
        throw cancelledAfter(error, outcome, journal.state());
      }
      goesOn = keepAlive || leavesWorkRunning(error);
      throw error;
    } finally {
      ending.abort();
      await driver.close(goesOn);
    }
  } catch (error) {
    throw await withStanding(error, session, 'attach', cli.clock.now());
  } finally {
    await lease.release();
  }
  return watch.detach
    ? { kind: 'submitted', submission: submission(journal.state()) }
    : { kind: 'landed', summary: lease.summary() };
}

/** Rejects with the interruption, after giving a call in flight a moment to return. */
async function interruption(cli: CliContext, driving: Promise<unknown>): Promise<never> {
  try {
    return await aborted(cli.interrupted);
  } catch (cause) {
    await letGo(cli, driving);
    throw cause;
  }
}

/** An answer that still arrives in this time makes it easier to find what the call created. */
async function letGo({ clock }: CliContext, driving: Promise<unknown>): Promise<void> {
  await Promise.race([driving.catch(() => undefined), clock.sleep(IN_FLIGHT_MS)]);
}

const IN_FLIGHT_MS = 500;

/** Rejects when `--timeout` has passed; never resolves. */
async function expiry(
  { clock }: CliContext,
  { watch, journal }: Session,
  ended: AbortSignal,
): Promise<never> {
  const { timeout } = watch;
  if (timeout === undefined) return new Promise(() => undefined);
  await clock.sleep(timeout * 1000, ended);
  throw new LandfallError('timeout', `run ${journal.run} is not finished after ${String(timeout)} s`, {
    stand: ['nothing was cancelled'],
  });
}

function leavesWorkRunning({ fault }: LandfallError): boolean {
  return fault === 'timeout' || fault === 'owned' || fault === 'unreachable' || fault === 'access';
}

/** Cancels on the first signal, within seconds, and says what is confirmed and what only requested. */
async function cancelInterrupted(cli: CliContext, run: Run, { signal }: Interruption): Promise<void> {
  if (run.journal.state().publishing) {
    cli.printer.say(
      `${signal}: interrupted while publishing; the publication, or its copy at the plain paths, is unfinished`,
    );
    return;
  }
  cli.printer.say(`${signal}: cancelling run ${run.journal.run}`);
  const { emit } = run.ports;
  try {
    const outcome = await cancelRun({ ...run, signal: unaborted() }, { by: signal });
    for (const message of cancelLines(outcome)) emit({ event: 'note', message });
  } catch (error) {
    emit({ event: 'warning', message: messageOf(error) });
  }
}

/** The run's own signal has aborted by then, and would cut the wait for confirmations short. */
const unaborted = () => new AbortController().signal;

function tooLateToCancel({ fault, message }: LandfallError): LandfallError {
  return new LandfallError(fault, message, {
    stand: ['its tables are being published, or copied to the plain paths: too late to cancel it'],
  });
}

/** The timeout's error, with the outcome of the cancellation. */
function cancelledAfter(
  { fault, message }: LandfallError,
  outcome: CancelOutcome,
  { finished }: RunState,
): LandfallError {
  return new LandfallError(fault, `${message}: it is ${finished === undefined ? 'being ' : ''}cancelled`, {
    stand: cancelLines(outcome),
  });
}
