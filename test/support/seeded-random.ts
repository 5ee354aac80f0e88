/** Random numbers determined by a seed. */
import { diceOf } from '../../src/dice.ts';
import type { Random } from '../../src/run/ports.ts';

export function seededRandom(seed: number): Random {
  const fraction = diceOf(seed);
  const byte = () => Math.floor(fraction() * 256);
  return {
    fraction,
    hex: (bytes) => Array.from({ length: bytes }, () => byte().toString(16).padStart(2, '0')).join(''),
  };
}
