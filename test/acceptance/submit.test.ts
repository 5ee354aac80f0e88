/**
 * The first command of the README: the generated sample, landed and checked. The folder has a hostile name, the user has no
 * name and no home, and the environment is made for other programs.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { stepReport } from '../../src/pipeline/report.ts';
import type { RunSummary } from '../../src/report/summary.ts';
import { landfall, temporaryFolder } from '../support/landfall.ts';
import type { Ended, Surroundings } from '../support/landfall.ts';
import { equalTables, judge } from '../support/oracle.ts';
import { namelessUser, strayFiles } from '../support/nameless-user.ts';
import { commandLines } from '../support/processes.ts';

const { folder: cwd, remove } = temporaryFolder();
const lake = join(cwd, 'lake');
const canary = 'wJalrXUtnFEMI7MDENGbPxRfiCYEXAMPLEKEYcanary';
let surroundings: Surroundings;
let first: Ended;
let summary: RunSummary;

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

const published = () =>
  filesBelow(lake).filter((path) => !/^(_landfall|delta)\//.test(path.slice(lake.length + 1)));

beforeAll(async () => {
  mkdirSync(cwd, { recursive: true });
  const { through, env } = namelessUser(dirname(cwd));
  const keys = { AWS_ACCESS_KEY_ID: 'AKIACANARYCANARYCAN1', AWS_SECRET_ACCESS_KEY: canary };
  surroundings = { cwd, through, env: { ...keys, NODE_NO_WARNINGS: '', ...env, ...foreign } };
  first = await landfall(['submit', '--cluster', 'local', '--output', 'json'], surroundings);
  summary = JSON.parse(first.stdout || '{}') as RunSummary;
}, 300_000);
afterAll(remove);

describe('submit --cluster local with nothing configured', () => {
  it('succeeds, and prints what landed only to stdout', () => {
    expect(first).toMatchObject({ code: 0 });
    expect(summary).toMatchObject({ verdict: 'succeeded', publication: 1, findings: [] });
    expect(summary.tables.map(({ table }) => table).sort()).toEqual([
      'artists',
      'songplays',
      'songs',
      'time',
      'users',
    ]);
  });

  it('lands exactly the rows that DuckDB finds in the raw JSON', () => {
    const { differences, rows, books } = judge(
      join(cwd, 'sample/song_data'),
      join(cwd, 'sample/log_data'),
      lake,
    );
    expect(differences).toEqual(equalTables);
    expect(Object.fromEntries(summary.tables.map(({ table, rows: landed }) => [table, landed]))).toEqual(
      rows,
    );
    expect(summary.books).toEqual(books);
  });

  it('has known matches, duplicates, conflicts and bad lines in its sample', () => {
    const { lines, views } = summary.books['log_data']!;
    const { lines: fates, conflicts } = views['plays']!;
    expect(fates.duplicates).toBeGreaterThan(conflicts);
    expect(conflicts).toBeGreaterThan(0);
    expect(lines.quarantined).toBeGreaterThan(0);
    expect(summary.tables.find(({ table }) => table === 'songs')?.conflicts).toBeGreaterThan(0);
  });

  it('counts the files and bytes at the plain paths', () => {
    const counted = summary.tables.reduce((sum, { files }) => sum + files, 0);
    expect(published()).toHaveLength(counted);
  });

  it('writes one file for each value of the partition columns', () => {
    const folders = published().map((path) => dirname(path));
    expect(folders).toHaveLength(new Set(folders).size);
    expect(folders.filter((folder) => folder.includes('/songplays/'))).not.toEqual([]);
  });

  it('prints no warning', () => {
    expect(first.stderr).not.toMatch(/warning/i);
  });

  it('leaves no process behind', () => {
    expect(commandLines(summary.run)).toEqual([]);
  });

  it('writes no secret of its environment anywhere', () => {
    expect(first.stdout + first.stderr).not.toContain(canary);
    const leaks = filesBelow(lake).filter((path) => readFileSync(path).includes(canary));
    expect(leaks).toEqual([]);
  });

  it('leaves no stray file, and its files have the modes that the umask allows', () => {
    expect(strayFiles(dirname(cwd))).toEqual([]);
    const modes = filesBelow(lake)
      .filter((path) => path.includes(summary.run))
      .map((path) => (statSync(path).mode & 0o777).toString(8));
    expect([...new Set(modes)]).toEqual(['640']);
  });

  it('keeps the logs of its application', () => {
    const logs = filesBelow(join(lake, '_landfall/logs')).map((path) =>
      path.slice(path.lastIndexOf('/') + 1),
    );
    expect(logs.filter((name) => name === 'stderr.gz')).toHaveLength(1);
  });

  it('shows the run’s status from its journal', async () => {
    const { code, stdout } = await landfall(['status', '--output', 'json'], surroundings);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      run: summary.run,
      verdict: 'succeeded',
      publication: 1,
      mirrored: true,
    });
  });

  it('has nothing to do when a finished run is attached to', async () => {
    const { code, stdout } = await landfall(['attach', summary.run, '--output', 'json'], surroundings);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'succeeded' });
  });
});

describe('a second submit', () => {
  it('stops at a stranger’s file in a plain path, and leaves it there', async () => {
    const stranger = join(lake, 'songs/year=2004/mine.parquet');
    mkdirSync(join(stranger, '..'), { recursive: true });
    writeFileSync(stranger, 'mine');
    const before = published();
    const { code, stderr } = await landfall(['submit', '--cluster', 'local'], surroundings);
    expect(code).toBe(2);
    expect(stderr).toContain('songs/year=2004/mine.parquet');
    expect(readFileSync(stranger, 'utf8')).toBe('mine');
    expect(published()).toEqual(before);
    rmSync(stranger);
  });

  it('has nothing to do when nothing changed, and starts no run', async () => {
    const before = readdirSync(join(lake, '_landfall/runs'));
    const args = ['submit', '--cluster', 'local', '--output', 'json'];
    const { code, stdout, stderr } = await landfall(args, surroundings);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ state: 'nothing to do', publication: 1, run: summary.run, plainPaths: 'complete' },
    });
    expect(readdirSync(join(lake, '_landfall/runs'))).toEqual(before);
    const asked = await landfall(['plan', '--cluster', 'local'], surroundings);
    expect(asked.stdout).toContain(`nothing changed since publication 1 of run ${summary.run}`);
  });

  it('with one more file of a source runs only the step that reads it, and lands what all files hold', async () => {
    const [songs, logs] = [join(cwd, 'sample/song_data'), join(cwd, 'sample/log_data')];
    const some = filesBelow(logs).find((path) => path.endsWith('.json'))!;
    const lines = readFileSync(some, 'utf8').split('\n').slice(0, 40);
    const later = lines.map((line) => line.replace(/(?<ts>"ts": ?\d+)\d/, '$<ts>1'));
    writeFileSync(join(logs, 'later.json'), later.join('\n'));
    const inputs = ['--song-data', songs, '--log-data', logs];
    const args = ['submit', '--cluster', 'local', ...inputs, '--output', 'json'];
    const { code, stdout, stderr } = await landfall(args, surroundings);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const second = JSON.parse(stdout) as RunSummary;
    expect(stepsOf(second.run)).toEqual(['log_transform']);
    expect(parsedBy(second.run)).toEqual({ log_data: 1 });
    const carried = second.tables.filter(({ carriedOverFrom: from }) => from?.join() === summary.run);
    expect(carried.map(({ table }) => table).sort()).toEqual(['artists', 'songs']);
    const { differences, rows, books } = judge(songs, logs, lake);
    expect(differences).toEqual(equalTables);
    expect(rows['songplays']).toBeGreaterThan(
      summary.tables.find(({ table }) => table === 'songplays')!.rows,
    );
    expect(second.books).toEqual(books);
  }, 200_000);
});

/** The steps that wrote something for the run. */
const stepsOf = (run: string) =>
  readdirSync(join(lake, '_landfall/runs', run, 'steps'), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('report.json'))
    .map((name) => name.split('/')[0]);

