/** Lets the contestants make the same tables from the same data, in turns. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DATA_SETS } from '../sparkify/data-sets.ts';
import type { DataSetName } from '../sparkify/data-sets.ts';
import { writeSparkify } from '../sparkify/write.ts';
import type { Contestant } from './contestants.ts';
import { disagreement, readTables } from './fingerprints.ts';
import type { Tables } from './fingerprints.ts';
import type { Result, Taken } from './results.ts';
import { take } from './take.ts';

export interface ContestOptions {
  data: readonly DataSetName[];
  contestants: readonly Contestant[];
  /** Timed runs of each; 0: the runs whose tables are compared are the timed ones. */
  rounds: number;
  seed: number;
  /** Data, tables and working folders go below it. */
  folder: string;
  /** Called before each run, so that it does not pay for what the run before it has written. */
  settle: () => void;
  progress: (message: string) => void;
}

/** Throws when two contestants made different tables. */
export async function contest(options: ContestOptions): Promise<Result[]> {
  const results: Result[] = [];
  for (const data of options.data) results.push(...(await contestOver(data, options)));
  return results;
}

async function contestOver(data: DataSetName, options: ContestOptions): Promise<Result[]> {
  const { contestants, rounds, seed, folder, settle, progress } = options;
  const input = join(folder, 'data', `${data}-${seed}`);
  progress(`${data}: data in ${input}`);
  writeSparkify(input, { ...DATA_SETS[data].options, seed }, 'replace');
  const output = join(folder, 'tables');
  const run = (one: Contestant, round: string): Taken => {
    rmSync(output, { recursive: true, force: true });
    settle();
    const env = { ...process.env, ...one.env };
    const taken = take(one.command(input, output), { cwd: join(folder, 'work'), env });
    progress(`${data}, ${round}: ${one.name} ${taken.wall.toFixed(1)} s`);
    return taken;
  };
  const first = new Map<string, Tables & { taken: Taken }>();
  for (const one of contestants) {
    const taken = run(one, 'tables to compare');
    first.set(one.name, { taken, ...(await readTables(output)) });
  }
  const why = disagreement(new Map([...first].map(([name, { fingerprints }]) => [name, fingerprints])));
  if (why !== undefined) throw new Error(`on ${data} the contestants disagree: ${why}`);
  const runs = new Map<string, Taken[]>(
    [...first].map(([name, { taken }]) => [name, rounds === 0 ? [taken] : []]),
  );
  for (let round = 1; round <= rounds; round += 1)
    for (const one of contestants) runs.get(one.name)?.push(run(one, `round ${round}`));
  rmSync(output, { recursive: true, force: true });
  return [...first].map(([contestant, { files }]) => ({
    data,
    contestant,
    files,
    runs: runs.get(contestant) ?? [],
  }));
}
