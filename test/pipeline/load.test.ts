import { describe, expect, it } from '@jest/globals';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { templates } from '../spark/spark.ts';
import { TINY, mistakes, tiny } from './tiny.ts';

const PIPELINE = 'pipeline.yaml';
const RAW = 'sources/raw.yaml';
const CATS = 'tables/first/cats.sql.hbs';
/** The views of the source. */
const VIEWS = TINY[RAW]!.slice(TINY[RAW]!.indexOf('views:'));
const COUNTS = 'tables/second/counts.sql.hbs';

describe('loading a pipeline', () => {
  it('reads contracts with parameters at their defaults', () => {
    const { pipeline, diagnostics } = loadPipeline(tiny());
    expect(diagnostics).toEqual([]);
    expect(pipeline?.steps.map(({ name, reads }) => [name, reads])).toEqual([
      ['first', ['felines']],
      ['second', ['felines', 'cats']],
    ]);
    const [cats] = pipeline!.steps[0]!.writes;
    expect(cats).toMatchObject({
      path: CATS,
      firstLine: 11,
      contract: { partitionBy: ['year'], sortBy: ['id'] },
    });
    expect(cats!.contract.columns[0]).toEqual({
      name: 'id',
      type: 'BIGINT',
      nullable: false,
      doc: 'Number.',
    });
    expect(pipeline!.sources[0]!.views).toEqual([
      {
        name: 'felines',
        doc: 'Cats.',
        keep: { field: 'kind', equals: 'cat' },
        required: ['id'],
        eventKey: ['id'],
      },
    ]);
    expect(pipeline!.steps[1]!.writes[0]!.contract).toMatchObject({ internal: true, mayBeEmpty: true });
  });

  it('accepts the shipped pipeline without any message', () => {
    const { pipeline, diagnostics } = loadPipeline(templates().files);
    expect(diagnostics).toEqual([]);
    expect(pipeline?.steps.flatMap(({ writes }) => writes.map(({ contract }) => contract.name))).toEqual([
      'songs',
      'artists',
      'song_keys',
      'users',
      'time',
      'songplays',
    ]);
  });

  it('reads files with CRLF and a byte order mark as if they had neither', () => {
    const files = tiny().map(({ path, text }) => ({ path, text: `\ufeff${text.replaceAll('\n', '\r\n')}` }));
    expect(loadPipeline(files)).toEqual(loadPipeline(tiny()));
  });

  it('reports all mistakes of all files at once', () => {
    const found = mistakes({
      [RAW]: ['required: [id]', 'requird: [id]'],
      [CATS]: ['key: [id]', 'key: [idd]'],
      [COUNTS]: ['FROM cats', 'FROM {{ident shap}}'],
    });
    expect(found).toEqual([
      'sources/raw.yaml:11: unknown key views[0].requird; did you mean required?',
      'tables/first/cats.sql.hbs:3: unknown column idd; did you mean id?',
      'tables/second/counts.sql.hbs:13: unknown name shap; did you mean shape?',
    ]);
  });

  it.each<[string, Parameters<typeof mistakes>[0], string]>([
    ['a missing pipeline.yaml', { [PIPELINE]: undefined }, 'pipeline.yaml: no such file'],
    ['broken YAML', { [PIPELINE]: ['sources: [raw]', 'sources: [raw'] }, 'pipeline.yaml:6: '],
    [
      'a key given twice',
      { [PIPELINE]: ['sources: [raw]', 'sources: [raw]\nsources: [raw]'] },
      'pipeline.yaml:6: Map keys must be unique',
    ],
    [
      'a missing key',
      { [PIPELINE]: ['    doc: Makes cats.\n', ''] },
      'pipeline.yaml:7: steps[0].doc: is missing (expected string)',
    ],
    [
      'a wrong type',
      { [PIPELINE]: ['reads: [felines]', 'reads: felines'] },
      'pipeline.yaml:9: steps[0].reads: expected array, received string',
    ],
    [
      'a forbidden name',
      { [PIPELINE]: ['writes: [cats]', 'writes: [../Cats]'] },
      'pipeline.yaml:10: steps[0].writes[0]: expected a name of lower-case',
    ],
    [
      'a table named as a property of every object',
      { [PIPELINE]: ['writes: [cats]', 'writes: [constructor]'] },
      'pipeline.yaml:10: steps[0].writes[0]: constructor is a word of JavaScript; choose another name',
    ],
    [
      'a step named as a property of every object',
      { [PIPELINE]: ['name: second', 'name: constructor'] },
      'pipeline.yaml:11: steps[1].name: constructor is a word of JavaScript; choose another name',
    ],
    [
      'a parameter named as the prototype of every object',
      { [PIPELINE]: ['  shape: {', '  __proto__: {'] },
      'pipeline.yaml:3: __proto__ is a word of JavaScript; choose another name',
    ],
    ...['delta', 'objects', 'quarantine'].flatMap(
      (name): [string, Record<string, [string, string]>, string][] => [
        [
          `a table named ${name}, as something of every lake`,
          { [PIPELINE]: ['writes: [cats]', `writes: [${name}]`] },
          `pipeline.yaml:10: steps[0].writes[0]: ${name} is a name that every lake uses for itself; choose another name`,
        ],
        [
          `a source named ${name}, as something of every lake`,
          { [PIPELINE]: ['sources: [raw]', `sources: [${name}]`] },
          `pipeline.yaml:5: sources[0]: ${name} is a name that every lake uses for itself; choose another name`,
        ],
      ],
    ),
    [
      'a step that is named as a folder',
      { [PIPELINE]: ['name: second', 'name: sources'] },
      'pipeline.yaml:11: sources is the name of a folder',
    ],
    [
      'a missing table file',
      { [CATS]: undefined },
      'pipeline.yaml:10: missing file tables/first/cats.sql.hbs',
    ],
    ['a missing source file', { [RAW]: undefined }, 'pipeline.yaml:5: missing file sources/raw.yaml'],
    [
      'a table written twice',
      { [PIPELINE]: ['writes: [counts]', 'writes: [cats]'] },
      'pipeline.yaml:14: cats is written twice: first writes it already',
    ],
    [
      'a table named as a source',
      { [PIPELINE]: ['writes: [counts]', 'writes: [raw]'] },
      'pipeline.yaml:14: raw is the name of a source',
    ],
    [
      'a step there twice',
      { [PIPELINE]: ['name: second', 'name: first'] },
      'pipeline.yaml:11: two steps are named first',
    ],
    [
      'an unknown input',
      { [PIPELINE]: ['reads: [felines, cats]', 'reads: [felines, catz]'] },
      'pipeline.yaml:13: unknown name catz; did you mean cats?',
    ],
    [
      'a step reading itself',
      { [PIPELINE]: ['reads: [felines, cats]', 'reads: [felines, cats, counts]'] },
      'pipeline.yaml:13: second reads counts, which it writes itself',
    ],
    [
      'a cycle',
      { [PIPELINE]: ['reads: [felines]', 'reads: [felines, counts]'] },
      'pipeline.yaml:9: steps wait for each other: first reads from second reads from first',
    ],
    [
      'steps in the wrong order',
      {
        [PIPELINE]: [
          'reads: [felines]\n    writes: [cats]\n  - name: second\n    doc: Counts cats.\n    reads: [felines, cats]',
          'reads: [felines, counts]\n    writes: [cats]\n  - name: second\n    doc: Counts cats.\n    reads: [felines]',
        ],
      },
      'pipeline.yaml:9: counts is written by second, which comes later; put second before first',
    ],
    [
      'a source that is read instead of its view',
      { [PIPELINE]: ['reads: [felines]', 'reads: [raw]'] },
      'pipeline.yaml:9: raw is a source, and steps read views; read one of its views: felines',
    ],
    [
      'a source of which no view is read',
      {
        [PIPELINE]: ['sources: [raw]', 'sources: [raw, more]'],
        'sources/more.yaml': `name: more\ndoc: More.\nfields: [{ name: x, type: INT, doc: X. }]\nviews: [{ name: more, doc: All. }]\n`,
      },
      'pipeline.yaml:5: no step reads a view of more; remove it, or name one of its views under reads: more',
    ],
    [
      'a view of two sources',
      {
        [PIPELINE]: ['sources: [raw]', 'sources: [raw, more]'],
        'sources/more.yaml': `name: more\ndoc: More.\nfields: [{ name: x, type: INT, doc: X. }]\nviews: [{ name: felines, doc: All. }]\n`,
      },
      'sources/more.yaml:4: raw has a view felines already',
    ],
    [
      'a view named as another source',
      {
        [PIPELINE]: ['sources: [raw]', 'sources: [raw, more]'],
        'sources/more.yaml': `name: more\ndoc: More.\nfields: [{ name: x, type: INT, doc: X. }]\nviews: [{ name: raw, doc: All. }]\n`,
      },
      'sources/more.yaml:4: raw is the name of a source; choose another name for the view',
    ],
    [
      'a parameter nobody uses',
      { [PIPELINE]: ['parameters:', 'parameters:\n  lonely: { doc: x, one_of: [a], default: a }'] },
      'pipeline.yaml:3: no table uses the parameter lonely',
    ],
    [
      'a default outside its words',
      { [PIPELINE]: ['default: number', 'default: numbr'] },
      'pipeline.yaml:3: the default numbr is not one of number, text',
    ],
    [
      'a source nobody reads',
      { [PIPELINE]: ['sources: [raw]', 'sources: [raw, raw]'] },
      'pipeline.yaml:5: the source is listed twice',
    ],
  ])('rejects %s in pipeline.yaml', (_, changes, message) => {
    expect(mistakes(changes)).toContainEqual(expect.stringContaining(message));
  });

  it.each<[string, readonly [string, string], string]>([
    ['another name than its file', ['name: raw', 'name: rew'], ':1: the file belongs to raw, but names rew'],
    ['a field there twice but for case', ['name: kind', 'name: ID'], ':5: the field ID appears twice'],
    [
      'a reserved field name',
      ['name: kind', 'name: _file'],
      ':5: fields[1].name: expected a name of letters',
    ],
    [
      'an unknown type',
      ['type: INT', 'type: FLOAT'],
      ':6: fields[2].type: expected one of STRING, INT, BIGINT, DOUBLE, BOOLEAN, DATE, TIMESTAMP, DECIMAL(p,s), ARRAY<one of these>',
    ],
    [
      'a keep without its field',
      ['field: kind, equals', 'field: kin, equals'],
      ':10: unknown field kin; did you mean kind?',
    ],
    [
      'a keep that no value equals',
      ['field: kind, equals: cat', 'field: year, equals: cat'],
      ':10: year is INT and never equals "cat"',
    ],
    [
      'a keep that equals a number, of text',
      ['equals: cat', 'equals: 7'],
      ':10: kind is STRING and never equals 7',
    ],
    [
      'a keep that equals blank text',
      ['equals: cat', "equals: ' '"],
      ':10: kind is STRING and never equals " "',
    ],
    ['a keep that equals a list', ['equals: cat', 'equals: [cat]'], ':10: views[0].keep.equals: '],
    [
      'a required field that is unknown',
      ['required: [id]', 'required: [id, yaer]'],
      ':11: unknown field yaer; did you mean year?',
    ],
    ['a required field there twice', ['required: [id]', 'required: [id, id]'], ':11: id is listed twice'],
    [
      'an event key that is unknown',
      ['event_key: [id]', 'event_key: [idd]'],
      ':12: unknown field idd; did you mean id?',
    ],
    ['an event key there twice', ['event_key: [id]', 'event_key: [id, id]'], ':12: id is listed twice'],
    [
      'an event key that is not required',
      ['event_key: [id]', 'event_key: [kind]'],
      ':12: kind is part of the event key; add it to required of felines',
    ],
    ['no view', [VIEWS, 'views: []\n'], ':7: views: '],
    ['no views at all', [VIEWS, ''], ':1: views: is missing'],
    [
      'a view there twice',
      [VIEWS, `${VIEWS}${VIEWS.replace('views:\n', '')}`],
      ':13: the view felines appears twice',
    ],
    [
      'a view named as a table',
      ['name: felines', 'name: counts'],
      ':8: counts is the name of a table that second writes; choose another name for the view',
    ],
    [
      'a view with a forbidden name',
      ['name: felines', 'name: Felines'],
      ':8: views[0].name: expected a name',
    ],
    [
      'a view named as a property of every object',
      ['name: felines', 'name: constructor'],
      ':8: views[0].name: constructor is a word of JavaScript',
    ],
    [
      'bounds on text',
      ['type: STRING, doc', 'type: STRING, min: 1, doc'],
      ':5: kind is STRING and has no min; only numbers have bounds',
    ],
    ['bounds that nothing meets', ['below: 10', 'below: 0'], ':4: no value of id is at least 0 and below 0'],
    ['a default of another type', ['default: 0', 'default: zero'], ':6: "zero" is not a value of INT'],
    [
      'a default that never counts',
      ['BIGINT, min', 'BIGINT, default: 1, min'],
      ':4: every view requires id, so it never takes its default',
    ],
  ])('rejects %s in an input contract', (_, change, message) => {
    expect(mistakes({ [RAW]: change })).toContainEqual(expect.stringContaining(`${RAW}${message}`));
  });

  it.each<[string, string, readonly [string, string], string]>([
    ['no front matter', CATS, ['---\ndoc', 'doc'], ':1: the file does not start with its contract'],
    [
      'front matter without an end',
      COUNTS,
      ['---\nSELECT kind', 'SELECT kind'],
      ':1: the contract has no end',
    ],
    [
      'no query',
      COUNTS,
      ['SELECT kind, count(*) AS cats FROM cats GROUP BY kind', ' '],
      ':12: no query follows the contract',
    ],
    ['a column there twice', COUNTS, ['name: cats,', 'name: kind,'], ':8: the column kind appears twice'],
    [
      'a nullable key',
      COUNTS,
      ['type: STRING, nullable: false', 'type: STRING'],
      ':3: kind is part of the key and may be null',
    ],
    [
      'an unknown partition column',
      COUNTS,
      ['internal: true', 'partition_by: [kin]'],
      ':4: unknown column kin; did you mean kind?',
    ],
    [
      'a partition column that may be null',
      CATS,
      ['type: INT, nullable: false', 'type: INT'],
      ':4: year is a partition column and may be null',
    ],
    [
      'a partition column of a bad type',
      CATS,
      ['type: INT', 'type: DOUBLE'],
      ':4: year is of a type that does not make good folder names',
    ],
    [
      'rebuild by a column that is no partition column',
      CATS,
      ['resolves:', 'rebuild: { by: [yaer] }\nresolves:'],
      ':9: yaer is not a partition column; did you mean year?',
    ],
    [
      'rebuild by a column twice',
      CATS,
      ['resolves:', 'rebuild: { by: [year, year] }\nresolves:'],
      ':9: the column is listed twice',
    ],
    [
      'rebuild of a table whose query reads a view twice',
      CATS,
      [
        'resolves: { view: felines, by: [id], comparing: [kind] }\n---\nSELECT',
        'rebuild: { by: [year] }\n---\nWITH b AS (SELECT 1 FROM\nFelines) SELECT',
      ],
      ':20: the query reads felines twice, so the partitions that a change affects cannot be found; ' +
        'read it once, or remove rebuild',
    ],
    [
      'rebuild of a table without partitions',
      COUNTS,
      ['internal: true', 'rebuild: { by: [kind] }'],
      ':4: a table without partitions is always made whole; remove rebuild',
    ],
    [
      'an unknown partition parameter',
      CATS,
      ['parameter: layout', 'parameter: layuot'],
      ':4: no parameter with list_of is called layuot; did you mean layout?',
    ],
    [
      'an unknown type parameter',
      CATS,
      ['parameter: shape', 'parameter: shap'],
      ':6: no parameter with one_of is called shap; did you mean shape?',
    ],
    ['a type missing for a word', CATS, [', text: STRING', ''], ':6: no type for text'],
    [
      'a type for no word',
      CATS,
      ['text: STRING', 'txt: STRING'],
      ':6: shape is never txt; did you mean text?',
    ],
    [
      'an unknown check',
      COUNTS,
      ['check: range', 'check: ranges'],
      ':11: checks[1].check: expected one of not_null, unique, accepted_values, range, references, condition, matched, row_count; did you mean range?',
    ],
    [
      'a check on no column',
      COUNTS,
      ['column: cats, min', 'column: cat, min'],
      ':11: unknown column cat; did you mean cats?',
    ],
    [
      'a range on text',
      COUNTS,
      ['column: cats, min', 'column: kind, min'],
      ':11: kind is STRING, which has no range',
    ],
    [
      'a range without bounds',
      COUNTS,
      ['column: cats, min: 1', 'column: cats'],
      ':11: needs min, max or both',
    ],
    ...(
      [
        ['has a subquery', 'cats > (SELECT 1)', 'a condition sees one row and has no subquery'],
        ['has a window', 'sum(cats) OVER (ORDER BY kind) > 1', 'a condition sees one row and has no window'],
        ['runs a method', "reflect('a', 'b') = 1", 'reflect runs a method of a Java class'],
        ['hides a name', "IDENTIFIER('cats') > 1", 'IDENTIFIER(...) hides what it names'],
        ['has two statements', 'cats > 1; DROP TABLE x', 'a condition is one expression, without ;'],
        ['opens a bracket', '(cats > 1', 'a bracket is not closed'],
        ['closes a bracket', '1 = 1) OR (1 = 1', 'a closing bracket has no opening bracket'],
        ['has an open text', "kind = 'cat", 'the text is not closed'],
        ['is only a comment', '/* nothing */', 'the condition is empty'],
      ] as const
    ).map(([does, sql, message]): [string, string, readonly [string, string], string] => [
      `a condition that ${does}`,
      COUNTS,
      ['check: range, column: cats, min: 1', `check: condition, name: some, sql: "${sql}"`],
      `:11: ${message}`,
    ]),
    [
      'two conditions of one name',
      COUNTS,
      [
        '  - { check: range, column: cats, min: 1, severity: warn }',
        '  - { check: condition, name: some, sql: cats > 0 }\n  - { check: condition, name: some, sql: cats > 1 }',
      ],
      ':12: two conditions are named some',
    ],
    [
      'as many rows as a view that the step does not read',
      COUNTS,
      ['check: range, column: cats, min: 1', 'check: row_count, equals: felinez'],
      ':11: felinez is not a view that step second reads; did you mean felines?',
    ],
    [
      'as many rows as a view, and a limit besides',
      COUNTS,
      ['check: range, column: cats, min: 1', 'check: row_count, equals: felines, max: 7'],
      ':11: equals cannot be combined with min or max',
    ],
    [
      'a count of rows without bounds',
      COUNTS,
      ['check: range, column: cats, min: 1', 'check: row_count'],
      ':11: any number of rows would pass; needs min above 0, max or equals',
    ],
    [
      'a count of rows of at least none',
      COUNTS,
      ['check: range, column: cats, min: 1', 'check: row_count, min: 0'],
      ':11: any number of rows would pass',
    ],
    [
      'text accepted in a BIGINT',
      COUNTS,
      ['check: range, column: cats, min: 1', 'check: accepted_values, column: cats, values: [1, one]'],
      ':11: cats is BIGINT, and never "one"',
    ],
    [
      'a fraction accepted in a BIGINT',
      COUNTS,
      ['check: range, column: cats, min: 1', 'check: accepted_values, column: cats, values: [1, 1.5]'],
      ':11: cats is BIGINT, and never 1.5',
    ],
    [
      'a number too large for YAML accepted in a BIGINT',
      COUNTS,
      [
        'check: range, column: cats, min: 1',
        'check: accepted_values, column: cats, values: [9007199254740993]',
      ],
      ':11: cats is BIGINT, and never 9007199254740992',
    ],
    [
      'a number accepted in a STRING',
      COUNTS,
      ['check: range, column: cats, min: 1', 'check: accepted_values, column: kind, values: [cat, 7]'],
      ':11: kind is STRING, and never 7',
    ],
    [
      'a number too large accepted in an INT',
      CATS,
      [
        'resolves:',
        'checks: [{ check: accepted_values, column: year, values: [2018, 3000000000] }]\nresolves:',
      ],
      ':9: year is INT, and never 3000000000',
    ],
    [
      'a number accepted in a column that a parameter can make a STRING',
      CATS,
      ['resolves:', 'checks: [{ check: accepted_values, column: id, values: [7] }]\nresolves:'],
      ':9: id is STRING, and never 7',
    ],
    [
      'a number accepted in a TIMESTAMP',
      COUNTS,
      [
        'nullable: false, doc: How many. }\nchecks:',
        'nullable: false, doc: How many. }\n  - { name: at, type: TIMESTAMP, doc: When. }\nchecks:\n  - { check: accepted_values, column: at, values: [1] }',
      ],
      ':11: at is TIMESTAMP, and never 1; write a time as 2015-01-31T15:00:00Z',
    ],
    [
      'a reference to no column',
      COUNTS,
      ['to: kind', 'to: kinds'],
      ':10: cats has no column kinds; did you mean kind?',
    ],
    [
      'a reference to another type',
      COUNTS,
      ['to: kind', 'to: year'],
      ':10: kind and cats.year are of different types',
    ],
    [
      'a reference to no table',
      COUNTS,
      ['table: cats', 'table: dogs'],
      ':10: second neither reads nor writes a table dogs',
    ],
    [
      'a rule over a view it does not read',
      CATS,
      ['view: felines', 'view: felinez'],
      ':9: first does not read felinez; did you mean felines?',
    ],
    [
      'a rule over no column',
      CATS,
      ['comparing: [kind]', 'comparing: [kindd]'],
      ':9: felines has no column kindd; did you mean kind?',
    ],
    [
      'an unknown key',
      COUNTS,
      ['may_be_empty', 'maybe_empty'],
      ':5: unknown key maybe_empty; did you mean may_be_empty?',
    ],
  ])('rejects %s in a table', (_, file, change, message) => {
    expect(mistakes({ [file]: change })).toContainEqual(expect.stringContaining(`${file}${message}`));
  });

  it('reports which reads are missing for a reference', () => {
    const found = mistakes({ [PIPELINE]: ['reads: [felines, cats]', 'reads: [felines]'] });
    expect(found).toEqual([
      'tables/second/counts.sql.hbs:10: second neither reads nor writes a table cats; add cats to reads of step second in pipeline.yaml',
    ]);
  });

  it('accepts a view with the name of its source, and one that no step reads', () => {
    const all = {
      [RAW]: [VIEWS, VIEWS.replace('views:', 'views:\n  - { name: raw, doc: All of them. }')],
    } as const;
    expect(mistakes(all)).toEqual([]);
  });

  it('reports a source that it cannot read, but not its views as missing', () => {
    expect(mistakes({ [RAW]: ['views:', 'viewz:'] })).toEqual([
      'sources/raw.yaml:7: unknown key viewz; did you mean views?',
    ]);
    expect(mistakes({ [RAW]: undefined })).toEqual(['pipeline.yaml:5: missing file sources/raw.yaml']);
  });

  it('warns about files that nothing refers to', () => {
    const { pipeline, diagnostics } = loadPipeline(
      tiny({ 'tables/first/dogs.sql.hbs': 'SELECT 1', 'README.md': 'x' }),
    );
    expect(pipeline).toBeDefined();
    expect(diagnostics).toMatchObject([{ severity: 'warning', at: 'tables/first/dogs.sql.hbs' }]);
  });
});

