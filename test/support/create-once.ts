/** Executes the moves that `run/create-once.ts` decides, as a driver does. */
import { nextMove } from '../../src/run/create-once.ts';
import type { Happened } from '../../src/run/create-once.ts';
import type { Answer, Clock } from '../../src/run/ports.ts';

export interface Creation<T> {
  what: string;
  send: () => Promise<Answer<T>>;
  find: () => Promise<T | undefined>;
  settleMs: number;
  note: (message: string) => void;
}

export interface Created<T> {
  value: T;
  how: 'accepted' | 'adopted';
}

export async function createOnce<T>(
  clock: Clock,
  { what, send, find, settleMs, note }: Creation<T>,
  intendedBefore = false,
): Promise<Created<T>> {
  const begun = clock.monotonic();
  const happened: Happened[] = intendedBefore ? [{ kind: 'intended before' }] : [];
  let value: T | undefined;
  for (;;) {
    const move = nextMove(happened, { what, settleMs, elapsedMs: clock.monotonic() - begun });
    if (move.note !== undefined) note(move.note);
    switch (move.kind) {
      case 'send': {
        const answer = await send();
        if (answer.kind === 'accepted') value = answer.value;
        happened.push({ kind: 'answered', answer });
        break;
      }
      case 'look':
        value = await find();
        happened.push({ kind: 'looked', found: value !== undefined });
        break;
      case 'wait':
        await clock.sleep(move.ms);
        happened.push({ kind: 'waited' });
        break;
      case 'done':
        return { value: value!, how: move.how };
    }
  }
}
