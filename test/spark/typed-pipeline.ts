/** A pipeline with a field of every type, at the outermost level and inside objects, and lines for it. */
import type { TemplateFile } from '../../src/pipeline/template-file.ts';

/** By field: its type, and where it is in a line. */
const FIELDS: Readonly<Record<string, { type: string; path: readonly string[]; more?: string }>> = {
  id: { type: 'BIGINT', path: ['id'] },
  label: { type: 'STRING', path: ['label'] },
  login: { type: 'STRING', path: ['actor', 'login'] },
  upper_login: { type: 'STRING', path: ['actor', 'Login'] },
  dotted: { type: 'STRING', path: ['actor', 'a.b'] },
  deep: { type: 'INT', path: ['payload', 'size', 'deep'] },
  whole: { type: 'BIGINT', path: ['payload', 'whole'] },
  ratio: { type: 'DOUBLE', path: ['payload', 'ratio'] },
  note: { type: 'STRING', path: ['payload', 'note'] },
  price: { type: 'DECIMAL(12,2)', path: ['price'] },
  bounded: { type: 'DECIMAL(4,2)', path: ['bounded'], more: `min: '0.10', below: 10, ` },
  exact: { type: 'DECIMAL(38,20)', path: ['payload', 'exact'] },
  open: { type: 'BOOLEAN', path: ['open'] },
  day: { type: 'DATE', path: ['day'], more: "default: '1970-01-01', " },
  at: { type: 'TIMESTAMP', path: ['at'], more: 'format: iso8601, ' },
  millis: { type: 'TIMESTAMP', path: ['payload', 'millis'], more: 'format: epoch_millis, ' },
  seconds: { type: 'TIMESTAMP', path: ['seconds'], more: 'format: epoch_seconds, ' },
  words: { type: 'ARRAY<STRING>', path: ['payload', 'words'] },
  numbers: { type: 'ARRAY<BIGINT>', path: ['numbers'] },
  prices: { type: 'ARRAY<DECIMAL(5,2)>', path: ['prices'] },
  days: { type: 'ARRAY<DATE>', path: ['days'] },
  times: { type: 'ARRAY<TIMESTAMP>', path: ['times'], more: 'format: iso8601, ' },
};

const columns = Object.entries(FIELDS).map(
  ([name, { type }]) =>
    `  - { name: ${name}, type: '${type}', nullable: ${String(name !== 'id')}, doc: X. }\n`,
);

export const TYPED_PIPELINE: readonly TemplateFile[] = Object.entries({
  'pipeline.yaml': `name: typed
sources: [raw]
steps: [{ name: typed, doc: Lands every type., reads: [raw, open, priced, dated], writes: [typed] }]
`,
  'sources/raw.yaml': `name: raw
doc: A field of every type.
fields:
${Object.entries(FIELDS)
  .map(
    ([name, { type, path, more = '' }]) =>
      `  - { name: ${name}, type: '${type}', path: ${JSON.stringify(path)}, ${more}doc: X. }\n`,
  )
  .join('')}views:
  - { name: raw, doc: All of them., required: [id, login] }
  - { name: open, doc: Open ones., keep: { field: open, equals: true } }
  - { name: priced, doc: Of one price., keep: { field: price, equals: '1.50' }, event_key: [id], required: [id] }
  - { name: dated, doc: Of one day., keep: { field: day, equals: '2015-01-31' } }
`,
  'tables/typed/typed.sql.hbs': `---
doc: The fields as they are.
key: [id]
partition_by: [on_day, is_open]
columns:
${columns.join('')}  - { name: on_day, type: DATE, nullable: false, doc: X. }
  - { name: is_open, type: BOOLEAN, nullable: false, doc: X. }
checks:
  - { check: range, column: price, min: '0.01', max: 99.99, severity: warn }
  - { check: range, column: day, min: '1970-01-02', severity: warn }
  - { check: range, column: at, max: '2014-12-31T23:59:59Z', severity: warn }
  - { check: accepted_values, column: price, values: ['1.50', 2], severity: warn }
  - { check: accepted_values, column: open, values: [true], severity: warn }
  - { check: accepted_values, column: on_day, values: ['1970-01-01'], severity: warn }
---
SELECT ${Object.keys(FIELDS).join(', ')}, day AS on_day, coalesce(open, false) AS is_open FROM raw
`,
}).map(([path, text]) => ({ path, text }));

