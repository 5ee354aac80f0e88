/** From the keys of one value in sample.yaml to the way it is made, or to what is wrong with them. */
import type { CodePart, Generator, Range, Scalar, TextPart } from './sample.ts';
import type { GeneratorFile } from './sample-shape.ts';

type Kind =
  | 'choice'
  | 'some_of'
  | 'number'
  | 'sequence'
  | 'text'
  | 'code'
  | 'from'
  | 'row_of'
  | 'moment'
  | 'walk'
  | 'time';
type Key = keyof GeneratorFile;

/** The keys that each kind has besides its own. */
const BESIDES: Readonly<Record<Kind, readonly Key[]>> = {
  choice: ['weights'],
  some_of: ['count'],
  number: ['digits'],
  sequence: [],
  text: [],
  code: [],
  from: [],
  row_of: [],
  moment: [],
  walk: [],
  time: ['as'],
};
const KINDS = Object.keys(BESIDES) as Kind[];

export type ReadGenerator = { generator: Generator } | { key?: Key; message: string; hint?: string };

export function readGenerator(file: GeneratorFile): ReadGenerator {
  const keys = Object.keys(file) as Key[];
  const [kind, second] = KINDS.filter((one) => keys.includes(one));
  if (kind === undefined)
    return { message: 'nothing says how the value is made', hint: `use one of ${KINDS.join(', ')}` };
  if (second !== undefined)
    return { key: second, message: `a value has either ${kind} or ${second}, not both` };
  const stray = keys.find((key) => key !== kind && !BESIDES[kind].includes(key));
  if (stray !== undefined) return { key: stray, message: `${stray} cannot be combined with ${kind}` };
  return read(file);
}

function read(file: GeneratorFile): ReadGenerator {
  const {
    choice,
    weights,
    some_of,
    count,
    number,
    sequence,
    text,
    code,
    from,
    row_of,
    moment,
    walk,
    time,
    as,
  } = file;
  if (choice !== undefined) return readChoice(choice, weights);
  if (some_of !== undefined) return readSomeOf(some_of, count);
  if (number !== undefined) return { generator: { kind: 'number', range: number, digits: file.digits ?? 0 } };
  if (sequence !== undefined) return { generator: { kind: 'sequence', start: sequence } };
  if (text !== undefined) {
    const parts = readText(text);
    return parts === undefined
      ? { key: 'text', message: WRONG_TEXT }
      : { generator: { kind: 'text', parts } };
  }
  if (code !== undefined) {
    const parts = readCode(code);
    return parts === undefined
      ? { key: 'code', message: WRONG_CODE }
      : { generator: { kind: 'code', parts } };
  }
  if (from !== undefined) return { generator: { kind: 'from', reference: from } };
  if (row_of !== undefined) return { generator: { kind: 'row_of', rows: row_of } };
  if (moment !== undefined) return readMoment(moment);
  if (walk !== undefined) return readWalk(walk);
  return readTime(time, as);
}

const WRONG_CODE = 'expected text and sets of characters, such as TR[A-Z]{5}[0-9]{3}';
export const WRONG_TEXT = 'expected text and names in braces, such as Track {n} or {user.name}';

function readChoice(values: readonly Scalar[], weights?: readonly number[]): ReadGenerator {
  if (weights !== undefined && weights.length !== values.length)
    return { key: 'weights', message: `there are ${values.length} choices and ${weights.length} weights` };
  if (weights?.every((weight) => weight === 0) === true)
    return { key: 'weights', message: 'at least one weight must be more than 0' };
  const weighted = values.map((value, index) => ({ value, weight: weights?.[index] ?? 1 }));
  return { generator: { kind: 'choice', values: weighted } };
}

function readSomeOf(values: readonly Scalar[], count?: Range): ReadGenerator {
  if (count === undefined)
    return { key: 'some_of', message: 'some_of needs count, such as { from: 0, below: 3 }' };
  if (count.below > values.length + 1)
    return { key: 'count', message: `there are only ${values.length} values to choose from` };
  return { generator: { kind: 'some_of', values, count } };
}

