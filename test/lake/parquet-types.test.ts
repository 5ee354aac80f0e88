/** A footer's types compared with what Spark would write for a type. */
import { describe, expect, it } from '@jest/globals';
import {
  isPartitionValue,
  isStoredAs,
  nameOfParquetType,
  parquetTypeOf,
} from '../../src/lake/parquet-types.ts';
import type { ColumnType } from '../../src/pipeline/column-type.ts';

const TYPES: readonly (readonly [ColumnType, physical: string, logical: string])[] = [
  ['STRING', 'BYTE_ARRAY', 'STRING'],
  ['INT', 'INT32', ''],
  ['BIGINT', 'INT64', ''],
  ['DOUBLE', 'DOUBLE', ''],
  ['BOOLEAN', 'BOOLEAN', ''],
  ['DATE', 'INT32', 'DATE'],
  ['TIMESTAMP', 'INT64', 'TIMESTAMP(MICROS,UTC)'],
  ['DECIMAL(9,2)', 'INT32', 'DECIMAL(9,2)'],
  ['DECIMAL(10,2)', 'INT64', 'DECIMAL(10,2)'],
  ['DECIMAL(18,0)', 'INT64', 'DECIMAL(18,0)'],
  ['DECIMAL(19,2)', 'FIXED_LEN_BYTE_ARRAY', 'DECIMAL(19,2)'],
  ['ARRAY<BIGINT>', 'LIST<INT64>', ''],
  ['ARRAY<DECIMAL(5,2)>', 'LIST<INT32>', 'DECIMAL(5,2)'],
];

describe('a type in Parquet', () => {
  it.each(TYPES)('%s is %s %s, and no other type is stored so', (type, physical, logical) => {
    expect(parquetTypeOf(type)).toEqual({ physical, logical });
    expect(TYPES.filter(([other]) => isStoredAs(other, { physical, logical }))).toEqual([
      [type, physical, logical],
    ]);
  });

  it('may name the integers that it holds', () => {
    expect(isStoredAs('BIGINT', { physical: 'INT64', logical: 'INTEGER(64,signed)' })).toBe(true);
    expect(isStoredAs('ARRAY<INT>', { physical: 'LIST<INT32>', logical: 'INTEGER(32,signed)' })).toBe(true);
    expect(isStoredAs('INT', { physical: 'INT32', logical: 'INTEGER(16,signed)' })).toBe(false);
    expect(nameOfParquetType({ physical: 'LIST<INT32>', logical: 'DATE' })).toBe('LIST<INT32> DATE');
  });

  it.each<[ColumnType, string, boolean]>([
    ['DATE', '2015-01-31', true],
    ['DATE', '2015-02-30', false],
    ['DATE', '2015-1-31', false],
    ['BOOLEAN', 'true', true],
    ['BOOLEAN', 'TRUE', false],
    ['INT', '2147483647', true],
    ['INT', '2147483648', false],
    ['BIGINT', '2147483648', true],
    ['BIGINT', '007', false],
    ['STRING', '', false],
    ['DECIMAL(4,2)', '1.50', false],
    ['ARRAY<INT>', '1', false],
  ])('%s of a partition is written as Spark writes it: %s is %s', (type, text, expected) => {
    expect(isPartitionValue(type, text)).toBe(expected);
  });
});
