/** What a run rejected, as text. Pure. */
import type { Quarantine, RejectedLine, Rejection, SourceQuarantine } from '../run/rejections.ts';
import { place } from '../shell-words.ts';
import { linesOf, oneLine } from './harmless.ts';
import { count } from '../counted.ts';
import { bytes } from './quantities.ts';

/** Characters of a raw line that are shown. */
const SHOWN = 100;

export function formatQuarantine({
  run,
  verdict,
  total,
  sources,
  unread,
  maxQuarantined,
}: Quarantine): string {
  return [
    `run ${run}  ${verdict}`,
    ...sources.flatMap((one) => formatSource(one, maxQuarantined)),
    ...unread.map((source) => `${source}: not known; no step has reported about it`),
    `${count(total)} ${total === 1 ? 'line' : 'lines'} quarantined in all`,
  ].join('\n');
}

function formatSource(
  { source, read, quarantined, folder, isWhole, by }: SourceQuarantine,
  most: number,
): string[] {
  if (quarantined === 0) return [`${source}: none of ${count(read)} lines is quarantined`];
  const share = `${percent(quarantined / read)}; at most ${percent(most)} may be`;
  return [
    `${source}: ${count(quarantined)} of ${count(read)} lines quarantined (${share})`,
    ...by.toSorted((a, b) => b.lines - a.lines).flatMap((one) => formatRejection(source, one)),
    isWhole ? `  as Parquet: ${place(folder)}` : `  some or all of their Parquet is gone: ${place(folder)}`,
  ];
}

function formatRejection(source: string, { view, reason, field, lines, samples }: Rejection): string[] {
  const inView = view === null || view === source ? '' : ` in ${view}`;
  const what = `${field === null ? reason : `${reason} ${field}`}${inView}`;
  return [
    `  ${what}: ${count(lines)} ${lines === 1 ? 'line' : 'lines'}`,
    ...samples.flatMap((one) => [
      `    ${place(one.file)}, line ${String(one.line)}${valueOf(field, one)}`,
      `      ${shortened(one)}`,
    ]),
  ];
}

/** The field's text where it did not fit. */
function valueOf(field: string | null, { value }: RejectedLine): string {
  return field === null || value === null ? '' : `: ${field} is ${oneLine(JSON.stringify(value))}`;
}

/** One line; the rest of a long one is counted. */
function shortened({ raw, bytes: size }: RejectedLine): string {
  const [shown = ''] = linesOf(raw.slice(0, SHOWN));
  return raw.length <= SHOWN ? shown : `${shown}... (${bytes(size)})`;
}

/** Two significant digits: `1.1 %`. */
function percent(share: number): string {
  return `${String(Number((share * 100).toPrecision(2)))} %`;
}
