/**
 * Spark SQL cut into tokens as the lexers of Spark 3.5 and 4.0 cut it. Text that they would cut differently is `odd`.
 * Pure.
 */
import { unicodeName } from '../unicode-name.ts';

export type SqlToken =
  /** A bare word or number as written, or a name in backticks without them. */
  | { kind: 'word' | 'quoted'; text: string; line: number }
  | { kind: 'string'; line: number }
  /** One character. */
  | { kind: 'sign'; text: string; line: number }
  /** Something that no query needs, and that the two lexers may read differently. */
  | { kind: 'odd'; why: string; line: number };

/** Tokens in order; comments and blanks leave none, hints leave theirs. Takes time in proportion to the text. */
export function sqlTokens(sql: string): SqlToken[] {
  const tokens: SqlToken[] = [];
  let line = 1;
  let at = 0;
  while (at < sql.length) {
    const { end, token } = next(sql, at);
    if (token !== undefined) tokens.push({ ...token, line });
    for (let index = at; index < end; index += 1) if (sql[index] === '\n') line += 1;
    at = end;
  }
  return tokens;
}

export const isSign = (token: SqlToken | undefined, text: string) =>
  token?.kind === 'sign' && token.text === text;
/** A bare word in lower case; a name in backticks is never a keyword. */
export const wordOf = (token: SqlToken | undefined) =>
  token?.kind === 'word' ? token.text.toLowerCase() : undefined;
/** A bare word or number as written, or a name in backticks. */
export const nameOf = (token: SqlToken | undefined) =>
  token?.kind === 'word' || token?.kind === 'quoted' ? token.text : undefined;

/** The bare words and the names in backticks of some SQL, in lower case. */
export const namesIn = (sql: string): ReadonlySet<string> =>
  new Set(sqlTokens(sql).flatMap((token) => nameOf(token)?.toLowerCase() ?? []));

type Unplaced = SqlToken extends infer One ? (One extends SqlToken ? Omit<One, 'line'> : never) : never;

interface Cut {
  /** Index behind the token. */
  end: number;
  token?: Unplaced;
}

function next(sql: string, at: number): Cut {
  const here = sql.charAt(at);
  const pair = sql.slice(at, at + 2);
  if (' \t\r\n'.includes(here)) return { end: at + 1 };
  if (pair === '--') return lineComment(sql, at);
  if (pair === '/*' && sql[at + 2] !== '+') return blockComment(sql, at);
  if (pair.toLowerCase() === "r'" || pair.toLowerCase() === 'r"') return rawString(sql, at);
  if (here === "'" || here === '"') return string(sql, at);
  if (here === '`') return quotedName(sql, at);
  if (WORD.test(here)) return word(sql, at);
  if (here === '$') return odd(at + 1, 'Spark 3.5 and 4.0 do not read $ alike');
  if (here < ' ' || here > '~')
    return odd(at + 1, `the character ${unicodeName(sql, at)} is outside text and backticks`);
  return { end: at + 1, token: { kind: 'sign', text: here } };
}

const WORD = /[A-Za-z0-9_]/;
const odd = (end: number, why: string): Cut => ({ end, token: { kind: 'odd', why } });

/** To the end of its line; a backslash there takes the next line along. */
function lineComment(sql: string, start: number): Cut {
  let end = start;
  while (end < sql.length && sql[end] !== '\n' && sql[end] !== '\r') {
    end += sql.startsWith('\\\n', end) ? 2 : 1;
  }
  return { end };
}

/** A nested comment: some parsers end the outer one at the first end mark, others at its own. */
function blockComment(sql: string, start: number): Cut {
  const close = sql.indexOf('*/', start + 2);
  if (close === -1) return odd(sql.length, 'the comment is not closed');
  const end = close + 2;
  return sql.slice(start + 2, close).includes('/*')
    ? odd(end, 'a comment is inside another comment')
    : { end };
}

function rawString(sql: string, start: number): Cut {
  const close = sql.indexOf(sql.charAt(start + 1), start + 2);
  return close === -1
    ? odd(sql.length, 'the text is not closed')
    : { end: close + 1, token: { kind: 'string' } };
}

/** A doubled quote is two texts to Spark 3.5 and one to 4.0: either way it ends in the same place. */
function string(sql: string, start: number): Cut {
  const quote = sql[start];
  let end = start + 1;
  while (end < sql.length && sql[end] !== quote) end += sql[end] === '\\' ? 2 : 1;
  return end >= sql.length
    ? odd(sql.length, 'the text is not closed')
    : { end: end + 1, token: { kind: 'string' } };
}

function quotedName(sql: string, start: number): Cut {
  let end = start + 1;
  for (;;) {
    end = sql.indexOf('`', end);
    if (end === -1) return odd(sql.length, 'the backtick is not closed');
    if (sql[end + 1] !== '`') break;
    end += 2;
  }
  const text = sql.slice(start + 1, end).replaceAll('``', '`');
  return { end: end + 1, token: { kind: 'quoted', text } };
}

function word(sql: string, start: number): Cut {
  let end = start;
  while (end < sql.length && WORD.test(sql.charAt(end))) end += 1;
  return { end, token: { kind: 'word', text: sql.slice(start, end) } };
}
