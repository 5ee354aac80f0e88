/** The private Spark of `--cluster local`: made once, from PyPI, used ever after without a network. */
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Env } from '../env.ts';
import { LandfallError } from '../faults.ts';
import type { Clock } from '../run/ports.ts';
import { archiveOptions, classArchive, sparkJars } from './class-archive.ts';
import { download } from './download.ts';
import { findJava } from './find-java.ts';
import { findPython } from './find-python.ts';
import { refuseNoexec } from './landfall-home.ts';
import { installSpark } from './install-spark.ts';
import type { Progress } from './progress.ts';
import { readReady, writeReady } from './ready.ts';
import type { Ready } from './ready.ts';
import { runCommand } from './run-command.ts';
import type { Run } from './run-command.ts';
import { localConf, s3Conf } from './spark-conf.ts';
import type { S3Access } from './spark-conf.ts';
import { PACKAGED_JAVA, sparkOfRelease } from './spark-versions.ts';
import type { SparkVersion } from './spark-versions.ts';
import { sparkEnvironment } from './spark-environment.ts';
import { setupEnvironment } from './setup-environment.ts';
import { proxyVariables } from './s3-proxy.ts';
import { writeTrustStore } from './trust-store.ts';
import { takeTurn } from './turns.ts';
import { umask } from './umask.ts';
import { usableMemory } from './usable-memory.ts';

export interface SparkRequest {
  /** EMR release label. */
  release: string;
  /** As `landfallHome` gives it. */
  home: string;
  /** PATH, JAVA_HOME, HTTPS_PROXY, LANDFALL_MAVEN and what pip reads. */
  env: Env;
  clock: Clock;
  progress: Progress;
  /** Given: Spark can read and write `s3://`. */
  s3?: S3Access | undefined;
  /** Input is under about 300 MB: a JVM that starts quickly is better than one that runs fast. */
  smallData?: boolean;
  /** Aborting it stops the download; the next call resumes it, or starts afresh. */
  signal?: AbortSignal | undefined;
  run?: Run;
}

export interface Spark {
  version: string;
  /** SPARK_HOME. */
  home: string;
  /** Absolute path of spark-submit. */
  submit: string;
  /** To be laid over the environment that spark-submit inherits. */
  env: Readonly<Record<string, string>>;
  /** spark-defaults.conf. */
  conf: Readonly<Record<string, string>>;
}

const CENTRAL = 'https://repo1.maven.org/maven2';

/**
 * Gives the Spark of a release, setting it up when it is not there yet: a few minutes and some 400 MB of download. Two
 * set-ups at once take turns; one that broke off is started afresh. Throws `input`, with the next move, when Python or
 * Java is missing or something cannot be downloaded.
 */
export async function ensureSpark(request: SparkRequest): Promise<Spark> {
  refuseNoexec(request.home, 'LANDFALL_HOME');
  const version = sparkOfRelease(request.release);
  const base = join(request.home, `spark-${version.spark}`);
  const jars = jarsOf(version, request);
  let ready = readReady(base, version.spark, jars);
  if (ready === undefined) {
    const endTurn = await takeTurn({
      folder: join(request.home, 'turns', `spark-${version.spark}`),
      clock: request.clock,
      waiting: (pid) =>
        request.progress({ message: `waiting for process ${pid}, which is setting up Spark` }),
    });
    try {
      ready = readReady(base, version.spark, []) ?? (await setUp(version, base, request));
      if (request.s3 !== undefined) await fetchJars(version, ready.python, request);
    } finally {
      await endTurn();
    }
  }
  const { s3 } = request;
  const archive = classArchive(ready);
  const machine = {
    sparkJars: sparkJars(ready),
    archiveOptions: archive === undefined ? undefined : archiveOptions(archive),
    cores: availableParallelism(),
    memory: usableMemory(),
    umask: umask(),
    smallData: request.smallData === true,
    trustStore: s3?.authorities && (await writeTrustStore(join(request.home, 'authorities'), s3.authorities)),
  };
  return {
    version: version.spark,
    home: ready.sparkHome,
    submit: join(ready.sparkHome, 'bin', 'spark-submit'),
    env: { ...sparkEnvironment(ready), ...(s3?.proxy && proxyVariables(s3.proxy)) },
    conf: {
      ...localConf(machine),
      ...(s3 && s3Conf([sparkJars(ready), ...jars], s3)),
    },
  };
}

