import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatDiagnostic } from '../../src/faults.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { renderSteps } from '../../src/pipeline/render.ts';
import type { ParameterValues } from '../../src/pipeline/parameters.ts';
import { sha256, templates } from '../spark/spark.ts';
import { testPython } from '../support/python.ts';
import { TINY_ENGINE, mistakes, tiny } from './tiny.ts';

const CATS = 'tables/first/cats.sql.hbs';

function render(changes: Parameters<typeof tiny>[0] = {}, parameters: ParameterValues = {}) {
  const { pipeline, diagnostics } = loadPipeline(tiny(changes));
  if (pipeline === undefined) throw new Error(diagnostics.map(formatDiagnostic).join('\n'));
  return renderSteps({ pipeline, engine: TINY_ENGINE }, parameters, sha256);
}

/** The content of a rendered program, as Python itself reads it. */
function held(program: string, name: string): unknown {
  const script = `
import ast, json, sys
tree = ast.parse(sys.stdin.read(), feature_version=(3, 9))
values = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}
print(json.dumps(ast.literal_eval(values[sys.argv[1]])))`;
  return JSON.parse(execFileSync(testPython(), ['-c', script, name], { input: program, encoding: 'utf8' }));
}

/** The query of a table, as the program passes it to Spark. */
function queryOf(program: string, table: string): { template: string; firstLine: number; lines: string[] } {
  const queries = held(program, 'QUERIES') as Record<string, [string, number, string]>;
  const [template, firstLine, text] = queries[table]!;
  return { template, firstLine, lines: text.slice(1).split('\n') };
}

