/** Times in UTC as text: `epoch_millis`, `epoch_seconds`, or a format with the codes of strftime. */

export function timeText(time: number, format: string): string | number {
  if (format === 'epoch_millis') return time;
  if (format === 'epoch_seconds') return Math.floor(time / 1000);
  const [year, month, day, hour, minute, second] = new Date(time).toISOString().split(/\D/);
  const codes: Readonly<Record<string, string | undefined>> = {
    '%Y': year,
    '%m': month,
    '%d': day,
    '%H': hour,
    '%M': minute,
    '%S': second,
  };
  return format.replace(/%./g, (code) => codes[code] ?? code);
}
