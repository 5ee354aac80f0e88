/** A table's query may only read: one SELECT over views, from which no command, class or file can be reached. Pure. */
import { present } from '../present.ts';
import { isSign, nameOf, sqlTokens, wordOf } from './sql-tokens.ts';
import type { SqlToken } from './sql-tokens.ts';

export interface Forbidden {
  /** Of the query, from 1. */
  line: number;
  message: string;
  hint?: string;
}

/** Functions that run methods of Java classes, or take the path of a file. Names of Spark 3.5, 4.0 and its platforms. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  reflect: 'runs a method of a Java class',
  java_method: 'runs a method of a Java class',
  try_reflect: 'runs a method of a Java class',
  from_protobuf: 'reads a file',
  to_protobuf: 'reads a file',
  from_xml: 'can read a file',
  schema_of_xml: 'can read a file',
  read_files: 'reads files',
};

/** Functions that may have FROM between their arguments, where it names no view. */
const FROM_INSIDE = ['extract', 'trim', 'substring', 'substr', 'overlay', 'position', 'date_part'];
/** A comma behind these begins no further view of FROM. */
const AFTER_FROM = [
  ...['where', 'group', 'having', 'order', 'sort', 'cluster', 'distribute', 'limit', 'offset', 'window'],
  ...['union', 'intersect', 'except', 'minus', 'select', 'lateral'],
];

/** What a query does besides reading, in the order of its lines. */
export function forbiddenIn(sql: string): Forbidden[] {
  const tokens = sqlTokens(sql);
  const strange = tokens.find((token) => token.kind === 'odd');
  if (strange !== undefined)
    return [{ line: strange.line, message: `${strange.why}; Spark might read it differently` }];
  const statement = otherStatement(tokens);
  if (statement !== undefined) return [statement];
  return [...escapes(tokens), ...foreignTables(tokens)].sort((a, b) => a.line - b.line);
}

/** A query that is not exactly one SELECT statement, whatever WITH defines before it. */
function otherStatement(tokens: readonly SqlToken[]): Forbidden | undefined {
  const first = tokens.find((token) => !isSign(token, '('));
  if (first === undefined) return { line: 1, message: 'the query is empty' };
  const main = wordOf(first) === 'with' ? mainOf(tokens) : first;
  if (main !== undefined && wordOf(main) !== 'select')
    return { line: main.line, message: `a query begins with SELECT or WITH, not with ${shown(main)}` };
  const semicolon = tokens.findIndex((token) => isSign(token, ';'));
  const more = semicolon === -1 ? undefined : tokens.slice(semicolon).find((token) => !isSign(token, ';'));
  return more && { line: more.line, message: 'another statement follows the query', hint: 'write one query' };
}

/** The token after the last of WITH's queries: the first word after a bracket that closes at the outermost level. */
function mainOf(tokens: readonly SqlToken[]): SqlToken | undefined {
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    if (isSign(token, '(')) depth += 1;
    if (!isSign(token, ')')) continue;
    depth -= 1;
    const after = tokens[index + 1];
    if (depth > 0 || after === undefined || isSign(after, ',') || wordOf(after) === 'as') continue;
    return isSign(after, '(')
      ? tokens.slice(index).find((one) => !isSign(one, '(') && !isSign(one, ')'))
      : after;
  }
  return undefined;
}

/** Constructs that lead out of SQL. */
export function escapes(tokens: readonly SqlToken[]): Forbidden[] {
  return tokens.flatMap((token, index) => {
    const after = tokens[index + 1];
    const opens = isSign(after, '(');
    if (wordOf(token) === 'using' && !opens)
      return [
        {
          line: token.line,
          message: 'USING without a bracket hands rows to a command',
          hint: 'a template only reads; put a column of that name in backticks',
        },
      ];
    if (!opens) return [];
    const name = nameOf(token)?.toLowerCase();
    if (wordOf(token) === 'identifier')
      return [{ line: token.line, message: 'IDENTIFIER(...) hides what it names', hint: 'write the name' }];
    if (name === undefined || !Object.hasOwn(FUNCTIONS, name)) return [];
    const does = present(FUNCTIONS[name], `function ${name}`);
    return [{ line: token.line, message: `${name} ${does}`, hint: 'a template only reads views' }];
  });
}

