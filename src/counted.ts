/** Counts in messages. Pure. */

/** `6,820`. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 object`, `6,820 objects`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}