/** By source: how many objects the only step of the run parsed. */
function parsedBy(run: string): Record<string, number> {
  const [report = ''] = filesBelow(join(lake, '_landfall/runs', run)).filter((path) =>
    path.endsWith('/report.json'),
  );
  const { sourceTables } = stepReport.parse(JSON.parse(readFileSync(report, 'utf8')));
  return Object.fromEntries(Object.entries(sourceTables).map(([source, { parsed }]) => [source, parsed]));
}

/** Settings of another Spark, Java and Python on the machine, and of another language: each would break a step. */
const foreign = {
  LANG: 'C',
  LC_ALL: 'tr_TR.UTF-8',
  SPARK_REMOTE: 'sc://127.0.0.1:1',
  SPARK_HOME: '/nowhere',
  SPARK_CONF_DIR: '/nowhere',
  SPARK_MASTER: 'yarn',
  SPARK_LOCAL_DIRS: '/nowhere',
  SPARK_SUBMIT_OPTS: '-Dspark.master=yarn',
  SPARK_DAEMON_MEMORY: '1t',
  SPARK_USER: 'somebody',
  HADOOP_CONF_DIR: '/nowhere',
  HADOOP_USER_NAME: 'somebody',
  HADOOP_PROXY_USER: 'somebody',
  PYSPARK_SUBMIT_ARGS: '--master yarn pyspark-shell',
  PYSPARK_DRIVER_PYTHON: 'jupyter',
  PYSPARK_DRIVER_PYTHON_OPTS: 'notebook',
  PYTHONOPTIMIZE: '2',
  PYTHONPATH: '/nowhere',
  PYTHONHOME: '/nowhere',
  PYTHONSTARTUP: '/nowhere',
  PYTHONWARNINGS: 'error',
  JAVA_TOOL_OPTIONS: '-Xmx16m',
  JDK_JAVA_OPTIONS: '-Xmx16m',
  _JAVA_OPTIONS: '-Xmx16m',
  CLASSPATH: '/nowhere',
  VIRTUAL_ENV: '/nowhere',
  CONDA_PREFIX: '/nowhere',
  BASH_ENV: '/nowhere',
  TZ: 'Asia/Kathmandu',
};