describe('rendering', () => {
  it('makes one self-contained program per step', () => {
    const { steps, diagnostics } = render();
    expect(diagnostics).toEqual([]);
    expect(steps.map(({ name, sources, upstreams }) => ({ name, sources, upstreams }))).toEqual([
      { name: 'first', sources: [{ name: 'raw', views: ['felines'] }], upstreams: [] },
      { name: 'second', sources: [{ name: 'raw', views: ['felines'] }], upstreams: ['first'] },
    ]);
    const [first, second] = steps.map(({ program }) => program);
    expect(held(first!, 'STEP')).toBe('first');
    expect(held(first!, 'SOURCES')).toEqual([
      {
        name: 'raw',
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        fields: [
          { name: 'id', type: 'BIGINT', path: ['id'], min: 0, below: 10 },
          { name: 'kind', type: 'STRING', path: ['kind'] },
          { name: 'year', type: 'INT', path: ['year'], default: 0 },
        ],
        views: [
          {
            name: 'felines',
            keep: { field: 'kind', equals: 'cat', type: 'STRING' },
            required: ['id'],
            event_key: ['id'],
          },
        ],
      },
    ]);
    expect(held(second!, 'UPSTREAMS')).toMatchObject({ first: [{ name: 'cats' }] });
    expect(held(second!, 'TABLES')).toMatchObject([
      { name: 'counts', may_be_empty: true, sort_by: ['kind'], resolves: null },
    ]);
    expect(held(second!, 'COLUMN_LINES')).toEqual({ counts: { kind: 7, cats: 8 } });
    expect(first).toContain('print("{{not a template}}")');
  });

  it('keeps every line of a query on the line of its template, whichever branch is taken', () => {
    for (const shape of ['number', 'text']) {
      const { steps } = render({}, { shape });
      const { template, firstLine, lines } = queryOf(steps[0]!.program, 'cats');
      const file = tiny()
        .find(({ path }) => path === template)!
        .text.split('\n');
      const at = (text: string) => lines.indexOf(text) + firstLine;
      expect(lines).toHaveLength(file.length - firstLine + 1);
      expect(file[at('FROM felines') - 1]).toBe('FROM felines');
      const id = shape === 'text' ? '  CAST(id AS STRING) AS id,' : '  id,';
      expect(file[at(id) - 1]).toBe(id);
      expect(lines.filter((line) => line.includes('id,') || line.includes('AS id'))).toEqual([id]);
    }
  });

  it('shows queries as written', () => {
    const { program } = render().steps[1]!;
    expect(program).toContain(
      '"tables/second/counts.sql.hbs", 13, r"""\nSELECT kind, count(*) AS cats FROM cats GROUP BY kind\n"""',
    );
  });

  it('records the template line on which the SQL of each condition starts', () => {
    const { program } = render({
      'tables/second/counts.sql.hbs': [
        'checks:',
        'checks:\n  - { check: condition, name: few, sql: cats < 9 }\n' +
          '  - check: condition\n    name: many\n    sql: |\n      cats > 0\n      AND cats < 8',
      ],
    }).steps[1]!;
    const [{ checks }] = held(program, 'TABLES') as [{ checks: object[] }];
    expect(checks.slice(0, 2)).toMatchObject([
      { name: 'few', line: 10 },
      { name: 'many', line: 13 },
    ]);
  });

  it('fills contracts and queries from parameters', () => {
    const { steps } = render({}, { shape: 'text', layout: ['year', 'kind'] });
    expect(steps[0]!.tables[0]).toMatchObject({
      partitionBy: ['year', 'kind'],
      columns: [{ type: 'STRING' }, {}, {}],
    });
    expect(held(steps[0]!.program, 'TABLES')).toMatchObject([{ partition_by: ['year', 'kind'] }]);
  });

  it.each<[ParameterValues, string]>([
    [{ shap: 'text' }, 'parameter shap: the pipeline has no such parameter; did you mean shape?'],
    [{ shape: 'txt' }, 'parameter shape: "txt": expected one of number, text; did you mean text?'],
    [{ shape: ['text'] }, 'parameter shape: expected one of number, text'],
    [{ layout: [] }, 'parameter layout: expected some of year, kind'],
    [{ layout: ['year', 'year'] }, 'parameter layout: expected some of year, kind'],
    [{ layout: ['yaer'] }, 'parameter layout: "yaer": expected some of year, kind; did you mean year?'],
    [{ target_file_size: 0 }, 'parameter target_file_size: expected a whole number of bytes above 0'],
  ])('rejects %j', (parameters, message) => {
    const { steps, diagnostics } = render({}, parameters);
    expect(steps).toEqual([]);
    expect(diagnostics.map(formatDiagnostic)).toEqual([message]);
  });

  it('changes the digest of the affected steps with query, contract and parameters, but not with descriptions', () => {
    const digests = (changes?: Parameters<typeof tiny>[0], parameters?: ParameterValues) =>
      render(changes, parameters).steps.map(({ digest }) => digest);
    const [first, second] = digests();
    expect(digests()).toEqual([first, second]);
    expect(digests({ [CATS]: ['doc: Kind.', 'doc: Which kind.'] })).toEqual([first, second]);
    expect(digests({ [CATS]: ['  year\n', '  year + 0 AS year\n'] })).toEqual([
      expect.not.stringMatching(first!),
      second,
    ]);
    const [other, same] = digests({}, { layout: ['kind'] });
    expect(other).not.toBe(first);
    expect(same).toBe(second);
  });

  it('writes values as identifiers and literals that Spark reads back', () => {
    const text = [
      '{{ident "a`b c"}} {{ident layout}} {{lit layout}} {{lit 1.5}} {{lit true}}',
      String.raw`{{uri "s3://b/it's \ # é"}} {{columns}} {{columns "c"}}`,
    ].join(' ');
    const { steps } = render({ [CATS]: ['SELECT\n', `SELECT -- ${text}\n`] });
    expect(queryOf(steps[0]!.program, 'cats').lines[0]).toBe(
      [
        "SELECT -- `a``b c` `year` 'year' 1.5 TRUE",
        String.raw`'s3://b/it\'s \\ # é' id, kind, year`,
        '`c`.id, `c`.kind, `c`.year',
      ].join(' '),
    );
  });

  it('reports a value that a helper refuses, with the template', () => {
    expect(mistakes({ [CATS]: ['SELECT\n', 'SELECT {{uri "no uri"}}\n'] })).toEqual([
      'tables/first/cats.sql.hbs:11: "no uri" is not a URI',
    ]);
  });

  it('throws if the engine’s program template uses an unknown name', () => {
    const { pipeline } = loadPipeline(tiny());
    const engine = { ...TINY_ENGINE, frame: 'x = {{python stpe}}\n' };
    expect(() => renderSteps({ pipeline: pipeline!, engine }, {}, sha256)).toThrow(
      'engine, line 1: unknown name stpe; did you mean step?',
    );
  });

  it.each([
    ['three double quotes', `SELECT /* """ */ 1 AS x,`],
    ['a backslash at the end', `SELECT 1 \\`],
    ['a double quote at the end', 'SELECT -- "'],
    ['backslashes and quotes', `SELECT 'it\\'s \\\\ "q"', r'\\d', '\\u00e9'`],
    ['a literal {{', `SELECT '\\{{x}}' AS y`],
    ['unicode, one beyond the BMP too', `SELECT 'ü 🎵 \u2028 \u0085'`],
    ['a form feed', 'SELECT /* \u000c */'],
  ])('embeds a query with %s unchanged', (_, text) => {
    const { steps } = render({ [CATS]: ['SELECT\n', `${text}\n`] });
    expect(queryOf(steps[0]!.program, 'cats').lines[0]).toBe(text.replace('\\{{', '{{'));
  });

  it('embeds any text unchanged', () => {
    const texts = Array.from({ length: 40 }, (_, seed) =>
      fc.sample(fc.string({ unit: fc.constantFrom('"', '\\', "'", 'r', '\n', '{', '}', 'ü', ' ') }), {
        numRuns: 1,
        seed,
      }),
    ).flat();
    // One {{ would start a tag.
    const sql = texts.map((text) => text.replaceAll('{', '(')).join('\n');
    const { steps } = render({ [CATS]: ['SELECT\n', `SELECT /*\n${sql}\n*/\n`] });
    expect(
      queryOf(steps[0]!.program, 'cats')
        .lines.slice(1, 1 + sql.split('\n').length)
        .join('\n'),
    ).toBe(sql);
  });
});

