/** Compares the lake as it is now with what was accepted and published. Every change since is a finding. */
import { checksMade } from '../pipeline/checks-made.ts';
import type { ChecksMade } from '../pipeline/checks-made.ts';
import { readStateOfPublication } from '../run/read-journal.ts';
import { currentAttempt } from '../run/state.ts';
import type { RunState } from '../run/state.ts';
import type { Accepted, Finding, LandedTable, Verification } from '../run/verification.ts';
import type { Store } from '../store/store.ts';
import { readExecution } from './accept.ts';
import { verify } from './lake.ts';
import { keys } from './layout.ts';
import { readPublication } from './publication.ts';
import type { Publication } from './publication.ts';
import { effective } from './go-back.ts';
import { plainPathFindings, publishedFindings } from './verify-publication.ts';

export type Audited = Omit<Verification, 'kept'> & { checks: ChecksMade };

/**
 * Checks the publication's files against the contracts and reports of the run that made them, and the plain paths.
 * `isCopyAlone`: only the plain paths are wrong.
 */
export async function auditPublication(
  store: Store,
  entry: Publication,
): Promise<Audited & { isCopyAlone: boolean }> {
  const state = await readStateOfPublication(store, entry.run, effective(entry));
  const landed = state === undefined ? noJournal(entry) : await auditExecutions(store, state);
  const own = [...landed.findings, ...(await publishedFindings(store, entry))];
  const findings = [...own, ...(await plainPathFindings(store, entry))];
  const isCopyAlone = own.every(({ severity }) => severity === 'warn');
  return { ...landed, tables: entry.tables, findings, isCopyAlone };
}

function noJournal({ run, tables }: Publication): Audited {
  const message =
    'its journal does not record this publication, so its tables were not checked against contracts';
  const findings: Finding[] = [{ severity: 'error', subject: run, message }];
  return { tables, checks: checksMade([]), findings };
}

/**
 * Checks the run's accepted executions, and what it published against its publication. Until the run has published,
 * a step without an accepted execution is not a finding: one may still come.
 */
export async function auditRun(store: Store, state: RunState): Promise<Audited> {
  const { tables, checks, findings } = await auditExecutions(store, state);
  const entry = state.published === undefined ? undefined : await readPublication(store, state.published);
  return {
    tables,
    checks,
    findings: entry === undefined ? findings : [...findings, ...(await publishedFindings(store, entry))],
  };
}

async function auditExecutions(store: Store, state: RunState): Promise<Audited> {
  const { plan } = state;
  const accepted: Accepted[] = [];
  const gone: Finding[] = [];
  for (const { name } of plan.steps) {
    const attempt = currentAttempt(state, name);
    if (attempt?.execution === undefined) continue;
    const { execution, token } = attempt;
    const found = await readExecution(store, execution, token);
    if (found !== undefined) accepted.push({ ...found, step: name });
    else gone.push(goneReport(name, keys.report(execution)));
  }
  const isDue = state.published !== undefined;
  const left = plan.steps.filter(
    ({ name }) =>
      !gone.some(({ subject }) => subject === name) && (isDue || accepted.some(({ step }) => step === name)),
  );
  const { tables, findings } = await verify(store, { ...plan, steps: left }, accepted);
  const checks = checksMade(accepted.map(({ report }) => report));
  return { tables, checks, findings: [...gone, ...findings] };
}

function goneReport(subject: string, key: string): Finding {
  return {
    severity: 'error',
    subject,
    message: 'the report of its accepted execution is gone or broken',
    count: 1,
    sample: [key],
  };
}

/** Rows, files and bytes of each table, for people. */
export function sizes(
  tables: readonly LandedTable[],
): { table: string; rows: number; files: number; bytes: number }[] {
  return tables.map(({ table, rows, bytes, files }) => ({ table, rows, files: files.length, bytes }));
}
