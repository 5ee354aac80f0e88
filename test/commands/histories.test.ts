/** Whatever happens to a lake, each publication is what a full load would make, and no step runs without need. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { scale } from '../support/scale.ts';
import { playHistory } from './history.ts';
import { steppedLake } from './stepped-lake.ts';
import type { SteppedLake } from './stepped-lake.ts';

let lake: SteppedLake;
beforeAll(async () => {
  lake = await steppedLake();
});
afterAll(() => lake.close());

const SEEDS = Array.from({ length: scale(2, 40) }, (_, at) => at + 1);

it.each(SEEDS)(
  'each publication of history %i equals a full load, and only what is new was made',
  async (seed) => {
    expect(await playHistory(lake, seed, scale(8, 20))).toEqual([]);
  },
  300_000,
);
