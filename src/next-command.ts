/** The command that a message advises, as it can be typed anywhere: it names its lake. */
import { shellWord } from './shell-word.ts';

/** `lake`: its URI. `words`: verb, run and flags, as they are; those that a shell would take apart are quoted. */
export function commandAt(lake: string, ...words: readonly string[]): string {
  const where = lake.startsWith('file://') ? lake.slice('file://'.length) : lake;
  return ['landfall', ...words, '--lake', where].map(shellWord).join(' ');
}
