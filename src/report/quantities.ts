/** Numbers for people. Pure. */
import { present } from '../present.ts';

/** Decimal units, as S3 bills them: `312.4 kB`. */
export function bytes(value: number): string {
  let text = `${String(value)} B`;
  let scaled = value;
  for (const unit of ['kB', 'MB', 'GB', 'TB']) {
    if (scaled < 1000) break;
    scaled /= 1000;
    text = `${scaled.toFixed(1)} ${unit}`;
  }
  return text;
}

/** `0.4 s`, `14 s`, `3 min 20 s`, `10 min`, `2 h 05 min`, `24 h`. */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${String(whole)} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${String(minutes)} min${whole % 60 === 0 ? '' : ` ${pad(whole % 60)} s`}`;
  return `${String(Math.floor(minutes / 60))} h${minutes % 60 === 0 ? '' : ` ${pad(minutes % 60)} min`}`;
}

const pad = (value: number) => String(value).padStart(2, '0');

/** Columns padded to their widest cell; `right` marks those that align right, and every row has a cell for each. */
export function columns(rows: readonly (readonly string[])[], right: readonly boolean[]): string[] {
  const widths = right.map((_, at) => Math.max(...rows.map((row) => present(row[at], `cell ${at}`).length)));
  return rows.map((row) =>
    row
      .map((cell, at) => {
        const width = present(widths[at], `column ${at}`);
        return right[at] === true ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** `2026-11-21 09:30 UTC`; text that is not a time in ISO 8601 stays as it is. */
export function minute(time: string): string {
  return time.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})[\d:.]*Z$/, '$1 $2 UTC');
}
