/** Mistakes inside one field of a source: its type, its path, its bounds and its default. */
import type { Diagnostic } from '../faults.ts';
import { digitsOf, elementOf } from './column-type.ts';
import { keysOf } from './resolve.ts';
import type { SourceFile } from './shapes.ts';
import { mistake } from './template-file.ts';
import { isAbove, isValueOf } from './typed-value.ts';
import type { Scalar } from './typed-value.ts';
import type { Locate, ValuePath } from './yaml.ts';

type Field = SourceFile['fields'][number];
type Wrong = (key: keyof Field, message: string, hint?: string) => Diagnostic;

export function checkField(field: Field, path: ValuePath, locate: Locate): Diagnostic[] {
  const wrong: Wrong = (key, message, hint) => mistake(locate([...path, key]), message, hint);
  return [
    ...checkPath(field, wrong),
    ...checkFormat(field, wrong),
    ...checkBounds(field, wrong),
    ...checkDefault(field, wrong),
  ];
}

function checkPath(field: Field, wrong: Wrong): Diagnostic[] {
  if (!keysOf(field).includes('')) return [];
  const hint = 'write the keys with one dot between them, or as a list where a key contains a dot';
  return [wrong('path', `a key on the path of ${field.name} is empty`, hint)];
}

function checkFormat({ name, type, format }: Field, wrong: Wrong): Diagnostic[] {
  const isTime = (elementOf(type) ?? type) === 'TIMESTAMP';
  if (isTime && format === undefined)
    return [
      wrong(
        'type',
        `${name} is ${type} and has no format`,
        'add format: iso8601, epoch_millis or epoch_seconds',
      ),
    ];
  return isTime || format === undefined
    ? []
    : [wrong('format', `${name} is ${type}; only a TIMESTAMP has a format`)];
}

function checkBounds({ name, type, min, below }: Field, wrong: Wrong): Diagnostic[] {
  const isDecimal = digitsOf(type) !== undefined;
  const isNumber = isDecimal || ['INT', 'BIGINT', 'DOUBLE'].includes(type);
  const mistakes = (['min', 'below'] as const).flatMap((key) => {
    const bound = { min, below }[key];
    if (bound === undefined) return [];
    if (!isNumber) return [wrong(key, `${name} is ${type} and has no ${key}`, 'only numbers have bounds')];
    const isBound = isDecimal ? isValueOf(type, bound) : typeof bound === 'number';
    return isBound ? [] : [wrong(key, notOfType(bound, type), exactHint(type))];
  });
  if (mistakes.length > 0 || min === undefined || below === undefined) return mistakes;
  const order = isDecimal ? type : 'DOUBLE';
  return isAbove(order, below, min)
    ? []
    : [wrong('min', `no value of ${name} is at least ${String(min)} and below ${String(below)}`)];
}

function checkDefault({ name, type, default: value }: Field, wrong: Wrong): Diagnostic[] {
  if (value === undefined) return [];
  if (elementOf(type) !== undefined) return [wrong('default', `${name} is ${type} and has no default`)];
  return fits(value, type) ? [] : [wrong('default', notOfType(value, type), exactHint(type))];
}

/** Whether a field of the type can have the value. Blank text is no value. */
export function fits(value: Scalar, type: Field['type']): boolean {
  return isValueOf(type, value) && !(typeof value === 'string' && value.trim() === '');
}

const notOfType = (value: unknown, type: string) => `${JSON.stringify(value)} is not a value of ${type}`;

/** How a value of some types is written. */
export function exactHint(type: Field['type']): string | undefined {
  if (digitsOf(type) !== undefined)
    return 'it would have to be rounded, or YAML would round it: write exactly as many digits, in quotes';
  if (type === 'DATE') return 'write a day as 2015-01-31';
  return type === 'TIMESTAMP' ? 'write a time as 2015-01-31T15:00:00Z' : undefined;
}
