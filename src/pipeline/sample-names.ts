/** What the names in sample.yaml stand for, and whether a value may use them. */
import type { Diagnostic } from '../faults.ts';
import type { Generator } from './sample.ts';
import { mistake } from './template-file.ts';
import { didYouMean } from './yaml.ts';
import type { Locate, ValuePath } from './yaml.ts';

/** A value that a text can hold, or something that must be used in another way; `broken` when there is a mistake in it. */
export type Meaning = 'value' | 'list' | 'time' | 'broken' | { row: Names };
export type Names = ReadonlyMap<string, Meaning>;

export interface KnownRows {
  names: Names;
  /** The names that are written. */
  fields: readonly string[];
}

/** sample.yaml while it is read. */
export interface Reading {
  locate: Locate;
  /** The rows that come before, by name. */
  rows: Map<string, KnownRows>;
  diagnostics: Diagnostic[];
}

/** Where a value stands, and which names it may use. */
export interface Scope {
  at: ValuePath;
  names: Map<string, Meaning>;
  reading: Reading;
}

/** The place of something inside. */
export const inside = (scope: Scope, ...keys: ValuePath): Scope => ({ ...scope, at: [...scope.at, ...keys] });

export function addMistake(
  { locate, diagnostics }: Reading,
  at: ValuePath,
  message: string,
  hint?: string,
): void {
  diagnostics.push(mistake(locate(at), message, hint));
}

export function unknownRows(name: string, at: ValuePath, reading: Reading): void {
  addMistake(reading, at, `no rows named ${name} come before it`, didYouMean(name, [...reading.rows.keys()]));
}

/** What the value is; undefined, with a diagnostic, when it refers to something that it cannot use. */
export function meaningOf(generator: Generator, scope: Scope): Meaning | undefined {
  const { at, reading } = scope;
  const refers = (reference: string, key: string, wanted: readonly Meaning[]) =>
    resolve(reference, wanted, inside(scope, key));
  switch (generator.kind) {
    case 'constant':
    case 'choice':
    case 'number':
    case 'sequence':
    case 'code':
      return 'value';
    case 'some_of':
      return 'list';
    case 'moment':
      return 'time';
    case 'text': {
      const values = generator.parts.flatMap((part) => (typeof part === 'string' ? [] : [part.value]));
      return values.every((value) => refers(value, 'text', ['value']) !== undefined) ? 'value' : undefined;
    }
    case 'from':
      return refers(generator.reference, 'from', ['value', 'list']);
    case 'time':
      return refers(generator.of, 'time', ['time']) === undefined ? undefined : 'value';
    case 'walk':
      return typeof generator.from === 'number' ? 'time' : refers(generator.from, 'walk', ['time']);
    case 'row_of': {
      const row = reading.rows.get(generator.rows);
      if (row === undefined) unknownRows(generator.rows, [...at, 'row_of'], reading);
      return row === undefined ? undefined : { row: row.names };
    }
  }
}

/** What a reference stands for; undefined, with a diagnostic, when it is none of what is wanted. */
export function resolve(
  reference: string,
  wanted: readonly Meaning[],
  { at, names, reading }: { at: ValuePath; names: Names; reading: Reading },
): Meaning | undefined {
  const meaning = lookUp(reference, names);
  if (meaning === undefined) {
    addMistake(
      reading,
      at,
      `no earlier value is named ${reference}`,
      didYouMean(reference, references(names)),
    );
    return undefined;
  }
  if (wanted.includes(meaning)) return meaning;
  if (meaning === 'broken') return undefined;
  if (typeof meaning === 'object') {
    const example = [...meaning.row.keys()][0];
    const hint =
      example === undefined ? undefined : `name one of its values, such as ${reference}.${example}`;
    addMistake(reading, at, `${reference} is a row`, hint);
  } else if (meaning === 'time')
    addMistake(reading, at, `${reference} is a time`, `use { time: ${reference}, as: ... }`);
  else if (meaning === 'list')
    addMistake(reading, at, `${reference} is a list, which cannot be part of a text`);
  else addMistake(reading, at, `${reference} is not a time`, 'times are made by moment and walk');
  return undefined;
}

/** What a reference names: `NAME` in the row itself, or `NAME.INNER`, which `within` finds in the row called `NAME`. */
export function namedBy<Named>(
  reference: string,
  names: ReadonlyMap<string, Named>,
  within: (row: Named, inner: string) => Named | undefined,
): Named | undefined {
  const own = names.get(reference);
  if (own !== undefined) return own;
  const dot = reference.indexOf('.');
  const row = names.get(reference.slice(0, dot));
  return row === undefined ? undefined : within(row, reference.slice(dot + 1));
}

function lookUp(reference: string, names: Names): Meaning | undefined {
  return namedBy(reference, names, (row, inner) => {
    if (row === 'broken') return row;
    return typeof row === 'object' ? lookUp(inner, row.row) : undefined;
  });
}

/** What a value may refer to, as far as one dot reaches. */
function references(names: Names): string[] {
  return [...names].flatMap(([name, meaning]) =>
    typeof meaning === 'object' ? [...meaning.row.keys()].map((inner) => `${name}.${inner}`) : [name],
  );
}
