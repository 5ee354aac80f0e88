/**
 * The line structure of an INI file by the rules of Python's configparser, for which existing files were written: `=`
 * or `:` after a key, values continued on indented lines, comments on their own lines. Pure.
 */
import { groupsOf } from '../groups.ts';

/** One key with the text of its value, as written in the file. */
export interface Pair {
  line: number;
  /** As written; empty before the first header. */
  section: string;
  /** As written. */
  key: string;
  /** The value's lines, trimmed. The first is on the key's line, and may be empty. */
  parts: Part[];
}

export interface Part {
  line: number;
  text: string;
}

/** A line that is not a comment, header, pair or continuation. */
export interface StrayLine {
  line: number;
  section: string;
  text: string;
  /** True when it begins like a header. */
  header: boolean;
}

export interface Header {
  line: number;
  section: string;
}

export interface ParsedLines {
  pairs: Pair[];
  headers: Header[];
  stray: StrayLine[];
}

/** Splits a text. Unlike Python, it accepts keys before the first header, and text as a comment behind a header. */
export function parseLines(text: string): ParsedLines {
  const parsed: ParsedLines = { pairs: [], headers: [], stray: [] };
  let section = '';
  let open: Pair | undefined;
  let indent = 0;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = index + 1;
    const content = raw.trim();
    if (/^[#;]/.test(content)) continue;
    if (content === '') {
      open?.parts.push({ line, text: '' });
      continue;
    }
    const depth = raw.search(/\S/);
    if (open !== undefined && depth > indent) {
      open.parts.push({ line, text: content });
      continue;
    }
    indent = depth;
    if (content.startsWith('[')) {
      const header = groupsOf(/^\[([^\]]+)\]\s*(?:[;#].*)?$/, content, 1);
      section = header === undefined ? '' : header[0].trim();
      open = undefined;
      if (header === undefined) parsed.stray.push({ line, section, text: content, header: true });
      else parsed.headers.push({ line, section });
      continue;
    }
    const pair = splitPair(content);
    if (pair === undefined) {
      parsed.stray.push({ line, section, text: content, header: false });
      continue;
    }
    open = { line, section, key: pair.key, parts: [{ line, text: pair.value }] };
    parsed.pairs.push(open);
  }
  for (const { parts } of parsed.pairs) while (parts.length > 1 && parts.at(-1)?.text === '') parts.pop();
  return parsed;
}

/** Undefined when the line is not a pair. A lone URI has a colon, but is not one. */
function splitPair(content: string): { key: string; value: string } | undefined {
  const at = content.search(/[=:]/);
  if (at < 1 || /^[a-z0-9]+:\/\//i.test(content)) return undefined;
  const key = content.slice(0, at).trim();
  return key === '' ? undefined : { key, value: content.slice(at + 1).trim() };
}
