/** The result of a run, collected from its events: what `--output json` prints, and the text is made from. */
import type { Made, SourceBooks, StepReport, TableReport, ViewBooks } from '../pipeline/report.ts';
import { parseDataFile } from '../lake/layout.ts';
import { checksMade } from '../pipeline/checks-made.ts';
import type { ChecksMade } from '../pipeline/checks-made.ts';
import { booksOfRun } from '../pipeline/run-books.ts';
import type { Phase, RunEvent, Verdict } from '../run/events.ts';
import { isStepToken } from '../run/plan.ts';
import type { RunPlan } from '../run/plan.ts';
import type { Finding } from '../run/verification.ts';
import { place } from '../shell-words.ts';
import { checksLine } from './checks-line.ts';
import { count, counted } from '../counted.ts';
import { bytes, columns, duration } from './quantities.ts';
import { skippedText } from './skipped.ts';

export interface RunSummary {
  run: string;
  verdict: Verdict | 'unknown';
  lake: string;
  /** Number of the publication entry, once published. */
  publication?: number;
  tables: {
    table: string;
    rows: number;
    files: number;
    bytes: number;
    path: string;
    conflicts?: number;
    /** The runs that made the table, where this one carried it over. */
    carriedOverFrom?: readonly string[];
    /** How many partitions were made, where the others were carried over. */
    partitionsMade?: number;
  }[];
  books: Record<string, SourceBooks>;
  /** By source: objects that are not input, by the ending or the kind of their names. */
  skipped: Record<string, Readonly<Record<string, number>>>;
  /** Of each `matched` check: how many of the table's rows have a value; `isLow`: fewer than the contract expects. */
  matched: { table: string; column: string; found: string; rows: number; of: number; isLow: boolean }[];
  checks: ChecksMade;
  findings: readonly Finding[];
  /** Milliseconds by phase, in order. */
  times: { phase: Phase; ms: number }[];
}

