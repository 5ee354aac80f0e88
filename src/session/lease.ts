/**
 * A verb's time as the driver of a run: its lease, the events that it collects, and the complete report of a failure.
 */
import { failureFrom, LandfallError } from '../faults.ts';
import { command, completed, standing } from '../report/standing.ts';
import type { Onward } from '../report/standing.ts';
import { collect, emptySummary } from '../report/summary.ts';
import type { RunSummary } from '../report/summary.ts';
import type { Journal } from '../run/journal.ts';
import { carriedTables } from '../run/carried.ts';
import { claimRun } from '../run/ownership.ts';
import { readState } from '../run/read-journal.ts';
import type { RunState } from '../run/state.ts';
import type { Store } from '../store/store.ts';
import { Interruption } from '../cli/context.ts';
import type { CliContext } from '../cli/context.ts';

export interface Leased {
  store: Store;
  journal: Journal;
  /** How long planning took, for the summary. */
  planMs?: number;
}

export interface Lease {
  /** The same context, whose printer also collects events for the summary. */
  cli: CliContext;
  summary(): RunSummary;
  release(): Promise<void>;
}

/** Claims the run until the lease is released. From here on the verb handles interruptions. */
export async function acquireLease(cli: CliContext, { store, journal, planMs }: Leased): Promise<Lease> {
  const claim = await claimRun(store, cli.clock, { driver: journal.driver, ...cli.process }, journal);
  let summary = summaryOf(journal.state());
  if (planMs !== undefined) summary = collect(summary, { event: 'phase-ended', phase: 'plan', ms: planMs });
  cli.answering.interruptions = true;
  const { printer } = cli;
  const emit: typeof printer.emit = (event) => {
    summary = collect(summary, event);
    printer.emit(event);
  };
  return {
    cli: { ...cli, printer: { ...printer, emit } },
    summary: () => summary,
    release: () => claim.release(),
  };
}

/** The summary of what earlier drivers of the run did. */
function summaryOf(state: RunState): RunSummary {
  const { plan, verified, published } = state;
  const summary = collect(emptySummary, { event: 'planned', plan });
  const carried = carriedTables(state);
  return {
    ...summary,
    tables: (verified?.tables ?? []).map((one) => {
      const from = carried.get(one.table);
      return from === undefined ? one : { ...one, carriedOverFrom: [from] };
    }),
    findings: verified?.findings ?? [],
    ...(published === undefined ? {} : { publication: published }),
  };
}

/** Rejects with the signal's reason when it aborts; never resolves. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

/**
 * What ended the session, with where the run stands and the next command; `onward` is the verb that continues the
 * run.
 */
export async function withStanding(
  error: unknown,
  { store, journal }: Leased,
  onward: Onward,
  now: Date,
): Promise<unknown> {
  const state = await stateAfter(error, store, journal);
  if (!(error instanceof Interruption)) return completed(failureFrom(error), state, now, onward);
  const { run } = state.plan;
  const next = command(state.finished?.verdict === 'cancelled' ? 'retry' : onward, state.plan);
  error.left = { run, stand: standing(state, now), next };
  return error;
}

/**
 * If another driver took the run over, it has changed the run since, so the run is reported as it is in the lake now.
 */
async function stateAfter(error: unknown, store: Store, journal: Journal): Promise<RunState> {
  const isOvertaken = error instanceof LandfallError && error.fault === 'owned';
  if (!isOvertaken) return journal.state();
  return readState(store, journal.run).catch(() => journal.state());
}
