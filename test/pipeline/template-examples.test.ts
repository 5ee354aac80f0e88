/** spark-templates/README.md: its examples work as printed, and its reference has every key. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { frontMatter, pipelineFile, sourceFile } from '../../src/pipeline/shapes.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { renderSteps } from '../../src/pipeline/render.ts';
import { readEngine, readPipelineFolder } from '../../src/session/pipeline-folder.ts';
import { temporaryFolder } from '../support/landfall.ts';
import {
  changedBy,
  copyShipped,
  exampleOf,
  follow,
  sectionOf,
  templateExamples,
} from '../support/template-examples.ts';
import type { TemplateExample } from '../support/template-examples.ts';

const { folder, remove } = temporaryFolder('examples');
afterAll(remove);

/** The mistakes of the pipeline that results from the examples, and the tables that it writes. */
function outcome(name: string, ...examples: readonly TemplateExample[]) {
  const place = join(folder, name);
  if (examples.some(({ diffs }) => diffs.length > 0)) copyShipped(place);
  for (const example of examples) follow(example, place);
  const { pipeline, diagnostics } = loadPipeline(readPipelineFolder({ name, place }).files);
  if (pipeline === undefined) return { diagnostics, tables: [] };
  const rendered = renderSteps({ pipeline, engine: readEngine() }, {}, () => '');
  return {
    diagnostics: [...diagnostics, ...rendered.diagnostics],
    tables: rendered.steps.flatMap(({ tables }) => tables),
  };
}

describe('an example of the README', () => {
  it.each(templateExamples)('$title makes a pipeline without mistakes', (example) => {
    expect(outcome(example.title, example).diagnostics).toEqual([]);
  });

  it('exists for a column, a check in SQL, a source, a table and a pipeline', () => {
    expect(templateExamples.map(({ title }) => title.replace('Example: ', ''))).toEqual([
      'add a column',
      'add a check in SQL',
      'add a source',
      'add a table',
      'make a pipeline',
    ]);
  });

  it('adds the column, the check and the tables that it describes', () => {
    const tables = outcome(
      'together',
      ...['add a column', 'add a check in SQL', 'add a table'].map(exampleOf),
    ).tables;
    const named = (wanted: string) => tables.find(({ name }) => name === wanted);
    expect(named('users')?.columns.at(-1)).toMatchObject({ name: 'registered_at', type: 'TIMESTAMP' });
    expect(named('songs')?.checks).toContainEqual({
      check: 'condition',
      name: 'has_length',
      sql: 'duration > 0',
      severity: 'warn',
    });
    expect(named('sessions')?.key).toEqual(['session_id']);
    expect(outcome('source', exampleOf('add a source')).tables.at(-1)?.name).toBe('song_ratings');
    expect(outcome('pipeline', exampleOf('make a pipeline')).tables.map(({ name }) => name)).toEqual([
      'days',
    ]);
  });

  it('adds the table of sessions with two files', () => {
    const { diffs, files } = exampleOf('add a table');
    expect([...diffs.flatMap(changedBy), ...files.map(({ path }) => path)]).toEqual([
      'pipeline.yaml',
      'tables/log_transform/sessions.sql.hbs',
    ]);
  });
});

describe('the reference of the README', () => {
  /** The keys in the first column of a table, and whether each is optional: then it is in italics. */
  const stated = (heading: string) =>
    Object.fromEntries(
      [...sectionOf(`### ${heading}`).matchAll(/^\| (_?)`(\w+)`_? /gm)].map(([, slant, key = '']) => [
        key,
        slant === '_',
      ]),
    );
  const shapeOf = (type: z.core.$ZodType) => (type as z.ZodObject).shape;
  const inner = (type: z.core.$ZodType): z.core.$ZodType => {
    const { innerType, element } = type._zod.def as {
      innerType?: z.core.$ZodType;
      element?: z.core.$ZodType;
    };
    const next = innerType ?? element;
    return next === undefined ? type : inner(next);
  };
  const keys = (type: z.core.$ZodType) =>
    Object.fromEntries(
      Object.entries(shapeOf(type)).map(([key, its]) => [key, z.safeParse(its, undefined).success]),
    );
  const [pipeline, source, table] = [pipelineFile, sourceFile, frontMatter].map(shapeOf) as [
    Record<string, z.core.$ZodType>,
    Record<string, z.core.$ZodType>,
    Record<string, z.core.$ZodType>,
  ];

  it.each<[string, z.core.$ZodType]>([
    ['pipeline.yaml', pipelineFile],
    ['A step', inner(pipeline['steps']!)],
    ['A source', sourceFile],
    ['A field', inner(source['fields']!)],
    ['A view', inner(source['views']!)],
    ['A table', frontMatter],
    ['A column', inner(table['columns']!)],
  ])('has each key, and whether it is optional: %s', (heading, type) => {
    expect(stated(heading)).toEqual(keys(type));
  });

  it('names each kind of check with its keys', () => {
    const { options } = inner(table['checks']!)._zod.def as unknown as { options: z.ZodObject[] };
    const declared = options.map(({ shape }) => {
      const { check, severity: _, ...rest } = shape as Record<string, z.ZodType>;
      return [[...(check as z.ZodLiteral<string>).values][0], Object.keys(rest)];
    });
    const rows = [...sectionOf('### A check').matchAll(/^\| `(\w+)` +\| ([^|]*)\|/gm)].map(
      ([, kind, cell = '']) => [kind, [...cell.matchAll(/`(\w+)`/g)].map(([, key]) => key)],
    );
    expect(rows).toEqual(declared);
  });
});