/**
 * Looks for the Python and the Java that installing Spark would need, unless it is installed already. Throws
 * `input`, with the next move, when one is missing or Spark could not run from its folder. Changes nothing.
 */
export async function checkSparkTools(request: SparkRequest): Promise<void> {
  refuseNoexec(request.home, 'LANDFALL_HOME');
  const version = sparkOfRelease(request.release);
  const base = join(request.home, `spark-${version.spark}`);
  if (readReady(base, version.spark, jarsOf(version, request)) === undefined)
    await findTools(version, request);
}

const jarsOf = (version: SparkVersion, { home, s3 }: SparkRequest) =>
  s3 === undefined ? [] : version.jars.map(({ path }) => jarPath(home, path));

interface Tools {
  run: Run;
  env: Env;
  python: string;
  /** Undefined: none here, and the release's Spark can bring its own. */
  javaHome: string | undefined;
}

async function findTools(version: SparkVersion, request: SparkRequest): Promise<Tools> {
  const run = request.run ?? runCommand;
  const env = setupEnvironment(request.env, request.home);
  const python = await findPython(run, env);
  const java = await findJava(run, env, version);
  if (java.home === undefined && version.javaModule !== undefined) throw noJava(version, java.refused);
  return { run, env, python, javaHome: java.home };
}

async function setUp(version: SparkVersion, base: string, request: SparkRequest): Promise<Ready> {
  const { run, env, python, javaHome } = await findTools(version, request);
  const java = javaHome === undefined ? [PACKAGED_JAVA.requirements] : [];
  const megabytes = version.megabytes + (javaHome === undefined ? PACKAGED_JAVA.megabytes : 0);
  const ready = await installSpark({
    version: version.spark,
    base,
    log: join(request.home, `spark-${version.spark}.log`),
    python,
    javaHome,
    requirements: [version.requirements, ...java],
    megabytes,
    tools: {
      run,
      env,
      clock: request.clock,
      progress: request.progress,
      signal: request.signal,
    },
  });
  writeReady(base, ready);
  return ready;
}

async function fetchJars(version: SparkVersion, python: string, request: SparkRequest): Promise<void> {
  const { env, clock, progress, signal, home } = request;
  const named = env['LANDFALL_MAVEN'];
  const mirror = named === undefined || named === '' ? CENTRAL : named.replace(/(?<!\/)\/+$/, '');
  const tools = {
    python,
    run: request.run ?? runCommand,
    env: setupEnvironment(env, home),
    clock,
    progress,
    signal,
  };
  for (const { path, sha256, bytes } of version.jars) {
    await download({ url: `${mirror}/${path}`, path: jarPath(home, path), sha256, bytes }, tools);
  }
}

/** Jars keep their version's folder: two of the same name never mix. */
function jarPath(home: string, path: string): string {
  return join(home, 'jars', basename(dirname(path)), basename(path));
}

function noJava(version: SparkVersion, refused: readonly string[]): LandfallError {
  const javas = version.javas.join(' or ');
  return new LandfallError('input', `Spark ${version.spark} needs a full JDK ${javas}, and none was found`, {
    why: refused.length > 0 ? refused : ['neither JAVA_HOME nor PATH leads to a Java'],
    next: `install one (Debian, Ubuntu: apt install openjdk-17-jdk-headless) and set JAVA_HOME, or use emr-7.13.0, which brings its own`,
  });
}
