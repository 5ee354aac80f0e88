/** A lake that grows with its inputs, with real Spark: each submit equals a full load of the same objects. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Publication } from '../../src/lake/publication.ts';
import type { StepReport } from '../../src/pipeline/report.ts';
import { writeSparkify } from '../../scripts/sparkify/write.ts';
import type { RunSummary } from '../../src/report/summary.ts';
import { landfall, root, start, temporaryFolder } from '../support/landfall.ts';
import type { Ended } from '../support/landfall.ts';
import { equalTables, judge } from '../support/oracle.ts';
import { testPython } from '../support/python.ts';

const { folder: cwd, remove } = temporaryFolder();
const [lake, templates] = [join(cwd, 'lake'), join(cwd, 'templates')];
const [songs, logs, later] = ['song_data', 'log_data', 'later'].map((name) => join(cwd, name)) as [
  string,
  string,
  string,
];
const inputs = ['--song-data', songs, '--log-data', logs, '--templates', templates];

beforeAll(() => {
  mkdirSync(later, { recursive: true });
  writeSparkify(cwd, { seed: 23, songs: 40, days: 4, eventsPerDay: 120 });
  cpSync(join(root, 'spark-templates/sparkify'), templates, { recursive: true });
  const days = jsonBelow(logs).sort();
  for (const [at, path] of days.slice(-2).entries()) renameSync(path, join(later, `${String(at)}.json`));
});
afterAll(remove);

/** Names of the files, relative to the folder. */
const namesBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
const jsonBelow = (folder: string) =>
  namesBelow(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(folder, name));

const onLake = (...args: string[]) => landfall([...args, '--lake', lake, '--output', 'json'], { cwd });
const submitting = (run: string, ...more: string[]) =>
  onLake('submit', '--cluster', 'local', '--run-id', run, ...inputs, ...more);

function succeeded({ code, stdout, stderr }: Ended): RunSummary {
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as RunSummary;
}

/** The steps that ran for the run. */
const stepsOf = (run: string) =>
  namesBelow(join(lake, '_landfall/runs', run, 'steps'))
    .filter((name) => name.endsWith('/report.json'))
    .map((name) => name.split('/')[0])
    .sort();

const ALL = ['log_transform', 'song_transform'];

/** Submits, and compares what is published then with the raw files. */
async function landed(run: string, ...more: string[]): Promise<RunSummary> {
  const summary = succeeded(await submitting(run, ...more));
  const { differences, rows, books } = judge(songs, logs, lake);
  expect(differences).toEqual(equalTables);
  expect(Object.fromEntries(summary.tables.map(({ table, rows: its }) => [table, its]))).toEqual(rows);
  expect(summary.books).toEqual(books);
  return summary;
}

/** By table: where its rows come from, for tables that the run did not make. */
const carriedBy = ({ tables }: RunSummary) =>
  Object.fromEntries(
    tables.flatMap(({ table, carriedOverFrom }) =>
      carriedOverFrom === undefined ? [] : [[table, carriedOverFrom.join()]],
    ),
  );

function publication(number: number): Publication {
  const name = `${String(number).padStart(6, '0')}.json`;
  return JSON.parse(readFileSync(join(lake, '_landfall/published', name), 'utf8')) as Publication;
}

