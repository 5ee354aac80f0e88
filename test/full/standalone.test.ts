/** Both steps in one application on a Spark cluster of two workers, over S3, while one of the workers is killed. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { generateSparkify } from '../../scripts/sparkify/data.ts';
import type { Spark } from '../../src/local/setup-spark.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/landfall.ts';
import { startMoto } from '../support/moto.ts';
import type { Moto } from '../support/moto.ts';
import { setUpSpark } from '../support/private-spark.ts';
import { judge, NOTHING } from '../spark/oracle.ts';
import { executionOf, RELEASE, renderInto, startSpark } from '../spark/spark.ts';
import type { Outcome } from '../spark/spark.ts';

const { folder, remove } = temporaryFolder();
/** More than 8 MiB of events, so that Spark adapts its plans while they run. */
const sample = generateSparkify({ songs: 60, days: 6, eventsPerDay: 4_500 });
const at = (name: string) => join(folder, name);

let moto: Moto;
let spark: Spark;
let lake: Store;
const daemons: ChildProcess[] = [];

beforeAll(async () => {
  moto = await startMoto();
  await Promise.all(['raw', 'lake'].map((bucket) => moto.createBucket(bucket)));
  const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
  const access = { endpoint: moto.endpoint, region: 'us-east-1', credentials };
  lake = await openStore('s3://lake/tables', access);
  const raw = await openStore('s3://raw', access);
  for (const { path, text } of sample.files) {
    await raw.put(path, new TextEncoder().encode(text));
    save(at(path), text);
  }
  spark = await setUpSpark(RELEASE, { s3: { endpoint: moto.endpoint, region: 'us-east-1' } });
}, 900_000);

afterAll(async () => {
  for (const { pid } of daemons) killGroup(pid);
  await moto.stop();
  remove();
});

function save(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function killGroup(pid: number | undefined): void {
  try {
    process.kill(-(pid ?? 0), 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Starts a daemon of Spark in a process group of its own, and waits for a line of its log. */
async function startDaemon(args: readonly string[], said: RegExp): Promise<{ pid: number; found: string }> {
  const daemon = spawn(join(spark.home, 'bin/spark-class'), args, {
    env: { ...process.env, ...spark.env, ...moto.env, SPARK_LOCAL_IP: '127.0.0.1' },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  daemons.push(daemon);
  const found = await new Promise<string>((resolve, reject) => {
    createInterface({ input: daemon.stderr }).on('line', (line) => {
      const match = said.exec(line)?.[1];
      if (match !== undefined) resolve(match);
    });
    daemon.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${String(code)}`)));
  });
  return { pid: daemon.pid!, found };
}

const startMaster = () =>
  startDaemon(
    ['org.apache.spark.deploy.master.Master', '--host', '127.0.0.1', '--port', '0', '--webui-port', '0'],
    /Starting Spark master at (spark:\/\/127\.0\.0\.1:\d+)/,
  );

const startWorker = (master: string, name: string) =>
  startDaemon(
    [
      ...['org.apache.spark.deploy.worker.Worker', '--host', '127.0.0.1', '--webui-port', '0'],
      ...['--cores', '1', '--memory', '1g', '--work-dir', at(name), master],
    ],
    /Successfully registered with (master)/,
  );

/** Runs both steps on that cluster, below `s3://lake/tables/NAME`. `onLine` is called when the program prints that line. */
async function runBoth(name: string, master: string, [line, onLine]: [RegExp, () => void]): Promise<Outcome> {
  const programs = renderInto(at(`programs ${name}`));
  const output = (step: string) => `s3://lake/tables/${name}/${step}`;
  const { child, outcome, ended } = startSpark(
    [
      ...['--conf', `spark.master=${master}`, '--conf', 'spark.executor.memory=800m'],
      ...[
        programs['song_transform']!,
        '--output',
        output('song'),
        '--source',
        'song_data=s3://raw/song_data',
      ],
      ...['--then', `file://${programs['log_transform']!}`, '--output', output('log')],
      ...['--source', 'log_data=s3://raw/log_data', '--upstream', `song_transform=${output('song')}`],
    ],
    moto.env,
    spark,
  );
  const saw = { line: false };
  child.stdout.on('data', () => {
    if (saw.line || !line.test(outcome.stdout)) return;
    saw.line = true;
    onLine();
  });
  const end = await ended;
  if (!saw.line)
    throw new Error(`the program never said ${String(line)}:\n${end.stdout}${end.stderr.slice(-4000)}`);
  return end;
}

/** Downloads what the steps wrote, and asks the oracle. */
async function judged(name: string) {
  for await (const { key } of lake.list(`${name}/`)) save(at(`copy/${key}`), (await lake.get(key))!);
  const [song, log] = ['song', 'log'].map((step) => executionOf(at(`copy/${name}/${step}`)));
  const input = { songData: at('song_data'), logData: at('log_data') };
  const judgement = await judge(input, { song: song!.folder, log: log!.folder });
  return { judgement, reports: [song!.report, log!.report] };
}

it('lands the oracle’s tables if one of two workers is killed while the plays are being written', async () => {
  const { found: master } = await startMaster();
  await startWorker(master, 'first');
  const { pid } = await startWorker(master, 'second');
  const end = await runBoth('both', master, [/songplays: begun/, () => killGroup(pid)]);
  expect([end.code, end.code === 0 ? '' : end.stderr.slice(-4000)]).toEqual([0, '']);
  expect(end.stderr).toMatch(/Lost executor \d/);
  const { judgement, reports } = await judged('both');
  expect(judgement.differences).toEqual(NOTHING.differences);
  expect(Object.assign({}, ...reports.map(({ sources }) => sources))).toEqual(judgement.books);
  expect(judgement.rows).toMatchObject(sample.expected.rows);
}, 600_000);
