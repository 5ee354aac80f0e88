/** Writes song_data and log_data of any size, invented but with known answers. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { LandfallError } from '../src/faults.ts';
import { messageOf } from '../src/message-of.ts';
import { PLAIN, spoken } from '../src/shell-words.ts';
import type { SparkifyOptions } from './sparkify/data.ts';
import { DATA_SETS, isDataSet } from './sparkify/data-sets.ts';
import { writeSparkify } from './sparkify/write.ts';
import { wholeNumber } from './whole-number.ts';

const LISTED = Object.entries(DATA_SETS).map(([name, { doc }]) => `    ${name.padEnd(7)} ${doc}`);
const USAGE = `npm run generate-data -- [--out sample] [--seed 1] [--songs 80] [--days 7] [--events-per-day 250] [--clean]
npm run generate-data -- --data-set NAME [--out sample] [--seed 1]

  The same options give the same bytes. What a run must find in them is printed as JSON.
  Clean data have no duplicates, no bad lines, no blanks and no records that disagree. The data sets of the bench are clean:
${LISTED.join('\n')}`;

const options = {
  out: { type: 'string', default: 'sample' },
  seed: { type: 'string', default: '1' },
  'data-set': { type: 'string' },
  songs: { type: 'string' },
  days: { type: 'string' },
  'events-per-day': { type: 'string' },
  clean: { type: 'boolean' },
  help: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

try {
  const { values } = parseArgs({ options });
  if (values.help) console.log(USAGE);
  else write(values);
} catch (error) {
  const next = error instanceof LandfallError ? spoken(error.next ?? '', PLAIN) : USAGE;
  console.error(`${messageOf(error)}\n${next}`);
  process.exitCode = 2;
}

function write(values: Values): void {
  const folder = resolve(values.out);
  const seed = wholeNumber('seed', values.seed, USAGE);
  const began = performance.now();
  const { written, files, bytes, expected } = writeSparkify(folder, { ...sizeOf(values), seed });
  const seconds = (performance.now() - began) / 1000;
  const [megabytes, rate] = [bytes / 1e6, bytes / 1e6 / seconds].map((number) => number.toFixed(0));
  console.error(
    written
      ? `${files} files, ${megabytes} MB in ${folder} (${seconds.toFixed(1)} s, ${rate} MB/s)`
      : `${folder} holds these data already`,
  );
  console.log(JSON.stringify(expected, undefined, 2));
}

function sizeOf(values: Values): SparkifyOptions {
  const { 'data-set': name, songs, days, 'events-per-day': eventsPerDay, clean } = values;
  if (name === undefined)
    return {
      songs: wholeNumber('songs', songs ?? '80', USAGE),
      days: wholeNumber('days', days ?? '7', USAGE),
      eventsPerDay: wholeNumber('events-per-day', eventsPerDay ?? '250', USAGE),
      clean: clean ?? false,
    };
  if (!isDataSet(name))
    throw new LandfallError('input', `--data-set ${name}: no such data set`, { next: USAGE });
  if ([songs, days, eventsPerDay, clean].some((value) => value !== undefined))
    throw new LandfallError('input', '--data-set says how large the data are', {
      next: 'omit --songs, --days, --events-per-day and --clean, or omit --data-set',
    });
  return DATA_SETS[name].options;
}
