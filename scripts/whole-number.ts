/** A number that a script is given as a flag. */
import { LandfallError } from '../src/faults.ts';

/** The value of a flag as a whole number; `next` of the error tells how the script is used. Throws `input`. */
export function wholeNumber(flag: string, text: string, usage: string, least = 0): number {
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
  const kind = least === 0 ? 'a whole number' : `a whole number of at least ${least}`;
  throw new LandfallError('input', `--${flag} ${text}: not ${kind}`, { next: usage });
}
