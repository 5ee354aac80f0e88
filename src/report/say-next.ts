/** The line that names the next command. */
import { spoken } from '../shell-words.ts';
import type { Advice, AdvisedCommand, Invocation } from '../shell-words.ts';
import type { Printer } from './printer.ts';

export function sayNext(
  { printer, invocation }: { printer: Pick<Printer, 'say'>; invocation: Invocation },
  next: Advice | AdvisedCommand,
): void {
  printer.say(`  next: ${spoken(next, invocation)}`);
}
