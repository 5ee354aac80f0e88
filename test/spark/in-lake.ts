/** Executions of steps in a lake, as runs have them: their data files are below `delta/`, and may be another execution's. */
import { linkSync, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { StepReport } from '../../src/pipeline/report.ts';

type File = StepReport['tables'][string]['files'][number];

/** Where the attempt of a run writes. */
export const attemptIn = (lake: string, run: string, step: string) =>
  join(lake, '_landfall/runs', run, 'steps', step, '1');

/** The execution as its files name it: `<run>.<execution>`. `execution` is its folder. */
export function writerOf(execution: string): string {
  return `${basename(join(execution, '../../../..'))}.${basename(execution)}`;
}

/** The keys of data files of a table. */
export const keysOf = (files: readonly File[], table: string, execution: string) =>
  files.map((file) => join('delta', table, file.in ?? writerOf(execution), file.name)).sort();

/** Collects the files that a report names, as if the execution had written all of them. Returns a folder with `tables`. */
export function gather(lake: string, execution: string, report: StepReport, to: string): string {
  const tables = Object.entries(report.tables).map(([name, { files }]) => [name, files] as const);
  const rejected = Object.values(report.quarantine).map((files) => ['quarantine', files] as const);
  const all: (readonly [string, readonly File[]])[] = [...tables, ...rejected];
  for (const [table, files] of all)
    for (const file of files) {
      const path = join(to, 'tables', table, file.name);
      mkdirSync(dirname(path), { recursive: true });
      linkSync(join(lake, 'delta', table, file.in ?? writerOf(execution), file.name), path);
    }
  return to;
}
