/**
 * Makes a parsed template keep its line numbers: whichever branch of a block is taken, as many lines come out as the
 * template has, and what follows stays on its line. So line k of a rendered query is line k of its template.
 */
import Handlebars from 'handlebars';
import type { Diagnostic } from '../faults.ts';
import { mistake } from './template-file.ts';

/** Pads the branches not taken, in place; comments become the empty lines they stood on. */
export function keepLines(program: hbs.AST.Program): hbs.AST.Program {
  program.body = program.body.flatMap((statement) => {
    if (statement.type === 'CommentStatement') return blankLines(linesOfComment(statement));
    if (statement.type === 'BlockStatement') keepBlockLines(statement as hbs.AST.BlockStatement);
    return [statement];
  });
  return program;
}

function keepBlockLines(block: hbs.AST.BlockStatement): void {
  const taken = keepLines(block.program);
  const inverse = block.inverse as hbs.AST.Program | undefined;
  const other = keepLines(inverse ?? { ...taken, body: [] });
  const [before, after] = [linesOf(taken), linesOf(other)];
  if (before + after === 0) return;
  taken.body.push(...blankLines(after));
  other.body.unshift(...blankLines(before));
  // Handlebars reads it of each block that has another branch.
  if (inverse === undefined) block.inverseStrip = { open: false, close: false };
  block.inverse = other;
}

const linesOfComment = ({ loc }: hbs.AST.Statement) => loc.end.line - loc.start.line;

/** Line breaks that the program emits, whichever branches are taken. */
function linesOf(program: hbs.AST.Program): number {
  return program.body.reduce((sum, statement) => {
    if (statement.type === 'ContentStatement')
      return sum + newlines((statement as hbs.AST.ContentStatement).value);
    return statement.type === 'BlockStatement'
      ? sum + linesOf((statement as hbs.AST.BlockStatement).program)
      : sum;
  }, 0);
}

/** What would move lines in spite of the padding: tags over several lines, `~`, and loops over lines. */
export function checkLines(
  program: hbs.AST.Program,
  text: string,
  at: (line: number) => string,
): Diagnostic[] {
  const loops = blocksOf(program).filter((block) => nameOf(block) === 'each' && linesOf(block.program) > 0);
  const long = [...text.matchAll(/(?<!\\)\{\{(?!!)[^}]{0,2000}\n/g)].map(
    ({ index }) => newlines(text.slice(0, index)) + 1,
  );
  const strips = [...text.matchAll(/\{\{\{?~|~\}?\}\}/g)].map(
    ({ index }) => newlines(text.slice(0, index)) + 1,
  );
  return [
    ...long.map((line) =>
      mistake(at(line), 'a tag must stand on one line, so that Spark names the right one'),
    ),
    ...strips.map((line) => mistake(at(line), '~ would move the lines that follow', 'leave it out')),
    ...loops.map(({ loc }) =>
      mistake(at(loc.start.line), 'the body of #each must stand on one line with it'),
    ),
  ];
}

function blocksOf(program: hbs.AST.Program | undefined): hbs.AST.BlockStatement[] {
  return (program?.body ?? []).flatMap((statement) => {
    if (statement.type !== 'BlockStatement') return [];
    const block = statement as hbs.AST.BlockStatement;
    return [block, ...blocksOf(block.program), ...blocksOf(block.inverse)];
  });
}

const nameOf = ({ path }: hbs.AST.BlockStatement) => ('original' in path ? path.original : '');
const newlines = (text: string) => text.split('\n').length - 1;

function blankLines(count: number): hbs.AST.Statement[] {
  return Handlebars.parse('\n'.repeat(count)).body;
}
