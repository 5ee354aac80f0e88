/** A rollback as text: what becomes current, in place of what. Pure. */
import type { TableSummary } from '../run/entries.ts';
import { place } from '../shell-words.ts';
import { count } from '../counted.ts';
import { bytes, columns } from './quantities.ts';

export interface RollbackSummary {
  /** `unfinished`: the one before had not been copied to the plain paths; that was done, and nothing else. */
  state: 'planned' | 'done' | 'unfinished';
  number: number;
  rollbackTo: number;
  /** The run whose tables they are. */
  run: string;
  publishedAt: string;
  /** `rowsBefore`: of the set that they replace; absent when it has no such table. */
  tables: readonly (TableSummary & { rowsBefore?: number })[];
  /** Tables that are current now and will not be. */
  removed: readonly string[];
  next?: string;
}

export function formatRollback(summary: RollbackSummary): string {
  const { state, number, rollbackTo, run, publishedAt, tables, removed, next } = summary;
  const rows = tables.map((one) => [
    one.table,
    count(one.rows),
    one.rowsBefore === undefined ? 'none' : count(one.rowsBefore),
    count(one.files),
    bytes(one.bytes),
    place(one.path),
  ]);
  const head = ['table', 'rows', 'instead of', 'files', 'bytes', 'path'];
  const said = {
    planned: `number ${String(number)} would make the tables of number ${String(rollbackTo)} current again`,
    done: `published as number ${String(number)}: the tables of number ${String(rollbackTo)} are current again`,
    unfinished: `number ${String(number)}, back to number ${String(rollbackTo)}, had not reached the plain paths; it has now`,
  };
  return [
    ...columns([head, ...rows], [false, true, true, true, true, false]),
    ...removed.map((table) => `${table}  no longer published`),
    `${said[state]} (run ${run}, published ${publishedAt})`,
    ...(next === undefined ? [] : [`next: ${next}`]),
  ].join('\n');
}
