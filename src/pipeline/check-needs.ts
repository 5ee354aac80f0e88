/** Mistakes in what a `matched` check needs: each is a field of a view. */
import type { Diagnostic } from '../faults.ts';
import type { SourceContract } from './contract.ts';
import { lacking } from './consequences.ts';
import { mistake } from './template-file.ts';
import { didYouMean } from './yaml.ts';
import type { ValuePath } from './yaml.ts';

/** `at`: the place of a value below `needs`. */
export function checkNeeds(
  needs: Readonly<Record<string, readonly string[]>>,
  sources: readonly SourceContract[],
  at: (path: ValuePath) => string,
): Diagnostic[] {
  const names = sources.flatMap(({ views }) => views.map(({ name }) => name));
  return Object.entries(needs).flatMap(([name, fields]) => {
    const source = sources.find(({ views }) => views.some((view) => view.name === name));
    if (source === undefined)
      return [lacking([name], mistake(at([name]), `unknown view ${name}`, didYouMean(name, names)))];
    const known = source.fields.map((field) => field.name);
    return fields.flatMap((field, index) =>
      known.includes(field)
        ? []
        : [
            lacking(
              [name, `${name}.${field}`],
              mistake(at([name, index]), `${name} has no field ${field}`, didYouMean(field, known)),
            ),
          ],
    );
  });
}