/** A JSON text for a field, and its value in the table, as DuckDB writes it. */
export type TypedCase = readonly [field: string, json: string, landed: string | null];

/** One line per case. The other fields have no value, except the required ones. */
export const lineOf = ([field, json]: TypedCase, id: number): string => {
  const [outer = '', ...below] = FIELDS[field]?.path ?? [];
  const value = below.reduceRight((inside, key) => `{"${key}": ${inside}}`, json);
  const actor = '"login": "octocat"';
  if (outer === 'actor') return `{"id": ${String(id)}, "actor": {${actor}, ${value.slice(1)}}`;
  return `{"id": ${String(id)}, "actor": {${actor}}, "${outer}": ${value}}`;
};

const fits = (field: string, values: Readonly<Record<string, string | null>>): TypedCase[] =>
  Object.entries(values).map(([json, landed]) => [field, json, landed]);

export const TYPED_CASES: readonly TypedCase[] = [
  ...fits('label', { '"12.50"': '12.50', '12.50': '12.5', '1e3': '1000.0', '{"a": 1.50}': '{"a":1.5}' }),
  ...fits('label', { '12345678901234567890': '12345678901234567890', '" "': null }),
  ...fits('login', { '"hub\\u00e9"': 'hubé', '"{\\"a\\": 1}"': '{"a": 1}', 7: '7', true: 'true' }),
  ...fits('login', { '"a", "login": "b"': 'b', '{"x": "n1", "y": 1.50}': '{"x":"n1","y":1.50}' }),
  ...fits('upper_login', { '"A"': 'A', null: null, '" "': null }),
  ...fits('dotted', { '"x \\" \\\\ y"': 'x " \\ y', '"x \\\\", "z": "A"': 'x \\' }),
  ...fits('deep', { 5: '5', '"6"': '6', '7.0': '7', '7.5': null, '2147483648': null, true: null }),
  ...fits('whole', { '9223372036854775807': '9223372036854775807', '1e3': '1000', '"x"': null, '[1]': null }),
  ...fits('whole', { '9223372036854775808': null, '1e-19': null, '0.5': null }),
  ...fits('ratio', { '-0.0': '0.0', '1.5': '1.5', '"NaN"': null, '1e400': null, '"2"': '2.0' }),
  ...fits('note', { '12.50': '12.50', '["sx", null, {"n1": 2}]': '["sx",null,{"n1":2}]', '""': null }),
  ...fits('price', { '1.50': '1.50', '"1.5"': '1.50', '-0.00': '0.00', '1e1': '10.00', '1.230': '1.23' }),
  ...fits('price', { '0e-5': '0.00', '1e-2': '0.01', '1e-3': null }),
  ...fits('price', { '1.005': null, '1e-500': null, '10000000000': null, '9999999999.99': '9999999999.99' }),
  ...fits('price', { '"x"': null, '"1e-999999999"': null, true: null, '{"a": 1}': null, '"NaN"': null }),
  ...fits('bounded', { '0.09': null, '0.10': '0.10', '9.99': '9.99', '10': null, '100': null }),
  ...fits('exact', {
    '123456789012345678.12345678901234567890': '123456789012345678.12345678901234567890',
    '0.100000000000000000001': null,
    '0.1000000000000000000010e1': '1.00000000000000000001',
    '0.1000000000000000000011e1': null,
    '0.10000000000000000001': '0.10000000000000000001',
  }),
  ...fits('open', { true: 'true', false: 'false', '"true"': 'true', '"false"': 'false', '"True"': null }),
  ...fits('open', { 1: null, '"yes"': null, null: null, '[true]': null }),
  ...fits('day', { '"2015-01-31"': '2015-01-31', '"2015-02-29"': '1970-01-01', '20150131': '1970-01-01' }),
  ...fits('day', {
    '"2015-1-31"': '1970-01-01',
    '"2015-01-31 "': '1970-01-01',
    '"2015-01-31\\n"': '1970-01-01',
    '"2016-02-29"': '2016-02-29',
    '"0000-01-01"': '1970-01-01',
  }),
  ...fits('at', {
    '"2015-01-01T15:00:00Z"': '2015-01-01 15:00:00',
    '"2015-01-01T15:00:00.123456-08:00"': '2015-01-01 23:00:00.123456',
    '"2015-01-01T15:00:00.5+0530"': '2015-01-01 09:30:00.5',
    '"2015-01-01T15:00:00"': '2015-01-01 15:00:00',
    '"2015-01-01 15:00:00"': '2015-01-01 15:00:00',
    '"2015-01-01T15:00:00+02"': '2015-01-01 13:00:00',
    '"2015-01-01T15:00:00.1234560Z"': '2015-01-01 15:00:00.123456',
    '"2015-01-01T15:00:00.1234567Z"': null,
    '"0000-01-01T00:00:00+00:00"': null,
    '"2015-01-01"': null,
    '"2015-01-01T25:00:00Z"': null,
    '"2015-01-01T15:00:00+99:00"': null,
    '1420124400': null,
  }),
  ...fits('millis', {
    '1420124400123': '2015-01-01 15:00:00.123',
    '"1420124400123"': '2015-01-01 15:00:00.123',
    '1420124400123.4567': null,
    '253402300799999': '9999-12-31 23:59:59.999',
    '253402300800000': null,
    '"2015-01-01T15:00:00Z"': null,
  }),
  ...fits('seconds', {
    '1420124400': '2015-01-01 15:00:00',
    '1420124400.123456': '2015-01-01 15:00:00.123456',
    '253402300799': '9999-12-31 23:59:59',
    '253402300800': null,
    '-62135596800': '0001-01-01 00:00:00',
    '-62135596801': null,
    '-1': '1969-12-31 23:59:59',
  }),
  ...fits('words', {
    '["a", null, "", 1, "s]\\"["]': `[a, NULL, NULL, 1, 's]"[']`,
    '[]': '[]',
    '"[1]"': null,
  }),
  ...fits('words', { '{"a": 1}': null, null: null, '[["x"], {"k": 1.50}]': `['["x"]', '{"k":1.50}']` }),
  ...fits('numbers', {
    '[1, "2", null, 3.0]': '[1, 2, NULL, 3]',
    '[1, "x"]': null,
    '[1.5]': null,
    '[[1]]': null,
  }),
  ...fits('prices', { '[1.50, "2", null]': '[1.50, 2.00, NULL]', '[1.005]': null, '[1000]': null }),
  ...fits('days', { '["2015-01-31", null]': '[2015-01-31, NULL]', '["2015-02-29"]': null }),
  ...fits('times', { '["2015-01-01T15:00:00Z"]': "['2015-01-01 15:00:00']", '["2015-01-01"]': null }),
];

