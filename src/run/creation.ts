/** A request that creates something, until its effect is certain: `create-once.ts` decides, this waits and tells. */
import { nextMove } from './create-once.ts';
import type { Happened, Move } from './create-once.ts';
import { pause } from './driven-run.ts';
import type { Ports } from './ports.ts';

export interface Creation {
  /** What is created, for messages: `cluster`, `step daily`. */
  what: string;
  /** What the notes are about: `launching`. */
  topic: string;
  /** The pause between two looks, because a listing may lag behind an effect. */
  settleMs: number;
  /** When it was begun, on the monotonic clock. */
  begun: number;
  /** Oldest first. Whoever sends and looks adds what came of it. */
  happened: Happened[];
}

/** What to do next: send, look, or nothing more. Waits first where that is needed. Throws as `nextMove` does. */
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
