/** Mistakes inside one table contract, and between it and what its step can see. */
import { stepNamed } from './shapes.ts';
import type { Diagnostic } from '../faults.ts';
import { addToReads } from './check-query-reads.ts';
import { checkNeeds } from './check-needs.ts';
import { checkRange, checkValues } from './check-values.ts';
import { forbiddenInCondition, unknownInCondition } from './condition.ts';
import { typesOf } from './resolve.ts';
import { elementOf } from './column-type.ts';
import type { ColumnType } from './column-type.ts';
import type { Parameter, SourceContract } from './contract.ts';
import type { TableFile } from './table-file.ts';
import type { FrontMatter, PipelineFile } from './shapes.ts';
import { checkRebuild } from './check-rebuild.ts';
import { checkResolves } from './check-resolves.ts';
import { lacking } from './consequences.ts';
import { repeated } from './repeated.ts';
import { mistake } from './template-file.ts';
import { didYouMean } from './yaml.ts';
import type { ValuePath } from './yaml.ts';

/** What a table's contract may refer to. */
export interface Surroundings {
  file: PipelineFile;
  parameters: readonly Parameter[];
  sources: readonly SourceContract[];
  tables: readonly TableFile[];
}

type Column = FrontMatter['columns'][number];
type Check = FrontMatter['checks'][number];

export function checkTable(table: TableFile, around: Surroundings): Diagnostic[] {
  return [
    ...checkColumns(table, around),
    ...checkKeys(table),
    ...checkPartitions(table, around),
    ...checkRebuild(table, around),
    ...table.front.checks.flatMap((check, index) =>
      checkCheck(table, check, { around, path: ['checks', index] }),
    ),
    ...checkResolves(table, around),
  ];
}

function checkColumns({ front, locate }: TableFile, { parameters }: Surroundings): Diagnostic[] {
  const names = front.columns.map(({ name }) => name);
  const twice = repeated(names).map(({ name, index }) =>
    mistake(locate(['columns', index, 'name']), `the column ${name} appears twice`),
  );
  const types = front.columns.flatMap(({ type }, index) => {
    if (typeof type === 'string') return [];
    const at = locate(['columns', index, 'type']);
    const choices = parameters.filter(({ kind }) => kind === 'choice');
    const parameter = choices.find(({ name }) => name === type.parameter);
    if (parameter === undefined)
      return [
        mistake(
          at,
          `no parameter with one_of is called ${type.parameter}`,
          didYouMean(
            type.parameter,
            choices.map(({ name }) => name),
          ),
        ),
      ];
    const words = Object.keys(type.types);
    return [
      ...parameter.words
        .filter((word) => !words.includes(word))
        .map((word) => mistake(at, `no type for ${word}`)),
      ...words
        .filter((word) => !parameter.words.includes(word))
        .map((word) => mistake(at, `${parameter.name} is never ${word}`, didYouMean(word, parameter.words))),
    ];
  });
  return [...twice, ...types];
}

function checkKeys(table: TableFile): Diagnostic[] {
  const { front, locate } = table;
  const nullable = front.key.flatMap((name, index) =>
    columnOf(front, name)?.nullable === true
      ? [
          mistake(
            locate(['key', index]),
            `${name} is part of the key and may be null`,
            'make it nullable: false',
          ),
        ]
      : [],
  );
  const lists = { key: front.key, sort_by: front.sort_by ?? [] };
  const arrays = Object.entries(lists).flatMap(([list, names]) =>
    names.flatMap((name, index) => {
      const column = columnOf(front, name);
      return column !== undefined && typesOf(column).some((type) => elementOf(type) !== undefined)
        ? [mistake(locate([list, index]), `${name} is an ARRAY, which cannot be in ${list}`)]
        : [];
    }),
  );
  const wrong = Object.entries(lists).flatMap(([list, names]) => [
    ...names.flatMap((name, index) => existing(table, name, [list, index])),
    ...repeated(names).map(({ name, index }) => mistake(locate([list, index]), `${name} is listed twice`)),
  ]);
  return [...wrong, ...arrays, ...nullable];
}

function checkPartitions(table: TableFile, { parameters }: Surroundings): Diagnostic[] {
  const { front, locate } = table;
  const path: ValuePath = ['partition_by'];
  if (Array.isArray(front.partition_by))
    return [
      ...front.partition_by.flatMap((name, index) => checkPartition(table, name, [...path, index])),
      ...repeated(front.partition_by).map(({ index }) =>
        mistake(locate([...path, index]), 'the column is listed twice'),
      ),
    ];
  const { parameter: name } = front.partition_by;
  const lists = parameters.filter(({ kind }) => kind === 'list');
  const parameter = lists.find((one) => one.name === name);
  if (parameter === undefined)
    return [
      mistake(
        locate(path),
        `no parameter with list_of is called ${name}`,
        didYouMean(
          name,
          lists.map((one) => one.name),
        ),
      ),
    ];
  return parameter.words.flatMap((word) => checkPartition(table, word, path));
}

/** Types whose values have one spelling each, which is a good name for a folder. */
const PARTITION_TYPES: readonly ColumnType[] = ['STRING', 'INT', 'BIGINT', 'BOOLEAN', 'DATE'];

