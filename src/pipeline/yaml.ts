/** YAML with line numbers, checked against a shape; every mistake is reported with its file and line. */
import { LineCounter, isMap, isNode, isScalar, parseDocument, visit } from 'yaml';
import type { Document } from 'yaml';
import type { z } from 'zod';
import type { Diagnostic } from '../faults.ts';
import { nearest } from '../nearest.ts';
import { explaining, lacking, rootCauses } from './consequences.ts';
import { mistake, placeOf } from './template-file.ts';

/** Where a value stands: keys and indices from the document's root. */
export type ValuePath = readonly (string | number)[];

/** Names the place of a value, `file:line`. A value that is absent is placed where its nearest ancestor stands. */
export type Locate = (path: ValuePath) => string;

/** The file's line of a value; of an absent one, that of its nearest ancestor. */
export type LineOf = (path: ValuePath) => number;

export interface YamlText {
  /** Relative to the template folder. */
  path: string;
  text: string;
  /** The file's line of the text's first line. */
  firstLine: number;
}

/** What was read; `value` is absent when there are mistakes. */
export interface YamlRead<T> {
  value?: T;
  locate: Locate;
  lineOf: LineOf;
  diagnostics: Diagnostic[];
}

export function readYaml<T>(source: YamlText, shape: z.ZodType<T>): YamlRead<T> {
  const lines = new LineCounter();
  const document = parseDocument(source.text, { lineCounter: lines, prettyErrors: true });
  const lineAt = (offset: number) => lines.linePos(offset).line + source.firstLine - 1;
  const lineOf: LineOf = (path) => lineAt(offsetOf(document, path));
  const locate: Locate = (path) => placeOf(source.path, lineOf(path));
  if (document.errors.length > 0) {
    const diagnostics = document.errors.map((error) =>
      mistake(placeOf(source.path, lineAt(error.pos[0])), firstLineOf(error.message)),
    );
    return { locate, lineOf, diagnostics };
  }
  const refused = passedOver(document, (offset) => placeOf(source.path, lineAt(offset)));
  if (refused.length > 0) return { locate, lineOf, diagnostics: refused };
  const read = shape.safeParse(document.toJS());
  if (read.success) return { value: read.data, locate, lineOf, diagnostics: [] };
  const text: Text = { locate, valueAt: (path) => document.getIn(path) };
  const found = read.error.issues.flatMap((issue) => explain(issue, shape, text));
  return { locate, lineOf, diagnostics: rootCauses(found) };
}

interface Text {
  locate: Locate;
  valueAt: (path: ValuePath) => unknown;
}

export const wordOfJavaScript = (name: string) => `${name} is a word of JavaScript; choose another name`;

/** Keys that zod silently ignores: each would be an unreported mistake. */
function passedOver(document: Document.Parsed, placeAt: (offset: number) => string): Diagnostic[] {
  const found: Diagnostic[] = [];
  visit(document, {
    Pair: (_, { key }) => {
      if (isScalar(key) && key.value === '__proto__')
        found.push(mistake(placeAt(key.range?.[0] ?? 0), wordOfJavaScript(key.value)));
    },
  });
  return found;
}

function explain(issue: z.core.$ZodIssue, shape: z.ZodType, text: Text): Diagnostic[] {
  const { locate } = text;
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(shape, path);
    return issue.keys.map((key) => {
      const near = nearest(key, known);
      const meant = near === undefined ? [] : [dotted([...path, near])];
      const unknown = mistake(
        locate([...path, key]),
        `unknown key ${dotted([...path, key])}`,
        didYouMean(key, known),
      );
      return explaining(meant, unknown);
    });
  }
  const branch = issue.code === 'invalid_union' ? branchMeant(issue.errors) : undefined;
  if (branch === undefined) {
    const near = nearestChoice(issue, text.valueAt(path));
    const words = wording(issue);
    const wrong = mistake(locate(path), `${dotted(path)}: ${words}`, near);
    return [words.startsWith('is missing') ? lacking([dotted(path)], wrong) : wrong];
  }
  return branch.flatMap((inner) => explain({ ...inner, path: [...issue.path, ...inner.path] }, shape, text));
}

/** A hint that names the word that was probably meant, where only some are allowed. */
function nearestChoice(issue: z.core.$ZodIssue, value: unknown): string | undefined {
  const { values, options } = issue as { values?: unknown; options?: unknown };
  const choices = [values, options].find(Array.isArray)?.map(String) ?? [];
  const near = typeof value === 'string' ? nearest(value, choices) : undefined;
  return near === undefined ? undefined : `did you mean ${near}?`;
}

/** Of the ways a value could have been valid, the one it looks like: the first that it is the right kind of thing for. */
function branchMeant(
  branches: readonly (readonly z.core.$ZodIssue[])[],
): readonly z.core.$ZodIssue[] | undefined {
  const sameKind = (issue: z.core.$ZodIssue) => issue.path.length > 0 || issue.code === 'unrecognized_keys';
  return branches.find((issues) => issues.every(sameKind)) ?? branches[0];
}

function wording(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key') return issue.issues.map(wording).join('; ');
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options))
    return `expected one of ${issue.options.join(', ')}`;
  const message = issue.message.replace(/^Invalid (input|option): /, '').replaceAll('"|"', '", "');
  return message === 'expected nonoptional, received undefined' || message.endsWith('received undefined')
    ? `is missing (${message.replace(', received undefined', '')})`
    : message;
}

/** The keys that the shape knows at a path; of alternatives, the keys of all. */
function keysAt(shape: z.core.$ZodType, path: ValuePath): string[] {
  const def: z.core.$ZodTypeDef & Record<string, unknown> = { ...shape._zod.def };
  const inside = (child: unknown, rest: ValuePath) => keysAt(child as z.core.$ZodType, rest);
  if (Array.isArray(def['options']))
    return [...new Set(def['options'].flatMap((option) => inside(option, path)))];
  if (def['innerType'] !== undefined) return inside(def['innerType'], path);
  const [head, ...rest] = path;
  if (def.type === 'object') {
    const fields = def['shape'] as Record<string, unknown>;
    if (head === undefined) return Object.keys(fields);
    return Object.hasOwn(fields, head) ? inside(fields[head], rest) : [];
  }
  if (head === undefined) return [];
  if (def.type === 'array') return inside(def['element'], rest);
  return def.type === 'record' ? inside(def['valueType'], rest) : [];
}

/** A hint that names the nearest valid name, or lists them all when none is near. */
export function didYouMean(name: string, candidates: readonly string[]): string | undefined {
  const near = nearest(name, candidates);
  if (near !== undefined) return `did you mean ${near}?`;
  return candidates.length === 0 ? undefined : `known: ${candidates.join(', ')}`;
}

function offsetOf(document: Document.Parsed, path: ValuePath): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(last))
      : undefined;
    const node = pair?.key ?? document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range[0] ?? 0;
}

function dotted(path: ValuePath): string {
  if (path.length === 0) return 'the document';
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
}

const firstLineOf = (text: string) => text.split('\n', 1).join('').replace(/:$/, '');
