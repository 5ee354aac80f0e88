/** Fields of every type, landed by Spark and read back by DuckDB. Joins the Spark application of a test file. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { fileFindings } from '../../src/lake/file-findings.ts';
import { inspectTable } from '../../src/lake/inspect.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { openFolder } from '../../src/store/local-folder.ts';
import { testPython } from '../support/python.ts';
import type { Job } from './batch.ts';
import { executionOf, renderInto, templates } from './spark.ts';
import { BYTES, MISPLACED, NO_UTF8, TYPED_CASES, TYPED_PIPELINE, lineOf } from './typed-pipeline.ts';

const FIRST_MISPLACED = 1000;
/** Lines besides the cases that the view `raw` keeps, and those that parse. */
const HARMLESS = BYTES.filter(([, isRead]) => !isRead).length;
const PARSED = HARMLESS + MISPLACED.filter(([, reason]) => reason !== 'unparsable').length;

/** The step that lands the cases, below `folder`. */
export function typedJob(folder: string): Job {
  const place = join(folder, 'typed');
  mkdirSync(join(place, 'raw'), { recursive: true });
  const lines = [
    ...TYPED_CASES.map(lineOf),
    ...MISPLACED.map(([line], index) => line.replace('"id": 1', `"id": ${String(FIRST_MISPLACED + index)}`)),
  ];
  writeFileSync(join(place, 'raw/lines.json'), lines.join('\n'));
  writeFileSync(join(place, 'raw/bytes.json'), withBytes(BYTES.map(([line]) => line).join('\n')));
  const { engine } = templates();
  const programs = renderInto(join(place, 'programs'), {}, { files: TYPED_PIPELINE, engine });
  const uri = (name: string) => `file://${join(place, name)}`;
  return {
    program: programs['typed']!,
    arguments: ['--output', uri('out'), '--source', `raw=${uri('raw')}`],
  };
}

function withBytes(text: string): Buffer {
  const [first = '', ...rest] = text.split(NO_UTF8);
  return Buffer.concat([
    Buffer.from(first),
    ...rest.flatMap((part) => [Buffer.from([0xff]), Buffer.from(part)]),
  ]);
}

