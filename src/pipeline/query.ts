/** The query of a table: Handlebars over Spark SQL, strict, and line for line the text of its file. */
import Handlebars from 'handlebars';
import type { Diagnostic } from '../faults.ts';
import { LandfallError } from '../faults.ts';
import { messageOf } from '../message-of.ts';
import type { TableContract } from './contract.ts';
import type { ParameterValues } from './parameters.ts';
import { forbiddenIn } from './read-only.ts';
import { sqlIdentifier, sqlLiteral, sqlUri } from './sql-text.ts';
import { checkLines, keepLines } from './steady-lines.ts';
import { checkTemplate } from './strict.ts';
import type { Rules } from './strict.ts';
import { mistake, placeOf } from './template-file.ts';

/** Where a query stands, and its text. */
export interface QueryText {
  path: string;
  query: string;
  firstLine: number;
}

/** `ident` and `lit` write a value or a list of values, `uri` a location, `columns` the contract's column names. */
const HELPERS: Rules['helpers'] = {
  ident: { arity: [1, 1] },
  lit: { arity: [1, 1] },
  uri: { arity: [1, 1] },
  columns: { arity: [0, 1] },
  eq: { arity: [2, 2], test: true },
};

/** Nothing is escaped, nothing may be missing, and no line break is taken away. */
export const RENDERING = { noEscape: true, strict: true, ignoreStandalone: true } as const;

/** Every mistake of the template that can be found before a contract and its parameters are settled. */
export function checkQuery(source: QueryText, values: ParameterValues): Diagnostic[] {
  const at = (line: number) => placeOf(source.path, line + source.firstLine - 1);
  const program = parse(source, at);
  if ('severity' in program) return [program];
  return [
    ...checkTemplate(program, values, { helpers: HELPERS, at }),
    ...checkLines(program, source.query, at),
  ];
}

/** The SQL text. `source` has passed `checkQuery`; a value that a helper refuses is an `input` error. */
export function renderQuery(source: QueryText, contract: TableContract, values: ParameterValues): string {
  const engine = Handlebars.create();
  engine.registerHelper({
    ident: sqlIdentifier,
    lit: sqlLiteral,
    uri: sqlUri,
    columns: (...args: unknown[]) => columnsOf(contract, args.length > 1 ? String(args[0]) : undefined),
    eq: (left: unknown, right: unknown) => left === right,
  });
  const program = keepLines(Handlebars.parse(source.query, RENDERING));
  const knownHelpers = Object.fromEntries(Object.keys(HELPERS).map((name) => [name, true]));
  return engine.compile(program, { ...RENDERING, knownHelpersOnly: true, knownHelpers })(values);
}

/** What a query's SQL does besides reading. Line numbers are those of the template. */
export function checkReading(source: QueryText, sql: string): Diagnostic[] {
  return forbiddenIn(sql).map(({ line, message, hint }) =>
    mistake(placeOf(source.path, line + source.firstLine - 1), message, hint),
  );
}

function columnsOf({ columns }: TableContract, alias: string | undefined): string {
  return columns
    .map(({ name }) => (alias === undefined ? name : `${sqlIdentifier(alias)}.${name}`))
    .join(', ');
}

function parse(source: QueryText, at: (line: number) => string): hbs.AST.Program | Diagnostic {
  try {
    return Handlebars.parse(source.query, RENDERING);
  } catch (error) {
    return parseMistake(error, at);
  }
}

/** Handlebars' own complaint as one line with its place. */
export function parseMistake(error: unknown, at: (line: number) => string): Diagnostic {
  const text = messageOf(error);
  const found = /on line (\d+)|- (\d+):\d+$/.exec(text);
  const line = found?.[1] ?? found?.[2];
  const [first = '', ...rest] = text.split('\n');
  const expected = rest.findLast((part) => part.startsWith('Expecting'))?.replaceAll("'", '');
  return mistake(
    at(line === undefined ? 1 : Number(line)),
    `not a Handlebars template: ${expected ?? first}`,
    'write \\{{ for a {{ that is meant literally',
  );
}

/** A mistake that only a value revealed, as a diagnostic; any other error is thrown again. */
export function renderMistake(error: unknown, source: QueryText): Diagnostic {
  if (!(error instanceof LandfallError)) throw error;
  return mistake(placeOf(source.path, source.firstLine), error.message);
}
