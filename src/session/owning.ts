/** Owning a run while something is done to it: the claim is renewed, events are collected, and what ends it is told whole. */
import { failureFrom, LandfallError } from '../faults.ts';
import { command, completed, standing } from '../report/standing.ts';
import type { Onward } from '../report/standing.ts';
import { collect, emptySummary } from '../report/summary.ts';
import type { RunSummary } from '../report/summary.ts';
import type { Journal } from '../run/journal.ts';
import { hold } from '../run/ownership.ts';
import { readState } from '../run/read-journal.ts';
import type { RunState } from '../run/state.ts';
import type { Store } from '../store/store.ts';
import { Interruption } from '../cli/context.ts';
import type { CliContext } from '../cli/context.ts';

export interface Owned {
  store: Store;
  journal: Journal;
  /** How long planning took, for the summary. */
  planMs?: number;
  /** The verb that goes on where this one was ended. */
  onward?: Onward;
}

/**
 * Does `work` as the owner of the run, with a context whose printer also collects events for the summary. From here on
 * the work handles interruptions. What it throws is completed by where things stand and the next command.
 */
export async function owning<T>(
  cli: CliContext,
  { store, journal, planMs, onward = 'attach' }: Owned,
  work: (listening: CliContext) => Promise<T>,
): Promise<{ result: T; summary: RunSummary }> {
  const owner = { driver: journal.driver, ...cli.process };
  const release = await hold(store, cli.clock, owner, journal);
  let summary = summaryOf(journal.state());
  if (planMs !== undefined) summary = collect(summary, { event: 'phase-ended', phase: 'plan', ms: planMs });
  const listening: CliContext = {
    ...cli,
    printer: {
      ...cli.printer,
      emit: (event) => {
        summary = collect(summary, event);
        cli.printer.emit(event);
      },
    },
  };
  cli.answering.interruptions = true;
  try {
    const result = await work(listening);
    return { result, summary };
  } catch (error) {
    throw asTold(error, await stateAfter(error, store, journal), onward, cli);
  } finally {
    await release();
  }
}

/** Rejects with the signal's reason when it aborts; never resolves. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
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

/** The driver that took the run over has changed it since, so the run is reported as it is in the lake now. */
async function stateAfter(error: unknown, store: Store, journal: Journal): Promise<RunState> {
  const isOvertaken = error instanceof LandfallError && error.fault === 'owned';
  if (!isOvertaken) return journal.state();
  return readState(store, journal.run).catch(() => journal.state());
}

/** What ended the session, completed by what the journal knows. */
function asTold(error: unknown, state: RunState, onward: Onward, { clock }: CliContext): unknown {
  if (!(error instanceof Interruption)) return completed(failureFrom(error), state, clock.now(), onward);
  const { run } = state.plan;
  const next = command(state.finished?.verdict === 'cancelled' ? 'retry' : onward, state.plan);
  error.left = { run, stand: standing(state, clock.now()), next };
  return error;
}
