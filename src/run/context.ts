/** What every phase of a driven run is given. */
import { LandfallError } from '../faults.ts';
import type { Journal } from './journal.ts';
import type { Ports } from './ports.ts';
import type { Patience } from './reading.ts';

export interface Run {
  ports: Ports;
  journal: Journal;
  /** Aborts when the run is interrupted or its watching ends; sleeps return at once then. */
  signal: AbortSignal;
}

/** How reads of this run are tried again. */
export function patience({ ports, signal }: Run): Patience {
  const { clock, random, emit } = ports;
  return { clock, random, signal, note: (message) => emit({ event: 'note', message }) };
}

/** Waits, and throws the signal's reason when it aborted meanwhile. */
export async function pause({ ports, signal }: Run, ms: number): Promise<void> {
  await ports.clock.sleep(ms, signal);
  signal.throwIfAborted();
}

/**
 * Looks what others appended. Throws `owned` when the run was taken over, `cancelled` when someone asked for its end.
 * To be called before anything is sent to EMR or published.
 */
export async function checkpoint({ journal, signal }: Run): Promise<void> {
  signal.throwIfAborted();
  const { cancelRequested, publishing } = await journal.refresh();
  if (cancelRequested && !publishing)
    throw new LandfallError('cancelled', `run ${journal.run} was asked to cancel`);
}
