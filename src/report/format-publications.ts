/** The publications of a lake, as text. Pure. */
import { count } from '../counted.ts';
import { columns, minute } from './quantities.ts';

export interface PublicationLine {
  number: number;
  /** ISO 8601. */
  publishedAt: string;
  /** The run whose tables they are. */
  run: string;
  /** The earlier number whose tables it made current again. */
  rollbackTo?: number;
  current: boolean;
  tables: readonly { table: string; rows: number }[];
}

export function formatPublications(lines: readonly PublicationLine[]): string {
  const rows = lines.map(({ number, publishedAt, run, rollbackTo, current, tables }) => [
    String(number),
    minute(publishedAt),
    run,
    rollbackTo === undefined ? '' : `back to ${String(rollbackTo)}`,
    current ? 'current' : '',
    tables.map(({ table, rows: its }) => `${table} ${count(its)}`).join(', '),
  ]);
  const head = ['number', 'published', 'run', '', '', 'rows'];
  return columns([head, ...rows], [true, false, false, false, false, false]).join('\n');
}
