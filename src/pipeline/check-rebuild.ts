/** Mistakes in `rebuild` of a table: `by` names partition columns, `when` tables of earlier steps that the query reads. */
import type { Diagnostic } from '../faults.ts';
import { addToReads } from './check-query-reads.ts';
import { digitsOf } from './column-type.ts';
import type { ColumnType } from './column-type.ts';
import { lacking } from './consequences.ts';
import type { Parameter, SourceContract } from './contract.ts';
import { repeated } from './repeated.ts';
import { typesOf } from './resolve.ts';
import { stepNamed } from './shapes.ts';
import type { PipelineFile } from './shapes.ts';
import { namesIn } from './sql-tokens.ts';
import type { TableFile } from './table-file.ts';
import { mistake } from './template-file.ts';
import { didYouMean } from './yaml.ts';

interface Surroundings {
  file: PipelineFile;
  parameters: readonly Parameter[];
  sources: readonly SourceContract[];
  tables: readonly TableFile[];
}

/** `by` may name any column by which a parameter may partition the table. */
export function checkRebuild(table: TableFile, around: Surroundings): Diagnostic[] {
  const { front, locate } = table;
  if (front.rebuild === undefined) return [];
  const { by, when = {} } = front.rebuild;
  const at = (index: number) => locate(['rebuild', 'by', index]);
  const columns = partitionColumns(front.partition_by, around.parameters);
  if (columns === undefined) return [];
  if (columns.length === 0)
    return [
      mistake(locate(['rebuild']), 'a table without partitions is always made whole', 'remove rebuild'),
    ];
  return [
    ...by.flatMap((name, index) =>
      columns.includes(name)
        ? []
        : [mistake(at(index), `${name} is not a partition column`, didYouMean(name, columns))],
    ),
    ...repeated(by).map(({ index }) => mistake(at(index), 'the column is listed twice')),
    ...Object.keys(when).flatMap((name) => [
      ...checkLookup(table, name, around),
      ...checkFields(table, name, around),
    ]),
  ];
}

/** Undefined where the parameter is unknown, which is a mistake of its own. */
function partitionColumns(
  partitionBy: TableFile['front']['partition_by'],
  parameters: readonly Parameter[],
): readonly string[] | undefined {
  return Array.isArray(partitionBy)
    ? partitionBy
    : parameters.find(({ name, kind }) => kind === 'list' && name === partitionBy.parameter)?.words;
}

const lookedUp = ({ front }: TableFile, name: string) => Object.entries(front.rebuild?.when?.[name] ?? {});

/** The table is one that the step reads and an earlier step writes, and has those columns. */
function checkLookup(table: TableFile, name: string, { file, tables }: Surroundings): Diagnostic[] {
  const { step, locate } = table;
  const { reads } = stepNamed(file, step);
  const earlier = file.steps.slice(
    0,
    file.steps.findIndex((one) => one.name === step),
  );
  const written = earlier.flatMap(({ writes }) => writes);
  if (!written.includes(name) || !reads.includes(name)) {
    // That the step reads a table of a later one is a mistake of its own.
    if (reads.includes(name) && file.steps.some(({ writes }) => writes.includes(name))) return [];
    const known = written.filter((one) => reads.includes(one));
    const hint = written.includes(name) ? addToReads(name, step) : didYouMean(name, known);
    const message = `${step} reads no table ${name} of an earlier step`;
    return [lacking([name], mistake(locate(['rebuild', 'when', name]), message, hint))];
  }
  const columns = tables.find((one) => one.name === name)?.front.columns.map((column) => column.name);
  // Its file cannot be read, which is a mistake of its own.
  if (columns === undefined) return [];
  return lookedUp(table, name).flatMap(([column]) => {
    if (columns.includes(column)) return [];
    const at = locate(['rebuild', 'when', name, column]);
    const unknown = mistake(at, `${name} has no column ${column}`, didYouMean(column, columns));
    return [lacking([name, `${name}.${column}`], unknown)];
  });
}

/** The fields are all of one source, of which the step reads a view, and can be compared with the columns. */
function checkFields(table: TableFile, name: string, { file, sources, tables }: Surroundings): Diagnostic[] {
  const { step, locate } = table;
  const pairs = lookedUp(table, name);
  const { reads } = stepNamed(file, step);
  const views = reads.filter((one) => !file.steps.some(({ writes }) => writes.includes(one)));
  const read = sources.filter((source) => source.views.some((view) => views.includes(view.name)));
  const known = [...new Set(read.flatMap(({ fields }) => fields.map((field) => field.name)))];
  const unknown = pairs.flatMap(([column, field]) => {
    if (known.includes(field)) return [];
    const at = locate(['rebuild', 'when', name, column]);
    const missing = mistake(at, `no view that ${step} reads has a field ${field}`, didYouMean(field, known));
    return [lacking([...views, ...views.map((view) => `${view}.${field}`)], missing)];
  });
  if (unknown.length > 0) return unknown;
  const having = read.filter(({ fields }) =>
    pairs.every(([, wanted]) => fields.some((field) => field.name === wanted)),
  );
  if (having.length === 0) {
    const fields = pairs.map(([, field]) => field).join(', ');
    const message = `no view that ${step} reads has all of the fields ${fields}`;
    return [mistake(locate(['rebuild', 'when', name]), message)];
  }
  const columns = tables.find((one) => one.name === name)?.front.columns ?? [];
  return pairs.flatMap(([column, wanted]) => {
    const types = columns.filter((one) => one.name === column).flatMap(typesOf);
    const fieldTypes = having.flatMap(({ fields }) =>
      fields.flatMap((field) => (field.name === wanted ? [field.type] : [])),
    );
    if (types.every((one) => fieldTypes.every((other) => areComparable(one, other)))) return [];
    const message = `${name}.${column} and the field ${wanted} are of types that cannot be compared`;
    return [mistake(locate(['rebuild', 'when', name, column]), message)];
  });
}

function areComparable(one: ColumnType, other: ColumnType): boolean {
  const isNumber = (type: ColumnType) =>
    ['INT', 'BIGINT', 'DOUBLE'].includes(type) || digitsOf(type) !== undefined;
  return one === other || (isNumber(one) && isNumber(other));
}

/**
 * Tables in `when` that the query does not read. `sql`: the query as rendered; it may be that only other values of the parameters
 * make it read a table.
 */
export function checkIsLookedUp({ front, query, locate }: TableFile, sql: string): Diagnostic[] {
  const [rendered, written] = [namesIn(sql), namesIn(query)];
  return Object.keys(front.rebuild?.when ?? {})
    .filter((name) => !rendered.has(name) && !written.has(name))
    .map((name) => mistake(locate(['rebuild', 'when', name]), `the query does not read ${name}`));
}
