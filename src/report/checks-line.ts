/** How many checks passed, as a line of text. Pure. */
import type { ChecksMade } from '../pipeline/checks-made.ts';
import { count } from '../counted.ts';

/** `12 checks passed`, or `11 of 12 checks passed`; no line where none was made. */
export function checksLine({ passed, broken }: ChecksMade): string[] {
  const made = passed + broken;
  if (made === 0) return [];
  const what = made === 1 ? 'check' : 'checks';
  return [
    broken === 0 ? `${count(made)} ${what} passed` : `${count(passed)} of ${count(made)} ${what} passed`,
  ];
}
