import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatDiagnostic } from '../../src/faults.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { forbiddenIn } from '../../src/pipeline/read-only.ts';
import { renderSteps } from '../../src/pipeline/render.ts';
import { TINY_ENGINE, mistakes, tiny } from './tiny.ts';

const COUNTS = 'tables/second/counts.sql.hbs';
const QUERY = 'SELECT kind, count(*) AS cats FROM cats GROUP BY kind';

describe('a query', () => {
  it.each([
    ['a command as a filter', `SELECT TRANSFORM(kind) USING 'touch /tmp/x' AS (kind) FROM cats`, 'USING'],
    ['the same in double quotes', `select transform(kind) using "id" FROM cats`, 'USING'],
    ['the same in a raw string', `SELECT TRANSFORM(a) USING r'id' FROM cats`, 'USING'],
    ['the same behind a comment', `SELECT TRANSFORM(a) USING/**/'id' FROM cats`, 'USING'],
    ['MAP in a subquery', `SELECT * FROM (MAP a USING 'id' AS b FROM cats)`, 'USING'],
    ['REDUCE in WITH', `WITH c AS (REDUCE a USING 'id' FROM cats) SELECT * FROM c`, 'USING'],
    ['reflect', `SELECT reflect('java.lang.System', 'exit', 1) FROM cats`, 'reflect runs a method'],
    ['reflect in capitals and on two lines', `SELECT REFLECT\n(1) FROM cats`, 'reflect runs a method'],
    ['reflect in backticks', 'SELECT `Reflect` ("a") FROM cats', 'reflect runs a method'],
    ['reflect of the catalog', 'SELECT system.builtin.reflect("a") FROM cats', 'reflect runs a method'],
    ['reflect behind a raw string', `SELECT r'\\', reflect('a'), '' FROM cats`, 'reflect runs a method'],
    ['reflect behind an escaped quote', `SELECT '\\'', reflect('a') FROM cats`, 'reflect runs a method'],
    ['reflect behind a dash comment', `SELECT 1 -- '\n, reflect('a') FROM cats`, 'reflect runs a method'],
    ['java_method', `SELECT java_method('a') FROM cats`, 'java_method runs a method'],
    ['try_reflect', `SELECT try_reflect('a') FROM cats`, 'try_reflect runs a method'],
    ['IDENTIFIER', `SELECT IDENTIFIER('ref' || 'lect')('a') FROM cats`, 'IDENTIFIER(...) hides'],
    ['a file of descriptors', `SELECT from_protobuf(a, 'x', '/etc/x') FROM cats`, 'from_protobuf reads'],
    [
      'a schema file of XML',
      `SELECT from_xml(a, 'x INT', map('rowValidationXSDPath', '/x')) FROM c`,
      'from_xml',
    ],
    ['a file', 'SELECT * FROM parquet.`/etc`', 'parquet./etc is not a view'],
    [
      'a file in JOIN',
      'SELECT * FROM cats JOIN csv.`/etc/passwd` USING (a)',
      'csv./etc/passwd is not a view',
    ],
    ['a file behind a comma', 'SELECT * FROM cats c, (json.`/x`)', 'json./x is not a view'],
    [
      'a file in a subquery',
      'SELECT * FROM cats WHERE a IN (SELECT b FROM text.`/x`)',
      'text./x is not a view',
    ],
    ['a file as the argument of a function', 'SELECT * FROM f(TABLE orc.`/x`)', 'orc./x is not a view'],
    ['a table of a catalog', 'SELECT * FROM default.cats', 'default.cats is not a view'],
    ['files by a function', `SELECT * FROM read_files('/x')`, 'read_files reads files'],
    ['a second statement', `${QUERY}; DROP TABLE x`, 'another statement follows'],
    ['a write', 'INSERT INTO cats SELECT 1', 'not with INSERT'],
    ['a write behind WITH', 'WITH c AS (SELECT 1) INSERT INTO cats SELECT * FROM c', 'not with INSERT'],
    ['many writes', 'FROM cats INSERT INTO a SELECT *', 'not with FROM'],
    ['a jar', 'ADD JAR /tmp/x.jar', 'not with ADD'],
    ['a function of a class', `CREATE FUNCTION f AS 'x.Y'`, 'not with CREATE'],
    ['a setting', 'SET spark.sql.runSQLOnFiles=true', 'not with SET'],
    ['a reset', 'RESET', 'not with RESET'],
    ['a script', 'BEGIN SELECT 1; END', 'not with BEGIN'],
    ['text that is executed', `EXECUTE IMMEDIATE 'DROP TABLE x'`, 'not with EXECUTE'],
    ['a comment in a comment', 'SELECT /* /* */ reflect */ 1', 'a comment is inside another comment'],
    ['a comment without end', 'SELECT 1 /* x', 'the comment is not closed'],
    ['a text without end', "SELECT 'x", 'the text is not closed'],
    ['a text in dollars', 'SELECT $$ ` $$', 'Spark 3.5 and 4.0 do not read $ alike'],
    ['a blank that is none', 'SELECT\u00a01', 'U+00A0'],
    ['nothing', '-- nothing', 'the query is empty'],
  ])('is refused with its line: %s', (_, sql, message) => {
    const found = mistakes({ [COUNTS]: [QUERY, sql] });
    expect(found).toEqual([expect.stringContaining(message)]);
    expect(found[0]).toMatch(/^tables\/second\/counts\.sql\.hbs:1[2-4]: /);
  });

  it.each([
    ['a higher-order function', 'SELECT transform(a, x -> x + 1) FROM cats'],
    ['a join by columns', 'SELECT * FROM cats JOIN raw USING (id)'],
    ['FROM in a function', 'SELECT extract(YEAR FROM cats.a), trim(BOTH FROM cats.b) FROM cats'],
    ['a comparison', 'SELECT * FROM cats c JOIN raw r ON c.a IS NOT DISTINCT FROM r.a, cats d'],
    ['words in text and comments', `SELECT 'USING ''x''; reflect(' /* reflect( */ -- using "x"\nFROM cats`],
    ['columns of such names', 'SELECT c.reflect, c.`using`, c.`from` FROM cats c'],
    ['brackets and sets', '(SELECT a.x FROM cats a) UNION ALL (SELECT b.x FROM raw b)'],
    ['WITH', 'WITH a (x) AS (SELECT 1), b AS (SELECT 2) SELECT a.x, b.y FROM a, b ORDER BY a.x, b.y'],
    ['functions as tables', 'SELECT * FROM range(3) r LATERAL VIEW explode(r.x) t AS y'],
    ['a semicolon at its end', 'SELECT 1;'],
    ['a hint', 'SELECT /*+ BROADCAST(c) */ * FROM cats c'],
    ['names in backticks', 'SELECT `a``.b` FROM cats AS `x;y`'],
  ])('may contain %s', (_, sql) => {
    expect(forbiddenIn(sql)).toEqual([]);
  });

  it('is checked after rendering, whatever values its parameters have', () => {
    const other = 'SELECT {{#if (eq shape "text")}}reflect("a"){{else}}kind{{/if}}, 1 AS cats FROM cats';
    const { pipeline, diagnostics } = loadPipeline(tiny({ [COUNTS]: [QUERY, other] }));
    expect(diagnostics).toEqual([]);
    const { steps, diagnostics: found } = renderSteps(
      { pipeline: pipeline!, engine: TINY_ENGINE },
      { shape: 'text' },
      () => 'x',
    );
    expect(steps).toEqual([]);
    expect(found.map(formatDiagnostic)).toEqual([
      expect.stringContaining('tables/second/counts.sql.hbs:13: reflect runs a method of a Java class'),
    ]);
  });

  it('cannot hide anything in strings, comments or quoted names', () => {
    const noise = fc.oneof(
      fc.string().map((text) => `'${text.replace(/[\\']/g, '\\$&')}'`),
      fc.string().map((text) => `r"${text.replaceAll('"', '')}"`),
      fc.string().map((text) => `\`${text.replaceAll('`', '``')}\``),
      fc.string().map((text) => `/* ${text.replace(/[*/]/g, '')} */ 1`),
      fc.string().map((text) => `-- ${text.replace(/[\r\n\\]/g, '')}\n1`),
    );
    fc.assert(
      fc.property(fc.array(noise, { minLength: 1 }), (parts) => {
        expect(forbiddenIn(`SELECT ${parts.join(', ')} FROM cats`)).toEqual([]);
        const [found] = forbiddenIn(`SELECT ${parts.join(', ')}, reflect('a') FROM cats`);
        expect(found?.message).toBe('reflect runs a method of a Java class');
      }),
    );
  });
});

describe('rendering', () => {
  it.each([
    ['{{constructor}}', 'constructor'],
    ['{{__proto__.x}}', '__proto__'],
    ['{{lit shape.constructor}}', 'shape.constructor'],
    ['{{lit (lookup . "constructor")}}', 'unknown helper lookup'],
    ['{{lookup . "constructor"}}', 'unknown helper lookup'],
    ['{{#with shape}}x{{/with}}', 'unknown block #with'],
    ['{{> ../../secret}}', 'partials and decorators'],
    ['{{#> x}}{{/x}}', 'partials and decorators'],
    ['{{* inline "x"}}', 'partials and decorators'],
    ['{{helperMissing}}', 'helperMissing'],
    ['{{log shape}}', 'unknown helper log'],
    ['{{lit @root.constructor}}', 'unknown name @root'],
  ])('gives access only to values: %s', (tag, message) => {
    expect(mistakes({ [COUNTS]: [QUERY, `SELECT ${tag} FROM cats`] })).toEqual([
      expect.stringContaining(message),
    ]);
  });
});
