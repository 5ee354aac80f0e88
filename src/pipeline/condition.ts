/** The SQL of a `condition` check: one expression over the columns of a row, which only reads them. Pure. */
import { unknownColumns } from './condition-columns.ts';
import { escapes } from './read-only.ts';
import type { Forbidden } from './read-only.ts';
import { isSign, sqlTokens, wordOf } from './sql-tokens.ts';
import type { SqlToken } from './sql-tokens.ts';

/** What makes a text more than such an expression. The step itself checks functions and the type. */
export function forbiddenInCondition(sql: string): Forbidden[] {
  const tokens = sqlTokens(sql);
  const strange = tokens.find((token) => token.kind === 'odd');
  if (strange !== undefined)
    return [{ line: strange.line, message: `${strange.why}; Spark might read it differently` }];
  if (tokens.length === 0) return [{ line: 1, message: 'the condition is empty' }];
  return [...escapes(tokens), ...notOfARow(tokens), ...brackets(tokens)];
}

/** Columns that a condition names and the table lacks. `sql` has passed `forbiddenInCondition`. */
export function unknownInCondition(sql: string, columns: readonly string[]): string[] {
  return unknownColumns(sqlTokens(sql), columns);
}

/** Parts that look beyond the row, and the end of the expression. */
function notOfARow(tokens: readonly SqlToken[]): Forbidden[] {
  return tokens.flatMap((token, index) => {
    if (isSign(token, ';'))
      return [{ line: token.line, message: 'a condition is one expression, without ;', hint: 'remove it' }];
    if (isWord(token, 'select') && !isSign(tokens[index - 1], '.'))
      return [
        {
          line: token.line,
          message: 'a condition sees one row and has no subquery',
          hint: 'let the query make a column of it; put a column of the name select in backticks',
        },
      ];
    if (isWord(token, 'over') && isSign(tokens[index + 1], '('))
      return [
        {
          line: token.line,
          message: 'a condition sees one row and has no window',
          hint: 'let the query make a column of it',
        },
      ];
    return [];
  });
}

function brackets(tokens: readonly SqlToken[]): Forbidden[] {
  let open = 0;
  for (const token of tokens) {
    if (isSign(token, '(')) open += 1;
    if (isSign(token, ')')) open -= 1;
    if (open < 0) return [{ line: token.line, message: 'a closing bracket has no opening bracket' }];
  }
  return open === 0 ? [] : [{ line: tokens.at(-1)?.line ?? 1, message: 'a bracket is not closed' }];
}

const isWord = (token: SqlToken, text: string) => wordOf(token) === text;
