/** The README's flags, exit codes and verbs are those of the code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { verbs } from '../../src/cli/verbs.ts';
import { pipelineKeys } from '../../src/session/pipeline-keys.ts';
import { settingsTable } from '../../src/config/example.ts';
import { EXIT_CODES } from '../../src/faults.ts';
import { SHIPPED, readEngine, readPipelineFolder } from '../../src/session/pipeline-folder.ts';
import type { TableContract } from '../../src/pipeline/contract.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { renderSteps } from '../../src/pipeline/render.ts';
import { snippets } from '../support/readme.ts';

const root = join(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The cells of each row of a Markdown table, whatever its padding. */
const rows = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim()));

it('lists every setting as the schema defines it', () => {
  const stated = rows(readme.slice(readme.indexOf('## dl.cfg')));
  const declared = rows(settingsTable(pipelineKeys({}, { cwd: root, prefix: undefined, env: {} }))).filter(
    (cells) => !cells.some((cell) => /^-+$/.test(cell)),
  );
  for (const row of declared) expect(stated).toContainEqual(row);
  expect(stated).toHaveLength(declared.length + 1);
});

it('lists every verb, and no others', () => {
  const table = rows(readme.slice(readme.indexOf('## Commands'), readme.indexOf('## Exit codes'))).slice(2);
  const listed = table.flatMap(([, names = '']) => names.match(/[a-z-]+/g) ?? []);
  expect(listed.sort()).toEqual(verbs.map(({ name }) => name).sort());
});

it('lists every exit code', () => {
  const table = rows(readme.slice(readme.indexOf('## Exit codes'), readme.indexOf('## dl.cfg'))).slice(2);
  const listed = table.flatMap(([, codes = '']) => codes.split(', ').map(Number));
  expect(listed).toEqual([0, ...Object.values(EXIT_CODES), 130, 143]);
});

it('names only scripts that package.json has', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = [...readme.matchAll(/npm run (?:-s )?([a-z:-]+)/g)].map(([, script = '']) => script);
  for (const script of named) expect(Object.keys(scripts)).toContain(script);
});

/** As Athena creates it, on one line. */
function ddlOf({ name, columns, partitionBy }: TableContract): string {
  const quoted = name === 'time' ? '`time`' : name;
  const declared = (names: readonly string[]) =>
    names
      .map((wanted) => columns.find((column) => column.name === wanted))
      .map((column) => `${column!.name} ${column!.type.toLowerCase()}`)
      .join(', ');
  const inFiles = columns.map((column) => column.name).filter((column) => !partitionBy.includes(column));
  return [
    `CREATE EXTERNAL TABLE ${quoted} ( ${declared(inFiles)} )`,
    ...(partitionBy.length === 0 ? [] : [`PARTITIONED BY (${declared(partitionBy)})`]),
    `STORED AS PARQUET LOCATION 's3://my-lake/${name}/'`,
  ].join(' ');
}

it('creates each published table in Athena as its contract defines it', () => {
  const { pipeline } = loadPipeline(readPipelineFolder(SHIPPED).files);
  const { steps } = renderSteps({ pipeline: pipeline!, engine: readEngine() }, {}, () => '');
  const published = steps.flatMap(({ tables }) => tables).filter(({ internal }) => !internal);
  const stated = snippets('What landed, and how to read it', 'sql')
    .flatMap((text) => text.split(';'))
    .map((statement) => statement.replaceAll(/\s+/g, ' ').trim())
    .filter((statement) => statement.startsWith('CREATE'));
  expect(stated.sort()).toEqual(published.map(ddlOf).sort());
});
