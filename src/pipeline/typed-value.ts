/** Values that contracts contain - defaults, bounds, accepted values - and the types that they belong to. Pure. */
import { digitsOf, elementOf } from './column-type.ts';
import type { ColumnType, SimpleType } from './column-type.ts';

/** A value as YAML writes it: an exact DECIMAL, a DATE and a TIMESTAMP are texts. */
export type Scalar = string | number | boolean;

/** Of numbers with more digits, YAML keeps only the nearest DOUBLE. */
const KEPT_DIGITS = 15;
const DATE = /^(?!0000)\d{4}-\d\d-\d\d$/;
const MOMENT = /^(?!0000)(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,6})?)(Z|[+-]\d\d:\d\d)?$/;

/** Whether a column of the type can have the value. */
export function isValueOf(type: ColumnType, value: Scalar): boolean {
  return placeOfValue(type, value) !== undefined;
}

/** Whether `low` comes after `high` in the order of the type's values. */
export function isAbove(type: ColumnType, low: Scalar, high: Scalar): boolean {
  const [one, other] = [placeOfValue(type, low), placeOfValue(type, high)];
  return one !== undefined && other !== undefined && one > other;
}

/** A number or text that is ordered like the values of the type; undefined for anything that is not such a value. */
function placeOfValue(type: ColumnType, value: Scalar): number | bigint | string | undefined {
  const digits = digitsOf(type);
  if (digits !== undefined) return decimalPlace(value, digits);
  if (elementOf(type) !== undefined) return undefined;
  return PLACES[type as SimpleType](value);
}

const PLACES: Readonly<Record<SimpleType, (value: Scalar) => number | string | undefined>> = {
  STRING: (value) => (typeof value === 'string' ? value : undefined),
  INT: (value) => (typeof value === 'number' && (value | 0) === value ? value : undefined),
  BIGINT: (value) => (typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined),
  DOUBLE: (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined),
  BOOLEAN: (value) => (typeof value === 'boolean' ? Number(value) : undefined),
  DATE: (value) =>
    typeof value === 'string' && DATE.test(value) ? moment(value, '00:00:00', 'Z') : undefined,
  TIMESTAMP: (value) => {
    const [, date, time = '', zone = 'Z'] = MOMENT.exec(String(value)) ?? [];
    return date === undefined ? undefined : moment(date, time, zone);
  },
};

function decimalPlace(
  value: Scalar,
  { precision, scale }: { precision: number; scale: number },
): bigint | undefined {
  if (typeof value === 'boolean') return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  const isRounded = typeof value === 'number' && Number(value.toPrecision(KEPT_DIGITS)) !== value;
  if (whole === '' || isRounded) return undefined;
  const shift = scale - fraction.length + Number(exponent);
  const power = 10n ** BigInt(Math.abs(shift));
  const digits = BigInt(`${whole}${fraction}`);
  if (shift < 0 && digits % power !== 0n) return undefined;
  const scaled = shift < 0 ? digits / power : digits * power;
  if (scaled >= 10n ** BigInt(precision)) return undefined;
  return sign === '-' ? -scaled : scaled;
}

/** Milliseconds; undefined for a day or a time that no clock shows. JavaScript reads 30 February as 2 March. */
function moment(date: string, time: string, zone: string): number | undefined {
  const day = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) return undefined;
  if (time.startsWith('24')) return undefined;
  const millis = Date.parse(`${date}T${time}${zone}`);
  return Number.isNaN(millis) ? undefined : millis;
}
