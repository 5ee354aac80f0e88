/** Mistakes in `rebuild.when` of a table: the tables of earlier steps in which its rows are looked up. */
import { describe, expect, it } from '@jest/globals';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { TINY, mistakes, tiny } from './tiny.ts';

const PIPELINE = 'pipeline.yaml';
const COUNTS = 'tables/second/counts.sql.hbs';
const QUERY = `SELECT felines.kind, count(*) AS many FROM felines JOIN cats ON felines.kind = cats.kind GROUP BY 1
`;

/** The second table, with what stands in `when` on line 9. */
const counts = (when: string, query = QUERY) => `---
doc: Cats a kind.
key: [kind]
partition_by: [kind]
columns:
  - { name: kind, type: STRING, nullable: false, doc: Kind. }
  - { name: many, type: BIGINT, nullable: false, doc: How many. }
rebuild:
  { by: [kind], when: { ${when} } }
---
${query}`;

/** Adds a second source, whose view `dogs` both steps may read. */
const WITH_DOGS = {
  'sources/more.yaml': `name: more
doc: Raw dogs.
fields:
  - { name: name, type: STRING, doc: Name. }
  - { name: age, type: DOUBLE, doc: Years. }
views:
  - { name: dogs, doc: Dogs. }
`,
  [PIPELINE]: TINY[PIPELINE]!.replace('[raw]', '[raw, more]').replace(
    '[felines, cats]',
    '[felines, cats, dogs]',
  ),
};

describe('the tables that rows of a table look up', () => {
  it('are in its contract, with the fields by which they are looked up', () => {
    const { pipeline, diagnostics } = loadPipeline(
      tiny({ [COUNTS]: counts('cats: { kind: kind, year: id }') }),
    );
    expect(diagnostics).toEqual([]);
    expect(pipeline!.steps[1]!.writes[0]!.contract.rebuild).toEqual({
      by: ['kind'],
      when: { cats: { kind: 'kind', year: 'id' } },
    });
  });

  it.each<[string, string, string]>([
    [
      'a table that is not there',
      'catz: { kind: kind }',
      'second reads no table catz of an earlier step; did you mean cats?',
    ],
    ['a view', 'felines: { kind: kind }', 'second reads no table felines of an earlier step; known: cats'],
    [
      'a table of its own step',
      'counts: { kind: kind }',
      'second reads no table counts of an earlier step; known: cats',
    ],
    ['no column', 'cats: { kinds: kind }', 'cats has no column kinds; did you mean kind?'],
    ['no field', 'cats: { kind: kin }', 'no view that second reads has a field kin; did you mean kind?'],
    [
      'a field of another type',
      'cats: { year: kind }',
      'cats.year and the field kind are of types that cannot be compared',
    ],
    [
      'a field of another type than a parameter can give the column',
      'cats: { id: year }',
      'cats.id and the field year are of types that cannot be compared',
    ],
    [
      'a table without a column',
      'cats: {}',
      'rebuild.when.cats: expected at least one column, and the field that it is compared with',
    ],
  ])('cannot be %s', (_, when, message) => {
    expect(mistakes({ [COUNTS]: counts(when) })).toEqual([`${COUNTS}:9: ${message}`]);
  });

  it('are read by its query', () => {
    const query = "SELECT kind, count(*) AS many FROM felines WHERE kind <> 'cats' GROUP BY kind -- cats\n";
    expect(mistakes({ [COUNTS]: counts('cats: { kind: kind }', query) })).toEqual([
      `${COUNTS}:9: the query does not read cats`,
    ]);
  });

  it('may be read only with another value of a parameter than its default', () => {
    const query = `SELECT felines.kind, count(*) AS many FROM felines
{{#if (eq shape "text")}}
LEFT SEMI JOIN cats ON felines.kind = cats.kind
{{else}}
{{/if}}
GROUP BY felines.kind
`;
    expect(mistakes({ [COUNTS]: counts('cats: { kind: kind }', query) })).toEqual([]);
  });

  it('are looked up by fields of one source', () => {
    const changes = (when: string) => ({ ...WITH_DOGS, [COUNTS]: counts(when) });
    expect(mistakes(changes('cats: { kind: name, year: age }'))).toEqual([]);
    expect(mistakes(changes('cats: { kind: kind, year: age }'))).toEqual([
      `${COUNTS}:9: no view that second reads has all of the fields kind, age`,
    ]);
  });

  it('are read by the step', () => {
    const reads = TINY[PIPELINE]!.replace('[felines, cats]', '[felines]');
    const query = 'SELECT kind, count(*) AS many FROM felines GROUP BY kind\n';
    expect(mistakes({ [PIPELINE]: reads, [COUNTS]: counts('cats: { kind: kind }', query) })).toEqual([
      `${COUNTS}:9: second reads no table cats of an earlier step; add cats to reads of step second in pipeline.yaml`,
    ]);
  });

  it('are complained about once where a later step writes them', () => {
    const [head = '', first = '', second = ''] = TINY[PIPELINE]!.split(/(?=^ {2}- name: )/m);
    const found = mistakes({ [PIPELINE]: head + second + first, [COUNTS]: counts('cats: { kind: kind }') });
    expect(found).toEqual([expect.stringContaining('cats is written by first, which comes later')]);
  });

  it('are not complained about where their file, or that of a source, cannot be read', () => {
    const [first, second] = ['tables/first/cats.sql.hbs', 'sources/raw.yaml'].map((path) =>
      mistakes({ [path]: undefined, [COUNTS]: counts('cats: { kind: kind }') }),
    );
    expect(first).toEqual([expect.stringContaining('missing file tables/first/cats.sql.hbs')]);
    expect(second).toEqual([expect.stringContaining('missing file sources/raw.yaml')]);
  });
});
