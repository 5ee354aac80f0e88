/** What values may look like: each type reads a text, or says in a few words what is wrong with it. */
import { resolve } from 'node:path';
import { present } from '../present.ts';
import { parseLocation } from './location.ts';
import type { Parsed, ValueType } from './value-type.ts';

/** How many of the smallest unit each unit is. */
type Units = Readonly<Record<string, number>>;

const MINUTE = 60;
const UNITS: Units = {
  s: 1,
  sec: 1,
  m: MINUTE,
  min: MINUTE,
  h: 60 * MINUTE,
};
const SIZES: Units = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

export const text: ValueType<string> = { name: 'text', parse: (value) => ({ value }) };

/** A plain string here; the reader wraps it before anything else sees it. */
export const credential: ValueType<string> = {
  name: 'secret',
  parse: (value) => (/\s/.test(value) ? { problem: 'a credential contains no blanks' } : { value }),
};

export const location: ValueType<string> = { name: 's3:// URI or folder', parse: parseLocation };

/** An absolute path; relative ones start where the value was written. */
export const path: ValueType<string> = {
  name: 'path',
  parse: (value, base) => ({ value: resolve(base.folder, value) }),
};

export const url: ValueType<string> = {
  name: 'http(s) URL',
  parse(value) {
    if (!/^https?:\/\//i.test(value) || !URL.canParse(value))
      return { problem: 'not an http:// or https:// URL' };
    const { username, password } = new URL(value);
    if (username + password !== '')
      return { problem: 'has credentials in it', hint: 'leave them out of the URL' };
    return { value: value.replace(/(?<!\/)\/+$/, '') };
  },
};

export const yesNo: ValueType<boolean> = {
  name: 'yes or no',
  parse(value) {
    if (/^(yes|true|on|1)$/i.test(value)) return { value: true };
    if (/^(no|false|off|0)$/i.test(value)) return { value: false };
    return { problem: 'neither yes nor no' };
  },
};

export function wholeNumber(min: number, max: number): ValueType<number> {
  return {
    name: 'whole number',
    parse: (value) =>
      /^[+-]?\d+$/.test(value) ? within(Number(value), min, max) : { problem: 'not a whole number' },
  };
}

/** 1 where no unit is written. */
function unitOf(units: Units, written: string | undefined): number {
  return written === undefined ? 1 : present(units[written], `unit ${written}`);
}

/** Whole seconds; `10 min` and `1 h` are understood. */
export function seconds(min: number, max: number): ValueType<number> {
  return {
    name: 'seconds',
    parse(value) {
      const match = /^(\d+)\s*(s|sec|m|min|h)?$/i.exec(value);
      if (match === null) return { problem: 'not a time in seconds', hint: 'write 600, 10 min or 1 h' };
      return within(Number(match[1]) * unitOf(UNITS, match[2]?.toLowerCase()), min, max);
    },
  };
}

/** Bytes; KB, MB and GB are powers of 1024, as Spark has them. */
export function bytes(min: number, max: number): ValueType<number> {
  return {
    name: 'size',
    parse(value) {
      const match = /^(\d+(?:\.\d+)?)\s*(b|[kmg]i?b?)?$/i.exec(value);
      if (match === null) return { problem: 'not a size', hint: 'write 256 MB or 1 GB' };
      const unit = unitOf(SIZES, match[2]?.slice(0, 1).toLowerCase());
      return within(Math.round(Number(match[1]) * unit), min, max);
    },
  };
}

/** A share between 0 and 1, written `1%` or `0.01`. */
export const share: ValueType<number> = {
  name: 'share',
  parse(value) {
    const match = /^(\d+(?:\.\d+)?|\.\d+)\s*(%?)$/.exec(value);
    if (match === null) return { problem: 'not a share', hint: 'write 1% or 0.01' };
    if (match[2] !== '%' && value === '1')
      return { problem: 'could mean 1% or all', hint: 'write 1% or 100%' };
    const number = Number(match[1]) / (match[2] === '%' ? 100 : 1);
    return number <= 1 ? { value: number } : { problem: 'more than all', hint: 'write 1% or 0.01' };
  },
};

export function oneOf<const T extends string>(...choices: T[]): ValueType<T> {
  return {
    name: choices.join(' or '),
    parse(value) {
      const chosen = choices.find((choice) => choice.toLowerCase() === value.toLowerCase());
      return chosen === undefined ? { problem: `not one of ${choices.join(', ')}` } : { value: chosen };
    },
  };
}

/** A list of some of these words, each once, in the order given. */
export function someOf(words: readonly string[]): ValueType<string[]> {
  return {
    name: `some of ${words.join(', ')}`,
    manyLines: true,
    parse(value) {
      const given = value.split(',').map((word) => word.trim());
      const list = given.map((word) => words.find((known) => known.toLowerCase() === word.toLowerCase()));
      const strange = given.find((_, at) => list[at] === undefined);
      if (strange !== undefined)
        return { problem: `${JSON.stringify(strange)} is not one of ${words.join(', ')}` };
      return new Set(list).size < list.length
        ? { problem: 'names a word twice' }
        : { value: list.filter((word) => word !== undefined) };
    },
  };
}

export function pattern(name: string, shape: RegExp, example: string): ValueType<string> {
  return {
    name,
    parse: (value) =>
      shape.test(value) ? { value } : { problem: `not ${name}`, hint: `such as ${example}` },
  };
}

/** `key=value, key=value`; the limits are EC2's. */
export const tags: ValueType<Readonly<Record<string, string>>> = {
  name: 'key=value, ...',
  manyLines: true,
  parse(value) {
    const pairs: [string, string][] = [];
    for (const part of value.split(',')) {
      const at = part.indexOf('=');
      const key = part.slice(0, Math.max(at, 0)).trim();
      if (key === '') return { problem: 'not key=value pairs with commas between them' };
      if (key.length > 128 || /^(aws|landfall):/i.test(key))
        return { problem: 'has a tag key that may not be used' };
      if (pairs.some(([other]) => other === key)) return { problem: 'has a tag key twice' };
      pairs.push([key, part.slice(at + 1).trim()]);
    }
    return { value: Object.fromEntries(pairs) };
  },
};

function within(value: number, min: number, max: number): Parsed<number> {
  return value >= min && value <= max ? { value } : { problem: `not between ${min} and ${max}` };
}
