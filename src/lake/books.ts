/** The books: what went in must have come out, line by line and object by object. Pure arithmetic. */
import type { SourceBooks } from '../pipeline/report.ts';
import type { Finding } from '../run/verification.ts';
import type { InspectedTable } from './inspect.ts';
import { misshapenSentences } from './misshapen.ts';
import { unknownFieldSentence } from './nearest-key.ts';

/** What the plan says of a source: how many objects its manifest holds, and how much of it may be bad. */
export interface Expected {
  objects: number;
  /** Largest share of lines that may be quarantined, 0 to 1. */
  maxQuarantined: number;
}

const SAMPLE = 5;

/** Everything that does not add up in the books of one source. */
export function booksFindings(source: string, books: SourceBooks, expected: Expected): Finding[] {
  const lines = lineFindings(source, books, expected.maxQuarantined);
  return [
    ...objectFindings(source, books, expected.objects),
    ...lines,
    ...shapeFindings(source, books, lines),
  ];
}

function objectFindings(subject: string, { objects }: SourceBooks, planned: number): Finding[] {
  const { manifest, read, empty, vanished, changed, unaccounted } = objects;
  const found: Finding[] = [];
  const error = (message: string, rest: Partial<Finding> = {}) =>
    found.push({ severity: 'error', subject, message, ...rest });
  if (manifest !== planned) {
    error(`the manifest holds ${String(planned)} objects, but the step found ${String(manifest)} in it`);
  }
  if (vanished.length > 0) {
    error(`${String(vanished.length)} input object(s) vanished after they were listed`, named(vanished));
  }
  if (changed.length > 0) {
    error(`${String(changed.length)} input object(s) changed after they were listed`, named(changed));
  }
  if (unaccounted.length > 0) {
    error(
      `the lines read of ${String(unaccounted.length)} input object(s) do not make up their bytes`,
      named(unaccounted),
    );
  }
  if (vanished.length === 0 && changed.length === 0 && manifest !== read + empty) {
    error(
      `the books of objects do not balance: ${String(manifest)} in the manifest, but ${String(read)} read + ${String(empty)} empty = ${String(read + empty)}`,
    );
  }
  return found;
}

function named(names: readonly string[]): Partial<Finding> {
  return { count: names.length, sample: names.slice(0, SAMPLE) };
}

/** Objects that are not JSON lines, where no other finding names them. */
function shapeFindings(subject: string, { misshapen }: SourceBooks, told: readonly Finding[]): Finding[] {
  if (told.some(({ limit }) => limit === 'max_quarantined')) return [];
  return misshapenSentences(misshapen).map((message) => ({ severity: 'warn', subject, message }));
}

function lineFindings(subject: string, books: SourceBooks, most: number): Finding[] {
  const { lines, quarantinedBy } = books;
  const { read, kept, filtered, duplicates, quarantined } = lines;
  const found: Finding[] = [];
  const error = (message: string, rest: Partial<Finding> = {}) =>
    found.push({ severity: 'error', subject, message, ...rest });
  const fates = kept + filtered + duplicates + quarantined;
  if (read !== fates) {
    error(
      `the books of lines do not balance: ${String(read)} read, but ${String(kept)} kept + ${String(filtered)} filtered + ${String(duplicates)} duplicates + ${String(quarantined)} quarantined = ${String(fates)}`,
    );
  }
  const explained = quarantinedBy.reduce((sum, { lines: count }) => sum + count, 0);
  if (explained !== quarantined) {
    error(`${String(quarantined)} lines are quarantined, but reasons are given for ${String(explained)}`);
  }
  if (quarantined > most * read) {
    error(
      `${percent(quarantined / Math.max(1, read))} of its lines are bad; at most ${percent(most)} may be (max_quarantined)`,
      {
        count: quarantined,
        sample: [...reasons(books), ...causes(subject, books)],
        limit: 'max_quarantined',
      },
    );
  }
  return found;
}

/** Rejected lines that cannot be read afterwards. `kept`: what lies in the folder of the quarantine. */
export function quarantineFindings(
  subject: string,
  { lines: { quarantined } }: SourceBooks,
  kept: InspectedTable | undefined,
): Finding[] {
  const { files, broken } = kept ?? { files: [], broken: [] };
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  if (broken.length === 0 && rows === quarantined) return [];
  return [
    {
      severity: 'error',
      subject,
      message: `${String(quarantined)} lines are quarantined, but their Parquet holds ${String(rows)}`,
      count: Math.abs(quarantined - rows),
      sample: broken.slice(0, SAMPLE).map(({ name, why }) => `${name}: ${why}`),
    },
  ];
}

/** Findings that explain many rejections at once: objects of another shape, required fields that no line has. */
function causes(source: string, { misshapen, quarantinedBy, unknown, otherKeys }: SourceBooks): string[] {
  const absent = unknown.filter(({ field }) =>
    quarantinedBy.some((one) => one.reason === 'missing' && one.field === field),
  );
  return [
    ...misshapenSentences(misshapen),
    ...absent.map((field) => unknownFieldSentence(source, field, otherKeys)),
  ];
}

function reasons({ quarantinedBy }: SourceBooks): string[] {
  return quarantinedBy
    .toSorted((a, b) => b.lines - a.lines)
    .slice(0, SAMPLE)
    .map(
      ({ reason, field, lines }) => `${reason}${field === null ? '' : ` (${field})`}: ${String(lines)} lines`,
    );
}

/** Two digits that count, never rounded down to the limit it passed: `1.1 %`. */
function percent(share: number): string {
  return `${String(Number((share * 100).toPrecision(share < 0.1 ? 2 : 3)))} %`;
}
