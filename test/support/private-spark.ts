/** The Spark that `--cluster local` uses; test/run.ts sets it up before any test runs. */
import { join } from 'node:path';
import { landfallHome } from '../../src/local/home.ts';
import { readReady } from '../../src/local/ready.ts';

/** Its SPARK_HOME. */
export function privateSparkHome(): string {
  const ready = readReady(join(landfallHome(process.env), 'spark-3.5.6'), '3.5.6', []);
  if (ready === undefined) throw new Error('no private Spark: run npm test once');
  return ready.sparkHome;
}
