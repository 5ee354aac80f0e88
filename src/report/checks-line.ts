/** How many checks passed, as a line of text. Pure. */
import type { ChecksMade } from '../pipeline/checks-made.ts';
import { count, counted } from '../counted.ts';

/** `12 checks passed`, or `11 of 12 checks passed`; no line where none was made. */
export function checksLine({ passed, broken }: ChecksMade): string[] {
  const made = passed + broken;
  if (made === 0) return [];
  const of = broken === 0 ? '' : `${count(passed)} of `;
  return [`${of}${counted(made, 'check')} passed`];
}