function checkPartition(table: TableFile, name: string, path: ValuePath): Diagnostic[] {
  const column = columnOf(table.front, name);
  if (column === undefined) return existing(table, name, path);
  const at = table.locate(path);
  if (column.nullable)
    return [mistake(at, `${name} is a partition column and may be null`, 'make it nullable: false')];
  if (typesOf(column).some((type) => !PARTITION_TYPES.includes(type)))
    return [
      mistake(
        at,
        `${name} is of a type that does not make good folder names`,
        `partition by ${PARTITION_TYPES.join(', ')}`,
      ),
    ];
  return table.front.columns.length === 1 ? [mistake(at, `${name} would leave no column for the files`)] : [];
}

function checkCheck(
  table: TableFile,
  check: Check,
  { around, path }: { around: Surroundings; path: ValuePath },
): Diagnostic[] {
  const wrong = (key: string, message: string, hint?: string) =>
    mistake(table.locate([...path, key]), message, hint);
  switch (check.check) {
    case 'not_null':
      return existing(table, check.column, [...path, 'column']);
    case 'unique':
      return check.columns.flatMap((name, index) => existing(table, name, [...path, 'columns', index]));
    case 'matched':
      return [
        ...existing(table, check.column, [...path, 'column']),
        ...checkNeeds(check.needs, around.sources, (keys) => table.locate([...path, 'needs', ...keys])),
      ];
    case 'row_count':
      if (check.equals !== undefined) return checkRowView(table, check, { around, path });
      if ((check.min === undefined || check.min === 0) && check.max === undefined)
        return [wrong('check', 'any number of rows would pass', 'needs min above 0, max or equals')];
      return check.min !== undefined && check.max !== undefined && check.min > check.max
        ? [wrong('min', 'min is above max')]
        : [];
    case 'references':
      return [
        ...existing(table, check.column, [...path, 'column']),
        ...checkReference(table, check, { around, path }),
      ];
    case 'condition':
      return checkCondition(table, check, path);
    case 'accepted_values': {
      const column = columnOf(table.front, check.column);
      if (column === undefined) return existing(table, check.column, [...path, 'column']);
      return checkValues(table, check, { column, path });
    }
    case 'range': {
      const column = columnOf(table.front, check.column);
      if (column === undefined) return existing(table, check.column, [...path, 'column']);
      return checkRange(table, check, { column, path });
    }
  }
}

function checkCondition(
  table: TableFile,
  { name, sql }: Extract<Check, { check: 'condition' }>,
  path: ValuePath,
): Diagnostic[] {
  const names = table.front.checks.map((check) => (check.check === 'condition' ? check.name : undefined));
  const twice = names.indexOf(name) < Number(path.at(-1));
  const forbidden = forbiddenInCondition(sql);
  const unknown = forbidden.length > 0 ? [] : unknownInCondition(sql, columnNames(table));
  return [
    ...(twice ? [mistake(table.locate([...path, 'name']), `two conditions are named ${name}`)] : []),
    ...forbidden.map(({ message, hint }) => mistake(table.locate([...path, 'sql']), message, hint)),
    ...unknown.flatMap((column) => existing(table, column, [...path, 'sql'])),
  ];
}

/** A table can have as many rows as a view has kept lines where its step reads that view. */
function checkRowView(
  table: TableFile,
  { equals = '', min, max }: Extract<Check, { check: 'row_count' }>,
  { around, path }: { around: Surroundings; path: ValuePath },
): Diagnostic[] {
  if (min !== undefined || max !== undefined)
    return [mistake(table.locate([...path, 'equals']), 'equals cannot be combined with min or max')];
  const { reads } = stepNamed(around.file, table.step);
  const views = around.sources.flatMap((source) => source.views.map(({ name }) => name));
  const read = views.filter((name) => reads.includes(name));
  if (read.includes(equals)) return [];
  const message = `${equals} is not a view that step ${table.step} reads`;
  const hint = views.includes(equals) ? addToReads(equals, table.step) : didYouMean(equals, read);
  return [lacking([equals], mistake(table.locate([...path, 'equals']), message, hint))];
}

function checkReference(
  table: TableFile,
  check: Extract<Check, { check: 'references' }>,
  { around, path }: { around: Surroundings; path: ValuePath },
): Diagnostic[] {
  const { reads, writes } = stepNamed(around.file, table.step);
  const visible = around.tables.filter(({ name }) => reads.includes(name) || writes.includes(name));
  const other = visible.find(({ name }) => name === check.table);
  const at = (key: string) => table.locate([...path, key]);
  if (other === undefined) {
    const hint = around.tables.some(({ name }) => name === check.table)
      ? addToReads(check.table, table.step)
      : didYouMean(
          check.table,
          visible.map(({ name }) => name),
        );
    const message = `${table.step} neither reads nor writes a table ${check.table}`;
    return [lacking([check.table], mistake(at('table'), message, hint))];
  }
  const target = columnOf(other.front, check.to);
  if (target === undefined)
    return [
      mistake(at('to'), `${check.table} has no column ${check.to}`, didYouMean(check.to, columnNames(other))),
    ];
  const column = columnOf(table.front, check.column);
  return column !== undefined && typesOf(column).join() !== typesOf(target).join()
    ? [mistake(at('to'), `${check.column} and ${check.table}.${check.to} are of different types`)]
    : [];
}

function existing(table: TableFile, name: string, path: ValuePath): Diagnostic[] {
  const names = columnNames(table);
  return names.includes(name)
    ? []
    : [mistake(table.locate(path), `unknown column ${name}`, didYouMean(name, names))];
}

const columnOf = (front: FrontMatter, name: string): Column | undefined =>
  front.columns.find((one) => one.name === name);
const columnNames = ({ front }: TableFile) => front.columns.map(({ name }) => name);
