/**
 * Runs the tests: first makes what they need (a Python environment, the private Spark), then the fast ones, then those
 * with real Spark; with `--full` also those of test/full, which are slow or heavy, and those of both folders `spark` once
 * more on the later Spark. Words after `--` go to Jest. Ends with one plain line: N passed, N failed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LandfallError } from '../src/faults.ts';
import { landfallHome } from '../src/local/landfall-home.ts';
import { PLAIN, spoken } from '../src/shell-words.ts';
import { setUpSpark } from './support/private-spark.ts';
import { pythonFolder } from './support/python.ts';

const root = join(import.meta.dirname, '..');
const full = process.argv.includes('--full');
const words = process.argv.slice(2).filter((word) => word !== '--full');

function ensurePython(): void {
  const folder = pythonFolder();
  const requirements = join(import.meta.dirname, 'requirements.txt');
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const marker = join(folder, 'requirements.sha256');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === digest) return;
  console.error('making the Python environment of the tests');
  rmSync(folder, { recursive: true, force: true });
  must('python3', ['-m', 'venv', folder]);
  must(join(folder, 'bin/python'), [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--require-hashes',
    '-r',
    requirements,
  ]);
  writeFileSync(marker, digest);
}

function must(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw error ?? new Error(`${program} ${args.join(' ')} ended with ${String(status)}`);
}

/** Another campaign each day, unless a seed is given. */
function campaignSeed(): string {
  const seed = process.env['CAMPAIGN_SEED'] ?? new Date().toISOString().slice(0, 10).replaceAll('-', '');
  console.error(`the campaign's seed is ${seed} (CAMPAIGN_SEED)`);
  return seed;
}

/** A folder for the temporary files of the fast tests: thousands of small files, which some disks delete slowly. */
function fastestFolder(): string {
  const shared = '/dev/shm';
  if (!existsSync(shared)) return tmpdir();
  const { bavail, bsize } = statfsSync(shared);
  if (bavail * bsize < 4 * 2 ** 30) return tmpdir();
  const folder = mkdtempSync(join(shared, 'landfall-'));
  // Containers may forbid programs there, and some tests write a program and run it.
  const program = join(folder, 'program');
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o700 });
  const { status } = spawnSync(program);
  rmSync(folder, { recursive: true });
  return status === 0 ? shared : tmpdir();
}

interface Counts {
  numPassedTests: number;
  numFailedTests: number;
  numFailedTestSuites: number;
}

/**
 * Runs Jest over some folders. Acceptance tests tell stories: their order is kept. Three files at a time keep two cores busy,
 * because many tests wait for processes.
 */
function jest(folders: readonly string[], order: 'any' | 'told', env: NodeJS.ProcessEnv): Counts {
  const folder = mkdtempSync(join(tmpdir(), 'landfall-jest-'));
  const outputFile = join(folder, 'result.json');
  const args = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '-c', 'test/jest.config.json'];
  const { status } = spawnSync(
    process.execPath,
    [
      ...args,
      '--maxWorkers=3',
      `--randomize=${String(order === 'any')}`,
      '--json',
      `--outputFile=${outputFile}`,
      ...folders,
      ...words,
    ],
    { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (!existsSync(outputFile)) throw new Error(`Jest ended with ${String(status)} and left no result`);
  const counts = JSON.parse(readFileSync(outputFile, 'utf8')) as Counts;
  rmSync(folder, { recursive: true });
  return counts;
}

/** The tests of the steps alone, on another release. Where its Spark cannot be set up they have failed, and why is said. */
async function sparkTestsOn(release: string): Promise<Counts> {
  try {
    await setUpSpark(release, { s3: {} });
  } catch (error) {
    if (!(error instanceof LandfallError)) throw error;
    const { message, why, next = '' } = error;
    console.error(
      [`the steps are not tested on ${release}: ${message}`, ...why, spoken(next, PLAIN)].join('\n  '),
    );
    return { numPassedTests: 0, numFailedTests: 1, numFailedTestSuites: 1 };
  }
  return jest(['test/spark/', 'test/full/spark/'], 'told', { ...env, LANDFALL_TEST_RELEASE: release });
}

ensurePython();
await setUpSpark('emr-7.13.0', { s3: {} });
const env = {
  ...process.env,
  NODE_NO_WARNINGS: '1',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  LANDFALL_HOME: landfallHome(process.env),
  ...(full ? { CAMPAIGN_SEED: campaignSeed(), LANDFALL_TEST_FULL: '1' } : {}),
};
/** All folders of tests except those that keep their order, and those that only `--full` runs. */
const fast = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .filter((name) => !['spark', 'acceptance', 'full'].includes(name));
const results = [
  jest(['test/[^/]+\\.test\\.ts$', ...fast.map((name) => `test/${name}/`)], 'any', {
    ...env,
    TMPDIR: fastestFolder(),
  }),
  jest(['test/spark/', 'test/acceptance/'], 'told', env),
  ...(full ? [jest(['test/full/'], 'told', env), await sparkTestsOn('emr-spark-8.0.0')] : []),
];
const passed = results.reduce((sum, { numPassedTests }) => sum + numPassedTests, 0);
const failed = results.reduce(
  (sum, result) => sum + Math.max(result.numFailedTests, result.numFailedTestSuites),
  0,
);
console.log(`${String(passed)} passed, ${String(failed)} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
