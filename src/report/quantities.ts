/** Numbers for people. Pure. */

/** `6,820`. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 object`, `6,820 objects`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Decimal units, as S3 bills them: `312.4 kB`. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let scaled = value;
  let unit = 0;
  while (scaled >= 1000 && unit < units.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? String(scaled) : scaled.toFixed(1)} ${units[unit] ?? ''}`;
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

/** Columns padded to their widest cell; `right` marks those that align right. */
export function columns(rows: readonly (readonly string[])[], right: readonly boolean[]): string[] {
  const widths = right.map((_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, at) => {
        const fill = ' '.repeat((widths[at] ?? 0) - cell.length);
        return right[at] === true ? fill + cell : cell + fill;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** `2026-11-21 09:30 UTC`; what is no time in ISO 8601 as it is. */
export function minute(time: string): string {
  const [, day, at] = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})[\d:.]*Z$/.exec(time) ?? [];
  return day === undefined ? time : `${day} ${at ?? ''} UTC`;
}
