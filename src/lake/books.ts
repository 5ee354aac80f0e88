/** The books: everything that went in must have come out, line by line and object by object. Pure arithmetic. */
import { counted } from '../counted.ts';
import type { SourceBooks, ViewBooks } from '../pipeline/report.ts';
import type { Finding } from '../run/verification.ts';
import type { InspectedTable } from './inspect.ts';
import { misshapenSentences } from './misshapen.ts';
import { unknownFieldSentence } from './nearest-key.ts';

/** What the plan says of a source. */
export interface Expected {
  /** In its manifest. */
  objects: number;
  /** The views that the step reads. */
  views: readonly string[];
  /** Largest share of lines that may be quarantined, 0 to 1. */
  maxQuarantined: number;
}

const SAMPLE = 5;

/** Everything that does not add up in the books of one source. */
export function booksFindings(source: string, books: SourceBooks, expected: Expected): Finding[] {
  const lines = lineFindings(source, books, expected.maxQuarantined);
  return [
    ...objectFindings(source, books, expected.objects),
    ...viewNameFindings(source, books, expected.views),
    ...lines,
    ...shapeFindings(source, books, lines),
  ];
}

function objectFindings(subject: string, { objects }: SourceBooks, planned: number): Finding[] {
  const { manifest, read, empty, unaccounted } = objects;
  const found: Finding[] = [];
  const error = errorsOf(subject, found);
  if (manifest !== planned) {
    error(`the manifest holds ${String(planned)} objects, but the step found ${String(manifest)} in it`);
  }
  if (unaccounted.length > 0) {
    error(`the lines read from ${counted(unaccounted.length, 'input object')} do not account for all bytes`, {
      count: unaccounted.length,
      sample: unaccounted.slice(0, SAMPLE),
    });
  }
  if (manifest !== read + empty) {
    error(
      `the books of objects do not balance: ${String(manifest)} in the manifest, but ${String(read)} read + ${String(empty)} empty = ${String(read + empty)}`,
    );
  }
  return found;
}

/** Views of the plan without books, and books of views that the plan does not name. */
function viewNameFindings(subject: string, { views }: SourceBooks, planned: readonly string[]): Finding[] {
  const found: Finding[] = [];
  const error = errorsOf(subject, found);
  for (const view of planned.filter((name) => !Object.hasOwn(views, name)))
    error(`the step reports no books of its view ${view}`);
  for (const view of Object.keys(views).filter((name) => !planned.includes(name)))
    error(`the step reports books of a view ${view}, which it does not read by the plan`);
  return found;
}

/** Objects that are not JSON lines, where no other finding names them. */
function shapeFindings(subject: string, { misshapen }: SourceBooks, found: readonly Finding[]): Finding[] {
  if (found.some(({ limit }) => limit === 'max_quarantined')) return [];
  return misshapenSentences(misshapen).map((message) => ({ severity: 'warn', subject, message }));
}

function lineFindings(subject: string, books: SourceBooks, most: number): Finding[] {
  const { read, unparsable, quarantined } = books.lines;
  const views = Object.entries(books.views);
  const found: Finding[] = views.flatMap(([view, its]) =>
    viewFindings(subject, view, its, read - unparsable),
  );
  const error = errorsOf(subject, found);
  const explained = sumOfLines(books.unparsableBy);
  if (explained !== unparsable) {
    error(`${String(unparsable)} lines are unparsable, but reasons are given for ${String(explained)}`);
  }
  const rejected = views.map(([, { lines }]) => lines.quarantined);
  const fewest = unparsable + Math.max(0, ...rejected);
  const all = rowsOf(books);
  if (quarantined < fewest || quarantined > all) {
    error(
      `the books of lines do not balance: ${String(quarantined)} quarantined, but by the books of the views ${String(fewest)} to ${String(all)}`,
    );
  }
  if (quarantined > most * read) {
    error(
      `${percent(quarantined / Math.max(1, read))} of its lines are bad; at most ${percent(most)} may be (max_quarantined)`,
      {
        count: quarantined,
        sample: [...reasons(subject, books), ...causes(books)],
        limit: 'max_quarantined',
      },
    );
  }
  return found;
}

