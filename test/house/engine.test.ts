/** The Python of the engine and of the bench: lint, format, types, and rendered programs that Python 3.9 can parse. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { SHIPPED, readEngine, readPipelineFolder } from '../../src/session/pipeline-folder.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { renderSteps } from '../../src/pipeline/render.ts';
import { privateSparkPython } from '../support/private-spark.ts';
import { testPython } from '../support/python.ts';

const root = join(import.meta.dirname, '../..');
const templates = join(root, 'spark-templates');
const others = [join(root, 'test/engine'), join(root, 'scripts/bench')];
const config = ['--config', join(templates, 'pyproject.toml')];

/** Runs a Python module in spark-templates/; fails with its output. */
function run(...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(testPython(), ['-m', ...args], {
    cwd: templates,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${args.join(' ')}\n${stdout}${stderr}`);
}

it('passes lint, and so do its tests and the bench', () => {
  run('ruff', 'check', '--output-format', 'concise', ...config, '.', ...others);
});

it('is formatted, and so are its tests and the bench', () => {
  run('ruff', 'format', '--diff', ...config, '.', ...others);
});

it('passes the type check, against the types of pyspark', () => {
  run('mypy', '--python-executable', privateSparkPython());
}, 180_000);

it('defines each name in one module only', () => {
  const names = Object.entries(readEngine().modules).flatMap(([module, text]) => {
    const definitions = text.matchAll(/^(?:(?:def|class) (\w+)|(\w+)(?:: [^=\n]+)? = )/gm);
    return [...new Set([...definitions].map(([, defined, assigned]) => defined ?? assigned))].map((name) => ({
      name,
      module,
    }));
  });
  expect(names.length).toBeGreaterThan(150);
  const known = new Map(names.map(({ name, module }) => [name, module]));
  expect(names.filter(({ name, module }) => known.get(name) !== module)).toEqual([]);
});

it('is rendered into programs in the syntax of Python 3.9 that define every name they use', () => {
  const { pipeline } = loadPipeline(readPipelineFolder(SHIPPED).files);
  const { steps } = renderSteps({ pipeline: pipeline!, engine: readEngine() }, {}, () => '');
  const folder = mkdtempSync(join(tmpdir(), 'landfall-engine-'));
  try {
    for (const { name, program } of steps) writeFileSync(join(folder, `${name}.py`), program);
    expect(steps.length).toBeGreaterThan(1);
    run('ruff', 'check', '--output-format', 'concise', '--select', 'E9,F', ...config, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
