/**
 * Plays random schedules of faults against the driver, on a virtual clock, and checks the outcome against its
 * promises.
 */
import { parseArgs } from 'node:util';
import { counted } from '../src/counted.ts';
import { messageOf } from '../src/message-of.ts';
import { campaign } from '../test/run/campaign/campaign.ts';
import { play } from '../test/run/campaign/player.ts';
import type { Schedule } from '../test/run/campaign/schedule.ts';
import { wholeNumber } from './whole-number.ts';

const USAGE = `npm run campaign -- [--runs 1000] [--seed 1] [--replay SCHEDULE]

  Each run plays the schedule of one seed: --seed, and those after it. --replay plays one schedule, as JSON.`;

const options = {
  runs: { type: 'string', default: '1000' },
  seed: { type: 'string', default: '1' },
  replay: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

try {
  const { values } = parseArgs({ options });
  if (values.help) console.log(USAGE);
  else if (values.replay === undefined) await run(number('runs', values.runs), number('seed', values.seed));
  else tell(await play(JSON.parse(values.replay) as Schedule));
} catch (error) {
  console.error(`${messageOf(error)}\n${USAGE}`);
  process.exitCode = 2;
}

function number(flag: string, text: string): number {
  return wholeNumber(flag, text, USAGE, { most: 999_999_999 });
}

async function run(runs: number, seed: number): Promise<void> {
  console.error(`${String(runs)} schedules, seeds ${String(seed)} to ${String(seed + runs - 1)}`);
  const failure = await campaign(runs, seed, (played) => {
    if (played % 100 === 0) console.error(`${String(played)} played`);
  });
  if (failure === undefined) {
    console.log(`${String(runs)} played, 0 broken`);
    return;
  }
  const shortest = JSON.stringify(failure.shortest);
  console.log(`seed ${String(failure.seed)} breaks:`);
  tell(failure.complaints);
  console.log(`the shortest schedule found, ${counted(failure.shortest.troubles.length, 'fault')}:`);
  console.log(shortest);
  tell(failure.breaks);
  console.log(`npm run campaign -- --runs 1 --seed ${String(failure.seed)}`);
  console.log(`npm run campaign -- --replay '${shortest}'`);
}

function tell(complaints: readonly string[]): void {
  for (const complaint of complaints) console.log(`  ${complaint}`);
  process.exitCode = complaints.length > 0 ? 1 : 0;
}
