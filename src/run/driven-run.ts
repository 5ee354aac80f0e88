/** What every stage of a driven run is given. */
import { LandfallError } from '../faults.ts';
import type { Journal } from './journal.ts';
import { pace } from './pace.ts';
import type { Ports } from './ports.ts';
import { isToBeCancelled } from './state.ts';
import type { RunState } from './state.ts';
import type { RetryPolicy } from './with-retry.ts';

/** What the stages after the steps are given: no EMR. */
export interface Landing {
  ports: Pick<Ports, 'clock' | 'lake' | 'emit'>;
  journal: Journal;
  /** Aborts when the run is interrupted or the driver stops following it; sleeps then return at once. */
  signal: AbortSignal;
}

export interface Run extends Landing {
  ports: Ports;
  /** EMR's latest answers, which several waiters share, by what was asked. */
  looks: Map<string, Look>;
}

/** The same question to EMR over time, and its latest answer. */
export interface Look {
  first: number;
  last: number;
  answer: Promise<unknown>;
}

/** Reads of a run are retried until it is interrupted, with one note a minute. */
export function retryPolicy(
  { clock, random, note }: Pick<Ports, 'clock' | 'random' | 'note'>,
  signal: AbortSignal,
): RetryPolicy {
  return { clock, random, signal, note: (message) => note('reading', message) };
}

/** Waits; throws the signal's reason if it aborts meanwhile. */
export async function pause(
  { ports, signal }: { ports: Pick<Ports, 'clock'>; signal: AbortSignal },
  ms: number,
): Promise<void> {
  await ports.clock.sleep(ms, signal);
  signal.throwIfAborted();
}

/**
 * Waits until the next poll of EMR is due, given the time of the last change there; then does what `checkpoint` does.
 */
export async function untilNextLook(run: Run, changed: number): Promise<void> {
  const { clock, random } = run.ports;
  const where = run.journal.state().plan.cluster.kind === 'local' ? 'local' : 'aws';
  await pause(run, pace(clock.monotonic() - changed, random.fraction(), where));
  await checkpoint(run);
}

/**
 * Reads what others appended, and returns the state of the run. Throws `owned` when the run was taken over,
 * `cancelled` when someone requested that. Call it before anything is sent to EMR or published.
 */
export async function checkpoint({
  journal,
  signal,
}: Pick<Landing, 'journal' | 'signal'>): Promise<RunState> {
  signal.throwIfAborted();
  const state = await journal.refresh();
  if (isToBeCancelled(state))
    throw new LandfallError('cancelled', `cancellation of run ${journal.run} was requested`);
  return state;
}

/**
 * Runs work that the verdict does not depend on: a failure becomes a warning, unless another driver has taken the run
 * over.
 */
export async function bestEffort(
  run: Pick<Landing, 'ports'>,
  what: string,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof LandfallError) || error.fault === 'owned') throw error;
    const message = `${what}: ${[error.message, ...error.why].join('; ')}`;
    const { next } = error;
    run.ports.emit({ event: 'warning', message, ...(next === undefined ? {} : { next }) });
  }
}
