/** A lake that was verified, as text. Pure. */
import type { ChecksMade } from '../pipeline/checks-made.ts';
import type { Finding } from '../run/verification.ts';
import { checksLine } from './checks-line.ts';
import { count } from '../counted.ts';
import { bytes, columns } from './quantities.ts';

export interface Verified {
  run: string;
  /** The publication that was checked; absent when a run was. */
  publication?: number;
  tables: readonly { table: string; rows: number; files: number; bytes: number }[];
  /** As the steps of the run made them. */
  checks: ChecksMade;
  /** Warnings: errors are a failure. */
  findings: readonly Finding[];
}

export function formatVerified({ run, publication, tables, checks, findings }: Verified): string {
  const rows = tables.map((one) => [one.table, count(one.rows), count(one.files), bytes(one.bytes)]);
  const what = publication === undefined ? `run ${run}` : `publication ${String(publication)} (run ${run})`;
  return [
    ...columns([['table', 'rows', 'files', 'bytes'], ...rows], [false, true, true, true]),
    ...checksLine(checks),
    ...findings.map(({ severity, subject, message }) => `${severity}  ${subject}: ${message}`),
    `${what} is unchanged since it was verified${publication === undefined ? '' : ', at its plain paths too'}`,
  ].join('\n');
}
