/** Times whole commands that make the same tables: Landfall, two classic scripts, and DuckDB. Or measures the driver alone. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { count } from '../src/counted.ts';
import { LandfallError } from '../src/faults.ts';
import { landfallHome } from '../src/local/landfall-home.ts';
import { ensureSpark } from '../src/local/setup-spark.ts';
import { messageOf } from '../src/message-of.ts';
import { PLAIN, spoken } from '../src/shell-words.ts';
import { systemClock } from '../src/system-clock.ts';
import { conditionsOf } from './bench/conditions.ts';
import { contest } from './bench/contest.ts';
import { contestants, REFERENCES } from './bench/contestants.ts';
import { benchDriver } from './bench/driver/bench.ts';
import { increments } from './bench/increments.ts';
import { incrementsPage } from './bench/increments-page.ts';
import { FULL, QUICK as QUICK_SIZES } from './bench/driver/sizes.ts';
import type { Sizes } from './bench/driver/sizes.ts';
import { markdownPage, svgChart } from './bench/report.ts';
import { present } from '../src/present.ts';
import { DATA_SETS, isDataSet } from './sparkify/data-sets.ts';
import type { DataSetName } from './sparkify/data-sets.ts';
import { wholeNumber } from './whole-number.ts';

const IDS = contestants({ submit: '', driverMemory: '', env: {} }).map(({ id }) => id);
const QUICK = { data: 'sample,small', only: 'landfall,tuned,duckdb' };
const USAGE = `npm run bench -- [--quick] [--data sample,s1] [--only ${IDS.join(',')}] [--rounds 3] [--seed 1] [--out bench]

  --data    data sets, of which generate-data --help tells more: ${Object.keys(DATA_SETS).join(', ')}
  --only    contestants; default all, with --quick ${QUICK.only}
  --rounds  timed runs of each contestant, default 3. They take turns, after one run each whose tables must agree
  --quick   ${QUICK.data}, with one run of each contestant, which is both compared and timed
  --out     folder of bench.md, bench.json, bench.svg and the data

npm run bench -- --increments [--data y] [--seed 1] [--out bench]

  How Landfall brings one lake up to date: a full load, one more day, nothing new, another query of one table
  --out     folder of increments.md, increments.json, the data and the tables

npm run bench -- --driver [--quick] [--objects N] [--files N] [--publications N] [--out bench]

  What the driver takes for a run without its steps: seconds, memory, and requests to an S3 endpoint in memory
  --objects       input objects, default ${count(FULL.objects)}, with --quick a tenth of it, as of the others
  --files         data files of all tables, default ${count(FULL.files)}
  --publications  entries of the publication log, default ${count(FULL.publications)}
  --out           folder of driver.md and driver.json`;

const options = {
  driver: { type: 'boolean', default: false },
  increments: { type: 'boolean', default: false },
  objects: { type: 'string' },
  files: { type: 'string' },
  publications: { type: 'string' },
  quick: { type: 'boolean', default: false },
  data: { type: 'string' },
  only: { type: 'string' },
  rounds: { type: 'string' },
  seed: { type: 'string', default: '1' },
  out: { type: 'string', default: 'bench' },
  help: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

function fail(message: string): never {
  console.error(`${message}\n\n${USAGE}`);
  process.exit(2);
}

function parsed(): Values {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return fail(messageOf(error));
  }
}

const COMMAND = ['npm run bench', ...(process.argv.length > 2 ? ['--'] : []), ...process.argv.slice(2)].join(
  ' ',
);

/** The sizes that no driver bench is possible without: several objects, all tables, and two publications of full size. */
function driverSizes(values: Values): Sizes {
  const sizes = values.quick ? QUICK_SIZES : FULL;
  const number = (flag: keyof Sizes, least: number) =>
    wholeNumber(flag, values[flag] ?? String(sizes[flag]), USAGE, { least });
  return {
    objects: number('objects', 10),
    files: number('files', 10),
    publications: number('publications', 3),
  };
}

