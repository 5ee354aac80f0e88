/** The examples at the end of a verb's help: each command on a line of its own, however long, so that it can be pasted. Pure. */
import type { Verb } from './verb.ts';

/** `start`: what a command begins with. */
export function examplesOf({ examples, takesSources }: Verb, start: string): string {
  const lines = examples.flatMap(([command, what]) => [
    ...(what === '' ? [] : [`  # ${what}`]),
    `  ${command.replace('$0', start)}`,
  ]);
  const sources =
    takesSources === true
      ? ['', 'Each source and each parameter of the pipeline has a flag of its name.']
      : [];
  return ['Examples:', ...lines, ...sources].join('\n');
}
