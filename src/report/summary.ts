/** What a run came to, collected from its events: the value that `--output json` prints and the text is made from. */
import type { SourceBooks } from '../pipeline/report.ts';
import type { Phase, RunEvent, Verdict } from '../run/events.ts';
import type { Finding } from '../run/verification.ts';
import { place } from '../shell-words.ts';
import { bytes, columns, count, duration } from './quantities.ts';

export interface RunSummary {
  run: string;
  verdict: Verdict;
  lake: string;
  /** Number of the publication entry, once published. */
  publication?: number;
  tables: { table: string; rows: number; files: number; bytes: number; path: string; conflicts?: number }[];
  books: Record<string, SourceBooks>;
  findings: readonly Finding[];
  /** Milliseconds by phase, in order. */
  times: { phase: Phase; ms: number }[];
}

/** The summary after one more event; begin with `emptySummary`. */
export function collect(summary: RunSummary, event: RunEvent): RunSummary {
  switch (event.event) {
    case 'planned':
      return { ...summary, run: event.plan.run, lake: event.plan.lake };
    case 'phase-ended':
      return { ...summary, times: [...summary.times, { phase: event.phase, ms: event.ms }] };
    case 'verified':
      return { ...summary, ...landed(summary.lake, event) };
    case 'published':
      return { ...summary, publication: event.number };
    case 'finished':
      return { ...summary, run: event.run, verdict: event.verdict };
    case 'phase-started':
    case 'progress':
    case 'cluster':
    case 'step':
    case 'note':
    case 'warning':
      return summary;
  }
}

export const emptySummary: RunSummary = {
  run: '',
  verdict: 'unknown',
  lake: '',
  tables: [],
  books: {},
  findings: [],
  times: [],
};

function landed(
  lake: string,
  { tables, reports, findings }: Extract<RunEvent, { event: 'verified' }>,
): Pick<RunSummary, 'tables' | 'books' | 'findings'> {
  const conflicts = new Map(
    reports.flatMap((report) =>
      Object.entries(report.tables).map(([name, table]) => [name, table.conflicts] as const),
    ),
  );
  return {
    tables: tables.map(({ table, rows, bytes: size, files }) => {
      const resolved = conflicts.get(table) ?? undefined;
      const base = { table, rows, files: files.length, bytes: size, path: `${lake}/${table}` };
      return resolved === undefined ? base : { ...base, conflicts: resolved };
    }),
    books: Object.assign({}, ...reports.map((report) => report.sources)) as Record<string, SourceBooks>,
    findings,
  };
}

/** What landed, the books, and how long each part took, as text. */
export function formatSummary(summary: RunSummary): string {
  const { run, publication, tables, books, findings, times } = summary;
  const rows = tables.map((one) => [
    one.table,
    count(one.rows),
    count(one.files),
    bytes(one.bytes),
    place(one.path),
  ]);
  const lines = columns(
    [['table', 'rows', 'files', 'bytes', 'path'], ...rows],
    [false, true, true, true, false],
  );
  const resolved = tables.filter((one) => (one.conflicts ?? 0) > 0);
  return [
    ...lines,
    '',
    ...formatBooks(books),
    ...resolved.map(
      (one) =>
        `${one.table}: ${count(one.conflicts ?? 0)} key(s) with conflicting rows, one row kept of each`,
    ),
    ...findings.map(({ severity, subject, message }) => `${severity}  ${subject}: ${message}`),
    '',
    times.map(({ phase, ms }) => `${phase} ${duration(ms)}`).join('   '),
    `run ${run}${publication === undefined ? '' : ` published as number ${String(publication)}`}`,
  ].join('\n');
}

function formatBooks(books: Record<string, SourceBooks>): string[] {
  const rows = Object.entries(books).map(([source, { objects, lines, conflicts }]) => [
    source,
    `${count(objects.manifest)} = ${count(objects.read)} read + ${count(objects.empty)} empty`,
    `${count(lines.read)} = ${count(lines.kept)} kept + ${count(lines.filtered)} filtered + ` +
      `${count(lines.duplicates)} duplicates + ${count(lines.quarantined)} quarantined`,
    conflicts === 0 ? '' : `${count(conflicts)} of the duplicates differ from the line kept`,
  ]);
  return columns([['source', 'objects', 'lines', ''], ...rows], [false, false, false, false]);
}
