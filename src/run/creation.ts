/** Carries a request that creates something to a certain effect: `create-once.ts` decides, this waits and notes. */
import { nextMove } from './create-once.ts';
import type { Happened, Move } from './create-once.ts';
import { pause } from './driven-run.ts';
import type { Ports } from './ports.ts';

export interface Creation {
  /** What is created, for messages: `cluster`, `step daily`. */
  what: string;
  /** What the notes are about: `launching`. */
  topic: string;
  /** The pause between two lookups, because a listing may lag behind an effect. */
  settleMs: number;
  /** When it began, on the monotonic clock. */
  begun: number;
  /** Oldest first. The caller adds the outcome of each request and each lookup. */
  happened: Happened[];
}

/** The next action of the caller: send, look, or stop. Waits first if necessary. Throws as `nextMove` does. */
export async function nextAction(
  run: { ports: Pick<Ports, 'clock' | 'note'>; signal: AbortSignal },
  { what, topic, settleMs, begun, happened }: Creation,
): Promise<Exclude<Move, { kind: 'wait' }>> {
  const { clock, note } = run.ports;
  for (;;) {
    const move = nextMove(happened, { what, settleMs, elapsedMs: clock.monotonic() - begun });
    if (move.note !== undefined) note(topic, move.note);
    if (move.kind !== 'wait') return move;
    await pause(run, move.ms);
    happened.push({ kind: 'waited' });
  }
}
