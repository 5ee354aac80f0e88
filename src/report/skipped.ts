/** Objects that are not input, as text. Pure. */
import { count } from '../counted.ts';

/** Kinds that are named; the rest is counted. */
const SHOWN = 6;

/** `not input: 3 .csv, 1 .gz, 2 names starting with _ or .`. */
export function skippedText(by: Readonly<Record<string, number>>): string {
  const kinds = Object.entries(by).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const shown = kinds.slice(0, SHOWN).map(([kind, objects]) => `${count(objects)} ${kind}`);
  const rest = kinds.slice(SHOWN).reduce((sum, [, objects]) => sum + objects, 0);
  return `not input: ${shown.join(', ')}${rest === 0 ? '' : ` and ${count(rest)} others`}`;
}
