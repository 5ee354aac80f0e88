/** A failure, reported once: what failed, why, where things stand, the next command. Pure. */
import type { LandfallError } from '../faults.ts';
import { linesOf, oneLine } from './harmless.ts';
import { spoken } from '../shell-words.ts';
import type { Advice, AdvisedCommand, Invocation } from '../shell-words.ts';

/** Lines for people. No stack: `cli.ts` adds it for our own bugs only. */
export function formatFailure(
  { message, why, stand, next }: LandfallError,
  paint: Paint,
  invocation: Invocation,
): string {
  const detail = (text: string) => `  ${linesOf(text).join('\n    ')}`;
  const [first = message, ...rest] = linesOf(message);
  return [
    `${paint('red', 'error')}  ${first}`,
    ...rest.map((line) => `    ${line}`),
    ...why.map(detail),
    ...stand.map(detail),
    ...(next === undefined ? [] : [`  next: ${oneLine(spoken(next, invocation))}`]),
  ].join('\n');
}

/** The same as a value, for `--output json` and `ndjson`. */
export function failureValue(
  error: LandfallError,
  exitCode: number,
  invocation: Invocation,
): Record<string, unknown> {
  const { run, fault, message, why, stand, next, more } = error;
  return {
    event: 'failed',
    ...(run === undefined ? {} : { run }),
    exitCode,
    fault,
    message,
    why,
    stand,
    ...(next === undefined ? {} : { next: spoken(next, invocation) }),
    ...more,
  };
}

/** A run that was interrupted: where it stands, and the next command. */
export interface InterruptedRun {
  run: string;
  stand: readonly string[];
  next: Advice | AdvisedCommand;
}

/** Lines for people, below those printed while it was cancelled. */
export function formatInterruption({ stand, next }: InterruptedRun, invocation: Invocation): string {
  return [...stand.map((line) => `  ${oneLine(line)}`), `  next: ${oneLine(spoken(next, invocation))}`].join(
    '\n',
  );
}

export type Colour = 'red' | 'yellow' | 'green' | 'dim';
export type Paint = (colour: Colour, text: string) => string;

const CODES: Record<Colour, string> = { red: '31', yellow: '33', green: '32', dim: '2' };

/** Paints with ANSI colours, or leaves text as it is. */
export function painter(colours: boolean): Paint {
  return (colour, text) => (colours ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text);
}
