import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { executionOf, failureOf, renderInto, runSpark, startSpark, templates } from '../../spark/spark.ts';

const MINUTES = 60_000;
const PLAY =
  '{"ts":1541106106796,"userId":"8","sessionId":1,"itemInSession":0,"level":"free","page":"NextSong","song":"x"}';
const SONG =
  '{"song_id":"SO1","title":"One","artist_id":"AR1","artist_name":"Ann","duration":1.5,"year":2004}';

let folder: string;
let programs: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfall-failures-'));
  programs = renderInto(join(folder, 'programs'));
});
afterAll(() => rm(folder, { recursive: true }));

function input(name: string, files: Record<string, string | Buffer>): string {
  for (const [key, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name, key)), { recursive: true });
    writeFileSync(join(folder, name, key), content);
  }
  return join(folder, name);
}

/** A manifest of these objects as they are now. */
function manifest(root: string, source: string, keys: readonly string[]): string {
  const lines = keys.map((key) => {
    const { size, mtime } = statSync(join(root, key));
    const uri = `file://${root}/${key}`;
    return `${JSON.stringify({ source, key, uri, size, etag: 'x', last_modified: mtime.toISOString() })}\n`;
  });
  const path = join(
    folder,
    `${source}-${String(keys.length)}-${String(Math.trunc(performance.now()))}.json.gz`,
  );
  writeFileSync(path, gzipSync(lines.join('')));
  return `file://${path}`;
}

const songRun = (program: string, root: string, output: string, ...more: string[]) =>
  runSpark([
    program,
    '--output',
    `file://${join(folder, output)}`,
    '--source',
    `song_data=file://${root}`,
    ...more,
  ]);

