/**
 * Damaged lakes at random. HOSTILE_SEED is the first seed, HOSTILE_CASES the number of seeds: a failure prints its seed, and
 * `HOSTILE_SEED=<seed> HOSTILE_CASES=1` tries that case alone.
 */
import { expect, it } from '@jest/globals';
import { hostileCase, tryCase } from './generate.ts';
import { props, scene } from './stage.ts';

const first = Number(process.env['HOSTILE_SEED'] ?? 1);
const count = Number(process.env['HOSTILE_CASES'] ?? 3);

it('a lake damaged at random harms nothing outside it, whatever verb is used', async () => {
  for (let seed = first; seed < first + count; seed += 1) {
    const complaints = await tryCase(scene, props, hostileCase(scene, seed));
    expect({ seed, complaints }).toEqual({ seed, complaints: [] });
  }
}, 600_000);
