/**
 * Stricter than Handlebars' own strict mode: every undeclared name, anywhere, is a mistake with its line. Templates
 * are checked against the very values that they will be rendered with.
 */
import type { Diagnostic } from '../faults.ts';
import { mistake } from './template-file.ts';
import { didYouMean } from './yaml.ts';

/** What a template may use, and how its lines are named. */
export interface Rules {
  /** Helpers by name, with the fewest and the most arguments they take. */
  helpers: Readonly<Record<string, { arity: readonly [number, number]; test?: true }>>;
  /** Names a line of the template. */
  at: (line: number) => string;
}

/** The values in sight, innermost first; `@index` and its like only inside `#each`. */
interface Scope {
  value: unknown;
  outer?: Scope;
}

const BLOCKS = ['if', 'unless', 'each'];
const LOOP_DATA = ['index', 'first', 'last', 'key'];

/** Every mistake of a template, in the order of its lines. */
export function checkTemplate(program: hbs.AST.Program, values: unknown, rules: Rules): Diagnostic[] {
  return checkProgram(program, { value: values }, rules);
}

function checkProgram(program: hbs.AST.Program | undefined, scope: Scope, rules: Rules): Diagnostic[] {
  return (program?.body ?? []).flatMap((statement) => checkStatement(statement, scope, rules));
}

function checkStatement(statement: hbs.AST.Statement, scope: Scope, rules: Rules): Diagnostic[] {
  switch (statement.type) {
    case 'ContentStatement':
    case 'CommentStatement':
      return [];
    case 'MustacheStatement':
      return checkMustache(statement as hbs.AST.MustacheStatement, scope, rules);
    case 'BlockStatement':
      return checkBlock(statement as hbs.AST.BlockStatement, scope, rules);
    default:
      return [wrong(statement, rules, 'partials and decorators are not supported')];
  }
}

function checkMustache(mustache: hbs.AST.MustacheStatement, scope: Scope, rules: Rules): Diagnostic[] {
  const name = nameOf(mustache.path);
  const helper = Object.hasOwn(rules.helpers, name) ? rules.helpers[name] : undefined;
  if (helper?.test === true) return [wrong(mustache, rules, `${name} belongs in (${name} ...) of an #if`)];
  if (helper !== undefined || mustache.params.length > 0) return checkCall(mustache, scope, rules);
  const unresolved = checkExpression(mustache.path, scope, rules);
  if (unresolved.length > 0) return unresolved;
  const writers = Object.keys(rules.helpers).filter((other) => rules.helpers[other]?.test !== true);
  return [wrong(mustache, rules, `${name} is written without a helper`, `say how: ${writers.join(', ')}`)];
}

function checkBlock(block: hbs.AST.BlockStatement, scope: Scope, rules: Rules): Diagnostic[] {
  const name = nameOf(block.path);
  if (!BLOCKS.includes(name))
    return [wrong(block, rules, `unknown block #${name}`, `known: ${BLOCKS.join(', ')}`)];
  const [subject] = block.params;
  if (
    subject === undefined ||
    block.params.length > 1 ||
    (block.hash as hbs.AST.Hash | undefined) !== undefined
  )
    return [wrong(block, rules, `#${name} takes one argument`)];
  const unresolved = checkExpression(subject, scope, rules);
  const inner = name === 'each' ? elementScope(subject, scope) : scope;
  if (name === 'each' && inner === undefined && unresolved.length === 0)
    return [wrong(block, rules, `#each needs a list, and ${nameOf(subject)} is not one`)];
  return [
    ...unresolved,
    ...(inner === undefined ? [] : checkProgram(block.program, inner, rules)),
    ...checkProgram(block.inverse, scope, rules),
  ];
}

/** The first element represents all: values of one list have one shape. */
function elementScope(subject: hbs.AST.Expression, scope: Scope): Scope | undefined {
  const list =
    subject.type === 'PathExpression' ? resolve(subject as hbs.AST.PathExpression, scope).value : undefined;
  return Array.isArray(list) ? { value: list[0] as unknown, outer: scope } : undefined;
}

function checkCall(
  call: hbs.AST.MustacheStatement | hbs.AST.SubExpression,
  scope: Scope,
  rules: Rules,
): Diagnostic[] {
  const name = nameOf(call.path);
  const helper = Object.hasOwn(rules.helpers, name) ? rules.helpers[name] : undefined;
  if (helper === undefined)
    return [wrong(call, rules, `unknown helper ${name}`, didYouMean(name, Object.keys(rules.helpers)))];
  const [fewest, most] = helper.arity;
  const count = call.params.length;
  const miscounted =
    count < fewest || count > most || (call.hash as hbs.AST.Hash | undefined) !== undefined
      ? [wrong(call, rules, `${name} takes ${fewest === most ? fewest : `${fewest} to ${most}`} arguments`)]
      : [];
  return [...miscounted, ...call.params.flatMap((param) => checkExpression(param, scope, rules))];
}

function checkExpression(expression: hbs.AST.Expression, scope: Scope, rules: Rules): Diagnostic[] {
  switch (expression.type) {
    case 'SubExpression':
      return checkCall(expression as hbs.AST.SubExpression, scope, rules);
    case 'PathExpression':
      return checkPath(expression as hbs.AST.PathExpression, scope, rules);
    case 'UndefinedLiteral':
    case 'NullLiteral':
      return [wrong(expression, rules, 'undefined and null are not supported')];
    default:
      return [];
  }
}

function checkPath(path: hbs.AST.PathExpression, scope: Scope, rules: Rules): Diagnostic[] {
  if (path.data) {
    const known =
      scope.outer !== undefined &&
      path.parts.length === 1 &&
      path.parts.every((part) => LOOP_DATA.includes(part));
    return known ? [] : [wrong(path, rules, `unknown name ${path.original}`)];
  }
  const found = resolve(path, scope);
  if (found.value !== undefined) return [];
  return [wrong(path, rules, `unknown name ${path.original}`, didYouMean(found.missing, found.known))];
}

/** The value of a path; where there is none, the part that is missing and what is there instead. */
function resolve(
  path: hbs.AST.PathExpression,
  scope: Scope,
): { value: unknown; missing: string; known: readonly string[] } {
  let value = scopeAt(scope, path.depth)?.value;
  for (const part of path.parts) {
    const known =
      typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
    if (!known.includes(part)) return { value: undefined, missing: part, known };
    value = (value as Record<string, unknown>)[part];
  }
  return { value: value ?? undefined, missing: path.original, known: [] };
}

function scopeAt(scope: Scope | undefined, depth: number): Scope | undefined {
  return depth === 0 ? scope : scopeAt(scope?.outer, depth - 1);
}

function nameOf(expression: hbs.AST.Expression): string {
  return 'original' in expression ? String(expression.original) : expression.type;
}

function wrong(node: hbs.AST.Node, rules: Rules, message: string, hint?: string): Diagnostic {
  return mistake(rules.at(node.loc.start.line), message, hint);
}