function readTime(time: string | undefined, format: string | undefined): ReadGenerator {
  if (time === undefined || format === undefined)
    return {
      key: 'time',
      message: `time needs as: ${TIME_WORDS.join(', ')}, or a format such as %Y-%m-%d`,
    };
  if (isTimeFormat(format)) return { generator: { kind: 'time', of: time, format } };
  const hint = `known: ${TIME_WORDS.join(', ')}, and texts with ${TIME_CODES.join(' ')}`;
  return { key: 'as', message: `${format} is not a format of times`, hint };
}

/** `Track {n}` as pieces; undefined when a brace is not closed or holds no name. */
export function readText(text: string): TextPart[] | undefined {
  const parts: TextPart[] = [];
  for (const [piece, value] of text.matchAll(/\{([A-Za-z][\w.]*)\}|[^{}]+|[{}]/g)) {
    if (piece === '{' || piece === '}') return undefined;
    parts.push(value === undefined ? piece : { value });
  }
  return parts;
}

/** `TR[A-C]{2}` as pieces: TR, and two characters of ABC. */
function readCode(code: string): CodePart[] | undefined {
  const parts: CodePart[] = [];
  for (const [piece, set, count] of code.matchAll(/\[([^[\]]+)\](?:\{(\d{1,2})\})?|[^[\]{}]+|[[\]{}]/g)) {
    if (set !== undefined) {
      const characters = charactersOf(set);
      if (characters === '') return undefined;
      parts.push({ characters, count: count === undefined ? 1 : Number(count) });
    } else if (/^[[\]{}]$/.test(piece)) return undefined;
    else parts.push(piece);
  }
  return parts;
}

/** `A-C9` as `ABC9`. */
function charactersOf(set: string): string {
  return set.replace(/([A-Za-z0-9])-([A-Za-z0-9])/g, (_, first: string, last: string) => {
    const [from, to] = [first.charCodeAt(0), last.charCodeAt(0)];
    return Array.from({ length: Math.max(0, to - from + 1) }, (__, n) => String.fromCharCode(from + n)).join(
      '',
    );
  });
}

function readMoment({ from, below }: { from: string; below: string }): ReadGenerator {
  const range: Range | undefined = rangeOf(timeOf(from), timeOf(below));
  return range === undefined
    ? {
        key: 'moment',
        message:
          'expected two times in UTC, the first one earlier, such as 2018-11-01 and 2018-11-08T12:00:00Z',
      }
    : { generator: { kind: 'moment', range } };
}

const rangeOf = (from: number | undefined, below: number | undefined) =>
  from === undefined || below === undefined || from >= below ? undefined : { from, below };

function readWalk({ from, step }: { from: string; step: Range }): ReadGenerator {
  if (step.from < 0) return { key: 'walk', message: 'the step of a walk is not negative' };
  if (/^[A-Za-z][\w.]*$/.test(from)) return { generator: { kind: 'walk', from, step } };
  const start = timeOf(from);
  return start === undefined
    ? {
        key: 'walk',
        message: 'expected from: a time in UTC, such as 2018-11-01T00:00:00Z, or the name of one',
      }
    : { generator: { kind: 'walk', from: start, step } };
}

/** A day, or a time of UTC, as epoch milliseconds. */
function timeOf(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,3})?Z)?$/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

const TIME_WORDS = ['epoch_millis', 'epoch_seconds'];
const TIME_CODES = ['%Y', '%m', '%d', '%H', '%M', '%S'];

function isTimeFormat(format: string): boolean {
  const codes = format.match(/%.?/g) ?? [];
  return (
    TIME_WORDS.includes(format) || (codes.length > 0 && codes.every((code) => TIME_CODES.includes(code)))
  );
}
