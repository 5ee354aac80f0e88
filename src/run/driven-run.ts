/** What every phase of a driven run is given. */
import { LandfallError } from '../faults.ts';
import type { Journal } from './journal.ts';
import { pace } from './pace.ts';
import type { Ports } from './ports.ts';
import type { Patience } from './reading.ts';
import { isToBeCancelled } from './state.ts';
import type { RunState } from './state.ts';

/** What the phases are given that come after the steps: no EMR. */
export interface Landing {
  ports: Pick<Ports, 'clock' | 'random' | 'lake' | 'emit'>;
  journal: Journal;
  /** Aborts when the run is interrupted or its watching ends; sleeps return at once then. */
  signal: AbortSignal;
}

export interface Run extends Landing {
  ports: Ports;
}

type Telling = Pick<Ports, 'clock' | 'emit'>;

/** How reads of this run are tried again. */
export function patience({ ports, signal }: Pick<Landing, 'ports' | 'signal'>): Patience {
  const { clock, random } = ports;
  return { clock, random, signal, note: sparingly(ports, 'reading') };
}

/** When each topic was last told of, by run: its ports are made for it alone. */
const told = new WeakMap<Telling, Map<string, number>>();
const SPARING_MS = 60_000;

/** Notes of one topic, at most one a minute, however many calls of a run have the same trouble. */
export function sparingly(ports: Telling, topic: string): (message: string) => void {
  const topics = told.get(ports) ?? new Map<string, number>();
  told.set(ports, topics);
  return (message) => {
    const now = ports.clock.monotonic();
    if (now - (topics.get(topic) ?? Number.NEGATIVE_INFINITY) < SPARING_MS) return;
    topics.set(topic, now);
    ports.emit({ event: 'note', message });
  };
}

/** Waits, and throws the signal's reason when it aborted meanwhile. */
export async function pause({ ports, signal }: Run, ms: number): Promise<void> {
  await ports.clock.sleep(ms, signal);
  signal.throwIfAborted();
}

/** Waits until the next look at EMR is due, given when something changed there last; then as `checkpoint`. */
export async function untilNextLook(run: Run, changed: number): Promise<void> {
  const { clock, random } = run.ports;
  const where = run.journal.state().plan.cluster.cluster === 'local' ? 'local' : 'aws';
  await pause(run, pace(clock.monotonic() - changed, random.fraction(), where));
  await checkpoint(run);
}

/**
 * Looks what others appended, and returns the state of the run. Throws `owned` when the run was taken over, `cancelled`
 * when someone asked for its end. To be called before anything is sent to EMR or published.
 */
export async function checkpoint({
  journal,
  signal,
}: Pick<Landing, 'journal' | 'signal'>): Promise<RunState> {
  signal.throwIfAborted();
  const state = await journal.refresh();
  if (isToBeCancelled(state)) throw new LandfallError('cancelled', `run ${journal.run} was asked to cancel`);
  return state;
}

/** Tidies up beside the run: what fails of it is told, and changes no verdict. */
export async function unharmed(
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
