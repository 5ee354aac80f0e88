/**
 * Lines on stderr: on a terminal the newest one is updated in place; elsewhere each is printed once, and repetitions
 * once a minute.
 */
import { stripVTControlCharacters } from 'node:util';
import { harmless } from './harmless.ts';
import type { Line } from './narrate.ts';
import { duration } from './quantities.ts';

/** Where lines go. */
export interface Screen {
  isTTY?: boolean | undefined;
  /** Characters a row has, on a terminal. */
  columns?: number | undefined;
  write: (text: string) => unknown;
}

/** Calls `work` every `ms`, without keeping the process alive, until the returned function is called. */
export type Every = (ms: number, work: () => void) => () => void;

const REPEAT_MS = 60_000;
const TICK_MS = 1_000;
const CLEAR = '\r\u001b[2K';

/** Makes the writer of lines. `monotonic` gives milliseconds. */
export function createLines(screen: Screen, monotonic: () => number, every: Every): (line: Line) => void {
  const terminal = screen.isTTY === true;
  let passing = false;
  let toldAt = monotonic();
  let stop: () => void = () => undefined;

  const show = (text: string, transient: boolean) => {
    const clear = passing ? CLEAR : '';
    passing = transient && terminal;
    // A line wider than the terminal would fill two rows, of which only the last can be cleared.
    const shown = passing ? clipped(harmless(text), (screen.columns ?? 80) - 1) : harmless(text);
    const end = passing || text === '' ? '' : '\n';
    if (text !== '' || clear !== '') screen.write(clear + shown + end);
  };
  return ({ text, transient, clock }) => {
    if (clock !== 'goes on') stop();
    if (transient && !terminal && monotonic() - toldAt < REPEAT_MS) return;
    toldAt = monotonic();
    show(text, transient);
    if (!terminal || clock === undefined || clock === 'goes on') return;
    const since = monotonic();
    const tick = () => show(`${clock.text}  ${duration(clock.elapsedMs + monotonic() - since)}`, true);
    stop = every(TICK_MS, tick);
  };
}

/** The text cut to `width` characters; colours are given up where it has to be cut. */
function clipped(text: string, width: number): string {
  const plain = Array.from(stripVTControlCharacters(text));
  return plain.length <= width ? text : `${plain.slice(0, Math.max(0, width - 1)).join('')}…`;
}