describe('the shipped steps', () => {
  const rendered = () => {
    const { pipeline } = loadPipeline(templates().files);
    const { engine } = templates();
    const parameters = { songplay_id: 'text', songs_partition_by: ['year', 'artist_id'] };
    return renderSteps({ pipeline: pipeline!, engine }, parameters, sha256);
  };

  it('parse as Python 3.9 and follow the parameters', () => {
    const { steps, diagnostics } = rendered();
    expect(diagnostics).toEqual([]);
    expect(held(steps[0]!.program, 'TABLES')).toMatchObject([
      { name: 'songs', partition_by: ['year', 'artist_id'] },
      {},
      {},
    ]);
    expect(queryOf(steps[1]!.program, 'songplays').lines).toContain(
      '  substr(starts.event_hash, 1, 32) AS songplay_id,',
    );
    expect(steps[1]!.tables[2]!.columns[0]).toMatchObject({ name: 'songplay_id', type: 'STRING' });
  });

  it('have functions of fewer than 60 lines', () => {
    const script = `
import ast, sys
for node in ast.walk(ast.parse(sys.stdin.read())):
    if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= 60: print(node.name)`;
    for (const { program } of rendered().steps)
      expect(execFileSync(testPython(), ['-c', script], { input: program, encoding: 'utf8' })).toBe('');
  });

  it('depend only on their input: no clock, randomness or row order decides a value', () => {
    const banned =
      /\b(rand|randn|uuid|first|last|any_value|monotonically_increasing_id|current_\w+|now)\s*\(|dropDuplicates/i;
    for (const { path, text } of templates().files.filter((file) => file.path.endsWith('.sql.hbs')))
      expect([path, banned.exec(text)]).toEqual([path, null]);
  });
});

it('a query that reads a view twice only with some parameters is refused with these', () => {
  const changes: Parameters<typeof tiny>[0] = {
    [CATS]: [
      'resolves: { view: felines, by: [id], comparing: [kind] }\n---\nSELECT',
      'rebuild: { by: [year] }\n---\n' +
        'WITH b AS (SELECT 1{{#if (eq shape "text")}} FROM felines{{/if}}) SELECT',
    ],
  };
  const wrong = (shape: string) => render(changes, { shape }).diagnostics.map(({ message }) => message);
  expect(wrong('number')).toEqual([]);
  expect(wrong('text')).toEqual([expect.stringContaining('reads felines twice')]);
});

it('a block of several lines without an else is rendered, and what follows stays on its line', () => {
  const changes: Parameters<typeof tiny>[0] = {
    [CATS]: ['{{else}}\n  id,\n{{/if}}', '{{/if}}\n{{#if (eq shape "number")}}\n  id,\n{{/if}}'],
  };
  const linesOf = (shape: string) => queryOf(render(changes, { shape }).steps[0]!.program, 'cats').lines;
  const [number, text] = [linesOf('number'), linesOf('text')];
  expect(number).toContain('  id,');
  expect(text).toContain('  CAST(id AS STRING) AS id,');
  expect(number.indexOf('  kind,')).toBe(text.indexOf('  kind,'));
});
