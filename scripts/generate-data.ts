/** Writes song_data and log_data of any size, invented but with known answers. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { LandfallError } from '../src/faults.ts';
import { PLAIN, spoken } from '../src/shell-words.ts';
import { writeSparkify } from './sparkify/write.ts';

const USAGE = `npm run generate-data -- [--out sample] [--seed 1] [--songs 80] [--days 7] [--events-per-day 250]

  The same options give the same bytes. What a run must find in them is printed as JSON.`;

const options = {
  out: { type: 'string', default: 'sample' },
  seed: { type: 'string', default: '1' },
  songs: { type: 'string', default: '80' },
  days: { type: 'string', default: '7' },
  'events-per-day': { type: 'string', default: '250' },
  help: { type: 'boolean', default: false },
} as const;

try {
  const { values } = parseArgs({ options });
  if (values.help) console.log(USAGE);
  else write(values);
} catch (error) {
  const next = error instanceof LandfallError ? spoken(error.next ?? '', PLAIN) : USAGE;
  console.error(`${error instanceof Error ? error.message : String(error)}\n${next}`);
  process.exitCode = 2;
}

function write(values: Record<'out' | 'seed' | 'songs' | 'days' | 'events-per-day', string>): void {
  const folder = resolve(values.out);
  const { data, written } = writeSparkify(folder, {
    seed: wholeNumber('seed', values.seed),
    songs: wholeNumber('songs', values.songs),
    days: wholeNumber('days', values.days),
    eventsPerDay: wholeNumber('events-per-day', values['events-per-day']),
  });
  console.error(written ? `${data.files.length} files in ${folder}` : `${folder} holds these data already`);
  console.log(JSON.stringify(data.expected, undefined, 2));
}

function wholeNumber(flag: string, text: string): number {
  if (!/^\d{1,7}$/.test(text))
    throw new LandfallError('input', `--${flag} ${text}: not a whole number`, { next: USAGE });
  return Number(text);
}
