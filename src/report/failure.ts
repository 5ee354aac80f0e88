/** A failure, said once: what failed, why, where things stand, the next command. Pure. */
import type { LandfallError } from '../faults.ts';

/** Lines for people. No stack: `cli.ts` adds it for our own bugs only. */
export function formatFailure({ message, why, stand, next }: LandfallError, paint: Paint): string {
  const detail = (text: string) => `  ${text.replaceAll('\n', '\n  ')}`;
  return [
    `${paint('red', 'error')}  ${message}`,
    ...why.map(detail),
    ...stand.map(detail),
    ...(next === undefined ? [] : [`  next: ${next}`]),
  ].join('\n');
}

/** The same as a value, for `--output json` and `ndjson`. */
export function failureValue(error: LandfallError, exitCode: number): Record<string, unknown> {
  const { fault, message, why, stand, next } = error;
  return { event: 'failed', exitCode, fault, message, why, stand, ...(next === undefined ? {} : { next }) };
}

export type Colour = 'red' | 'yellow' | 'green' | 'dim';
export type Paint = (colour: Colour, text: string) => string;

const CODES: Record<Colour, string> = { red: '31', yellow: '33', green: '32', dim: '2' };

/** Paints with ANSI colours, or leaves text as it is. */
export function painter(colours: boolean): Paint {
  return (colour, text) => (colours ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text);
}
