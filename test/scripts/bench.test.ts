/** `npm run bench`: its figures, its pages, and the comparison of its contestants. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { contest } from '../../scripts/bench/contest.ts';
import { contestants, REFERENCES } from '../../scripts/bench/contestants.ts';
import { disagreement, readTables } from '../../scripts/bench/fingerprints.ts';
import type { Contestant } from '../../scripts/bench/contestants.ts';
import { incrementsPage } from '../../scripts/bench/increments-page.ts';
import type { Fingerprints } from '../../scripts/bench/fingerprints.ts';
import { markdownPage, markdownTable, notes, svgChart } from '../../scripts/bench/report.ts';
import { disturbance, median, medianOf, ratio } from '../../scripts/bench/results.ts';
import type { Conditions, Result, Taken } from '../../scripts/bench/results.ts';
import type { SparkifyFigures } from '../../scripts/sparkify/data.ts';
import { writeSparkify } from '../../scripts/sparkify/write.ts';

const MIB = 2 ** 20;
const taken = (wall: number, rest: Partial<Taken> = {}): Taken => ({
  wall,
  cpu: wall * 1.5,
  peak: 100 * MIB,
  others: 0,
  ...rest,
});
const result = (data: string, contestant: string, ...walls: number[]): Result => ({
  data,
  contestant,
  files: 7,
  runs: walls.map((wall) => taken(wall)),
});
const results = [
  result('s1', 'Landfall', 30, 10, 20),
  result('s1', 'tuned etl.py', 80),
  result('s1', 'DuckDB', 4, 6),
  result('s2', 'Landfall', 50),
];
const conditions: Conditions = {
  command: 'npm run bench -- --data s1,s2',
  date: '2026-11-28',
  cores: 2,
  machine: ['4 cores, a processor', 'linux x64'],
  load: 0.25,
  isQuick: false,
};
const page = { conditions, results, references: ['tuned etl.py', 'DuckDB'] };

describe('the figures of a bench', () => {
  it('are medians', () => {
    expect(median([30, 10, 20])).toBe(20);
    expect(median([4, 6])).toBe(5);
    expect(() => median([])).toThrow('no values');
  });

  it('are unknown if one run does not have them', () => {
    const some = { ...result('s1', 'Landfall'), runs: [taken(1), taken(2, { cpu: null })] };
    expect(medianOf(some, 'cpu')).toBeUndefined();
    expect(medianOf(some, 'wall')).toBe(1.5);
    expect(medianOf({ ...some, runs: [] }, 'wall')).toBeUndefined();
  });

  it('are compared on the same data only', () => {
    expect(ratio(results[0]!, 'tuned etl.py', results)).toBe(0.25);
    expect(ratio(results[0]!, 'DuckDB', results)).toBe(4);
    expect(ratio(results[3]!, 'DuckDB', results)).toBeUndefined();
  });

  it('include the largest share of the cores that other processes took', () => {
    const runs = [taken(10, { others: 1 }), taken(10, { others: 4 }), taken(10, { others: null })];
    expect(disturbance([{ ...results[0]!, runs }], 2)).toBe(0.2);
    expect(disturbance([{ ...results[0]!, runs: runs.slice(2) }], 2)).toBeUndefined();
  });
});

describe('the pages of a bench', () => {
  it('have one row per data set and contestant, with its n, ratios, memory and files', () => {
    expect(markdownTable(page)).toBe(`\
| data | contestant | n | wall, s | of tuned etl.py | of DuckDB | CPU, s | peak, MiB | files |
| --- | --- | --: | --: | --: | --: | --: | --: | --: |
| s1 | Landfall | 3 | 20.0 (10.0 to 30.0) | 0.25 | 4.00 | 30.0 | 100 | 7 |
| s1 | tuned etl.py | 1 | 80.0 | 1.00 | 16.00 | 120.0 | 100 | 7 |
| s1 | DuckDB | 2 | 5.0 (4.0 to 6.0) | 0.06 | 1.00 | 7.5 | 100 | 7 |
| s2 | Landfall | 1 | 50.0 | - | - | 75.0 | 100 | 7 |
`);
  });

  it('begin with the command and its date, and explain each contestant that ran', () => {
    const text = markdownPage(
      page,
      new Map([
        ['Landfall', 'the CLI'],
        ['classic etl.py', 'a script'],
      ]),
    );
    expect(text).toMatch(/^`npm run bench -- --data s1,s2`, 2026-11-28\n\n\| data /);
    expect(text).toContain('\n- Landfall: the CLI\n');
    expect(text).not.toContain('classic');
  });

  it('state cores, machine, load and disturbance, and what is unknown', () => {
    const said = notes(page).join('\n');
    expect(said).toContain('Each had 2 cores. 4 cores, a processor; linux x64.');
    expect(said).toContain('The load was 0.3 before the first run. Other processes took at most 0 % of');
    expect(said).not.toContain('are those whose tables were compared');
    const elsewhere = {
      ...page,
      conditions: { ...conditions, isQuick: true },
      results: [{ ...results[0]!, runs: [taken(1, { cpu: null, peak: null, others: null })] }],
    };
    expect(notes(elsewhere).join('\n')).toContain('CPU and memory are known on Linux only');
    expect(notes(elsewhere).join('\n')).toContain('are those whose tables were compared');
    expect(markdownTable(elsewhere)).toContain('| 1 | 1.0 | - | - | - | - | 7 |');
  });

  it('draw a bar per result, longest for the slowest of a data set, in valid XML', () => {
    const odd = { ...page, results: [...results, result('s2', 'a < b & c', 100)] };
    const chart = svgChart(odd);
    const widths = [...chart.matchAll(/<rect x="\d+" y="\d+" width="([\d.]+)"/g)].map(([, width]) =>
      Number(width),
    );
    expect(widths).toHaveLength(5);
    const [landfall = 0, tuned = 0, duckdb = 0, half = 0, whole = 0] = widths;
    expect(tuned).toBe(whole);
    expect(landfall / tuned).toBeCloseTo(0.25, 2);
    expect(duckdb / tuned).toBeCloseTo(5 / 80, 2);
    expect(half / whole).toBeCloseTo(0.5, 2);
    expect(chart).toContain('s2: a &lt; b &amp; c');
  });
});

describe('the contestants of a bench', () => {
  const all = contestants({ submit: 'spark-submit', driverMemory: '3g', env: {} });

  it('are compared only with contestants that ran', () => {
    expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining([...REFERENCES]));
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });

  it('agree if every table has the same rows; the first difference is named', () => {
    const ours: Fingerprints = { songs: '3 rows, 17', users: '2 rows, 5' };
    const judged = (...found: Fingerprints[]) =>
      disagreement(new Map(found.map((one, n) => ['ABC'.charAt(n), one])));
    expect(judged(ours, { ...ours })).toBeUndefined();
    expect(judged(ours, ours, { ...ours, users: '2 rows, 6' })).toBe(
      'users: A made 2 rows, 5, and C made 2 rows, 6',
    );
    expect(judged(ours, { songs: '3 rows, 17' })).toContain('B made nothing');
  });
});

describe('a comparison', () => {
  let folder: string;
  let expected: SparkifyFigures['rows'];
  /** Copies tables that were made before. */
  const copies = (name: string, made: string): Contestant => ({
    id: name,
    name,
    doc: '',
    command: (_input, output) => ['cp', '-r', join(folder, made), output],
  });
  const contestOf = (all: readonly Contestant[], rounds: number, progress: string[] = []) =>
    contest({
      data: ['sample'],
      contestants: all,
      rounds,
      seed: 1,
      folder: join(folder, 'bench'),
      settle: () => progress.push('settle'),
      progress: (message) => progress.push(message.replace(/ [\d.]+ s$/, '')),
    });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'landfall-bench-'));
    const duckdb = contestants({ submit: '', driverMemory: '', env: {} }).find(({ id }) => id === 'duckdb')!;
    for (const seed of [1, 2]) {
      const input = join(folder, `in${seed}`);
      const written = writeSparkify(input, { seed, songs: 40, days: 2, eventsPerDay: 400, clean: true });
      if (seed === 1) expected = written.expected.rows;
      const [program = '', ...args] = duckdb.command(input, join(folder, `tables${seed}`));
      expect(spawnSync(program, args, { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    }
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('finds the expected rows of each table, and notices different ones', async () => {
    const { fingerprints, files } = await readTables(join(folder, 'tables1'));
    const rows = Object.entries(fingerprints).map(([table, text]) => [table, Number.parseInt(text, 10)]);
    expect(Object.fromEntries(rows)).toEqual(expected);
    expect(files).toBeGreaterThan(5);
    const other = await readTables(join(folder, 'tables2'));
    for (const table of Object.keys(expected))
      expect(other.fingerprints[table]).not.toBe(fingerprints[table]);
  });

  it('compares the tables of all contestants, then runs them in turns', async () => {
    const progress: string[] = [];
    const found = await contestOf([copies('A', 'tables1'), copies('B', 'tables1')], 2, progress);
    expect(progress.slice(1)).toEqual(
      ['tables to compare', 'round 1', 'round 2'].flatMap((round) => [
        'settle',
        `sample, ${round}: A`,
        'settle',
        `sample, ${round}: B`,
      ]),
    );
    expect(found.map(({ contestant, runs }) => [contestant, runs.length])).toEqual([
      ['A', 2],
      ['B', 2],
    ]);
    const [once] = await contestOf([copies('A', 'tables1')], 0);
    expect(once?.runs).toHaveLength(1);
  });

  it('measures no times if the tables differ or a command fails', async () => {
    const progress: string[] = [];
    await expect(contestOf([copies('A', 'tables1'), copies('B', 'tables2')], 1, progress)).rejects.toThrow(
      'on sample the contestants disagree: songs: A made 40 rows',
    );
    expect(progress.some((message) => message.includes('round'))).toBe(false);
    await expect(contestOf([copies('A', 'none')], 1)).rejects.toThrow(
      /exit code 1 of cp -r .*\n.*cannot stat/,
    );
  });
});

describe('increments of a lake', () => {
  it('are compared with the full load by the time in their steps', () => {
    const full = { what: 'full load', wall: 30, cpu: 40, peak: 2 ** 30, others: 0 };
    const page = incrementsPage(conditions, 'y', [
      { ...full, spark: 20, parsed: 1365, made: ['songs', 'users'] },
      { ...full, what: 'nothing new', wall: 1, cpu: null, peak: null, spark: 0, parsed: 0, made: [] },
    ]);
    expect(page).toContain('| y | full load | 30.0 | 40.0 | 1024 | 20.0 | 1.00 | 1,365 | songs, users |');
    expect(page).toContain('| y | nothing new | 1.0 | - | - | 0.0 | 0.00 | 0 | none |');
    expect(page).toContain(conditions.command);
  });
});
