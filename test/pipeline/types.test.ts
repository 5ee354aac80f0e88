/** Types of fields and columns, and values of them, as a pipeline writes them. */
import { describe, expect, it } from '@jest/globals';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { isAbove, isValueOf } from '../../src/pipeline/typed-value.ts';
import type { Scalar } from '../../src/pipeline/typed-value.ts';
import type { ColumnType } from '../../src/pipeline/column-type.ts';
import { TINY, mistakes, tiny } from './tiny.ts';

const RAW = 'sources/raw.yaml';
const COUNTS = 'tables/second/counts.sql.hbs';
/** Replaces the field `kind` of the source, on line 5. */
const field = (text: string) =>
  mistakes({ [RAW]: ['doc: Kind. }', `doc: Kind. }\n  - { name: extra, ${text}, doc: X. }`] });
/** Adds a column to a table, on line 9, and a check of it, on line 12. */
const column = (type: string, check = '{ check: not_null, column: extra }') =>
  mistakes({
    [COUNTS]: [
      'doc: How many. }\nchecks:\n',
      `doc: How many. }\n  - { name: extra, type: '${type}', nullable: false, doc: X. }\nchecks:\n  - ${check}\n`,
    ],
  });

const WORDS =
  'expected one of STRING, INT, BIGINT, DOUBLE, BOOLEAN, DATE, TIMESTAMP, DECIMAL(p,s), ARRAY<one of these>';

describe('the type of a field', () => {
  it.each([
    'type: BOOLEAN, default: false',
    "type: 'DECIMAL(38,38)'",
    "type: 'DECIMAL( 12, 2 )', min: 0.01, below: '9999999999.99', default: 1e1",
    "type: DATE, default: '2015-01-31'",
    "type: TIMESTAMP, format: iso8601, default: '2015-01-31T15:00:00.5+01:00'",
    'type: TIMESTAMP, format: epoch_millis',
    "type: 'ARRAY<TIMESTAMP>', format: epoch_seconds",
    "type: 'ARRAY<DECIMAL(5,2)>'",
    'type: INT, path: a.b.c',
    'type: INT, path: [a.b, c]',
  ])('can be %s', (text) => {
    expect(field(text)).toEqual([]);
  });

  it.each([
    ['type: FLOAT', `type: ${WORDS}`],
    ['type: STRNG', `type: ${WORDS}; did you mean STRING?`],
    ["type: 'DECMAL(9,1)'", `type: ${WORDS}; did you mean DECIMAL(9,1)?`],
    ["type: 'ARRAY<DUOBLE>'", `type: ${WORDS}; did you mean ARRAY<DOUBLE>?`],
    ['type: DECIMAL', 'type: a DECIMAL needs a precision and a scale, as in DECIMAL(12,2)'],
    ["type: 'DECIMAL(39,2)'", 'type: the precision of a DECIMAL is between 1 and 38'],
    ["type: 'DECIMAL(0,0)'", 'type: the precision of a DECIMAL is between 1 and 38'],
    ["type: 'DECIMAL(4,5)'", 'type: the scale of a DECIMAL is between 0 and its precision'],
    ["type: 'ARRAY<ARRAY<INT>>'", 'type: an ARRAY cannot contain arrays'],
    ["type: 'ARRAY<DECIMAL(39,2)>'", 'type: the precision of a DECIMAL is between 1 and 38'],
  ])('cannot be %s', (text, message) => {
    expect(field(text)).toEqual([expect.stringContaining(`${RAW}:6: fields[2].${message}`)]);
  });

  it.each([
    ['type: TIMESTAMP', 'extra is TIMESTAMP and has no format; add format: iso8601'],
    ["type: 'ARRAY<TIMESTAMP>'", 'extra is ARRAY<TIMESTAMP> and has no format'],
    ['type: DATE, format: iso8601', 'extra is DATE; only a TIMESTAMP has a format'],
    ['type: TIMESTAMP, format: iso', 'format: expected one of "iso8601", "epoch_millis", "epoch_seconds"'],
    ["type: DATE, min: '2015-01-01'", 'extra is DATE and has no min; only numbers have bounds'],
    ['type: BOOLEAN, below: true', 'extra is BOOLEAN and has no below'],
    ["type: INT, min: '1'", '"1" is not a value of INT'],
    ["type: 'DECIMAL(4,2)', min: 0.001", '0.001 is not a value of DECIMAL(4,2)'],
    ["type: 'DECIMAL(4,2)', min: '1.50', below: 1.5", 'no value of extra is at least 1.50 and below 1.5'],
    ['type: BOOLEAN, default: yes', '"yes" is not a value of BOOLEAN'],
    ["type: DATE, default: '2015-02-29'", '"2015-02-29" is not a value of DATE; write a day as 2015-01-31'],
    ["type: 'ARRAY<INT>', default: 1", 'extra is ARRAY<INT> and has no default'],
    ['type: INT, path: a..b', 'a key on the path of extra is empty'],
    ["type: INT, path: ['']", 'a key on the path of extra is empty'],
  ])('does not allow %s', (text, message) => {
    expect(field(text)).toEqual([expect.stringContaining(message)]);
    expect(field(text)[0]).toMatch(/^sources\/raw\.yaml:6: /);
  });

  it('without a path takes the field’s name as its key', () => {
    const paths = (text: string) =>
      loadPipeline(tiny({ [RAW]: ['doc: Kind. }', `${text}doc: Kind. }`] })).pipeline?.sources[0]?.fields[1]
        ?.path;
    expect([paths(''), paths('path: a.b, '), paths('path: [a.b, c], ')]).toEqual([
      ['kind'],
      ['a', 'b'],
      ['a.b', 'c'],
    ]);
  });

  it.each([
    ['event_key: [id]', 'event_key: [tags]', ':14: tags is ARRAY<INT>, which cannot be part of a key'],
    ['equals: cat', 'equals: 1', ':12: kind is STRING and never equals 1'],
    ['field: kind, equals: cat', 'field: tags, equals: 1', ':12: tags is ARRAY<INT> and never equals 1'],
    ['field: kind, equals: cat', 'field: open, equals: yes', ':12: open is BOOLEAN and never equals "yes"'],
    ['field: kind, equals: cat', 'field: open, equals: true', undefined],
  ])('decides how a view can use the field: %s, %s', (from, to, message) => {
    const more =
      "  - { name: tags, type: 'ARRAY<INT>', doc: X. }\n  - { name: open, type: BOOLEAN, doc: X. }\n";
    const changed = TINY[RAW]!.replace('views:\n', `${more}views:\n`).replace(from, to);
    expect(mistakes({ [RAW]: changed })).toEqual(
      message === undefined ? [] : [expect.stringContaining(message)],
    );
  });
});

