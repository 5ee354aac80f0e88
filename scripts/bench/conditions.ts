/** Looks at the machine on which the bench runs. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { version as duckdbVersion } from '@duckdb/node-api';
import type { Spark } from '../../src/local/setup-spark.ts';
import type { Conditions } from './results.ts';

/** Processors of a contestant, where the system can limit them. */
const CORES = 2;

export function conditionsOf({ version, env }: Spark): Omit<Conditions, 'command' | 'isQuick'> {
  const here = availableParallelism();
  return {
    date: new Date().toISOString().slice(0, 10),
    cores: process.platform === 'linux' ? Math.min(CORES, here) : here,
    machine: machineOf(
      `Spark ${version}`,
      `Java ${javaVersion(env['JAVA_HOME'] ?? '')}`,
      `DuckDB ${duckdbVersion().replace(/^v/, '')}`,
    ),
    load: loadavg()[0] ?? 0,
  };
}

/** Processor, memory and versions, in words; `versions` are those of other programs than Node. */
export function machineOf(...versions: string[]): string[] {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return [
    `${availableParallelism()} cores, ${cpu?.model.trim() ?? 'unknown processor'}, ${memory} GiB`,
    `${process.platform} ${process.arch}`,
    [`Node ${process.versions.node}`, ...versions].join(', '),
  ];
}

function javaVersion(home: string): string {
  try {
    return /^JAVA_VERSION="([^"]+)"/m.exec(readFileSync(join(home, 'release'), 'utf8'))?.[1] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
