import { expect, it } from '@jest/globals';
import { campaign } from '../run/campaign/campaign.ts';

const RUNS = 200;
const seed = Number(process.env['CAMPAIGN_SEED'] ?? 1);

it(
  `keeps all promises under ${String(RUNS)} random schedules, from seed ${String(seed)} on`,
  async () => {
    expect(await campaign(RUNS, seed)).toBeUndefined();
  },
  20 * 60_000,
);
