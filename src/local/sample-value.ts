/** One value of a sample's row, made as its description says. */
import { LandfallError } from '../faults.ts';
import { namedBy } from '../pipeline/sample-names.ts';
import type { Generator, Scalar, TextPart } from '../pipeline/sample.ts';
import { present } from '../present.ts';
import { between, pick, pickWeighted } from '../dice.ts';
import type { Dice } from '../dice.ts';
import { timeText } from './time-text.ts';

export type Value = Scalar | readonly Scalar[] | Row;
export type Values = ReadonlyMap<string, Value>;

export interface Row {
  values: Map<string, Value>;
  /** Names of the values that are written. */
  fields: readonly string[];
}

/** What the values of the rows of one parent share. */
export interface Making {
  dice: Dice;
  /** Rows so far, by kind. */
  made: ReadonlyMap<string, readonly Row[]>;
  /** The newest value of each sequence and walk. */
  last: Map<Generator, number>;
}

export function valueOf(generator: Generator, values: Values, making: Making): Value {
  const { dice, made, last } = making;
  switch (generator.kind) {
    case 'constant':
      return generator.value;
    case 'choice':
      return pickWeighted(dice, generator.values).value;
    case 'some_of': {
      const count = between(dice, generator.count.from, generator.count.below);
      return choose(dice, generator.values, count);
    }
    case 'number': {
      const { range, digits } = generator;
      const scale = 10 ** digits;
      return between(dice, Math.ceil(range.from * scale), Math.ceil(range.below * scale)) / scale;
    }
    case 'sequence': {
      const before = last.get(generator);
      return remember(last, generator, before === undefined ? generator.start : before + 1);
    }
    case 'text':
      return textOf(generator.parts, values);
    case 'code':
      return generator.parts
        .map((part) => (typeof part === 'string' ? part : characters(dice, part)))
        .join('');
    case 'from':
      return lookUp(generator.reference, values);
    case 'row_of': {
      const rows = rowsOf(made, generator.rows);
      if (rows.length > 0) return pick(dice, rows);
      throw new LandfallError('input', `the sample has no rows ${generator.rows} to choose from`, {
        why: ['sample.yaml: their count came out as 0'],
        next: 'describe at least one',
      });
    }
    case 'moment':
      return between(dice, generator.range.from, generator.range.below);
    case 'walk': {
      const { from, step } = generator;
      const before = last.get(generator) ?? (typeof from === 'number' ? from : timeOf(from, values));
      return remember(last, generator, before + between(dice, step.from * 1000, step.below * 1000));
    }
    case 'time':
      return timeText(timeOf(generator.of, values), generator.format);
  }
}

/** The text; null when one of its values is null. */
export function textOf(parts: readonly TextPart[], values: Values): string | null {
  const texts = parts.map((part) => (typeof part === 'string' ? part : lookUp(part.value, values)));
  return texts.includes(null) ? null : texts.map(String).join('');
}

function remember(last: Making['last'], generator: Generator, value: number): number {
  last.set(generator, value);
  return value;
}

export function rowsOf<T>(made: ReadonlyMap<string, T>, name: string): T {
  return present(made.get(name), `rows ${name}`);
}

/** `count` of the values, in their order. */
function choose(dice: Dice, values: readonly Scalar[], count: number): Scalar[] {
  const left = [...values.keys()];
  const chosen = Array.from({ length: count }, () => left.splice(between(dice, 0, left.length), 1)[0]);
  return values.filter((_, index) => chosen.includes(index));
}

const characters = (dice: Dice, { characters: set, count }: { characters: string; count: number }) =>
  Array.from({ length: count }, () => set.charAt(between(dice, 0, set.length))).join('');

function timeOf(reference: string, values: Values): number {
  const time = lookUp(reference, values);
  if (typeof time !== 'number') throw new Error(`${reference} is not a time`);
  return time;
}

function lookUp(reference: string, values: Values): Value {
  const found = namedBy(reference, values, (row, inner) =>
    isRow(row) ? lookUp(inner, row.values) : undefined,
  );
  if (found === undefined) throw new Error(`no value ${reference}`);
  return found;
}

const isRow = (value: Value): value is Row =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
