/** Random numbers that depend on a seed and on nothing else. */

/** A stream of numbers in [0, 1) that is the same on every machine (mulberry32). */
export type Dice = () => number;

export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number in [from, below). */
export function between(dice: Dice, from: number, below: number): number {
  return from + Math.floor(dice() * (below - from));
}

/** One element of a list that is not empty. */
export function pick<T>(dice: Dice, list: readonly T[]): T {
  return list[Math.floor(dice() * list.length)] as T;
}

/** One element of a list, more often one with a larger weight. At least one weight is more than 0. */
export function pickWeighted<T extends { weight: number }>(dice: Dice, list: readonly T[]): T {
  const total = list.reduce((sum, { weight }) => sum + weight, 0);
  let left = dice() * total;
  const chosen = list.find(({ weight }) => (left -= weight) < 0);
  return (
    chosen ??
    pick(
      dice,
      list.filter(({ weight }) => weight > 0),
    )
  );
}
