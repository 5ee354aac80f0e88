/** How Parquet stores the values of each type, and how Spark writes them as names of folders. Pure. */
import { digitsOf, elementOf } from '../pipeline/column-type.ts';
import type { ColumnType, ScalarType } from '../pipeline/column-type.ts';
import { isValueOf } from '../pipeline/typed-value.ts';

export interface ParquetType {
  /** `INT64`, `BYTE_ARRAY`, ...; of a list `LIST<INT64>`; `GROUP` for anything else that is nested. */
  physical: string;
  /** `STRING`, `TIMESTAMP(MICROS,UTC)`, ..., of a list that of its elements; empty when the footer names none. */
  logical: string;
}

const PLAIN = {
  STRING: ['BYTE_ARRAY', 'STRING'],
  INT: ['INT32', ''],
  BIGINT: ['INT64', ''],
  DOUBLE: ['DOUBLE', ''],
  BOOLEAN: ['BOOLEAN', ''],
  DATE: ['INT32', 'DATE'],
  TIMESTAMP: ['INT64', 'TIMESTAMP(MICROS,UTC)'],
} as const;

/** Logical types that writers may add, and that say no more than the physical type. */
const NEEDLESS: readonly ParquetType[] = [
  { physical: 'INT32', logical: 'INTEGER(32,signed)' },
  { physical: 'INT64', logical: 'INTEGER(64,signed)' },
];

/** As Spark stores a type. */
export function parquetTypeOf(type: ColumnType): ParquetType {
  const element = elementOf(type);
  if (element === undefined) return scalarType(type as ScalarType);
  const { physical, logical } = scalarType(element);
  return { physical: listOf(physical), logical };
}

/** The physical type of a list. */
export const listOf = (physical: string) => `LIST<${physical}>`;

function scalarType(type: ScalarType): ParquetType {
  const digits = digitsOf(type);
  if (digits === undefined) {
    const [physical, logical] = PLAIN[type as keyof typeof PLAIN];
    return { physical, logical };
  }
  const { precision, scale } = digits;
  const physical = precision <= 9 ? 'INT32' : precision <= 18 ? 'INT64' : 'FIXED_LEN_BYTE_ARRAY';
  return { physical, logical: `DECIMAL(${String(precision)},${String(scale)})` };
}

/** Whether a footer describes a type as Spark stores it. */
export function isStoredAs(type: ColumnType, found: ParquetType): boolean {
  const wanted = parquetTypeOf(type);
  const isNeedless = NEEDLESS.some(
    ({ physical, logical }) =>
      (found.physical === physical || found.physical === listOf(physical)) && found.logical === logical,
  );
  return found.physical === wanted.physical && (isNeedless ? '' : found.logical) === wanted.logical;
}

/** `INT64 TIMESTAMP(MICROS,UTC)`. */
export function nameOfParquetType({ physical, logical }: ParquetType): string {
  return logical === '' ? physical : `${physical} ${logical}`;
}

const LIMITS = { INT: [-(2n ** 31n), 2n ** 31n - 1n], BIGINT: [-(2n ** 63n), 2n ** 63n - 1n] } as const;

/** Whether a folder's text is how Spark writes a value of a type that tables are partitioned by. */
export function isPartitionValue(type: ColumnType, value: string): boolean {
  if (type === 'INT' || type === 'BIGINT') {
    const [least, most] = LIMITS[type];
    return /^(0|-?[1-9]\d*)$/.test(value) && BigInt(value) >= least && BigInt(value) <= most;
  }
  if (type === 'BOOLEAN') return value === 'true' || value === 'false';
  if (type === 'DATE') return isValueOf('DATE', value);
  return type === 'STRING' && value !== '';
}
