/** Values as Python source text. */

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const WIDTH = 110;

/** A Python literal; over several lines when it does not fit on the rest of one that starts at column `indent`. */
export function pythonLiteral(value: Json, indent = 0): string {
  const flat = flatLiteral(value);
  if (flat.length + indent <= WIDTH || typeof value !== 'object' || value === null) return flat;
  const pad = ' '.repeat(indent + 4);
  const lines = Array.isArray(value)
    ? (value as readonly Json[]).map((item) => `${pad}${pythonLiteral(item, indent + 4)},\n`)
    : Object.entries(value).map(
        ([key, item]) => `${pad}${JSON.stringify(key)}: ${pythonLiteral(item, indent + 4)},\n`,
      );
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return `${open}\n${lines.join('')}${' '.repeat(indent)}${close}`;
}

function flatLiteral(value: Json): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number' || typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(flatLiteral).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}: ${flatLiteral(item)}`)
    .join(', ')}}`;
}

/**
 * A triple-quoted Python string whose first line is line 1 of `text`, one line below the quotes; the program drops the
 * line break after the quotes. Raw, and so readable as it is, unless the text itself stands in the way.
 */
export function pythonText(text: string): string {
  const raw = !text.includes('"""') && !/[\0\r]/.test(text) && !/["\\]$/.test(text);
  if (raw) return `r"""\n${text}"""`;
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\0', '\\x00')
    .replaceAll('\r', '\\r');
  return `"""\n${escaped}"""`;
}
