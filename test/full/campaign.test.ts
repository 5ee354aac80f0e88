import { expect, it } from '@jest/globals';
import { campaign } from '../run/campaign/campaign.ts';

const RUNS = 200;
const seed = Number(process.env['CAMPAIGN_SEED'] ?? 1);

it(
  `breaks nothing under ${String(RUNS)} random schedules, seeds ${String(seed)} and on`,
  async () => {
    expect(await campaign(RUNS, seed)).toBeUndefined();
  },
  20 * 60_000,
);
