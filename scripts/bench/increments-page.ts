/** What bringing a lake up to date took, as a Markdown page. Pure. */
import { count } from '../../src/counted.ts';
import { present } from '../../src/present.ts';
import type { Increment } from './increments.ts';
import type { Conditions } from './results.ts';

export function incrementsPage(
  { command, date, cores, machine, load }: Omit<Conditions, 'isQuick'>,
  data: string,
  increments: readonly Increment[],
): string {
  const whole = present(increments[0], 'full load');
  const heads = [
    'data',
    'what',
    'wall, s',
    'CPU, s',
    'peak, MiB',
    'in steps, s',
    'of full load',
    'parsed',
    'tables made',
  ];
  const rows = increments.map(({ what, wall, cpu, peak, spark, parsed, made }) => [
    data,
    what,
    wall.toFixed(1),
    cpu?.toFixed(1) ?? '-',
    peak === null ? '-' : (peak / 2 ** 20).toFixed(0),
    spark.toFixed(1),
    (spark / whole.spark).toFixed(2),
    count(parsed),
    made.length === 0 ? 'none' : made.join(', '),
  ]);
  const lines = ['---', '---', ...heads.slice(2, -1).map(() => '--:'), '---'];
  return [
    `\`${command}\`, ${date}`,
    '',
    ...[heads, lines, ...rows].map((cells) => `| ${cells.join(' | ')} |`),
    '',
    '- Whole commands, one after the other, each once. At the end every table had the rows of the full load.',
    '- In steps: from the begin of each step to its report. Of full load: the same, compared with the first row.',
    '- Parsed: input objects whose JSON was read.',
    `- ${String(cores)} cores. ${machine.join('; ')}. The load was ${load.toFixed(1)} at the beginning.`,
    '',
  ].join('\n');
}
