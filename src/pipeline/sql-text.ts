/** Values as Spark SQL text. None of it ever holds a line break. */
import { LandfallError } from '../faults.ts';

type Value = string | number | boolean | readonly string[];

/** One identifier in backticks, or several with commas. */
export function sqlIdentifier(value: Value): string {
  return listOf(value)
    .map((name) => {
      if (typeof name !== 'string' || name === '' || /[\p{Cc}\u2028\u2029]/u.test(name))
        throw new LandfallError('input', `${JSON.stringify(name)} cannot be an identifier`);
      return `\`${name.replaceAll('`', '``')}\``;
    })
    .join(', ');
}

/** One literal, or several with commas. Quotes and backslashes are escaped: Spark 3.5 does not know `''`. */
export function sqlLiteral(value: Value): string {
  return listOf(value).map(literal).join(', ');
}

function literal(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return String(value);
    throw new LandfallError('input', `${value} cannot be a literal`);
  }
  const escaped = value.replace(/[\\'\p{Cc}\u2028\u2029]/gu, (character) =>
    character === '\\' || character === "'"
      ? `\\${character}`
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `'${escaped}'`;
}

/** The literal of a URI. */
export function sqlUri(value: Value): string {
  if (typeof value !== 'string' || !/^[a-z][a-z0-9+.-]*:\/\/[^\p{Cc}]*$/u.test(value))
    throw new LandfallError('input', `${JSON.stringify(value)} is not a URI`);
  return literal(value);
}

function listOf(value: Value): readonly (string | number | boolean)[] {
  return typeof value === 'object' ? value : [value];
}
