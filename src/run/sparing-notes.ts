/** Notes about trouble that lasts, so that they do not fill the screen. */
import type { Clock, Emit, Note } from './ports.ts';

const NOTE_MS = 60_000;

/** Passes on at most one message a minute. */
export function onceAMinute(
  clock: Pick<Clock, 'monotonic'>,
  note: (message: string) => void,
): (message: string) => void {
  let noted = Number.NEGATIVE_INFINITY;
  return (message) => {
    const now = clock.monotonic();
    if (now - noted < NOTE_MS) return;
    noted = now;
    note(message);
  };
}

/** Notes of one topic, at most one a minute, however many calls of a run have the same trouble. */
export function sparingNotes({ clock, emit }: { clock: Clock; emit: Emit }): Note {
  const topics = new Map<string, (message: string) => void>();
  return (topic, message) => {
    const note = topics.get(topic) ?? onceAMinute(clock, (text) => emit({ event: 'note', message: text }));
    topics.set(topic, note);
    note(message);
  };
}
