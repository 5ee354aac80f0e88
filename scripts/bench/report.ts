/** Results as a Markdown page and as a chart. Pure. */
import { disturbance, medianOf, ratio } from './results.ts';
import type { Conditions, Result } from './results.ts';

export interface Contest {
  conditions: Conditions;
  results: readonly Result[];
  /** Names of the contestants that the others are compared with. */
  references: readonly string[];
}

export function markdownPage(contest: Contest, docs: ReadonlyMap<string, string>): string {
  const { conditions, results } = contest;
  const ran = [...new Set(results.map(({ contestant }) => contestant))];
  return [
    `\`${conditions.command}\`, ${conditions.date}`,
    '',
    markdownTable(contest),
    ...notes(contest).map((note) => `- ${note}`),
    ...ran.map((name) => `- ${name}: ${docs.get(name) ?? ''}`),
    '',
  ].join('\n');
}

/** Medians, with the range where there was more than one run. */
export function markdownTable({ results, references }: Contest): string {
  const rows = results.map((result) => [
    result.data,
    result.contestant,
    String(result.runs.length),
    wallText(result),
    ...references.map((name) => number(ratio(result, name, results), 2)),
    number(medianOf(result, 'cpu'), 1),
    number(mebibytes(medianOf(result, 'peak')), 0),
    String(result.files),
  ]);
  const heads = ['data', 'contestant'];
  const figures = ['n', 'wall, s', ...references.map((name) => `of ${name}`), 'CPU, s', 'peak, MiB', 'files'];
  return [[...heads, ...figures], [...heads.map(() => '---'), ...figures.map(() => '--:')], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('');
}

function wallText(result: Result): string {
  const all = result.runs.map(({ wall }) => wall);
  const middle = number(medianOf(result, 'wall'), 1);
  if (all.length < 2) return middle;
  return `${middle} (${number(Math.min(...all), 1)} to ${number(Math.max(...all), 1)})`;
}

/** What a reader must know before believing the table. */
export function notes({ conditions, results }: Contest): string[] {
  const { cores, machine, load, isQuick } = conditions;
  const disturbed = disturbance(results, cores);
  return [
    'Whole commands, in turns, after which every table held the same rows. Times and memory are medians of n runs.',
    ...(isQuick ? ['The runs that were timed are those whose tables were compared.'] : []),
    `Each had ${cores} cores. ${machine.join('; ')}.`,
    disturbed === undefined
      ? `The load was ${load.toFixed(1)} before the first run. CPU and memory are known on Linux only.`
      : `The load was ${load.toFixed(1)} before the first run. Other processes took at most ${(disturbed * 100).toFixed(0)} % of the cores in a run.`,
    'Peak: the largest sum of the resident memory of all processes, sampled five times a second.',
  ];
}

const number = (value: number | undefined, digits: number) => value?.toFixed(digits) ?? '-';
const mebibytes = (bytes: number | undefined) => (bytes === undefined ? undefined : bytes / 2 ** 20);

const ROW = 22;
const TOP = 30;
const LEFT = 230;
const WIDTH = 760;
const BAR = 16;
/** Room for the figure behind the longest bar. */
const RIGHT = 70;

/** One bar per result: its median wall time, as a part of the slowest on the same data. */
export function svgChart({ conditions, results }: Contest): string {
  const wallOf = (result: Result) => medianOf(result, 'wall') ?? 0;
  const bars = results.map((result, n) => {
    const slowest = Math.max(...results.filter(({ data }) => data === result.data).map(wallOf));
    const width = Math.max(1, ((WIDTH - LEFT - RIGHT) * wallOf(result)) / slowest);
    const y = TOP + n * ROW;
    const fill = result.contestant.startsWith('Landfall') ? '#2563eb' : '#9ca3af';
    const text = y + BAR - 4;
    return [
      `<text x="${LEFT - 8}" y="${text}" text-anchor="end">${xml(`${result.data}: ${result.contestant}`)}</text>`,
      `<rect x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" fill="${fill}"/>`,
      `<text x="${(LEFT + width + 6).toFixed(1)}" y="${text}">${wallOf(result).toFixed(1)} s</text>`,
    ].join('');
  });
  const height = TOP + results.length * ROW + 10;
  const title = `Wall time of whole commands, medians. ${conditions.command}, ${conditions.date}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="white"/>',
    `<text x="8" y="18">${xml(title)}</text>`,
    ...bars,
    '</svg>\n',
  ].join('\n');
}

const xml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
