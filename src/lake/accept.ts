/** Which execution of an attempt counts. */
import { LandfallError } from '../faults.ts';
import { stepReport } from '../pipeline/report.ts';
import type { ReportedFile, StepReport } from '../pipeline/report.ts';
import { tokens } from '../run/plan.ts';
import type { Accepted } from '../run/verification.ts';
import type { Store } from '../store/store.ts';
import {
  isExecutionName,
  isName,
  isNameBelow,
  isTableName,
  keys,
  mostBytes,
  parseDataFile,
  parseExecution,
  parseWriter,
} from './layout.ts';

/**
 * The execution under `attemptKey` that left a complete report with this token. Of several, which are equal in content,
 * it is the one that was complete first; of equal times, the first by name. A later execution never changes that, so
 * everyone chooses the same one whenever they look, for example a step that was given the attempt's folder
 * (`find_execution` in spark-templates/engine/upstreams.py). A report that cannot be read whole does not count. Data
 * files are not listed.
 */
export async function acceptExecution(
  store: Store,
  attemptKey: string,
  token: string,
): Promise<Accepted | undefined> {
  let first: Accepted | undefined;
  for await (const name of store.folders(`${attemptKey}/`)) {
    if (!isExecutionName(name)) continue;
    const found = await readExecution(store, keys.execution(attemptKey, name), token);
    if (found !== undefined && (first === undefined || found.report.endedAt < first.report.endedAt))
      first = found;
  }
  return first;
}

/** The execution in that folder; undefined when its report is missing, broken, too large, or another attempt's. */
export async function readExecution(store: Store, key: string, token: string): Promise<Accepted | undefined> {
  const place = parseExecution(key);
  const report = place === undefined ? undefined : await readReport(store, key);
  if (report?.token !== token || report.step !== place?.step) return undefined;
  return { step: report.step, key, report };
}

/** The report of an execution with the token of its own attempt; undefined when `readExecution` finds none. */
export async function reportOf(store: Store, execution: string): Promise<StepReport | undefined> {
  const place = parseExecution(execution);
  if (place === undefined) return undefined;
  const token = tokens.step(place.run, place.step, place.attempt);
  return (await readExecution(store, execution, token))?.report;
}

async function readReport(store: Store, execution: string): Promise<StepReport | undefined> {
  try {
    const body = await store.get(keys.report(execution), mostBytes.report);
    if (body === undefined) return undefined;
    const report = stepReport.safeParse(JSON.parse(new TextDecoder().decode(body))).data;
    return report !== undefined && namesNothingElse(execution, report) ? report : undefined;
  } catch (error) {
    if (error instanceof LandfallError && error.fault !== 'input') throw error;
    return undefined;
  }
}

/**
 * A report may name sources, views, tables, and data files of its tables, which it or another execution wrote, and nothing else.
 */
function namesNothingElse(
  execution: string,
  { sources, quarantine, sourceTables, tables }: StepReport,
): boolean {
  const views = Object.values(sources).flatMap((source) => Object.keys(source.views));
  const kept = [...Object.entries(sourceTables), ...Object.entries(tables)];
  const names = [...Object.keys(sources), ...kept.map(([table]) => table)];
  const rejected = Object.values(quarantine).flat();
  return (
    names.every(isTableName) &&
    views.every(isName) &&
    rejected.every(({ name }) => isNameBelow(name)) &&
    kept.every(([table, { files }]) => areDataFiles(execution, table, files))
  );
}

/** No two files of a table may have one name: they would have one plain path. */
function areDataFiles(execution: string, table: string, files: readonly ReportedFile[]): boolean {
  const folder = keys.table(execution, table);
  const isIts = (file: ReportedFile) => {
    const key = keys.reported(execution, table, file);
    return isNameBelow(file.name) && parseDataFile(key) !== undefined && isInPlace(file, key);
  };
  const isInPlace = ({ in: writer }: ReportedFile, key: string) =>
    writer === undefined || (parseWriter(writer) !== undefined && !key.startsWith(folder));
  return files.every(isIts) && new Set(files.map(({ name }) => name)).size === files.length;
}
