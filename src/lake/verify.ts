/** The verdict on what landed: findings against contracts, reports and books, and the files that would be published. */
import type { TableContract } from '../pipeline/contract.ts';
import type { ReportedFile, StepReport, ViewBooks } from '../pipeline/report.ts';
import { viewsOfRun } from '../pipeline/run-books.ts';
import type { PlannedStep, RunPlan } from '../run/plan.ts';
import type { Finding, KeptTable, LandedTable, Verification } from '../run/verification.ts';
import { booksFindings, quarantineFindings } from './books.ts';
import { emptinessFindings } from './emptiness.ts';
import { fileFindings, writtenFindings } from './file-findings.ts';
import type { InspectedTable } from './inspect.ts';
import { landedTable } from './landed.ts';
import { QUARANTINE, keys } from './layout.ts';
import { matchedFindings } from './matched.ts';
import { namedFinding } from './named-finding.ts';
import { takenOverFindings } from './taken-over.ts';

/** What one step left: its report, and the objects in the lake by table; the quarantine only if it rejected lines. */
export interface StepOutput {
  /** Folder of the execution. */
  execution: string;
  report: StepReport;
  /** The report of the execution that the plan lets it build on; undefined if there is none, or if it may be gone by now. */
  base: StepReport | 'gone' | undefined;
  tables: ReadonlyMap<string, InspectedTable>;
  quarantine: InspectedTable | undefined;
  /** By source. */
  sourceTables: ReadonlyMap<string, InspectedTable>;
}

/** Verifies a run. `outputs` holds what each step left, by step name. */
export function verification(plan: RunPlan, outputs: ReadonlyMap<string, StepOutput>): Verification {
  const findings: Finding[] = [];
  const tables: LandedTable[] = [];
  const kept: KeptTable[] = [];
  const views = viewsOfRun([...outputs.values()].map(({ report }) => report));
  const books = new Map([...outputs].map(([step, { report }]) => [step, report.sources]));
  const empty = new Map<string, TableContract[]>();
  for (const step of plan.steps) {
    const output = outputs.get(step.name);
    if (output === undefined) {
      findings.push({
        severity: 'error',
        subject: step.name,
        message: 'no execution of this step was accepted',
      });
      continue;
    }
    findings.push(
      ...sourceFindings(plan, step, output),
      ...sourceTableFindings(output),
      ...takenOverFindings(plan, step, output),
      ...strangeRejections(output),
      ...namedFinding(step.name, 'it reports a table that it does not write', unknownTables(step, output)),
    );
    kept.push(...[...output.sourceTables].map(([source, { files }]) => keptTable(source, files)));
    for (const contract of step.tables) {
      const inspected = output.tables.get(contract.name) ?? NOTHING;
      findings.push(...tableFindings(contract, inspected, output, views));
      if (isWronglyEmpty(contract, inspected))
        empty.set(step.name, [...(empty.get(step.name) ?? []), contract]);
      if (contract.internal) kept.push(keptTable(contract.name, inspected.files));
      else tables.push(landedTable(plan, contract, inspected));
    }
  }
  const wrong = findings.filter(({ severity }) => severity === 'error').map(({ subject }) => subject);
  findings.push(...emptinessFindings(plan.steps, empty, books, new Set(wrong)));
  return { tables, kept, findings };
}

const NOTHING: InspectedTable = { folder: '', files: [], broken: [], strays: [] };

const keptTable = (table: string, files: InspectedTable['files']): KeptTable => ({
  table,
  files: files.map(({ key, size }) => ({ key, size })),
});

function unknownTables({ tables }: PlannedStep, { report }: StepOutput): string[] {
  return Object.keys(report.tables).filter((reported) => !tables.some(({ name }) => name === reported));
}

/** True for a table without rows whose contract requires some. */
function isWronglyEmpty({ mayBeEmpty }: TableContract, { files }: InspectedTable): boolean {
  return !mayBeEmpty && files.length > 0 && files.every(({ rows }) => rows === 0);
}

function sourceFindings(plan: RunPlan, step: PlannedStep, { report, quarantine }: StepOutput): Finding[] {
  const names = new Set([...step.sources.map(({ name }) => name), ...Object.keys(report.sources)]);
  return [...names].flatMap((name): Finding[] => {
    const books = report.sources[name];
    const views = step.sources.find((source) => source.name === name)?.views;
    const objects = plan.sources.find((source) => source.name === name)?.objects;
    const error = (message: string): Finding[] => [{ severity: 'error', subject: name, message }];
    if (views === undefined || objects === undefined)
      return error(`step ${step.name} reports books of this source, which it does not read by the plan`);
    if (books === undefined) return error(`step ${step.name} reports no books of this source`);
    return [
      ...booksFindings(name, books, { objects, views, maxQuarantined: plan.maxQuarantined }),
      ...quarantineFindings(name, books, report.quarantine[name] ?? [], quarantine),
    ];
  });
}

/** Source tables that are not as their step wrote them: a later run would take their rows for input lines. */
function sourceTableFindings({ execution, report, sourceTables }: StepOutput): Finding[] {
  return Object.entries(report.sourceTables).flatMap(([source, { rows, files }]) => {
    const inspected = sourceTables.get(source) ?? NOTHING;
    const found = writtenFindings(source, inspected, sizesOf(execution, source, files));
    const there = inspected.files.reduce((sum, file) => sum + file.rows, 0);
    if (there === rows) return found;
    const message = `its source table has ${String(there)} rows, but the step kept ${String(rows)} lines`;
    return [...found, { severity: 'error', subject: source, message }];
  });
}

/** Objects in a step's quarantine that it did not write: readers would take their rows for rejected lines. */
function strangeRejections({ report, quarantine }: StepOutput): Finding[] {
  const { files, broken, strays } = quarantine ?? { files: [], broken: [], strays: [] };
  const written = new Set(Object.values(report.quarantine).flatMap((all) => all.map(({ name }) => name)));
  const others = [...files, ...broken].map(({ name }) => name).filter((name) => !written.has(name));
  return namedFinding(QUARANTINE, 'its step did not write one of the files', [...others, ...strays]);
}

/** By key, the size that the report gives. */
function sizesOf(execution: string, table: string, files: readonly ReportedFile[]): Map<string, number> {
  return new Map(files.map((file) => [keys.reported(execution, table, file), file.size]));
}

/** Findings against one table: its files, its counts, and the checks that its step made. */
function tableFindings(
  contract: TableContract,
  inspected: InspectedTable,
  { execution, report: { tables } }: StepOutput,
  views: Readonly<Record<string, ViewBooks>>,
): Finding[] {
  const subject = contract.name;
  const report = tables[subject];
  const found = fileFindings(contract, inspected);
  const error = (message: string) => found.push({ severity: 'error', subject, message });
  const rows = inspected.files.reduce((sum, file) => sum + file.rows, 0);
  if (inspected.files.length === 0) error('it has no data file, so not even a schema');
  if (report === undefined) {
    error('its step reports nothing about it');
    return found;
  }
  found.push(...writtenFindings(subject, inspected, sizesOf(execution, subject, report.files)));
  if (report.rows !== rows || report.readBack !== rows) {
    error(
      `its row counts differ: ${String(report.rows)} written by the step, ${String(rows)} in the Parquet footers, ${String(report.readBack)} read back`,
    );
  }
  for (const { check, severity, detail, count, sample } of report.violations) {
    if (check === 'not_empty' && rows === 0) continue;
    found.push({ severity, subject, message: `${check}: ${detail}`, count, sample });
  }
  found.push(...matchedFindings(contract, report, views));
  return found;
}
