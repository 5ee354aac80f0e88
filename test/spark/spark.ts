/** Runs rendered steps with a real spark-submit. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SHIPPED, readEngine, readPipelineFolder } from '../../src/session/pipeline-folder.ts';
import type { Spark } from '../../src/local/setup-spark.ts';
import type { Engine, TableContract } from '../../src/pipeline/contract.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { stepReport } from '../../src/pipeline/report.ts';
import type { StepReport } from '../../src/pipeline/report.ts';
import { renderSteps } from '../../src/pipeline/render.ts';
import type { ParameterValues } from '../../src/pipeline/parameters.ts';
import type { TemplateFile } from '../../src/pipeline/template-file.ts';
import { setUpSpark } from '../support/private-spark.ts';

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

const ENGINE = 'engine/';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Changes to the text of files of the pipeline, or of the engine as `engine/lines.py`. */
export type Edits = Record<string, (text: string) => string>;

/** What programs are rendered from. */
export interface Templates {
  files: readonly TemplateFile[];
  engine: Engine;
  /** By table: how it may be rebuilt in part, in place of what its contract says. */
  rebuild?: Readonly<Record<string, NonNullable<TableContract['rebuild']>>>;
}

/** The shipped pipeline and engine, with some texts replaced. */
export function templates(edits: Edits = {}): Templates {
  const { files } = readPipelineFolder(SHIPPED);
  const { frame, modules } = readEngine();
  const edited = (path: string, text: string) => edits[path]?.(text) ?? text;
  return {
    files: files.map(({ path, text }) => ({ path, text: edited(path, text) })),
    engine: {
      frame,
      modules: Object.fromEntries(
        Object.entries(modules).map(([name, text]) => [name, edited(`${ENGINE}${name}.py`, text)]),
      ),
    },
  };
}

/** Renders steps into a folder; returns the path of each program. */
export function renderInto(
  folder: string,
  parameters: ParameterValues = {},
  { files, engine, rebuild = {} }: Templates = templates(),
): Record<string, string> {
  const { pipeline, diagnostics } = loadPipeline(files);
  if (pipeline === undefined) throw new Error(JSON.stringify(diagnostics, null, 1));
  for (const { contract } of pipeline.steps.flatMap(({ writes }) => writes)) {
    const its = rebuild[contract.name];
    if (its !== undefined) contract.rebuild = its;
  }
  const rendered = renderSteps({ pipeline, engine }, parameters, sha256);
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

/** The release whose Spark runs the steps. */
export const RELEASE = process.env['LANDFALL_TEST_RELEASE'] ?? 'emr-7.13.0';

/** The Spark of a release, for data as small as that of tests. */
export const sparkOf = (release: string) => setUpSpark(release, { smallData: true });

const spark = await sparkOf(RELEASE);

/** Starts spark-submit in a process group of its own. */
export function startSpark(args: readonly string[], env: Record<string, string> = {}, its = spark) {
  const conf = Object.entries(its.conf).flatMap(([key, value]) => ['--conf', `${key}=${value}`]);
  const child = spawn(its.submit, [...conf, ...args], {
    env: { ...process.env, ...its.env, ...env },
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

export const runSpark = (args: readonly string[], env?: Record<string, string>, its?: Spark) =>
  startSpark(args, env, its).ended;

/** The one execution below an attempt's folder. */
export function executionOf(attempt: string): { folder: string; report: StepReport } {
  const names = readdirSync(attempt);
  if (names.length !== 1) throw new Error(`executions of ${attempt}: ${names.join(', ')}`);
  const folder = join(attempt, names[0]!);
  return { folder, report: stepReport.parse(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))) };
}

/** The data of the machine-readable failure line; fails if there is not exactly one. */
export function failureOf({ stderr }: Outcome): Record<string, unknown> {
  const lines = stderr.split('\n').filter((line) => line.startsWith('LANDFALL-FAILURE '));
  if (lines.length !== 1) throw new Error(`failure lines: ${lines.length}\n${stderr.slice(-3000)}`);
  return JSON.parse(lines[0]!.slice('LANDFALL-FAILURE '.length)) as Record<string, unknown>;
}