describe('a step', () => {
  it(
    'reads exactly the objects of its manifest, keeps its token, and reports what an empty input leaves',
    async () => {
      const root = input('stranger', {
        'a/1.json': SONG,
        'a/2.json': SONG.replace('SO1', 'SO2'),
        'a/none.json': '',
      });
      const listed = manifest(root, 'song_data', ['a/1.json', 'a/none.json']);
      const token = 'landfall/r/song_transform#1';
      const outcome = await songRun(
        programs['song_transform']!,
        root,
        '_landfall/stranger',
        '--manifest',
        listed,
        '--token',
        token,
      );
      expect(outcome.code).toBe(0);
      const { report } = executionOf(join(folder, '_landfall/stranger'));
      expect(report).toMatchObject({
        token,
        sources: { song_data: { objects: { manifest: 2, read: 1, empty: 1 } } },
      });
      expect(report.tables['songs']).toMatchObject({ rows: 1, readBack: 1, violations: [] });
    },
    3 * MINUTES,
  );

  it(
    'writes one file with a schema for each empty table, and reports it as a violation unless it may be empty',
    async () => {
      const root = input('filtered', { 'x.json': '{"song_id":"only"}\n\n' });
      const outcome = await songRun(programs['song_transform']!, join(root, 'x.json'), 'out/empty');
      expect(outcome.code).toBe(0);
      const { folder: execution, report } = executionOf(join(folder, 'out/empty'));
      for (const table of ['songs', 'artists', 'song_keys']) {
        const files = readdirSync(join(execution, 'tables', table)).filter((name) =>
          name.endsWith('.parquet'),
        );
        expect([table, files.length]).toEqual([table, 1]);
        expect(report.tables[table]).toMatchObject({
          rows: 0,
          readBack: 0,
          violations: table === 'song_keys' ? [] : [{ check: 'not_empty', severity: 'error' }],
        });
      }
      expect(report.sources['song_data']).toMatchObject({ lines: { read: 1, blank: 1, quarantined: 1 } });
    },
    3 * MINUTES,
  );

  it(
    'names a truncated gzip file',
    async () => {
      const whole = gzipSync(`${SONG}\n`.repeat(5000) + Math.random().toString());
      const root = input('truncated', {
        'ok.json.gz': gzipSync(SONG),
        'b/cut #1.json.gz': whole.subarray(0, whole.length - 30),
      });
      const outcome = await songRun(programs['song_transform']!, root, 'out/truncated');
      expect(outcome.code).toBe(1);
      const failure = failureOf(outcome);
      expect(failure).toMatchObject({ step: 'song_transform', kind: 'input', table: null });
      expect(failure['error']).toContain(`file://${root}/b/cut #1.json.gz cannot be decompressed`);
      expect(existsSync(join(folder, 'out/truncated'))).toBe(false);
    },
    3 * MINUTES,
  );

  it(
    'names objects that vanished',
    async () => {
      const root = input('gone', { '1.json': SONG, 'it is 100% gone.json': SONG });
      const listed = manifest(root, 'song_data', ['1.json', 'it is 100% gone.json']);
      rmSync(join(root, 'it is 100% gone.json'));
      const outcome = await songRun(programs['song_transform']!, root, 'out/gone', '--manifest', listed);
      expect(outcome.code).toBe(1);
      expect(failureOf(outcome)).toMatchObject({
        kind: 'input',
        error: `1 input object (file://${root}/it is 100% gone.json) of song_data: no longer there`,
      });
    },
    3 * MINUTES,
  );

  it(
    'names objects that changed, in size or in time',
    async () => {
      const root = input('changed', { 'same.json': SONG, 'longer.json': SONG, 'later.json': SONG });
      const listed = manifest(root, 'song_data', ['same.json', 'longer.json', 'later.json']);
      appendFileSync(join(root, 'longer.json'), '\n');
      utimesSync(join(root, 'later.json'), new Date(), new Date(Date.now() + 10_000));
      const outcome = await songRun(programs['song_transform']!, root, 'out/changed', '--manifest', listed);
      expect(outcome.code).toBe(1);
      expect(failureOf(outcome)).toMatchObject({
        kind: 'input',
        error: `2 input objects (file://${root}/later.json, file://${root}/longer.json) of song_data: changed since they were listed`,
      });
    },
    3 * MINUTES,
  );

  it(
    'names the step and the place if an upstream is not complete',
    async () => {
      const root = input('plays', { 'x.json': PLAY });
      const upstream = input('half', {
        'local-1-aa/tables/songs/x.parquet': 'x',
        'local-2-bb/report.json': '{"version":1,',
      });
      const outcome = await runSpark([
        ...[
          programs['log_transform']!,
          '--output',
          `file://${folder}/out/half`,
          '--source',
          `log_data=file://${root}`,
        ],
        ...['--upstream', `song_transform=file://${upstream}`],
      ]);
      expect(outcome.code).toBe(1);
      expect(failureOf(outcome)).toMatchObject({
        kind: 'upstream',
        error: `the step song_transform has no complete execution in file://${upstream}: its report.json is missing`,
      });
    },
    3 * MINUTES,
  );
});

describe('a query that fails', () => {
  const broken = (edit: (text: string) => string) => {
    const name = `broken-${String(Math.trunc(performance.now()))}`;
    const edited = templates({ 'tables/song_transform/artists.sql.hbs': edit });
    const line = (text: string) =>
      edited.files
        .find(({ path }) => path === 'tables/song_transform/artists.sql.hbs')!
        .text.split('\n')
        .findIndex((row) => row.includes(text)) + 1;
    return { program: renderInto(join(folder, name), {}, edited)['song_transform']!, line };
  };

  it.each([
    [
      'while parsing',
      'location,\n  latitude',
      'location,\n  latitude latitude latitude',
      'latitude latitude latitude',
      '[PARSE_SYNTAX_ERROR]',
    ],
    [
      'while analysing',
      '    artist_location AS location',
      '    artist_lokation AS location',
      'artist_lokation',
      '[UNRESOLVED_COLUMN.WITH_SUGGESTION]',
    ],
    [
      'while running',
      '    artist_name AS name',
      '    CAST(CAST(artist_name AS INT) AS STRING) AS name',
      'CAST(CAST',
      '[CAST_INVALID_INPUT]',
    ],
  ])(
    '%s is reported with its template line',
    async (_, from, to, blamed, error) => {
      const root = input('songs', { 'x.json': SONG });
      const { program, line } = broken((text) => text.replace(from, to));
      const outcome = await songRun(program, root, `out/${error}`);
      expect(outcome.code).toBe(1);
      const failure = failureOf(outcome);
      expect(failure).toMatchObject({
        step: 'song_transform',
        table: 'artists',
        template: 'tables/song_transform/artists.sql.hbs',
        line: line(blamed),
        kind: 'query',
      });
      expect(failure['error']).toMatch(error);
      const human = `landfall: song_transform: tables/song_transform/artists.sql.hbs:${String(line(blamed))}: ${error}`;
      expect(outcome.stderr).toContain(human);
      expect(outcome.stdout + outcome.stderr).not.toContain('Traceback');
      expect(existsSync(join(folder, 'out', error, 'report.json'))).toBe(false);
    },
    3 * MINUTES,
  );

  it(
    'because its columns break the contract names table, column and types',
    async () => {
      const root = input('songs', { 'x.json': SONG });
      const { program } = broken((text) =>
        text.replace('    artist_latitude AS latitude', '    CAST(artist_latitude AS FLOAT) AS latitude'),
      );
      const outcome = await songRun(program, root, 'out/contract');
      expect(outcome.code).toBe(1);
      expect(failureOf(outcome)).toMatchObject({
        kind: 'contract',
        table: 'artists',
        error: 'the columns of artists break its contract: latitude is FLOAT, not DOUBLE',
      });
    },
    3 * MINUTES,
  );
});