/** The summary after one more event; begin with `emptySummary`. */
export function collect(summary: RunSummary, event: RunEvent): RunSummary {
  switch (event.event) {
    case 'planned':
      return { ...summary, run: event.plan.run, lake: event.plan.lake, skipped: skippedOf(event.plan) };
    case 'phase-ended':
      return { ...summary, times: withTime(summary.times, event) };
    case 'verified':
      return { ...summary, ...landed(summary, event) };
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

/** A phase that is repeated, such as a second choice of a cluster, adds to its time. */
function withTime(
  times: RunSummary['times'],
  { phase, ms }: { phase: Phase; ms: number },
): RunSummary['times'] {
  return times.some((one) => one.phase === phase)
    ? times.map((one) => (one.phase === phase ? { phase, ms: one.ms + ms } : one))
    : [...times, { phase, ms }];
}

export const emptySummary: RunSummary = {
  run: '',
  verdict: 'unknown',
  lake: '',
  tables: [],
  books: {},
  skipped: {},
  matched: [],
  checks: { passed: 0, broken: 0 },
  findings: [],
  times: [],
};

function landed(
  { run, lake }: RunSummary,
  { tables, reports, findings }: Extract<RunEvent, { event: 'verified' }>,
): Pick<RunSummary, 'tables' | 'books' | 'matched' | 'checks' | 'findings'> {
  const conflicts = new Map(
    reports.flatMap((report) =>
      Object.entries(report.tables).map(([name, table]) => [name, table.conflicts] as const),
    ),
  );
  return {
    tables: tables.map(({ table, rows, bytes: size, files }) => {
      const resolved = conflicts.get(table) ?? undefined;
      const made = madeBy(run, reports, table);
      return {
        ...{ table, rows, files: files.length, bytes: size, path: `${lake}/${table}` },
        ...(resolved === undefined ? {} : { conflicts: resolved }),
        ...(made === undefined ? {} : takenOverIn(made, files)),
      };
    }),
    books: booksOfRun(reports),
    matched: reports.flatMap((report) => Object.entries(report.tables).flatMap(matchedOf)),
    checks: checksMade(reports),
    findings,
  };
}

/** What the run did not make; a table of which no partition changed is as it was. */
function takenOverIn(
  made: Made,
  files: readonly { key: string }[],
): Pick<RunSummary['tables'][number], 'carriedOverFrom' | 'partitionsMade'> {
  if (made.kind === 'whole') return {};
  const partitions = made.kind === 'partitions' ? made.partitions.length : 0;
  return partitions === 0 ? { carriedOverFrom: writersOf(files) } : { partitionsMade: partitions };
}

/** How much of the table that run made: nothing where the step itself is carried over. */
function madeBy(run: string, reports: readonly StepReport[], table: string): Made | undefined {
  const report = reports.find(({ tables }) => Object.hasOwn(tables, table));
  if (report === undefined) return undefined;
  return isStepToken(run, report.token) ? report.tables[table]?.made : { kind: 'carried over' };
}

/** The runs that wrote these files. */
function writersOf(files: readonly { key: string }[]): string[] {
  return [...new Set(files.flatMap(({ key }) => parseDataFile(key)?.run ?? []))];
}

/** How little of the table this run made. */
function takenOver({ carriedOverFrom, partitionsMade: made }: RunSummary['tables'][number]): string {
  if (carriedOverFrom !== undefined)
    return `carried over from run${carriedOverFrom.length > 1 ? 's' : ''} ${carriedOverFrom.join(', ')}`;
  return made === undefined ? '' : `${counted(made, 'partition')} made again`;
}

function skippedOf({ sources }: RunPlan): RunSummary['skipped'] {
  return Object.fromEntries(
    sources.flatMap(({ name, skippedBy }) => (skippedBy === undefined ? [] : [[name, skippedBy]])),
  );
}

function matchedOf([table, { rows: of, matched }]: [string, TableReport]): RunSummary['matched'] {
  return matched.map(({ column, found, rows, warnBelow }) => {
    return { table, column, found, rows, of, isLow: of > 0 && rows < warnBelow * of };
  });
}

/** What landed, the books, and how long each part took, as text. */
export function formatSummary(summary: RunSummary): string {
  const { run, publication, tables, books, skipped, matched, checks, findings, times } = summary;
  const rows = tables.map((one) => [
    one.table,
    count(one.rows),
    count(one.files),
    bytes(one.bytes),
    place(one.path),
    takenOver(one),
  ]);
  const lines = columns(
    [['table', 'rows', 'files', 'bytes', 'path', ''], ...rows],
    [false, true, true, true, false, false],
  );
  const resolved = tables.flatMap(({ table, conflicts }) =>
    conflicts === undefined || conflicts === 0 ? [] : [{ table, conflicts }],
  );
  return [
    ...lines,
    '',
    ...formatBooks(books),
    ...Object.entries(skipped).map(([source, by]) => `${source}: ${skippedText(by)}`),
    ...Object.values(books).flatMap(({ views }) =>
      Object.entries(views).flatMap(([view, { nulls }]) => nullsLine(view, nulls)),
    ),
    ...matched.flatMap((one) => matchedLine(one, findings)),
    ...resolved.map(
      ({ table, conflicts }) =>
        `${table}: ${counted(conflicts, 'key')} with conflicting rows, one row kept for each key`,
    ),
    ...checksLine(checks),
    ...findings.map(({ severity, subject, message }) => `${severity}  ${subject}: ${message}`),
    '',
    times.map(({ phase, ms }) => `${phase} ${duration(ms)}`).join('   '),
    `run ${run}${publication === undefined ? '' : ` published as number ${String(publication)}`}`,
  ].join('\n');
}

/** `orders: 12 of 6,820 found its customer`; none, and too few, are warnings. */
function matchedLine(
  { table, found, rows, of, isLow }: RunSummary['matched'][number],
  findings: readonly Finding[],
): string[] {
  if (
    rows === 0 &&
    findings.some(({ subject, message }) => subject === table && message.includes(` found ${found}`))
  )
    return [];
  const line = `${table}: ${count(rows)} of ${count(of)} found ${found}`;
  return [isLow ? `warn  ${line}` : line];
}

/** Fields that are named; the rest is counted. */
const FIELDS_SHOWN = 6;

/** Fields that are not required and have no value in some kept lines: in how many, and how many of those are blank or do not fit. */
function nullsLine(view: string, nulls: ViewBooks['nulls']): string[] {
  if (nulls.length === 0) return [];
  const most = nulls.toSorted((a, b) => b.missing + b.blank + b.unfit - (a.missing + a.blank + a.unfit));
  const shown = most.slice(0, FIELDS_SHOWN).map(({ field, missing, blank, unfit }) => {
    const why = [
      ...(blank > 0 ? [`${count(blank)} blank`] : []),
      ...(unfit > 0 ? [`${count(unfit)} unfit`] : []),
    ];
    return `${field} ${count(missing + blank + unfit)}${why.length > 0 ? ` (${why.join(', ')})` : ''}`;
  });
  const more = nulls.length - shown.length;
  return [
    `${view}: kept without a value: ${shown.join(', ')}${more > 0 ? ` and ${count(more)} other fields (--output json has all)` : ''}`,
  ];
}

/** One line for each view; unparsable lines are quarantined for every view. */
function formatBooks(books: Record<string, SourceBooks>): string[] {
  const rows = Object.entries(books).flatMap(([source, { objects, lines, views }]) =>
    Object.entries(views).map(([view, { lines: fates, conflicts }], index) => [
      ...(index > 0
        ? ['', '']
        : [
            source,
            `${count(objects.manifest)} = ${count(objects.read)} read + ${count(objects.empty)} empty`,
          ]),
      view,
      `${count(lines.read)} = ${count(fates.kept)} kept + ${count(fates.filtered)} filtered + ` +
        `${count(fates.duplicates)} duplicates + ${count(fates.quarantined + lines.unparsable)} quarantined`,
      conflicts === 0 ? '' : `${count(conflicts)} of the duplicates differ from the line kept`,
    ]),
  );
  return columns([['source', 'objects', 'view', 'lines', ''], ...rows], [false, false, false, false, false]);
}
