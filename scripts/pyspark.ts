/** Starts PySpark's shell on the private Spark of `--cluster local`; words after `--` go to it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { LandfallError } from '../src/faults.ts';
import { landfallHome } from '../src/local/landfall-home.ts';
import { ensureSpark } from '../src/local/setup-spark.ts';
import { PLAIN, spoken } from '../src/shell-words.ts';
import { systemClock } from '../src/system-clock.ts';

try {
  const { home, env } = await ensureSpark({
    release: 'emr-7.13.0',
    home: landfallHome(process.env),
    env: process.env,
    clock: systemClock,
    progress: ({ message }) => console.error(message),
  });
  const { status } = spawnSync(join(home, 'bin', 'pyspark'), process.argv.slice(2), {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  process.exitCode = status ?? 1;
} catch (error) {
  if (!(error instanceof LandfallError)) throw error;
  console.error([error.message, ...error.why, spoken(error.next ?? '', PLAIN)].join('\n'));
  process.exitCode = 2;
}
