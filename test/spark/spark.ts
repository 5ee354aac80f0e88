/** Runs rendered steps with a real spark-submit. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { stepReport } from '../../src/pipeline/report.ts';
import type { StepReport } from '../../src/pipeline/report.ts';
import { renderSteps } from '../../src/pipeline/render.ts';
import type { ParameterValues } from '../../src/pipeline/parameters.ts';
import type { TemplateFile } from '../../src/pipeline/template-file.ts';
import { testPython } from '../support/python.ts';

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

const TEMPLATES = join(import.meta.dirname, '../../spark-templates');

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The shipped templates, or those with some texts replaced. */
export function templates(replaced: Record<string, (text: string) => string> = {}): TemplateFile[] {
  return readdirSync(TEMPLATES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name).slice(TEMPLATES.length + 1);
      const text = readFileSync(join(TEMPLATES, path), 'utf8');
      return { path, text: replaced[path]?.(text) ?? text };
    });
}

/** Renders steps into a folder; returns the path of each program. */
export function renderInto(
  folder: string,
  parameters: ParameterValues = {},
  files: readonly TemplateFile[] = templates(),
): Record<string, string> {
  const { pipeline, diagnostics } = loadPipeline(files);
  if (pipeline === undefined) throw new Error(JSON.stringify(diagnostics, null, 1));
  const rendered = renderSteps(pipeline, parameters, sha256);
  if (rendered.diagnostics.length > 0) throw new Error(JSON.stringify(rendered.diagnostics, null, 1));
  mkdirSync(folder, { recursive: true });
  return Object.fromEntries(
    rendered.steps.map(({ name, program }) => {
      const path = join(folder, `${name}.py`);
      writeFileSync(path, program);
      return [name, path];
    }),
  );
}

/** The pyspark package to run: `LANDFALL_TEST_SPARK_HOME`, or the one beside the tests' Python. */
export function sparkHome(): string {
  const given = process.env['LANDFALL_TEST_SPARK_HOME'];
  if (given !== undefined) return given;
  const lib = join(testPython(), '../../lib');
  const version = readdirSync(lib).find((name) => name.startsWith('python3')) ?? '';
  const home = join(lib, version, 'site-packages/pyspark');
  if (!existsSync(home)) throw new Error(`no Spark at ${home}: set LANDFALL_TEST_SPARK_HOME`);
  return home;
}

/** The private Spark's own Java, where this machine has none on its PATH. */
function javaHome(): Record<string, string> {
  const java = process.env['LANDFALL_TEST_JAVA_HOME'];
  return java === undefined ? {} : { JAVA_HOME: java };
}

/** Starts spark-submit in a process group of its own. */
export function startSpark(args: readonly string[], env: Record<string, string> = {}) {
  const home = sparkHome();
  // A package's own interpreter runs it: <environment>/lib/python3.x/site-packages/pyspark.
  const python = join(home, '../../../../bin/python');
  const options = [
    '--master',
    'local[2]',
    '--driver-java-options',
    '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC',
  ];
  const child = spawn(join(home, 'bin/spark-submit'), [...options, ...args], {
    env: {
      ...process.env,
      SPARK_HOME: home,
      ...javaHome(),
      PYSPARK_PYTHON: existsSync(python) ? python : testPython(),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const outcome = { code: -1, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (outcome.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (outcome.stderr += chunk.toString()));
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ ...outcome, code: code ?? (signal === 'SIGTERM' ? 143 : 137) });
    });
  });
  return { child, outcome, ended };
}

export const runSpark = (args: readonly string[], env?: Record<string, string>) =>
  startSpark(args, env).ended;

/** The one execution below an attempt's folder. */
export function executionOf(attempt: string): { folder: string; report: StepReport } {
  const names = readdirSync(attempt);
  if (names.length !== 1) throw new Error(`executions of ${attempt}: ${names.join(', ')}`);
  const folder = join(attempt, names[0]!);
  return { folder, report: stepReport.parse(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))) };
}

/** The facts of the machine-readable failure line; fails when there is not exactly one. */
export function failureOf({ stderr }: Outcome): Record<string, unknown> {
  const lines = stderr.split('\n').filter((line) => line.startsWith('LANDFALL-FAILURE '));
  if (lines.length !== 1) throw new Error(`failure lines: ${lines.length}\n${stderr.slice(-3000)}`);
  return JSON.parse(lines[0]!.slice('LANDFALL-FAILURE '.length)) as Record<string, unknown>;
}
