/** A number that a script is given as a flag. */
import { LandfallError } from '../src/faults.ts';

/** The value of a flag as a whole number; `next` of the error tells how the script is used. Throws `input`. */
export function wholeNumber(
  flag: string,
  text: string,
  usage: string,
  { least = 0, most = 9_999_999 }: { least?: number; most?: number } = {},
): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  const message = `--${flag} ${text}: not a whole number from ${least} to ${most}`;
  throw new LandfallError('input', message, { next: usage });
}
