/** Landfall and its engine run any pipeline: their code contains no name from the shipped one. */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from '@jest/globals';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { SHIPPED, readPipelineFolder } from '../../src/session/pipeline-folder.ts';

const root = join(import.meta.dirname, '../..');

/** Names of the pipeline that are also words of English, of SQL or of AWS. */
const ORDINARY = [
  ...['year', 'month', 'day', 'hour', 'week', 'weekday', 'time', 'ts', 'users', 'location', 'level', 'name'],
  ...['length', 'duration', 'title', 'page', 'latitude', 'longitude', 'gender', 'userAgent', 'user_agent'],
];
/** Names of songs and artists in any spelling, and the page of a play. */
const ANYWHERE = ['song', 'artist', 'sparkify'];
const WORDS = ['play', 'plays', 'user_id', 'userId'];

/** The file that reads dl.cfg of existing Sparkify projects, and the one that says where the shipped pipeline is. */
const isExempt = (path: string, line: string) =>
  path === 'src/config/legacy.ts' ||
  (path === 'src/session/pipeline-folder.ts' &&
    line.includes(`'spark-templates/${basename(SHIPPED.place)}'`));

function namesOfPipeline(): string[] {
  const { pipeline } = loadPipeline(readPipelineFolder(SHIPPED).files);
  const { sources, steps, parameters, name } = pipeline!;
  return [
    name,
    ...parameters.map((one) => one.name),
    ...sources.flatMap((source) => [source.name, ...source.fields.map((field) => field.name)]),
    ...sources.flatMap(({ views }) => views.map((view) => view.name)),
    ...steps.flatMap((step) => [step.name, ...step.reads]),
    ...steps.flatMap(({ writes }) =>
      writes.flatMap(({ contract }) => [contract.name, ...contract.columns.map((one) => one.name)]),
    ),
  ];
}

function code(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(ts|py|hbs|java)$/.test(path))
    .map((path) => `${folder}/${path}`);
}

it('src/ and the engine use no name of the shipped pipeline', () => {
  const names = [...new Set([...namesOfPipeline(), ...WORDS])].filter((one) => !ORDINARY.includes(one));
  expect(names).toEqual(expect.arrayContaining(['song_data', 'log_data', 'songplays', 'itemInSession']));
  const pattern = new RegExp(`${ANYWHERE.join('|')}|\\b(?:${names.join('|')})\\b`, 'i');
  const files = [...code('src'), ...code('spark-templates/engine')];
  expect(files.length).toBeGreaterThan(200);
  const found = files.flatMap((path) =>
    readFileSync(join(root, path), 'utf8')
      .split('\n')
      .flatMap((line, at) =>
        pattern.test(line) && !isExempt(path, line) ? [`${path}:${String(at + 1)}: ${line.trim()}`] : [],
      ),
  );
  expect(found).toEqual([]);
});
