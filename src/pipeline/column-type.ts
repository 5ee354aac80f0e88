/** The types of fields and columns, as contracts write them. */
import { z } from 'zod';

const SIMPLE_TYPES = ['STRING', 'INT', 'BIGINT', 'DOUBLE', 'BOOLEAN', 'DATE', 'TIMESTAMP'] as const;
export type SimpleType = (typeof SIMPLE_TYPES)[number];

export type DecimalType = `DECIMAL(${number},${number})`;
export type ScalarType = SimpleType | DecimalType;
export type ArrayType = `ARRAY<${ScalarType}>`;
export type ColumnType = ScalarType | ArrayType;

/** The highest precision of a DECIMAL. */
const MOST_DIGITS = 38;
const EXPECTED = `expected one of ${SIMPLE_TYPES.join(', ')}, DECIMAL(p,s), ARRAY<one of these>`;

const isSimple = (text: string): text is SimpleType => (SIMPLE_TYPES as readonly string[]).includes(text);

/** The precision and scale of a DECIMAL; undefined for another type. */
export function digitsOf(type: ColumnType): { precision: number; scale: number } | undefined {
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? [];
  return precision === undefined ? undefined : { precision: Number(precision), scale: Number(scale) };
}

/** The type of an array's elements; undefined for another type. */
export function elementOf(type: ColumnType): ScalarType | undefined {
  return type.startsWith('ARRAY<') ? (type.slice('ARRAY<'.length, -1) as ScalarType) : undefined;
}

/** A type as people write it: blanks do not count. */
export const columnType = z.string().transform((text, context): ColumnType => {
  const type = text.replaceAll(/\s/g, '');
  const [, element] = /^ARRAY<(.*)>$/.exec(type) ?? [];
  const wrong = scalarMistake(element ?? type);
  if (wrong === undefined) return type as ColumnType;
  context.issues.push({ code: 'invalid_value', input: text, values: similar(type), message: wrong });
  return z.NEVER;
});

/** What is wrong with a type that is not an array; undefined if nothing is. */
function scalarMistake(type: string): string | undefined {
  if (isSimple(type)) return undefined;
  if (type.startsWith('ARRAY<')) return 'an ARRAY cannot contain arrays';
  const decimal = /^DECIMAL(?:\((\d+),(\d+)\))?$/.exec(type);
  if (decimal === null) return EXPECTED;
  const [, precision, scale] = decimal;
  if (precision === undefined || scale === undefined)
    return 'a DECIMAL needs a precision and a scale, as in DECIMAL(12,2)';
  if (!/^([1-9]|[12]\d|3[0-8])$/.test(precision))
    return `the precision of a DECIMAL is between 1 and ${String(MOST_DIGITS)}`;
  return /^(0|[1-9]\d?)$/.test(scale) && Number(scale) <= Number(precision)
    ? undefined
    : 'the scale of a DECIMAL is between 0 and its precision';
}

/** Types that are written much like this one, with the same digits or elements. */
function similar(type: string): string[] {
  const [, inner] = /^[^(<]*<(.*)>$/.exec(type) ?? [];
  if (inner !== undefined) return similar(inner).map((element) => `ARRAY<${element}>`);
  const digits = type.includes('(') ? type.slice(type.indexOf('(')) : '(12,2)';
  return [...SIMPLE_TYPES, `DECIMAL${digits}`];
}