/** By table: the number of rows that one publication has and the other has not. */
function differing(one: number, other: number): Record<string, number> {
  const files = ({ tables }: Publication) =>
    tables.map(({ table, files: its }) => [table, its.map(({ key }) => join(lake, key))] as const);
  const program = `import duckdb, json, sys
one, other = json.load(sys.stdin)
rows = lambda files: "select * from read_parquet(%s, hive_partitioning=true)" % ("['" + "','".join(f.replace("'", "''") for f in files) + "']")
count = lambda a, b: duckdb.execute("select count(*) from (%s except all %s)" % (a, b)).fetchone()[0]
print(json.dumps({t: count(rows(f), rows(other[t])) + count(rows(other[t]), rows(f)) for t, f in one.items()}))`;
  const input = JSON.stringify([one, other].map((number) => Object.fromEntries(files(publication(number)))));
  const { status, stdout, stderr } = spawnSync(testPython(), ['-c', program], { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, number>;
}

const NONE = { songs: 0, artists: 0, users: 0, time: 0, songplays: 0 };

it('runs only what is new, and equals a full load after every change', async () => {
  await landed('first');
  expect(stepsOf('first')).toEqual(ALL);

  renameSync(join(later, '0.json'), join(logs, 'late.json'));
  const added = await landed('added');
  expect(stepsOf('added')).toEqual(['log_transform']);
  expect(carriedBy(added)).toEqual({ songs: 'first', artists: 'first' });

  const full = await landed('full', '--full');
  expect(stepsOf('full')).toEqual(ALL);
  expect(carriedBy(full)).toEqual({});
  expect(differing(2, 3)).toEqual(NONE);
  const shown = full.tables.flatMap(({ table }) => namesBelow(join(lake, table)));
  expect(shown.filter((name) => !/(^|\/)full-3-/.test(name))).toEqual([]);
  expect(shown).toHaveLength(full.tables.reduce((sum, { files }) => sum + files, 0));

  const users = join(templates, 'tables/log_transform/users.sql.hbs');
  const check = '  - { check: not_null, column: gender, severity: warn }\n';
  writeFileSync(users, readFileSync(users, 'utf8').replace('checks:\n', `checks:\n${check}`));
  const checked = await landed('checked');
  expect(stepsOf('checked')).toEqual(['log_transform']);
  // The check of songplays looks at users, but no partition of songplays changes.
  const unchanged = { songs: 'full', artists: 'full', time: 'full', songplays: 'full' };
  expect(carriedBy(checked)).toEqual(unchanged);

  rmSync(join(logs, 'late.json'));
  await landed('deleted');
  expect(stepsOf('deleted')).toEqual(['log_transform']);
  expect(differing(1, 5)).toEqual(NONE);

  const [song = ''] = jsonBelow(songs);
  rmSync(song);
  const without = await landed('without');
  expect(stepsOf('without')).toEqual(ALL);
  // No play is of that song.
  expect(carriedBy(without)).toEqual({ users: 'deleted', time: 'deleted', songplays: 'deleted' });
}, 900_000);

it('exits 11 when it is overtaken, and is planned again then', async () => {
  renameSync(join(later, '1.json'), join(logs, 'later.json'));
  const args = ['submit', '--cluster', 'local', '--run-id', 'overtaken', '--lake', lake, ...inputs];
  const running = start(args, { cwd });
  await running.says(/log_transform {2}s-\w+ {2}RUNNING/);
  succeeded(await onLake('rollback', '5'));
  const { code, stderr } = await running.ended;
  expect(code).toBe(11);
  expect(stderr).toContain('song_transform carried over');
  expect(stderr).toMatch(/next: .* submit /);
  expect((await onLake('publish', 'overtaken', '--rebase')).code).toBe(11);
  const again = await landed('again');
  expect(stepsOf('again')).toEqual(ALL);
  expect(again.publication).toBe(8);
}, 400_000);

it('gc keeps the files that publications carry over, and a rollback brings them back', async () => {
  succeeded(await onLake('rollback', '4'));
  expect(differing(4, 9)).toEqual(NONE);
  const runs = join(lake, '_landfall/runs');
  for (const path of namesBelow(runs).map((name) => join(runs, name)))
    utimesSync(path, new Date(), new Date(statSync(path).mtimeMs - 2 * 86_400_000));
  succeeded(await onLake('gc', '--keep', '1', '--yes'));
  expect(readdirSync(runs).sort()).toEqual(['again', 'checked', 'full']);
  succeeded(await onLake('verify'));
  succeeded(await onLake('verify', 'checked'));
}, 200_000);

it('makes only the partitions of songplays again that have plays of a song that is new', async () => {
  const [day = ''] = jsonBelow(logs);
  const lines = readFileSync(day, 'utf8').split('\n');
  const play = JSON.parse(lines.find((line) => line.includes('"NextSong"'))!) as Record<string, unknown>;
  const its = { song: 'Quite new', artist: 'Somebody', length: 201.5 };
  const march = { ...play, ...its, ts: Date.UTC(2019, 2, 5, 12) };
  const april = { ...play, ...its, song: 'Another', ts: Date.UTC(2019, 3, 5, 12) };
  writeFileSync(join(logs, 'spring.json'), `${JSON.stringify(march)}\n${JSON.stringify(april)}\n`);
  const before = publication((await landed('spring')).publication!);

  const song = JSON.parse(readFileSync(jsonBelow(songs)[0]!, 'utf8')) as Record<string, unknown>;
  const names = { song_id: 'SOQUITENEW00000001', title: its.song, artist_name: its.artist };
  writeFileSync(join(songs, 'new.json'), JSON.stringify({ ...song, ...names, duration: its.length }));
  const planned = await onLake('plan', '--cluster', 'local', ...inputs);
  expect(planned.stdout).toContain('it looks up rows of song_keys, which change');
  const after = publication((await landed('song')).publication!);
  expect(stepsOf('song')).toEqual(ALL);

  const steps = join(lake, '_landfall/runs/song/steps/log_transform');
  const [report = ''] = namesBelow(steps).filter((name) => name.endsWith('/report.json'));
  const { tables } = JSON.parse(readFileSync(join(steps, report), 'utf8')) as StepReport;
  expect(tables['songplays']!.made).toEqual({ kind: 'partitions', partitions: [['2019', '3']] });
  const [old, now] = [before, after].map((one) => {
    const files = one.tables.find(({ table }) => table === 'songplays')!.files.map(({ key }) => key);
    return files.filter((key) => !key.includes('/year=2019/month=3/')).sort();
  });
  expect(old!.length).toBeGreaterThan(1);
  expect(now).toEqual(old);
}, 400_000);
