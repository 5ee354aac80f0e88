import { expect, it } from '@jest/globals';
import { play, scheduleOf, shrink } from './campaign.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 60);

it(`lands once under ${String(SEEDS)} random schedules of lost answers and dying drivers`, async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const schedule = scheduleOf(seed);
    const complaints = await play(seed, schedule);
    const shortest = complaints.length === 0 ? undefined : await shrink(seed, schedule);
    expect({ seed, complaints, shortest }).toEqual({ seed, complaints: [], shortest: undefined });
  }
});