describe('the type of a column', () => {
  it.each([
    ['BOOLEAN', '{ check: accepted_values, column: extra, values: [true] }'],
    ['DATE', "{ check: range, column: extra, min: '2015-01-01', max: '2015-12-31' }"],
    ['DECIMAL(12,2)', "{ check: range, column: extra, min: 0.01, max: '9999999999.99' }"],
    ['DECIMAL(12,2)', "{ check: accepted_values, column: extra, values: [1.5, '2.50'] }"],
    ['TIMESTAMP', "{ check: range, column: extra, min: '2015-01-01T00:00:00Z' }"],
    ['ARRAY<STRING>', '{ check: not_null, column: extra }'],
  ])('%s can have %s', (type, check) => {
    expect(column(type, check)).toEqual([]);
  });

  it.each([
    [
      'BOOLEAN',
      '{ check: accepted_values, column: extra, values: [yes] }',
      'extra is BOOLEAN, and never "yes"',
    ],
    ['BOOLEAN', '{ check: range, column: extra, min: true }', 'extra is BOOLEAN, which has no range'],
    ['ARRAY<INT>', '{ check: range, column: extra, min: 1 }', 'extra is ARRAY<INT>, which has no range'],
    [
      'ARRAY<INT>',
      '{ check: accepted_values, column: extra, values: [1] }',
      'extra is ARRAY<INT>, and never 1',
    ],
    ['DATE', '{ check: range, column: extra, min: 2015 }', 'extra is DATE, and never 2015; write a day as'],
    ['DATE', "{ check: range, column: extra, min: '2015-02-01', max: '2015-01-31' }", 'min is above max'],
    ['DECIMAL(4,2)', "{ check: range, column: extra, min: '10.1', max: 9 }", 'min is above max'],
    ['DECIMAL(4,2)', '{ check: range, column: extra, max: 100 }', 'extra is DECIMAL(4,2), and never 100'],
    ['INT', "{ check: range, column: extra, max: '100' }", 'extra is INT, and never "100"'],
    [
      'DECIMAL(38,20)',
      '{ check: range, column: extra, max: 0.12345678901234567 }',
      'write exactly as many digits, in quotes',
    ],
  ])('%s cannot have %s', (type, check, message) => {
    expect(column(type, check)).toEqual([expect.stringContaining(message)]);
    expect(column(type, check)[0]).toMatch(/^tables\/second\/counts\.sql\.hbs:11: /);
  });

  it.each([
    ['key', 'key: [kind]', 'key: [extra]', 'extra is an ARRAY, which cannot be in key'],
    [
      'sort_by',
      'key: [kind]',
      'key: [kind]\nsort_by: [extra]',
      'extra is an ARRAY, which cannot be in sort_by',
    ],
    [
      'partition_by',
      'key: [kind]',
      'key: [kind]\npartition_by: [extra]',
      'of a type that does not make good folder names',
    ],
  ])('cannot be ARRAY in %s', (_, from, to, message) => {
    const text = tiny().find(({ path }) => path === COUNTS)!.text;
    const changed = text
      .replace(from, to)
      .replace(
        'doc: How many. }\n',
        "doc: How many. }\n  - { name: extra, type: 'ARRAY<INT>', nullable: false, doc: X. }\n",
      );
    expect(mistakes({ [COUNTS]: changed })).toEqual([expect.stringContaining(message)]);
  });

  it.each(['BOOLEAN', 'DATE', 'INT', 'BIGINT', 'STRING'])('%s can be a partition column', (type) => {
    expect(partitionedBy(type)).toEqual([]);
  });

  it.each(['DECIMAL(4,2)', 'DOUBLE', 'TIMESTAMP', 'ARRAY<DATE>'])(
    '%s cannot be a partition column',
    (type) => {
      expect(partitionedBy(type)).toEqual([
        expect.stringContaining(
          'of a type that does not make good folder names; partition by STRING, INT, BIGINT, BOOLEAN, DATE',
        ),
      ]);
    },
  );

  function partitionedBy(type: string): string[] {
    const text = tiny().find(({ path }) => path === COUNTS)!.text;
    const changed = text
      .replace('key: [kind]', 'key: [kind]\npartition_by: [extra]')
      .replace(
        'doc: How many. }\n',
        `doc: How many. }\n  - { name: extra, type: '${type}', nullable: false, doc: X. }\n`,
      );
    return mistakes({ [COUNTS]: changed });
  }
});

