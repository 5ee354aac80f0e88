/** Data files against the contract of their table, as far as names and footers tell. */
import { grouped } from '../grouped.ts';
import type { Column, TableContract } from '../pipeline/contract.ts';
import type { Finding } from '../run/verification.ts';
import type { DataFile, InspectedTable } from './inspect.ts';
import { namedFinding } from './named-finding.ts';
import type { PartitionValue } from './layout.ts';
import { isPartitionValue, isStoredAs, nameOfParquetType, parquetTypeOf } from './parquet-types.ts';

const CODEC = 'ZSTD';

/** Everything about the files that breaks the contract; the same mistake in many files is one finding with a count. */
export function fileFindings(contract: TableContract, { files, broken, strays }: InspectedTable): Finding[] {
  const subject = contract.name;
  const isEmpty = files.every(({ rows }) => rows === 0);
  const mistakes = [
    ...files.flatMap((file) =>
      [...mistakesOf(contract, file, isEmpty)].map((message) => ({ message, name: file.name })),
    ),
    ...broken.map(({ name, why }) => ({ message: `a data file is broken: ${why}`, name })),
    ...strays.map((name) => ({ message: 'an object among the data files is not data', name })),
  ];
  return [...grouped(mistakes, ({ message }) => message)].flatMap(([message, its]) =>
    namedFinding(
      subject,
      message,
      its.map(({ name }) => name),
    ),
  );
}

/**
 * Data files that were added, removed or changed since a step wrote them, even if the row counts still match. `reported`: by key,
 * the size. Names of files of earlier executions are given as keys.
 */
export function writtenFindings(
  subject: string,
  { folder, files, broken }: InspectedTable,
  reported: ReadonlyMap<string, number>,
): Finding[] {
  const there = new Set([...files, ...broken].map(({ key }) => key));
  const resized = files.filter(({ key, size }) => reported.has(key) && reported.get(key) !== size);
  const named = (message: string, found: readonly string[]) =>
    namedFinding(
      subject,
      message,
      found.map((key) => (key.startsWith(folder) ? key.slice(folder.length) : key)),
    );
  return [
    ...named(
      'a data file that its step reported is gone',
      [...reported.keys()].filter((key) => !there.has(key)),
    ),
    ...named(
      'a data file differs in size from what its step reported',
      resized.map(({ key }) => key),
    ),
    ...named(
      'its step did not report one of the data files',
      [...there].filter((key) => !reported.has(key)),
    ),
  ];
}

/** `isEmpty`: the table has no rows. Its one file then only carries the schema, and is in no partition. */
function* mistakesOf(contract: TableContract, file: DataFile, isEmpty: boolean): Iterable<string> {
  const { partitionBy } = contract;
  const isLoose = isEmpty && partitionBy.length > 0 && file.partition?.length === 0;
  if (!isLoose) yield* partitionMistakes(contract, file, isEmpty);
  const inFile = contract.columns.filter(({ name }) => !partitionBy.includes(name));
  for (const column of inFile) yield* columnMistakes(column, file);
  const known = isLoose ? contract.columns : inFile;
  for (const { name } of file.columns) {
    if (!known.some((column) => column.name === name)) yield `column ${name} is not in the contract`;
  }
}

function* columnMistakes({ name, type, nullable }: Column, { columns, rows }: DataFile): Iterable<string> {
  const [found, ...more] = columns.filter((column) => column.name === name);
  if (found === undefined) {
    yield `column ${name} is missing`;
    return;
  }
  if (more.length > 0) yield `column ${name} appears ${String(more.length + 1)} times`;
  if (!isStoredAs(type, found)) {
    const wanted = nameOfParquetType(parquetTypeOf(type));
    yield `column ${name} is ${nameOfParquetType(found)}, not ${type} (${wanted})`;
  }
  if (rows > 0 && !nullable && found.hasNulls === true) yield `column ${name} holds nulls`;
  const other = found.codecs.filter((codec) => codec !== CODEC);
  if (other.length > 0) yield `column ${name} is compressed with ${other.join(', ')}, not ${CODEC}`;
}

function* partitionMistakes(contract: TableContract, file: DataFile, isEmpty: boolean): Iterable<string> {
  const { partitionBy, columns } = contract;
  const wanted =
    partitionBy.length === 0
      ? "directly in the table's folder"
      : `in folders ${partitionBy.map((name) => `${name}=...`).join('/')}`;
  if (file.partition?.map(({ name }) => name).join('/') !== partitionBy.join('/')) {
    yield `a data file is not ${wanted}`;
    return;
  }
  for (const value of file.partition) {
    const column = columns.find(({ name }) => name === value.name);
    if (column !== undefined) yield* valueMistakes(column, value, isEmpty);
  }
}

function* valueMistakes(
  { name, type, nullable }: Column,
  { value }: PartitionValue,
  isEmpty: boolean,
): Iterable<string> {
  if (value === null) {
    if (!nullable && !isEmpty) yield `partition column ${name} holds nulls`;
  } else if (!isPartitionValue(type, value)) {
    yield `${JSON.stringify(value)} is not a valid ${type} for partition column ${name}`;
  }
}
