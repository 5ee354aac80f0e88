/** The real sample, with a driver that is killed in the middle and replaced by `attach`. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isOfRun } from '../../src/lake/layout.ts';
import { generateSparkify } from '../../scripts/sparkify/data.ts';
import { writeSparkify } from '../../scripts/sparkify/write.ts';
import { openFolder } from '../../src/store/local-folder.ts';
import type { RunSummary } from '../../src/report/summary.ts';
import { landfall, root, start, temporaryFolder } from '../support/landfall.ts';
import type { Ended } from '../support/landfall.ts';
import { equalTables, judge } from '../support/oracle.ts';
import type { Judgement } from '../support/oracle.ts';
import { commandLines } from '../support/processes.ts';
import { testPython } from '../support/python.ts';
import { snippets } from '../support/readme.ts';

const real = join(root, '../shared/data/sparkify');
const present = existsSync(real);
const { folder: cwd, remove } = temporaryFolder('plain');
const lake = join(cwd, 'lake');
let data: string;
let attached: Ended;
let summary: RunSummary;
let judgement: Judgement;

beforeAll(async () => {
  mkdirSync(cwd, { recursive: true });
  data = present ? real : join(cwd, 'generated');
  if (!present) writeSparkify(data, { seed: 11, songs: 300, days: 12, eventsPerDay: 400 });
  const inputs = [
    '--song-data',
    join(data, 'song_data'),
    '--log-data',
    join(data, 'log_data'),
    '--lake',
    lake,
  ];
  const driver = start(['submit', '--cluster', 'local', '--run-id', 'killed', ...inputs], { cwd });
  await driver.says(/log_transform {2}s-\w+ {2}RUNNING/);
  driver.process.kill('SIGKILL');
  await driver.ended;
  attached = await landfall(['attach', 'killed', '--lake', lake, '--output', 'json'], { cwd });
  summary = JSON.parse(attached.stdout || '{}') as RunSummary;
  judgement = judge(join(data, 'song_data'), join(data, 'log_data'), lake);
}, 400_000);
afterAll(remove);

describe('attach, after the driver was killed during log_transform', () => {
  it('finishes the run as its driver would have, given only the lake’s address', () => {
    expect({ code: attached.code, stderr: attached.code === 0 ? '' : attached.stderr }).toEqual({
      code: 0,
      stderr: '',
    });
    expect(summary).toMatchObject({ run: 'killed', verdict: 'succeeded', publication: 1, findings: [] });
  });

  it('lands the rows that DuckDB finds in the raw JSON, once', () => {
    expect(judgement.differences).toEqual(equalTables);
    expect(summary.books).toEqual(judgement.books);
  });

  it('submits no step twice, and no process remains', () => {
    const submitted = attached.stderr.match(/duplicate/g) ?? [];
    expect(submitted).toEqual([]);
    expect(commandLines('runs/killed/')).toEqual([]);
    expect(commandLines('emr-local/killed')).toEqual([]);
  });

  it('lands the known figures of this data', () => {
    const rows = Object.fromEntries(summary.tables.map(({ table, rows: landed }) => [table, landed]));
    const books = summary.books['log_data'];
    const { unparsable, ...read } = books!.lines;
    const fates = books!.views['plays']!.lines;
    expect(unparsable + fates.quarantined).toBe(read.quarantined);
    const lines = { ...fates, ...read };
    const known = present
      ? {
          rows: { songplays: 6820, users: 96, songs: 71, artists: 69, time: 6813 },
          lines: { read: 8056, blank: 0, kept: 6820, filtered: 1236, duplicates: 0, quarantined: 0 },
        }
      : { rows: judgement.rows, lines: generatedLines() };
    expect({ rows, lines }).toEqual(known);
  });
});

describe('verify, of the lake that landed', () => {
  const verify = (...more: string[]) =>
    landfall(['verify', ...more, '--lake', lake, '--output', 'json'], { cwd });

  it('finds nothing wrong with the current publication, its plain paths and the run', async () => {
    const [current, killed] = [await verify(), await verify('killed')];
    expect([current.code, killed.code, current.stderr]).toEqual([0, 0, '']);
    expect(JSON.parse(current.stdout)).toMatchObject({ run: 'killed', publication: 1, findings: [] });
  });

  it('exits 5 and names the files added since, as text and as JSON', async () => {
    const theirs = join(lake, 'songs', 'theirs.parquet');
    writeFileSync(theirs, 'x');
    const { code, stdout, stderr } = await verify();
    rmSync(theirs);
    expect({ code, value: JSON.parse(stdout) as unknown }).toMatchObject({
      code: 5,
      value: { fault: 'tables', findings: [{ subject: 'songs', sample: ['songs/theirs.parquet'] }] },
    });
    expect(stderr).toMatch(/songs: an object at a plain path is not Landfall’s\n {6}songs\/theirs\.parquet/);
  });
});

describe('gc and rollback, of the lake that landed', () => {
  const json = async (...args: string[]) => {
    const { code, stdout } = await landfall([...args, '--lake', lake, '--output', 'json'], { cwd });
    return { code, value: JSON.parse(stdout) as unknown };
  };

  it('recognise every object that the run, its drivers and Spark wrote', async () => {
    const unknown: string[] = [];
    for await (const object of openFolder(lake).list('_landfall/runs/killed/')) {
      if (!isOfRun('killed', object)) unknown.push(object.key);
    }
    expect(unknown).toEqual([]);
  });

  it('keep the only run, and have no earlier publication to go back to', async () => {
    expect(await json('gc', '--keep', '1')).toMatchObject({
      code: 0,
      value: { removed: false, runs: [], kept: [{ run: 'killed' }] },
    });
    expect(await json('rollback')).toMatchObject({ code: 2, value: { fault: 'input' } });
    expect(await json('publish', 'killed', '--rebase')).toMatchObject({
      code: 0,
      value: { verdict: 'succeeded', publication: 1 },
    });
  });
});

function generatedLines(): Record<string, number> {
  const { expected } = generateSparkify({ seed: 11, songs: 300, days: 12, eventsPerDay: 400 });
  const { lines, blank, kept, filtered, duplicates, quarantined } = expected.log_data;
  return { read: lines, blank, kept, filtered, duplicates, quarantined };
}

describe('the README', () => {
  const [sql = ''] = snippets('What landed, and how to read it', 'sql');
  const [pandas = '', spark = ''] = snippets('What landed, and how to read it', 'python');
  /** Runs a program in the folder that contains `lake`, in another time zone; a Python shell reads its input as if typed. */
  const told = (program: string, args: readonly string[], input: string) => {
    const env = { ...process.env, TZ: 'Asia/Kathmandu', PYSPARK_DRIVER_PYTHON_OPTS: '-i' };
    const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, input, encoding: 'utf8' });
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    return stdout;
  };
  const plays = () => summary.tables.find(({ table }) => table === 'songplays')!.rows;
  /** The latest play, from the milliseconds that DuckDB reads. */
  const newest = () => {
    const query = "select max(epoch_ms(start_time)) from read_parquet('lake/songplays/**/*.parquet')";
    const ms = told(
      testPython(),
      ['-c', `import duckdb; print(duckdb.execute("${query}").fetchone()[0])`],
      '',
    );
    return new Date(Number(ms)).toISOString().slice(0, 19).replace('T', ' ');
  };

  it('reads the plays with DuckDB and shows their times in UTC', () => {
    const program = `import duckdb, sys
for statement in sys.stdin.read().split(';')[:-1]:
  print(duckdb.sql(statement))`;
    const shown = told(testPython(), ['-c', program], sql);
    const counts = [...shown.matchAll(/(\d+) │ 2\d{3}-/g)].map(([, rows]) => Number(rows));
    expect(counts.reduce((sum, rows) => sum + rows, 0)).toBe(plays());
    const times = [...shown.matchAll(/│ (2\d{3}-\S+ [\d:]+)[.\d]*\+00/g)].map(([, time]) => time);
    expect(times.sort().at(-1)).toBe(newest());
  });

  it('reads the plays with pandas, with partitions as numbers and times in UTC', () => {
    const program = `${pandas}
print(len(plays), plays['year'].dtype, plays['month'].dtype, plays['start_time'].dtype)`;
    const lines = told(testPython(), ['-'], program).trim().split('\n');
    expect(lines.at(-1)).toBe(`${plays()} int32 int32 datetime64[us, UTC]`);
  });

  it('reads the plays with the private Spark that npm run pyspark starts', () => {
    const tsx = join(root, 'node_modules/.bin/tsx');
    const input = `${spark}
print('plays', plays.count(), plays.selectExpr('cast(max(start_time) as string)').first()[0])
`;
    const [, count, day, time = ''] =
      /plays (\d+) (\S+) (\S+)/.exec(told(tsx, [join(root, 'scripts/pyspark.ts')], input)) ?? [];
    expect([Number(count), `${day ?? ''} ${time.slice(0, 8)}`]).toEqual([plays(), newest()]);
  }, 120_000);
});