/** The data sets of these names, separated by commas. */
function dataSets(names: string): DataSetName[] {
  return names.split(',').map((name) => (isDataSet(name) ? name : fail(`--data ${name}: no such data set`)));
}

const progress = (message: string): void => {
  console.error(message);
};

const sparkOfBench = () =>
  ensureSpark({
    release: 'emr-7.13.0',
    home: landfallHome(process.env),
    env: process.env,
    clock: systemClock,
    progress: ({ message }) => progress(message),
  });

async function benchIncrements(values: Values): Promise<void> {
  const seed = wholeNumber('seed', values.seed, USAGE, { least: 1 });
  const [data, ...others] = dataSets(values.data ?? 'y');
  if (data === undefined || others.length > 0) fail('--increments takes one data set');
  const folder = resolve(values.out);
  mkdirSync(folder, { recursive: true });
  const spark = await sparkOfBench();
  const landfall = present(contestants({ submit: spark.submit, driverMemory: '', env: {} })[0], 'Landfall');
  const conditions = { ...conditionsOf(spark), command: COMMAND };
  const results = await increments({ data, landfall, seed, folder, progress });
  const page = incrementsPage(conditions, data, results);
  const json = JSON.stringify({ ...conditions, data, results }, undefined, 2);
  writeFileSync(join(folder, 'increments.json'), `${json}\n`);
  writeFileSync(join(folder, 'increments.md'), page);
  console.log(page);
}

async function bench(values: Values): Promise<void> {
  const data = dataSets(values.data ?? (values.quick ? QUICK.data : 'sample,s1'));
  const only = values.only?.split(',') ?? (values.quick ? QUICK.only.split(',') : IDS);
  const nobody = only.find((id) => !IDS.includes(id));
  if (nobody !== undefined) fail(`--only ${nobody}: no such contestant`);
  if (values.quick && values.rounds !== undefined) fail('--quick has no rounds: leave --rounds out');
  const rounds = values.quick ? 0 : wholeNumber('rounds', values.rounds ?? '3', USAGE, { least: 1 });
  const seed = wholeNumber('seed', values.seed, USAGE, { least: 1 });
  const folder = resolve(values.out);
  mkdirSync(folder, { recursive: true });
  const spark = await sparkOfBench();
  const driverMemory = spark.conf['spark.driver.memory'] ?? '1g';
  const all = contestants({ submit: spark.submit, driverMemory, env: spark.env });
  const conditions = {
    ...conditionsOf(spark),
    command: COMMAND,
    isQuick: values.quick,
  };
  const results = await contest({
    data,
    contestants: all.filter(({ id }) => only.includes(id)),
    rounds,
    seed,
    folder,
    settle: () => spawnSync('sync'),
    progress,
  });
  const whole = { conditions, results, references: REFERENCES };
  const page = markdownPage(whole, new Map(all.map(({ name, doc }) => [name, doc])));
  writeFileSync(join(folder, 'bench.json'), `${JSON.stringify({ ...conditions, results }, undefined, 2)}\n`);
  writeFileSync(join(folder, 'bench.svg'), svgChart(whole));
  writeFileSync(join(folder, 'bench.md'), page);
  console.log(page);
}

const values = parsed();
try {
  if (values.help) console.log(USAGE);
  else if (values.driver)
    console.log(benchDriver(driverSizes(values), { folder: resolve(values.out), command: COMMAND }));
  else if (values.increments) await benchIncrements(values);
  else await bench(values);
} catch (error) {
  const { why = [], next = '' } = error instanceof LandfallError ? error : {};
  const message = messageOf(error);
  console.error([message, ...why, spoken(next, PLAIN)].filter((line) => line !== '').join('\n'));
  process.exitCode = error instanceof LandfallError && error.fault === 'input' ? 2 : 1;
}