describe('a query template', () => {
  it.each<[string, string, string]>([
    ['an unknown name', '{{lit nope}}', ':12: unknown name nope; known: shape, layout, target_file_size'],
    ['an unknown helper', '{{lti shape}}', ':12: unknown helper lti; did you mean lit?'],
    [
      'a value without a helper',
      '{{shape}}',
      ':12: shape is written without a helper; say how: ident, lit, uri, columns',
    ],
    ['an unknown name without a helper', '{{shap}}', ':12: unknown name shap; did you mean shape?'],
    ['an unknown name in #if', '{{#if shap}}1{{/if}}', ':12: unknown name shap'],
    ['an unknown name in #unless', '{{#unless shap}}1{{/unless}}', ':12: unknown name shap'],
    [
      'an unknown name in #each',
      '{{#each layuot}}1{{/each}}',
      ':12: unknown name layuot; did you mean layout?',
    ],
    [
      'an unknown name in an argument of an argument',
      '{{#if (eq shap "x")}}1{{/if}}',
      ':12: unknown name shap',
    ],
    [
      'an unknown name in a branch not taken',
      '{{#if (eq shape "text")}}{{lit nope}}{{/if}}',
      ':12: unknown name nope',
    ],
    ['a part of a plain value', '{{lit shape.length}}', ':12: unknown name shape.length'],
    ['an inherited property', '{{lit constructor}}', ':12: unknown name constructor'],
    ['a parent scope that is not there', '{{lit ../shape}}', ':12: unknown name ../shape'],
    ['loop data outside a loop', '{{lit @index}}', ':12: unknown name @index'],
    ['undefined', '{{lit undefined}}', ':12: undefined and null are not supported'],
    ['#each over a word', '{{#each shape}}1{{/each}}', ':12: #each needs a list, and shape is not one'],
    ['an unknown block', '{{#wiht shape}}1{{/wiht}}', ':12: unknown block #wiht'],
    ['a partial', '{{> other}}', ':12: partials and decorators are not supported'],
    ['a wrong number of arguments', '{{lit shape layout}}', ':12: lit takes 1 arguments'],
    ['a test written out', '{{eq shape "x"}}', ':12: eq belongs in (eq ...) of an #if'],
    ['a tag over two lines', '{{lit\n shape}}', ':12: a tag must stand on one line'],
    [
      'a loop over lines',
      '{{#each layout}}\n{{ident this}}{{/each}}',
      ':12: the body of #each must stand on one line',
    ],
    ['whitespace control', '{{~lit shape}}', ':12: ~ would move the lines that follow'],
    ['broken Handlebars', '{{#if shape}}1', ':21: not a Handlebars template: '],
    ['a literal {{', "'{{'", 'write \\{{ for a {{ that is meant literally'],
  ])('rejects %s', (_, text, message) => {
    const found = mistakes({ [CATS]: ['SELECT\n', `SELECT\n${text}\n`] });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${CATS}:`);
    expect(found[0]).toContain(message);
  });
});