/** Represents a byte that never occurs in UTF-8. */
export const NO_UTF8 = '\uf8ff';

/** Lines with such a byte, and whether a field that is read contains it. */
export const BYTES: readonly (readonly [line: string, isRead: boolean])[] = [
  [`{"id": 2000, "actor": {"login": "octocat", "unread": "${NO_UTF8}"}}`, false],
  [`{"id": 2001, "actor": {"login": "octo${NO_UTF8}cat"}}`, true],
  [`{"id": 2002, "actor": {"login": "octocat"}, "payload": {"words": ["a", "${NO_UTF8}"]}}`, true],
  [`{"id": 2003, "actor": "octo${NO_UTF8}cat"}`, true],
];

/** Lines with another value where an object is expected. Each is rejected if `login` is then unknown. */
export const MISPLACED: readonly (readonly [line: string, reason: string, value: string | null])[] = [
  ['{"id": 1, "actor": "octocat"}', 'type', 'octocat'],
  ['{"id": 1, "actor": "{\\"login\\": \\"octocat\\"}"}', 'type', '{"login": "octocat"}'],
  ['{"id": 1, "actor": ["octocat", 1.50]}', 'type', '["octocat",1.50]'],
  ['{"id": 1, "actor": 7}', 'type', '7'],
  ['{"id": 1, "actor": null}', 'missing', null],
  ['{"id": 1, "actor": ""}', 'missing', null],
  ['{"id": 1, "actor": {"Login": "octocat"}}', 'missing', null],
  ['{"id": 1, "actor": {"login": "octocat"}, "actor": {}}', 'missing', null],
  ['{"id": 1, "actor": {"login": {"x": 01}}}', 'unparsable', null],
];
