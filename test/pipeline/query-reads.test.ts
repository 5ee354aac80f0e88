/** A query that reads a name that is not in its step's `reads` is found without Spark, and no other query. */
import { describe, expect, it } from '@jest/globals';
import { formatDiagnostic } from '../../src/faults.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { renderSteps } from '../../src/pipeline/render.ts';
import { TINY, TINY_ENGINE, mistakes, tiny } from './tiny.ts';

const CATS = 'tables/first/cats.sql.hbs';
const COUNTS = 'tables/second/counts.sql.hbs';
const [front = ''] = TINY[COUNTS]!.split(/^SELECT/m);
/** A contract without checks, so that only the query uses the table of cats. */
const contract = front.replace(/^checks:\n( {2}-.*\n)+/m, '');
const line = contract.split('\n').length;

/** The mistakes if `second` reads these names and its query is this text. */
const found = (reads: string, query: string) =>
  mistakes({
    'pipeline.yaml': ['[felines, cats]', `[${reads}]`],
    [COUNTS]: `${contract}${query}\n`,
  });

describe('a query', () => {
  it.each([
    'SELECT kind, 1 AS cats FROM cats',
    'SELECT kind, 1 AS cats FROM felines JOIN cats USING (id)',
    'SELECT kind, 1 AS cats FROM felines f, `Cats` c',
    'SELECT kind, 1 AS cats FROM (SELECT * FROM cats)',
    'WITH a AS (SELECT * FROM CATS) SELECT * FROM a',
    'WITH felines AS (SELECT 1) SELECT *, extract(year FROM id) FROM felines LEFT JOIN cats ON true',
  ])('reads a table that its step does not: %s', (query) => {
    expect(found('felines', query)).toEqual([
      `${COUNTS}:${String(line)}: the query reads cats, which step second does not name under reads; ` +
        'add cats to reads of step second in pipeline.yaml',
    ]);
  });

  it.each([
    'WITH cats AS (SELECT 1) SELECT * FROM cats',
    'WITH a AS (SELECT 1), cats (kind, cats) AS (SELECT 1, 2) SELECT * FROM a JOIN cats',
    'WITH cats (SELECT 1 AS a) SELECT * FROM cats',
    'SELECT kind, cats FROM (WITH cats AS (SELECT 1) SELECT * FROM cats)',
    'SELECT f.cats, count(*) AS cats FROM felines cats GROUP BY kind, cats',
    'SELECT extract(year FROM cats), trim(BOTH kind FROM cats) FROM felines',
    'SELECT * FROM felines WHERE kind IS DISTINCT FROM cats ORDER BY kind, cats',
    'SELECT * FROM felines LATERAL VIEW explode(kind) t AS a, cats',
    'SELECT * FROM cats(1)',
    "SELECT '-- FROM cats' AS a /* FROM cats */ FROM felines -- FROM cats",
    'SELECT * FROM nothing_of_this_pipeline',
  ])('may use that name for something else: %s', (query) => {
    expect(found('felines', query)).toEqual([]);
  });

  it('reads a view that its step does not, on the line of its file, once', () => {
    expect(
      found('cats', 'SELECT kind,\n1 AS cats\nFROM cats JOIN felines\nUNION SELECT 1 FROM felines'),
    ).toEqual([
      `${COUNTS}:${String(line + 2)}: the query reads felines, which step second does not name under reads; ` +
        'add felines to reads of step second in pipeline.yaml',
    ]);
  });

  it('cannot read a source, a table of its own step, or of a later step', () => {
    expect(found('cats', 'SELECT * FROM raw')).toEqual([
      `${COUNTS}:${String(line)}: the query reads raw, which is a source; read one of its views: felines`,
    ]);
    expect(found('cats', 'SELECT * FROM counts')).toEqual([
      expect.stringContaining('the query reads counts, which step second writes itself; a query reads'),
    ]);
    expect(mistakes({ [CATS]: ['FROM felines', 'FROM felines JOIN counts'] })).toEqual([
      expect.stringContaining('counts, which step second writes later; put second before first, and add'),
    ]);
  });

  it('is checked with the values of its parameters', () => {
    const changed = tiny({
      [CATS]: ['  id,\n', '  id,\n'],
      [COUNTS]: `${contract}SELECT 1 AS x FROM felines\n`,
    });
    const files = changed.map((file) =>
      file.path === CATS
        ? {
            ...file,
            text: file.text.replace(
              'FROM felines',
              'FROM {{#if (eq shape "text")}}counts{{else}}felines{{/if}}',
            ),
          }
        : file,
    );
    const { pipeline, diagnostics } = loadPipeline(files);
    expect(diagnostics).toEqual([]);
    const rendered = renderSteps({ pipeline: pipeline!, engine: TINY_ENGINE }, { shape: 'text' }, () => '');
    expect(rendered.diagnostics.map(formatDiagnostic)).toEqual([
      expect.stringContaining('the query reads counts'),
    ]);
  });

  it('explains why no step seems to read a source', () => {
    const extra = {
      'pipeline.yaml': TINY['pipeline.yaml']!.replace('[raw]', '[raw, more]'),
      'sources/more.yaml':
        'name: more\ndoc: More.\nfields:\n  - { name: a, type: INT, doc: A. }\nviews:\n  - { name: extras, doc: More. }\n',
      [COUNTS]: `${contract}SELECT * FROM extras\n`,
    };
    expect(mistakes(extra)).toEqual([
      expect.stringMatching(/the query reads extras.*add extras to reads of step second/),
    ]);
  });
});