/** `parsed`: the lines of the source that any view can use. */
function viewFindings(subject: string, view: string, books: ViewBooks, parsed: number): Finding[] {
  const { kept, filtered, duplicates, quarantined } = books.lines;
  const found: Finding[] = [];
  const error = errorsOf(subject, found, inView(subject, view));
  const fates = kept + filtered + duplicates + quarantined;
  if (parsed !== fates) {
    error(
      `the books of lines do not balance: ${String(parsed)} parsed, but ${String(kept)} kept + ${String(filtered)} filtered + ${String(duplicates)} duplicates + ${String(quarantined)} quarantined = ${String(fates)}`,
    );
  }
  const explained = sumOfLines(books.quarantinedBy);
  if (explained !== quarantined) {
    error(`${String(quarantined)} lines are quarantined, but reasons are given for ${String(explained)}`);
  }
  return found;
}

/** Adds errors about the subject to what is found; `end` ends each message. */
const errorsOf =
  (subject: string, found: Finding[], end = '') =>
  (message: string, rest: Partial<Finding> = {}) =>
    found.push({ severity: 'error', subject, message: `${message}${end}`, ...rest });

const sumOfLines = (counts: readonly { lines: number }[]) =>
  counts.reduce((sum, { lines }) => sum + lines, 0);

/** Rows of the quarantine: one for each unparsable line, and one for each line and view that rejects it. */
function rowsOf({ lines, views }: SourceBooks): number {
  return Object.values(views).reduce((sum, one) => sum + one.lines.quarantined, lines.unparsable);
}

/** Names the view, unless it has the name of its source. */
const inView = (source: string, view: string) => (view === source ? '' : `, in the view ${view}`);

/**
 * Rejected lines that cannot be read afterwards. `written`: the files that hold them, by the step's report. `kept`: what is in
 * the folder of the quarantine.
 */
export function quarantineFindings(
  subject: string,
  books: SourceBooks,
  written: readonly { name: string }[],
  kept: InspectedTable | undefined,
): Finding[] {
  const isIts = ({ name }: { name: string }) => written.some((one) => one.name === name);
  const files = kept?.files.filter(isIts) ?? [];
  const broken = kept?.broken.filter(isIts) ?? [];
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const rejections = rowsOf(books);
  if (broken.length === 0 && rows === rejections) return [];
  return [
    {
      severity: 'error',
      subject,
      message: `the step reports ${String(rejections)} rows of quarantine, but their Parquet holds ${String(rows)}`,
      count: Math.abs(rejections - rows),
      sample: broken.slice(0, SAMPLE).map(({ name, why }) => `${name}: ${why}`),
    },
  ];
}

/** Findings that explain many rejections at once: objects of another shape, required fields that no line has. */
function causes({ misshapen, views }: SourceBooks): string[] {
  return [
    ...misshapenSentences(misshapen),
    ...Object.entries(views).flatMap(([view, { quarantinedBy, unknown, otherKeys }]) =>
      unknown
        .filter(({ field }) => quarantinedBy.some((one) => one.reason === 'missing' && one.field === field))
        .map((field) => unknownFieldSentence(view, field, otherKeys)),
    ),
  ];
}

function reasons(source: string, { unparsableBy, views }: SourceBooks): string[] {
  return [
    ...unparsableBy.map(({ reason, lines }) => ({ lines, what: reason })),
    ...Object.entries(views).flatMap(([view, { quarantinedBy }]) =>
      quarantinedBy.map(({ reason, field, lines }) => ({
        lines,
        what: `${reason} (${field}${inView(source, view)})`,
      })),
    ),
  ]
    .toSorted((a, b) => b.lines - a.lines)
    .slice(0, SAMPLE)
    .map(({ lines, what }) => `${what}: ${String(lines)} lines`);
}

/** Two significant digits, or three where two would hide that a limit was passed: `1.1 %`. */
function percent(share: number): string {
  return `${String(Number((share * 100).toPrecision(share < 0.1 ? 2 : 3)))} %`;
}
