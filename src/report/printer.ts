/** Where reports are written: data to stdout, everything else to stderr. The only room that touches the streams. */
import type { Writable } from 'node:stream';
import { isFull, LandfallError } from '../faults.ts';
import type { RunEvent } from '../run/events.ts';
import type { Emit } from '../run/ports.ts';
import { failureValue, formatFailure, formatInterruption, painter } from './failure.ts';
import type { InterruptedRun } from './failure.ts';
import { harmless, harmlessCopy, jsonText, oneLine, withoutSecrets } from './harmless.ts';
import { createLines } from './live-lines.ts';
import type { Every } from './live-lines.ts';
import { spoken } from '../shell-words.ts';
import type { Invocation } from '../shell-words.ts';
import { narrate } from './narrate.ts';
import type { Said } from './narrate.ts';

export type Output = 'text' | 'json' | 'ndjson';

export interface Printer {
  readonly output: Output;
  /** Prints one event as it happens. */
  emit: Emit;
  /**
   * The command's result: `value` for `--output json` and `ndjson`; for people the lines that `text` makes from a
   * harmless copy of it. Lines passed as they are contain nothing that others wrote.
   */
  result: <T>(text: string | ((value: T) => string), value: T) => void;
  /** Raw text to stdout. Resolves once it is written; false when the reader is gone. */
  data: (text: string) => Promise<boolean>;
  failure: (error: LandfallError, exitCode: number) => void;
  /** For scripts: the one document that an interrupted command still owes. */
  interruption: (by: { signal: string; left: InterruptedRun | undefined }, exitCode: number) => void;
  /** One line on stderr. */
  say: (text: string) => void;
  /**
   * Resolves once all output is written. The failure is that of a result that could not be written; a reader that
   * leaves early is not a failure.
   */
  written: () => Promise<LandfallError | undefined>;
}

export interface PrinterOptions {
  output: Output;
  colours: boolean;
  /** Milliseconds, monotonic. */
  monotonic: () => number;
  /** How commands in messages begin, and what they need. */
  invocation: Invocation;
}

/** `isTTY` and `columns` are there if the stream is a terminal. */
export interface Streams {
  stdout: Writable;
  stderr: Writable & { isTTY?: boolean; columns?: number };
}

/** Writes to the streams. A reader that goes away (EPIPE) silences the stream and nothing else. */
export function createPrinter(
  { stdout, stderr }: Streams,
  { output, colours, monotonic, invocation }: PrinterOptions,
): Printer {
  let lost: Error | undefined;
  stdout.on('error', (error: Error) => (lost ??= error));
  stderr.on('error', () => undefined);
  const out = (text: string) => stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  const paint = painter(colours && stderr.isTTY === true);
  const print = createLines(stderr, monotonic, every);
  const live = (text: string, transient: boolean) => print({ text, transient });
  let said: Said = {};
  const emit = (happened: RunEvent) => {
    const event = withSpokenAdvice(happened, invocation);
    if (output === 'ndjson') out(jsonText(withoutSecrets(event)));
    const narrated = narrate(said, harmlessCopy(event), paint);
    said = narrated.said;
    if (narrated.line !== undefined) print(narrated.line);
  };
  return {
    output,
    emit,
    say: (text) => live(oneLine(text), false),
    written: async () => {
      for (const stream of [stdout, stderr])
        await new Promise<void>((taken) => stream.write('', () => taken()));
      return lost === undefined ? undefined : lostResult(lost);
    },
    result: (text, value) => {
      live('', false);
      if (output === 'text') out(harmless(typeof text === 'string' ? text : text(harmlessCopy(value))));
      else out(jsonText(value, output === 'json' ? 2 : undefined));
    },
    data: (text) => {
      live('', false);
      return new Promise((resolve) => {
        stdout.write(text, (error) => resolve(error === undefined || error === null));
      });
    },
    interruption: ({ signal, left }, exitCode) => {
      live(left === undefined ? '' : formatInterruption(left, invocation), false);
      if (output !== 'text') {
        const next = left === undefined ? {} : { next: spoken(left.next, invocation) };
        out(jsonText({ event: 'interrupted', signal, exitCode, ...left, ...next }));
      }
    },
    failure: (error, exitCode) => {
      live(formatFailure(error, paint, invocation), false);
      if (output !== 'text') out(jsonText(withoutSecrets(failureValue(error, exitCode, invocation))));
    },
  };
}

/** A warning with its advice at its end. */
function withSpokenAdvice(event: RunEvent, invocation: Invocation): RunEvent {
  if (event.event !== 'warning' || event.next === undefined) return event;
  return { event: 'warning', message: `${event.message}; ${spoken(event.next, invocation)}` };
}

/** EPIPE: the reader has seen enough. EIO: the terminal is gone, which SIGHUP reports. */
function lostResult(error: NodeJS.ErrnoException): LandfallError | undefined {
  if (error.code === 'EPIPE' || error.code === 'EIO') return undefined;
  return new LandfallError(isFull(error) ? 'full' : 'access', 'the result could not be written to stdout', {
    why: [error.message],
    next: 'send the output elsewhere; the command itself has done its work',
  });
}

const every: Every = (ms, work) => {
  const timer = setInterval(work, ms).unref();
  return () => clearInterval(timer);
};
