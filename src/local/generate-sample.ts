/** Generates the sample data that a pipeline describes. Pure: the same description, the same files. */
import { LandfallError } from '../faults.ts';
import type { GeneratedRows, Generators, SampleData, SampleFiles } from '../pipeline/sample.ts';
import { between, diceOf, pickWeighted } from '../dice.ts';
import type { Dice } from '../dice.ts';
import { rowsOf, textOf, valueOf } from './sample-value.ts';
import type { Making, Row } from './sample-value.ts';

export interface SampleFile {
  /** The name of the source, then the file's path below its folder. */
  path: string;
  text: string;
}

const MOST_ROWS = 200_000;

export function generateSample({ seed, rows, files }: SampleData): SampleFile[] {
  const dice = diceOf(seed);
  const made = new Map<string, Row[]>();
  let left = MOST_ROWS;
  for (const kind of rows) {
    const all = kind.kind === 'given' ? kind.rows.map(givenRow) : makeRows(kind, made, dice, left);
    left -= all.length;
    made.set(kind.name, all);
  }
  const lines = new Map<string, string[]>();
  for (const one of files) addLines(one, rowsOf(made, one.rows), lines);
  return [...lines].map(([path, text]) => ({ path, text: text.join('\n') }));
}

const givenRow = (row: Readonly<Record<string, string | number | boolean | null>>): Row => ({
  values: new Map(Object.entries(row)),
  fields: Object.keys(row),
});

function makeRows(kind: GeneratedRows, made: ReadonlyMap<string, Row[]>, dice: Dice, most: number): Row[] {
  const { name, count, forEach } = kind;
  const all: Row[] = [];
  const parents = forEach === undefined ? [undefined] : rowsOf(made, forEach);
  for (const parent of parents) {
    const outer: Row['values'] = new Map(
      forEach === undefined || parent === undefined ? [] : [[forEach, parent]],
    );
    const making: Making = { dice, made, last: new Map() };
    const wanted = between(dice, count.from, count.below);
    if (all.length + wanted > most)
      throw new LandfallError('input', `the sample has more than ${MOST_ROWS} rows`, {
        why: [`sample.yaml: too many rows ${name}`],
        next: 'describe fewer',
      });
    for (let n = 0; n < wanted; n += 1) all.push(makeRow(kind, outer, making));
  }
  return all;
}

function makeRow({ hidden, fields, cases }: GeneratedRows, outer: Row['values'], making: Making): Row {
  const values = new Map(outer);
  const make = (generators: Generators) => {
    for (const [name, generator] of Object.entries(generators))
      values.set(name, valueOf(generator, values, making));
  };
  make(hidden);
  const chosen = cases.length === 0 ? undefined : pickWeighted(making.dice, cases);
  make({ ...fields, ...chosen?.fields });
  return { values, fields: Object.keys(fields) };
}

/** The rows as lines of their files; every so often a line is followed by one that repeats it. */
function addLines(
  { source, path, repeats }: SampleFiles,
  rows: readonly Row[],
  lines: Map<string, string[]>,
): void {
  for (const [index, row] of rows.entries()) {
    const place = `${source}/${checkedPath(textOf(path, row.values))}`;
    const written = objectOf(row);
    const file = lines.get(place) ?? [];
    lines.set(place, file);
    file.push(JSON.stringify(nested(written)));
    for (const { every, with: changes, cut } of repeats) {
      if ((index + 1) % every !== 0) continue;
      const text = JSON.stringify(nested(new Map([...written, ...Object.entries(changes)])));
      file.push(cut ? text.slice(0, text.length / 2) : text);
    }
  }
}

function checkedPath(path: string | null): string {
  if (path?.split('/').every((part) => /^[^\s._/\\\p{Cc}][^/\\\p{Cc}]*$/u.test(part)) === true) return path;
  throw new LandfallError('input', `the sample has a file with the path ${JSON.stringify(path)}`, {
    why: ['sample.yaml: no part of a path may be empty, or begin with a blank, "." or "_"'],
    next: 'describe another path',
  });
}

const objectOf = ({ values, fields }: Row) =>
  new Map<string, unknown>(fields.map((name) => [name, values.get(name)]));

/** `{ "actor.login": "a" }` as `{ "actor": { "login": "a" } }`. */
function nested(fields: ReadonlyMap<string, unknown>): unknown {
  const children = new Map<string, Map<string, unknown>>();
  const entries = new Map<string, unknown>();
  for (const [path, value] of fields) {
    const dot = path.indexOf('.');
    if (dot === -1) {
      entries.set(path, value);
      continue;
    }
    const head = path.slice(0, dot);
    const child = children.get(head) ?? new Map<string, unknown>();
    children.set(head, child.set(path.slice(dot + 1), value));
    entries.set(head, undefined);
  }
  for (const [head, child] of children) entries.set(head, nested(child));
  return Object.fromEntries(entries);
}