describe('a step that is to end', () => {
  // A cross join that takes far longer than any test.
  const endless = () => {
    const edit = (text: string) =>
      text.replace('  FROM song_data\n', '  FROM song_data CROSS JOIN range(1000000000000) AS many\n');
    return renderInto(
      join(folder, 'endless'),
      {},
      templates({ 'tables/song_transform/artists.sql.hbs': edit }),
    )['song_transform']!;
  };

  /** Resolves once no process of the group is left. */
  const allGone = async (group: number) => {
    for (;;) {
      try {
        process.kill(-group, 0);
      } catch {
        return;
      }
      await sleep(100);
    }
  };

  it(
    'ends by itself when its timeout has passed',
    async () => {
      const root = input('songs', { 'x.json': SONG });
      const outcome = await songRun(endless(), root, 'out/timeout', '--timeout', '25');
      expect(outcome.code).toBe(1);
      expect(failureOf(outcome)).toMatchObject({
        kind: 'timeout',
        error: 'the step took longer than its timeout of 25 seconds',
      });
    },
    3 * MINUTES,
  );

  it.each([
    ['the JVM alone', 1],
    ['its whole process group', -1],
  ])(
    'ends soon after SIGTERM to %s',
    async (_, sign) => {
      const root = input('songs', { 'x.json': SONG });
      const args = [
        endless(),
        '--output',
        `file://${folder}/out/cancelled`,
        '--source',
        `song_data=file://${root}`,
      ];
      const { child, outcome, ended } = startSpark(args);
      while (!outcome.stdout.includes('artists: begun')) await sleep(200);
      // Spark plans the query, and starts its tasks.
      await sleep(5000);
      const start = performance.now();
      process.kill(sign * child.pid!, 'SIGTERM');
      const { code } = await ended;
      expect(code).not.toBe(0);
      await allGone(child.pid!);
      expect(performance.now() - start).toBeLessThan(15_000);
    },
    3 * MINUTES,
  );
});

describe('the arguments of a step', () => {
  it.each([
    [['--source', 'song_data=file:///x'], '--output'],
    [['--output', 'file:///x'], '--source song_data=URI is missing'],
    [
      ['--output', 'file:///x', '--source', 'song_dta=file:///x', '--source', 'song_data=file:///x'],
      'knows only song_data',
    ],
    [
      ['--output', 's3://b/_landfall/runs/r', '--source', 'song_data=file:///x'],
      'belongs to runs: choose another folder',
    ],
  ])(
    'are checked before Spark starts: %j',
    async (args, message) => {
      const outcome = await runSpark([programs['song_transform']!, ...args]);
      expect(outcome.code).not.toBe(0);
      const said = outcome.stdout + outcome.stderr;
      expect(said).toContain(message);
      expect(said).toContain('--source song_data=URI');
    },
    MINUTES,
  );
});
