/**
 * The examples of spark-templates/README.md as jobs of a batch, and what they must land. A quick test runs only the example that makes
 * a whole pipeline, and none of those that change the shipped one.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { readPipelineFolder } from '../../src/session/pipeline-folder.ts';
import { testPython } from '../support/python.ts';
import { writeRawData } from '../support/raw-data.ts';
import { scale } from '../support/scale.ts';
import { copyShipped, exampleOf, follow } from '../support/template-examples.ts';
import type { Job } from './batch.ts';
import { executionOf, renderInto, templates } from './spark.ts';

/** Events beside those of writeRawData: people who are logged out, and when a user registered. */
const NOON = Date.UTC(2018, 10, 3, 12);
const MORE_EVENTS = [
  { ts: NOON - 60_000, sessionId: 1, itemInSession: 7, userId: '', page: 'Login' },
  { ts: NOON + 90_500, sessionId: 1, itemInSession: 8, userId: '7', page: 'Logout' },
  { ts: NOON + 90_500, sessionId: 1, itemInSession: 9, userId: '', page: 'Home' },
  { ts: NOON + 5, sessionId: 9, itemInSession: 0, userId: '', page: 'About' },
  { ts: NOON, sessionId: 5, itemInSession: 0, userId: '5', page: 'NextSong', registration: 1541016707796.5 },
];
const NO_LENGTH = {
  song_id: 'S9',
  title: 'Silence',
  artist_id: 'AR2',
  artist_name: 'Öl',
  duration: 0,
  year: 0,
};

interface ExampleRows {
  days: unknown[];
  /** These are absent in a quick test. */
  sessions: { landed: unknown[]; wanted: unknown[] };
  /** Songs with a duration that is not above 0. */
  brokenSongs: number;
  registered: unknown[];
  ratings: unknown[];
}

const CHANGED = ['add a column', 'add a check in SQL', 'add a table'];
const PLACES = { songs: 'song_transform', logs: 'log_transform', ratings: 'rate_songs', days: 'summarize' };
type Place = keyof typeof PLACES;
const ALL: readonly Place[] = ['songs', 'logs', 'ratings', 'days'];
const TRIED = scale(['days'] as const, ALL);

/** Writes pipelines and raw data below a folder; returns the jobs that land them, in order. */
export function exampleJobs(folder: string): { name: string; job: Job }[] {
  const raw = writeRawData(join(folder, 'raw'));
  write(join(raw.log_data, 'more.json'), MORE_EVENTS.map((one) => JSON.stringify(one)).join('\n'));
  write(join(raw.song_data, 'no-length.json'), JSON.stringify(NO_LENGTH));
  copyShipped(join(folder, 'changed'));
  copyShipped(join(folder, 'rated'));
  const changed = programsOf(folder, 'changed', CHANGED);
  const jobs = {
    songs: [changed, 'song_data', raw.song_data],
    logs: [changed, 'log_data', raw.log_data, 'songs'],
    ratings: [
      programsOf(folder, 'rated', ['add a source']),
      'ratings',
      writeLines(folder, 'add a source'),
      'songs',
    ],
    days: [
      programsOf(folder, 'weather', ['make a pipeline']),
      'readings',
      writeLines(folder, 'make a pipeline'),
    ],
  } satisfies Record<Place, [Record<string, string>, source: string, root: string, upstream?: Place]>;
  const landed = (place: Place) => `file://${join(folder, 'landed', place)}`;
  return TRIED.map((place) => {
    const [programs, source, root, upstream] = jobs[place];
    return {
      name: `example ${place}`,
      job: {
        program: programs[PLACES[place]]!,
        arguments: [
          ...['--output', landed(place)],
          ...['--source', `${source}=file://${root}`],
          ...(upstream === undefined ? [] : ['--upstream', `${PLACES[upstream]}=${landed(upstream)}`]),
        ],
      },
    };
  });
}

/** Follows examples in a pipeline below `folder`, and renders it. Returns the path of each step's program. */
function programsOf(folder: string, name: string, titles: readonly string[]): Record<string, string> {
  const place = join(folder, name);
  for (const title of titles) follow(exampleOf(title), place);
  const { files } = readPipelineFolder({ name, place });
  return renderInto(join(folder, `${name} programs`), {}, { ...templates(), files });
}

/** Writes the raw lines of an example; returns their folder. */
function writeLines(folder: string, title: string): string {
  const place = join(folder, title);
  mkdirSync(place);
  write(join(place, 'lines.json'), exampleOf(title).data.join(''));
  return place;
}

/** The report of a step that ran. */
const exampleReport = (folder: string, place: Place) => executionOf(join(folder, 'landed', place)).report;

/** Rows as DuckDB reads them, and the rows that it computes from the raw JSON. */
function exampleRows(folder: string): ExampleRows {
  const tables = TRIED.map(
    (place) => `${place}=${join(executionOf(join(folder, 'landed', place)).folder, 'tables')}`,
  );
  const script = join(import.meta.dirname, 'template_examples.py');
  const { status, stdout, stderr } = spawnSync(
    testPython(),
    [script, join(folder, 'raw/log_data'), ...tables],
    {
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as ExampleRows;
}

const write = (path: string, text: string) => {
  writeFileSync(path, text);
};

/** The tests of the tables that the jobs landed below `place`. */
export function verifyExamples(place: () => string): void {
  describe('the examples of spark-templates/README.md', () => {
    let rows: ExampleRows;
    beforeAll(() => {
      rows = exampleRows(place());
    });

    it('land the table of a whole pipeline', () => {
      expect(rows.days).toEqual([
        ['bergen', '2026-03-01', '4.25', '6.50', ['rain', 'wind'], 2026],
        ['tromsø', '2026-03-01', '-3.75', '-3.75', [], 2026],
      ]);
    });

    const whole = () => verifyChanges(place, () => rows);
    scale(() => undefined, whole)();
  });
}

/** The tests of the examples that change the shipped pipeline. */
function verifyChanges(place: () => string, rows: () => ExampleRows): void {
  it('land sessions as DuckDB computes them from the raw events', () => {
    const { landed, wanted } = rows().sessions;
    expect(landed).toEqual(wanted);
    const noon = Date.UTC(2018, 10, 3, 12) * 1000;
    expect(wanted).toContainEqual([1, 7, noon - 60e6, 'Login', noon + 90.5e6, 'Home', 3, 150.5]);
    expect(wanted).toContainEqual([9, null, noon + 5000, 'About', noon + 5000, 'About', 0, 0]);
  });

  it('report the songs that break the SQL check', () => {
    const { violations } = exampleReport(place(), 'songs').tables['songs']!;
    expect(violations).toMatchObject([
      { check: 'condition', severity: 'warn', detail: 'has_length does not hold: duration > 0', count: 1 },
    ]);
    expect(rows().brokenSongs).toBe(1);
  });

  it('land the other new column and table', () => {
    const { registered, ratings } = rows();
    expect(registered).toEqual([
      [5, 1541016707796500],
      [7, null],
      [8, null],
    ]);
    expect(ratings).toEqual([['SOABC', 2, '4.50', '2018-11-30']]);
  });
}
