/** Creates something exactly once, as a driver does. */
import { nextAction } from '../../src/run/creation.ts';
import type { Creation as Request } from '../../src/run/creation.ts';
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
  const creation: Request = {
    what,
    topic: 'creating',
    settleMs,
    begun: clock.monotonic(),
    happened: intendedBefore ? [{ kind: 'intended before' }] : [],
  };
  const ports = { clock, note: (_topic: string, message: string) => note(message) };
  const { signal } = new AbortController();
  let value: T | undefined;
  for (;;) {
    const action = await nextAction({ ports, signal }, creation);
    switch (action.kind) {
      case 'send': {
        const answer = await send();
        if (answer.kind === 'accepted') value = answer.value;
        creation.happened.push({ kind: 'answered', answer });
        break;
      }
      case 'look':
        value = await find();
        creation.happened.push({ kind: 'looked', found: value !== undefined });
        break;
      case 'done':
        return { value: value!, how: action.how };
    }
  }
}
