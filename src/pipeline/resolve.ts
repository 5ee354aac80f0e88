/** From the files' shapes to the contracts, and from contracts at their defaults to contracts with parameters filled in. */
import { withoutUndefined } from '../without-undefined.ts';
import type {
  Check,
  Column,
  Parameter,
  SourceContract,
  TableContract,
  TableTemplate,
  Varying,
  View,
} from './contract.ts';
import type { ColumnType } from './column-type.ts';
import type { TableFile } from './table-file.ts';
import { defaultsOf } from './parameters.ts';
import type { ParameterValues } from './parameters.ts';
import type { FrontMatter, PipelineFile, SourceFile } from './shapes.ts';

export function toParameters(file: PipelineFile): Parameter[] {
  return Object.entries(file.parameters).map(([name, parameter]) =>
    'one_of' in parameter
      ? { name, doc: parameter.doc, kind: 'choice', words: parameter.one_of, default: parameter.default }
      : { name, doc: parameter.doc, kind: 'list', words: parameter.list_of, default: parameter.default },
  );
}

export function toSource({ name, doc, fields, views }: SourceFile): SourceContract {
  return {
    name,
    doc,
    fields: fields.map((field) => ({ ...withoutUndefined(field), path: keysOf(field) })),
    views: views.map(toView),
  };
}

function toView({ name, doc, keep, required, event_key }: SourceFile['views'][number]): View {
  return {
    name,
    doc,
    ...(keep === undefined ? {} : { keep }),
    required,
    eventKey: event_key,
  };
}

/** The keys that lead to a field's value: its name, unless it says otherwise. */
export function keysOf({ name, path = [name] }: SourceFile['fields'][number]): readonly string[] {
  return typeof path === 'string' ? path.split('.') : path;
}

export function toTable(table: TableFile, parameters: readonly Parameter[]): TableTemplate {
  const { front, lineOf, query, path, firstLine } = table;
  const varying = varyingOf(front);
  const contract: TableContract = {
    name: table.name,
    doc: front.doc,
    columns: front.columns.map(toColumn),
    key: front.key,
    partitionBy: Array.isArray(front.partition_by) ? front.partition_by : [],
    sortBy: front.sort_by ?? front.key,
    mayBeEmpty: front.may_be_empty,
    internal: front.internal,
    checks: front.checks.map(toCheck),
    ...(front.rebuild === undefined ? {} : { rebuild: withoutUndefined(front.rebuild) }),
    ...(front.resolves === undefined ? {} : { resolves: front.resolves }),
  };
  return {
    contract: contractWith({ contract, varying }, defaultsOf(parameters)),
    varying,
    query,
    path,
    firstLine,
    columnLines: Object.fromEntries(
      front.columns.map(({ name }, index) => [name, lineOf(['columns', index])]),
    ),
    conditionLines: Object.fromEntries(
      front.checks.flatMap((check, index) =>
        check.check === 'condition' ? [[check.name, lineOf(['checks', index, 'sql'])]] : [],
      ),
    ),
  };
}

function toColumn(column: FrontMatter['columns'][number]): Column {
  const { name, nullable, doc, hash_bits: hashBits } = column;
  const type = typesOf(column)[0] ?? 'STRING';
  return { name, type, nullable, doc, ...(hashBits === undefined ? {} : { hashBits }) };
}

function toCheck(check: FrontMatter['checks'][number]): Check {
  if (check.check !== 'matched') return withoutUndefined(check);
  const { warn_below: warnBelow, ...rest } = check;
  return { ...rest, warnBelow };
}

/**
 * The contract as these values of the parameters make it. A table that these values partition by other columns than those of
 * its `rebuild` is always made whole.
 */
export function contractWith(
  { contract, varying }: Pick<TableTemplate, 'contract' | 'varying'>,
  values: ParameterValues,
): TableContract {
  const partitions = varying.partitionBy === undefined ? undefined : values[varying.partitionBy];
  const typed = (column: Column): Column => {
    const choice = varying.types[column.name];
    const word = choice === undefined ? undefined : values[choice.parameter];
    return { ...column, type: (typeof word === 'string' ? choice?.types[word] : undefined) ?? column.type };
  };
  const { rebuild, ...rest } = contract;
  const partitionBy = Array.isArray(partitions) ? (partitions as readonly string[]) : contract.partitionBy;
  return {
    ...rest,
    columns: contract.columns.map(typed),
    partitionBy,
    ...(rebuild?.by.every((name) => partitionBy.includes(name)) === true ? { rebuild } : {}),
  };
}

/** Every type that a column may have. */
export function typesOf({ type }: FrontMatter['columns'][number]): ColumnType[] {
  return typeof type === 'string' ? [type] : Object.values(type.types);
}

function varyingOf(front: FrontMatter): Varying {
  const types = front.columns.flatMap(({ name, type }) =>
    typeof type === 'string' ? [] : [[name, type] as const],
  );
  return {
    ...(Array.isArray(front.partition_by) ? {} : { partitionBy: front.partition_by.parameter }),
    types: Object.fromEntries(types),
  };
}