/** Names of two parts where a view is read: a table of a catalog, or a file, as in parquet.`/path`. */
function foreignTables(tokens: readonly SqlToken[]): Forbidden[] {
  return relationsIn(tokens).flatMap(({ name, line, index }) =>
    isSign(tokens[index + 1], '.') ? [foreign(line, name, tokens[index + 2])] : [],
  );
}

/** A name where a view is read, and where it is among the tokens. */
interface Relation {
  name: string;
  line: number;
  index: number;
}

/** Views by their names of one part, where a query reads them and defines nothing of that name itself. */
export function viewsRead(sql: string): { name: string; line: number }[] {
  const tokens = sqlTokens(sql);
  const own = new Set(tokens.flatMap((_, index) => definedAt(tokens, index)));
  return relationsIn(tokens).filter(
    ({ name, index }) =>
      !own.has(name.toLowerCase()) && !isSign(tokens[index + 1], '.') && !isSign(tokens[index + 1], '('),
  );
}

/** The name that WITH defines by a query in brackets: `NAME AS (` or `NAME (a, b) AS (`, where AS may be left out. */
function definedAt(tokens: readonly SqlToken[], open: number): string[] {
  if (!isSign(tokens[open], '(')) return [];
  const hasAs = wordOf(tokens[open - 1]) === 'as';
  if (!hasAs && !QUERY_STARTS.includes(wordOf(tokens[open + 1]) ?? '')) return [];
  let at = open - (hasAs ? 2 : 1);
  if (isSign(tokens[at], ')')) {
    do at -= 1;
    while (isSign(tokens[at], ',') || nameOf(tokens[at]) !== undefined);
    at -= 1;
  }
  const name = nameOf(tokens[at]);
  return name === undefined ? [] : [name.toLowerCase()];
}

const QUERY_STARTS = ['select', 'with', 'values', 'table', 'from'];

function relationsIn(tokens: readonly SqlToken[]): Relation[] {
  const levels = [{ reading: false, inFunction: false }];
  const found: Relation[] = [];
  let expected = false;
  tokens.forEach((token, index) => {
    const level = present(levels.at(-1), 'level');
    const word = isSign(tokens[index - 1], '.') ? undefined : wordOf(token);
    const viewExpected = expected;
    expected = viewExpected && (word === 'lateral' || isSign(token, '('));
    if (viewExpected && word === 'lateral') return;
    const name = nameOf(token);
    if (viewExpected && name !== undefined) found.push({ name, line: token.line, index });
    if (isSign(token, '(')) {
      const before = wordOf(tokens[index - 1]);
      levels.push({
        reading: viewExpected,
        inFunction: before !== undefined && FROM_INSIDE.includes(before),
      });
    }
    if (isSign(token, ')') && levels.length > 1) levels.pop();
    if (isSign(token, ',')) expected = level.reading;
    if (word === 'join' || word === 'table') expected = true;
    if (word === 'from' && !level.inFunction && !isDistinctFrom(tokens, index))
      expected = level.reading = true;
    if (word !== undefined && AFTER_FROM.includes(word)) level.reading = false;
  });
  return found;
}

function foreign(line: number, name: string, part: SqlToken | undefined): Forbidden {
  const inner = nameOf(part);
  return {
    line,
    message: `${inner === undefined ? `${name}.` : `${name}.${inner}`} is not a view of this pipeline`,
    hint: 'a query reads the views that its step names under reads in pipeline.yaml',
  };
}

/** `a IS [NOT] DISTINCT FROM b` compares. */
function isDistinctFrom(tokens: readonly SqlToken[], from: number): boolean {
  const before = wordOf(tokens[from - 2]);
  return wordOf(tokens[from - 1]) === 'distinct' && (before === 'is' || before === 'not');
}

const shown = (token: SqlToken) => (token.kind === 'word' ? token.text.toUpperCase() : 'this');
