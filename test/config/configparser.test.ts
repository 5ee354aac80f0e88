/** The rules of Python's configparser, against the real one. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseLines } from '../../src/config/configparser.ts';
import { readIni } from '../../src/config/ini-file.ts';
import { linesOf, resolveText } from './resolve.ts';

/** Reads each text as existing projects do; null if Python refuses it. */
const PYTHON = `
import configparser, json, sys
def read(text, raw):
    parser = configparser.ConfigParser()
    try:
        parser.read_string(text)
        return [[s, k, parser.get(s, k, raw=raw)] for s in parser.sections() for k in parser.options(s)]
    except configparser.Error:
        return None
json.dump([[read(t, True), read(t, False)] for t in json.load(sys.stdin)], sys.stdout)
`;

type Rows = [section: string, key: string, value: string][] | null;

function python(texts: string[]): [raw: Rows, interpolated: Rows][] {
  const { stdout, stderr } = spawnSync('python3', ['-c', PYTHON], {
    input: JSON.stringify(texts),
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as [Rows, Rows][];
}

const name = fc.stringMatching(/^[a-c][a-c_]{0,2}$/);
const word = fc.stringMatching(/^[A-Za-z0-9/._-]{1,8}$/);
const blanks = fc.constantFrom('', '', '', ' ', '  ', '\t', '    ');
const section = fc.oneof(fc.constantFrom('DEFAULT', 'AWS', 'S3', 'default'), name);
const value = fc
  .array(
    fc.oneof(
      word,
      name.map((key) => `%(${key})s`),
      fc.constantFrom('%%', ' ', ':', '=', '[x]', '; '),
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(''));
const line = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(blanks, name, fc.constantFrom('=', ' = ', ':', ': '), value)
      .map((all) => all.join('')),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('  ', '\t', '     '), value).map((all) => all.join('')) },
  { weight: 1, arbitrary: fc.tuple(blanks, section).map(([before, title]) => `${before}[${title}]`) },
  {
    weight: 1,
    arbitrary: fc.tuple(blanks, fc.constantFrom('# note = x', ';note', '', '   ')).map((all) => all.join('')),
  },
);
const file = fc
  .tuple(section, fc.array(line, { maxLength: 12 }), fc.constantFrom('\n', '\r\n'))
  .map(([title, lines, end]) => [`[${title}]`, ...lines].join(end))
  // A lone URI is a key and its value to Python, but a mistake to Landfall.
  .filter((text) => !/^\s*[a-z0-9]+:\/\//im.test(text));

/** As Python lists them: sections in order, their own keys and those of [DEFAULT]. */
function ours(text: string): Map<string, string> {
  const { pairs } = parseLines(text);
  return new Map(
    pairs.map(({ section, key, parts }) => [
      JSON.stringify([section, key.toLowerCase()]),
      parts.map((part) => part.text).join('\n'),
    ]),
  );
}

describe('the rules of configparser', () => {
  it('decide which lines are keys, continuations, headers and comments', () => {
    const texts = fc.sample(file, 1500);
    const read = python(texts);
    let accepted = 0;
    for (const [index, text] of texts.entries()) {
      const raw = read[index]?.[0] ?? null;
      // Python drops text after a header, Landfall refuses it.
      if (raw === null || parseLines(text).stray.some(({ header }) => header)) continue;
      accepted += 1;
      const mine = ours(text);
      const expected = raw.map(([title, key, value]) => [
        mine.has(JSON.stringify([title, key])) ? title : 'DEFAULT',
        key,
        value,
      ]);
      const found = expected.map(([title = '', key = '']) => [
        title,
        key,
        mine.get(JSON.stringify([title, key])),
      ]);
      expect({ text, rows: found }).toEqual({ text, rows: expected });
      expect(parseLines(text).stray).toEqual([]);
    }
    expect(accepted).toBeGreaterThan(200);
  });

  it('decide what `%(name)s`, `%%` and [DEFAULT] stand for', () => {
    const simple = file.filter((text) => !/[;'"]| #/.test(text));
    const texts = fc.sample(simple, 1500);
    const read = python(texts);
    let accepted = 0;
    for (const [index, text] of texts.entries()) {
      const rows = read[index]?.[1] ?? null;
      const { entries, diagnostics } = readIni('dl.cfg', text);
      if (diagnostics.some(({ message }) => message.includes('header'))) continue;
      const titles = entries.map(({ section }) => section.toLowerCase());
      if (rows === null || new Set(titles).size !== new Set(entries.map(({ section }) => section)).size)
        continue;
      accepted += 1;
      // A value that begins in the line below its key begins with a line break to Python.
      const flat = (value = '') => value.replaceAll('\n', '');
      const found = rows.map(([title, key]) => [
        title,
        key,
        flat(entries.find((entry) => entry.section === title && entry.key.toLowerCase() === key)?.value),
      ]);
      const expected = rows.map(([title, key, value]) => [title, key, flat(value)]);
      expect({ text, rows: found }).toEqual({ text, rows: expected });
    }
    expect(accepted).toBeGreaterThan(100);
  });

  it('name an indented line that makes a value too long, without showing it', () => {
    const text = '[EMR]\npool = x\n   AWS_SECRET_ACCESS_KEY = hunter2\n';
    const [error] = linesOf(resolveText(text), 'error');
    expect(error).toBe(
      'dl.cfg:2 [EMR] pool: continues in line 3, because that line is indented; a value is one line; do not indent the line of a key',
    );
    expect(resolveText('[EMR]\ntags = a=b,\n  c=d\n').settings?.emr.tags).toEqual({ a: 'b', c: 'd' });
  });

  it('refuse a section or key that occurs twice, naming both lines', () => {
    expect(
      linesOf(resolveText('[S3]\nOUTPUT=s3://aaa\n[S3]\nINPUT=s3://bbb\noutput=s3://ccc\n'), 'error'),
    ).toEqual([
      'dl.cfg:3 [S3]: begins twice; first in line 1; merge the two',
      'dl.cfg:5 [S3] output: given twice; first in line 2; remove line 2 or line 5',
    ]);
  });

  it('name a `%(name)s` without its key if the value is needed', () => {
    expect(linesOf(resolveText('[S3]\nOUTPUT = s3://%(bukcet)s/x\nother = %(nothing)s\n'), 'error')).toEqual([
      'dl.cfg:2 [S3] OUTPUT: its %(...)s names a key that the file does not have',
    ]);
    expect(linesOf(resolveText('[S3]\nOUTPUT = %(a)s\na = %(b)s\nb = %(a)s\n'), 'error')).toEqual([
      'dl.cfg:2 [S3] OUTPUT: its %(...)s form a loop',
    ]);
  });

  it('terminate for values that refer to each other, and for very many lines', () => {
    const doubling = Array.from({ length: 9 }, (_, n) => `a${n} = ${`%(a${n + 1})s`.repeat(50)}`).join('\n');
    const began = performance.now();
    expect(linesOf(resolveText(`[S3]\nOUTPUT = %(a0)s\n${doubling}\na9 = xy\n`), 'error')).toHaveLength(1);
    expect(linesOf(resolveText('[S3]\nsecret_key = %(x)s\n'.repeat(20_000)), 'error')).toHaveLength(1);
    expect(linesOf(resolveText(`[S3]\n${'nonsense here\n'.repeat(200)}`), 'error')).toHaveLength(21);
    expect(linesOf(resolveText(`[S3]\n${'nonsense here\n'.repeat(20_000)}`), 'error')).toHaveLength(1);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
