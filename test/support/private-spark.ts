/** The Spark that `--cluster local` uses; test/run.ts sets that of most tests up before any test runs. */
import { join } from 'node:path';
import { landfallHome } from '../../src/local/landfall-home.ts';
import { readReady } from '../../src/local/ready.ts';
import { ensureSpark } from '../../src/local/setup-spark.ts';
import type { Spark, SparkRequest } from '../../src/local/setup-spark.ts';
import { systemClock } from '../../src/system-clock.ts';

/** The Spark of a release, set up if it does not exist; progress is reported on stderr. */
export function setUpSpark(
  release: string,
  wanted: Pick<SparkRequest, 's3' | 'smallData'> = {},
): Promise<Spark> {
  return ensureSpark({
    release,
    home: landfallHome(process.env),
    env: process.env,
    clock: systemClock,
    progress: ({ message }) => console.error(message),
    ...wanted,
  });
}

/** The SPARK_HOME of Spark 3.5.6. */
export const privateSparkHome = (): string => privateSpark().sparkHome;

/** The interpreter that runs Spark 3.5.6, which imports pyspark. */
export const privateSparkPython = (): string => privateSpark().python;

function privateSpark() {
  const ready = readReady(join(landfallHome(process.env), 'spark-3.5.6'), '3.5.6', []);
  if (ready === undefined) throw new Error('no private Spark: run npm test once');
  return ready;
}
