/** Mistakes in the values of a table's checks: each is a value of its column's type. */
import type { Diagnostic } from '../faults.ts';
import { exactHint } from './check-field.ts';
import { elementOf } from './column-type.ts';
import type { ColumnType } from './column-type.ts';
import { typesOf } from './resolve.ts';
import type { FrontMatter } from './shapes.ts';
import type { TableFile } from './table-file.ts';
import { mistake } from './template-file.ts';
import { isAbove, isValueOf } from './typed-value.ts';
import type { Scalar } from './typed-value.ts';
import type { ValuePath } from './yaml.ts';

type Column = FrontMatter['columns'][number];
type Check = FrontMatter['checks'][number];

export function checkValues(
  table: TableFile,
  { values }: Extract<Check, { check: 'accepted_values' }>,
  { column, path }: { column: Column; path: ValuePath },
): Diagnostic[] {
  return values.flatMap((value, index) =>
    neverMistake(column, value, table.locate([...path, 'values', index])),
  );
}

/** Types that are ordered, and by more than their letters. */
const hasRange = (type: ColumnType) =>
  elementOf(type) === undefined && type !== 'STRING' && type !== 'BOOLEAN';

export function checkRange(
  table: TableFile,
  { min, max }: Extract<Check, { check: 'range' }>,
  { column, path }: { column: Column; path: ValuePath },
): Diagnostic[] {
  const at = (key: string) => table.locate([...path, key]);
  const types = typesOf(column);
  const unordered = types.find((type) => !hasRange(type));
  if (unordered !== undefined)
    return [mistake(at('column'), `${column.name} is ${unordered}, which has no range`)];
  if (min === undefined && max === undefined) return [mistake(at('check'), 'needs min, max or both')];
  const wrong = (['min', 'max'] as const).flatMap((key) => {
    const bound = { min, max }[key];
    if (bound === undefined) return [];
    // A whole number can be compared with any number.
    const isNumber = (type: ColumnType) => ['INT', 'BIGINT', 'DOUBLE'].includes(type);
    const numbers = types.every(isNumber) && typeof bound === 'number';
    return numbers ? [] : neverMistake(column, bound, at(key));
  });
  if (wrong.length > 0 || min === undefined || max === undefined) return wrong;
  const order = typeof min === 'number' && typeof max === 'number' ? ['DOUBLE' as const] : types;
  return order.some((type) => isAbove(type, min, max)) ? [mistake(at('min'), 'min is above max')] : [];
}

/** A value that a column cannot have, by any of its types: Spark would compare in vain, or fail. */
function neverMistake(column: Column, value: Scalar, at: string): Diagnostic[] {
  const type = typesOf(column).find((one) => !isValueOf(one, value));
  if (type === undefined) return [];
  return [mistake(at, `${column.name} is ${type}, and never ${JSON.stringify(value)}`, exactHint(type))];
}
