/** The columns that a condition names and its table does not have. Pure. */
import { isSign, nameOf, wordOf } from './sql-tokens.ts';
import type { SqlToken } from './sql-tokens.ts';

/**
 * Names in a condition that can only be columns and are none of these, each once. What might be anything else, such as a word
 * of syntax that is not known here, is left to Spark.
 */
export function unknownColumns(tokens: readonly SqlToken[], columns: readonly string[]): string[] {
  const known = new Set(columns.map((name) => name.toLowerCase()));
  for (const name of lambdaVariables(tokens)) known.add(name);
  const types = typeTokens(tokens);
  const found = tokens.flatMap((token, index) => {
    const name = columnOf(token);
    if (name === undefined || known.has(name.toLowerCase()) || types.has(index)) return [];
    return isCertain(tokens, index) ? [name] : [];
  });
  return [...new Set(found)];
}

/** Words that may stand beside a name, and are not columns here. */
const SYNTAX = new Set([
  ...['and', 'or', 'not', 'is', 'null', 'true', 'false', 'unknown', 'distinct', 'from', 'between', 'in'],
  ...['like', 'ilike', 'rlike', 'regexp', 'escape', 'any', 'some', 'all', 'div', 'exists'],
  ...['case', 'when', 'then', 'else', 'end', 'as', 'both', 'leading', 'trailing', 'placing', 'for'],
]);

/** Words with a meaning of their own without a bracket, and units of time. */
const OTHERS = new Set([
  ...['current_date', 'current_time', 'current_timestamp', 'localtime', 'localtimestamp', 'now'],
  ...['current_user', 'session_user', 'user', 'current_catalog', 'current_database', 'current_schema'],
  ...['interval', 'to', 'default', 'grouping__id', 'input_file_name', '_metadata'],
  ...['year', 'years', 'quarter', 'month', 'months', 'week', 'weeks', 'day', 'days', 'dayofyear'],
  ...['hour', 'hours', 'minute', 'minutes', 'second', 'seconds', 'millisecond', 'milliseconds'],
  ...['microsecond', 'microseconds', 'nanosecond', 'nanoseconds'],
]);

function isCertain(tokens: readonly SqlToken[], index: number): boolean {
  const [before, token, after] = [tokens[index - 1], tokens[index], tokens[index + 1]];
  const word = wordOf(token);
  if (word !== undefined && (SYNTAX.has(word) || OTHERS.has(word))) return false;
  // A function, a part of another name, a named argument, a parameter, or the field of EXTRACT.
  if (isSign(after, '(') || isSign(before, '.') || wordOf(after) === 'from') return false;
  if ((isSign(after, '=') && isSign(tokens[index + 2], '>')) || isSign(before, ':') || isSign(after, ':'))
    return false;
  return !couldBelong(before) && !couldBelong(after);
}

/** Two names, or a name and a value, side by side: syntax that is not known here. */
function couldBelong(neighbour: SqlToken | undefined): boolean {
  if (neighbour === undefined || neighbour.kind === 'sign') return false;
  const word = wordOf(neighbour);
  return word === undefined || !SYNTAX.has(word);
}

/** The names before `->`: one, or several in brackets. */
function lambdaVariables(tokens: readonly SqlToken[]): string[] {
  return tokens.flatMap((token, index) => {
    if (!isSign(token, '-') || !isSign(tokens[index + 1], '>')) return [];
    if (!isSign(tokens[index - 1], ')')) return lowerName(tokens[index - 1]);
    const names: string[] = [];
    for (let at = index - 2; columnOf(tokens[at]) !== undefined || isSign(tokens[at], ','); at -= 1)
      names.push(...lowerName(tokens[at]));
    return names;
  });
}

/** The indices of the type or the name behind each AS, up to the bracket that closes around it. */
function typeTokens(tokens: readonly SqlToken[]): Set<number> {
  const found = new Set<number>();
  let depth = 0;
  let since: number | undefined;
  for (const [index, token] of tokens.entries()) {
    if (isSign(token, '(')) depth += 1;
    if (isSign(token, ')')) depth -= 1;
    if (since !== undefined && depth < since) since = undefined;
    if (since !== undefined) found.add(index);
    if (since === undefined && wordOf(token) === 'as') since = depth;
  }
  return found;
}

/** What may be the name of a column: a name in backticks, or a bare word that is not a number. */
const columnOf = (token: SqlToken | undefined) =>
  /^\d/.test(wordOf(token) ?? '') ? undefined : nameOf(token);

function lowerName(token: SqlToken | undefined): string[] {
  const name = columnOf(token);
  return name === undefined ? [] : [name.toLowerCase()];
}