describe('a value', () => {
  it.each<[ColumnType, Scalar, boolean]>([
    ['DECIMAL(4,2)', '12.34', true],
    ['DECIMAL(4,2)', -99.99, true],
    ['DECIMAL(4,2)', '1.2300', true],
    ['DECIMAL(4,2)', '123.4', false],
    ['DECIMAL(4,2)', '1.234', false],
    ['DECIMAL(4,2)', 'one', false],
    ['DECIMAL(38,0)', '12345678901234567890123456789012345678', true],
    ['DECIMAL(38,0)', 1e21, true],
    ['DECIMAL(38,18)', 1e-7, true],
    ['DECIMAL(38,0)', Number('12345678901234567890'), false],
    ['DATE', '2016-02-29', true],
    ['DATE', '2015-02-29', false],
    ['DATE', '0000-01-01', false],
    ['TIMESTAMP', '2015-01-31 15:00:00', true],
    ['TIMESTAMP', '2015-01-31T24:00:00Z', false],
    ['TIMESTAMP', '2015-01-31', false],
    ['BOOLEAN', 'true', false],
    ['BOOLEAN', true, true],
    ['STRING', true, false],
    ['INT', 2147483648, false],
  ])('of %s: %j is one: %s', (type, value, expected) => {
    expect(isValueOf(type, value)).toBe(expected);
  });

  it('is compared according to its type', () => {
    expect(isAbove('DECIMAL(4,2)', '10', '9.99')).toBe(true);
    expect(isAbove('DECIMAL(4,2)', '-10', '-9.99')).toBe(false);
    expect(isAbove('TIMESTAMP', '2015-01-31T15:00:00Z', '2015-01-31T15:00:00+01:00')).toBe(true);
    expect(isAbove('DATE', '2015-01-31', '2015-01-31')).toBe(false);
  });
});
