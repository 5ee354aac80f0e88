/** Where reports are written: data to stdout, everything else to stderr. The only room that touches the streams. */
import type { LandfallError } from '../faults.ts';
import type { RunEvent } from '../run/events.ts';
import type { Emit } from '../run/ports.ts';
import { failureValue, formatFailure, painter } from './failure.ts';
import { harmless } from './harmless.ts';
import { narrate } from './narrate.ts';
import type { Said } from './narrate.ts';

export type Output = 'text' | 'json' | 'ndjson';

export interface Printer {
  readonly output: Output;
  /** Tells one event as it happens. */
  emit: Emit;
  /** The command's result: `text` for people, `value` for `--output json` and `ndjson`. */
  result: (text: string, value: unknown) => void;
  failure: (error: LandfallError, exitCode: number) => void;
  /** For scripts: the one document that an interrupted command still owes. */
  interruption: (signal: string, exitCode: number) => void;
  /** A line on stderr. */
  say: (text: string) => void;
}

export interface PrinterOptions {
  output: Output;
  colours: boolean;
  /** Milliseconds, monotonic. */
  monotonic: () => number;
}

const REPEAT_MS = 60_000;

/** Writes to this process's streams. A reader that goes away (EPIPE) silences the stream and nothing else. */
export function createPrinter({ output, colours, monotonic }: PrinterOptions): Printer {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const out = (text: string) => process.stdout.write(`${text}\n`);
  const paint = painter(colours && process.stderr.isTTY);
  const live = createLines(monotonic);
  let said: Said = {};
  const emit = (event: RunEvent) => {
    if (output === 'ndjson') out(JSON.stringify(event));
    const told = narrate(said, event, paint);
    said = told.said;
    if (told.line !== undefined) live(told.line.text, told.line.transient);
  };
  return {
    output,
    emit,
    say: (text) => live(text, false),
    result: (text, value) => {
      live('', false);
      if (output === 'text') out(harmless(text));
      else out(output === 'json' ? JSON.stringify(value, null, 2) : JSON.stringify(value));
    },
    interruption: (signal, exitCode) => {
      live('', false);
      if (output !== 'text') out(JSON.stringify({ event: 'interrupted', signal, exitCode }));
    },
    failure: (error, exitCode) => {
      live(formatFailure(error, paint), false);
      if (output !== 'text') out(JSON.stringify(failureValue(error, exitCode)));
    },
  };
}

/** Writes lines to stderr; a transient one is overwritten on a terminal, and told once a minute elsewhere. */
function createLines(monotonic: () => number): (text: string, transient: boolean) => void {
  const terminal = process.stderr.isTTY;
  let overwrite = false;
  let toldAt = monotonic();
  return (text, transient) => {
    if (transient && !terminal && monotonic() - toldAt < REPEAT_MS) return;
    toldAt = monotonic();
    const clear = overwrite ? '\r\u001b[2K' : '';
    overwrite = transient && terminal;
    if (text !== '' || clear !== '')
      process.stderr.write(clear + harmless(text) + (overwrite || text === '' ? '' : '\n'));
  };
}