/** Registers the tests. `folder`: where `typedJob` put its files. */
export function describeTypedFields(folder: () => string): void {
  const execution = () => executionOf(join(folder(), 'typed/out'));
  const tables = () => join(execution().folder, 'tables');
  /** DuckDB would treat the folder's name as a pattern. */
  const ask = (sql: string) => query(execution().folder, sql);

  describe('fields of every type, at any depth', () => {
    it('land as the values that they denote, or as null', async () => {
      const landed = await ask(
        `select * from read_parquet('tables/typed/**/*.parquet', hive_partitioning = false)`,
      );
      const rows = new Map(landed.map((row) => [Number(row['id']), row]));
      const found = TYPED_CASES.map(([field, json], id) => [
        field,
        json,
        rows.get(id)?.[field]?.replaceAll('+00', '') ?? null,
      ]);
      expect(found).toEqual(TYPED_CASES);
    });

    it('agree with DuckDB about the same lines, if it can decide', async () => {
      const raw = '../../raw/lines.json';
      const known = `(select line::json as line from read_csv('${raw}', columns = {line: 'varchar'}, delim = '\\0',
        header = false, quote = '', escape = '') where json_valid(line) and json_type(line, '$.actor') = 'OBJECT')`;
      const text = (path: string) => `json_extract_string(line, '${path}')`;
      const different = await ask(
        `select id::bigint as id from ${known}, lateral (select ${text('$.id')}::bigint as id) join
          read_parquet('tables/typed/**/*.parquet', hive_partitioning = false) landed using (id)
          where landed.dotted is distinct from ${text('$.actor."a.b"')}
            or landed.open is distinct from case ${text('$.open')} when 'true' then true when 'false' then false end
            or (line::varchar ~ '.*"price": "?-?[0-9]{1,10}([.][0-9]{1,2})?"?}'
              and landed.price is distinct from ${text('$.price')}::decimal(12,2))
            or (${text('$.at')} ~ '^[0-9-]{10}T[0-9:]{8}Z$'
              and landed.at is distinct from try_cast(${text('$.at')} as timestamptz))`,
      );
      expect(different).toEqual([]);
    });

    it('are null, and reject the line if required, where their path does not lead through objects', async () => {
      const { report } = execution();
      const rejected = await ask(
        `select line, reason, field, value from read_parquet('tables/quarantine/source=raw/*.parquet')
          where coalesce(view, 'raw') = 'raw' and ends_with(file, '/lines.json') order by line`,
      );
      expect(rejected).toEqual(
        MISPLACED.map(([, reason, value], index) => ({
          line: String(TYPED_CASES.length + 1 + index),
          reason,
          field: reason === 'unparsable' ? null : 'login',
          value,
        })),
      );
      const { views } = report.sources['raw']!;
      expect(views['raw']!.lines).toMatchObject({ kept: TYPED_CASES.length + HARMLESS, filtered: 0 });
    });

    it('reject a line for a byte that is not UTF-8 only if they contain it', async () => {
      const rejected = await ask(
        `select line, reason, field from read_parquet('tables/quarantine/source=raw/*.parquet')
          where coalesce(view, 'raw') = 'raw' and ends_with(file, '/bytes.json') order by line`,
      );
      expect(rejected).toEqual(
        BYTES.flatMap(([, isRead], index) =>
          isRead ? [{ line: String(index + 1), reason: 'unparsable', field: null }] : [],
        ),
      );
    });

    it('are compared by value in a view’s filter', () => {
      const { views } = execution().report.sources['raw']!;
      const kept = [
        ['open', 'open', 'true', null],
        ['priced', 'price', '1.50', null],
        ['dated', 'day', '2015-01-31', '1970-01-01'],
      ] as const;
      for (const [view, field, equals, otherwise] of kept) {
        const values = TYPED_CASES.filter(([name, , value]) => name === field && value !== otherwise);
        const same = values.filter(([, , value]) => value === equals).length;
        expect([view, views[view]!.lines]).toEqual([
          view,
          {
            kept: same,
            filtered: values.length - same,
            duplicates: 0,
            quarantined: TYPED_CASES.length + PARSED - values.length,
          },
        ]);
      }
    });

    it('are stored as the contract says', async () => {
      const { pipeline } = loadPipeline(TYPED_PIPELINE);
      const { contract } = pipeline!.steps[0]!.writes[0]!;
      const inspected = await inspectTable(openFolder(tables()), 'typed/');
      expect(inspected.files.length).toBeGreaterThan(2);
      expect(fileFindings(contract, inspected)).toEqual([]);
      const types = await ask(
        `select column_name, column_type from (describe from read_parquet('tables/typed/**/*.parquet',
          hive_types = {on_day: date, is_open: boolean}))`,
      );
      const names: Record<string, string> = {
        STRING: 'VARCHAR',
        INT: 'INTEGER',
        TIMESTAMP: 'TIMESTAMP WITH TIME ZONE',
      };
      const inDuckdb = (type: string) => {
        const [, element] = /^ARRAY<(.*)>$/.exec(type) ?? [];
        return element === undefined ? (names[type] ?? type) : `${names[element] ?? element}[]`;
      };
      expect(Object.fromEntries(types.map((row) => [row['column_name'], row['column_type']]))).toEqual(
        Object.fromEntries(contract.columns.map(({ name, type }) => [name, inDuckdb(type)])),
      );
    });

    it('are compared by checks with values of their type', () => {
      const { violations } = execution().report.tables['typed']!;
      const has = (field: string, test: (value: string) => boolean) =>
        TYPED_CASES.filter(([name, , value]) => name === field && value !== null && test(value)).length;
      const days = has('day', (day) => day !== '1970-01-01');
      expect(violations.map(({ detail, count }) => [detail, count])).toEqual([
        [
          'price is not at least 0.01 and at most 99.99',
          has('price', (price) => Number(price) < 0.01 || Number(price) > 99.99),
        ],
        ['day is not at least 1970-01-02', TYPED_CASES.length + HARMLESS - days],
        ['at is not at most 2014-12-31T23:59:59Z', has('at', () => true)],
        ['price is not one of "1.50", 2', has('price', (price) => price !== '1.50')],
        ['open is not one of true', has('open', (open) => open === 'false')],
        ['on_day is not one of "1970-01-01"', days],
      ]);
    });
  });
}

/** The rows of a DuckDB query in a folder, every value as text. */
async function query(cwd: string, sql: string): Promise<Record<string, string | null>[]> {
  const program = `import duckdb, json, sys
duckdb.sql("set timezone = 'UTC'")
found = duckdb.sql("with asked as (%s) select columns(*)::varchar from asked" % sys.argv[1])
print(json.dumps([dict(zip(found.columns, row)) for row in found.fetchall()]))`;
  const { stdout } = await promisify(execFile)(testPython(), ['-c', program, sql], { cwd });
  return JSON.parse(stdout) as Record<string, string | null>[];
}
