import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readIni } from '../../src/config/ini-file.ts';
import { linesOf, resolveText, settingsOf } from './resolve.ts';

const values = (text: string) =>
  readIni('dl.cfg', text).entries.map(({ section, key, value }) => [section, key, value]);

describe('an INI file', () => {
  it('keeps the line of each value through BOM, CRLF and blank lines', () => {
    const { entries } = readIni('dl.cfg', '\uFEFF[EMR]\r\n\r\n; note\r\ncore_count = 3 ; three\r\n');
    expect(entries).toEqual([
      expect.objectContaining({ line: 4, value: '3', at: 'dl.cfg:4 [EMR] core_count' }),
    ]);
  });

  it.each([
    ['a = b ; c', 'b'],
    ['a = b # c', 'b'],
    ['a = # c', ''],
    ['a = "b ; c" # d', 'b ; c'],
    ["a = 'b # c'", 'b # c'],
    ['a = `b`', 'b'],
    ["a = ''", ''],
    ['a = ""', ''],
    ['a = it\'s "b"', 'it\'s "b"'],
    ['a = b\\c', 'b\\c'],
    ['a = "say \\"b\\""', 'say "b"'],
    ['a = true', 'true'],
    ['a : b', 'b'],
    ['a: s3://x/y=z', 's3://x/y=z'],
    ['a = s3://x/y:z', 's3://x/y:z'],
    ['"a" = b', 'b'],
  ])('reads %s', (line, value) => {
    expect(values(line)).toEqual([['', 'a', value]]);
  });

  it('keeps `#` and `;` within a word, and says so', () => {
    const resolved = resolveText('[LAKE]\npath = ./a#1;b ; note\n');
    expect(resolved.settings?.lake.path).toBe('file:///home/ann/work/a#1;b');
    expect(linesOf(resolved, 'warning')).toEqual([
      'dl.cfg:2 [LAKE] path: `;` or `#` within the value is taken as part of it, not as a comment; put the whole value in quotes',
    ]);
  });

  it('keeps `#` and `;` in a credential without a notice', () => {
    const { entries, diagnostics } = readIni('dl.cfg', '[AWS]\nAWS_SECRET_ACCESS_KEY = #a;b#c/= # mine\n');
    expect(entries[0]?.value).toBe('#a;b#c/=');
    expect(diagnostics).toEqual([]);
  });

  it('refuses a key given twice, naming both lines and no value', () => {
    const resolved = resolveText('[EMR]\npool = first\n[emr]\nPOOL = second\n');
    expect(linesOf(resolved, 'error')).toEqual([
      'dl.cfg:4 [emr] POOL: given twice; first in line 2; remove line 2 or line 4',
    ]);
  });

  it('refuses unknown keys and sections with the nearest name', () => {
    const resolved = resolveText(
      '[EMR]\ncore_cuont = 2\nendpiont = x\n[CHECKS]\nlake = x\n[TABELS]\na = b\nc = d\n[zzz]\na = b\n',
    );
    expect(linesOf(resolved, 'error')).toEqual([
      'dl.cfg:2 [EMR] core_cuont: unknown key; did you mean core_count under [EMR]?',
      'dl.cfg:3 [EMR] endpiont: unknown key; did you mean endpoint under [EMR]?',
      'dl.cfg:5 [CHECKS] lake: unknown key; known here: max_quarantined',
      'dl.cfg:7 [TABELS]: unknown section; did you mean [TABLES]?',
      'dl.cfg:10 [zzz]: unknown section; the sections are [LAKE], [INPUT], [PIPELINE], [EMR], [TABLES], [CHECKS], [S3], [AWS]',
    ]);
  });

  it('handles names of object properties, and dots', () => {
    const resolved = resolveText(
      '[__proto__]\npath = x\n[constructor]\na = b\n[LAKE.x]\npath = y\n[LAKE]\n__proto__ = z\n',
    );
    expect(linesOf(resolved, 'error').map((line) => line.slice(0, line.indexOf(';')))).toEqual([
      'dl.cfg:2 [__proto__]: unknown section',
      'dl.cfg:4 [constructor]: unknown section',
      'dl.cfg:6 [LAKE.x]: unknown section',
      'dl.cfg:8 [LAKE] __proto__: unknown key',
    ]);
    expect(Object.getPrototypeOf(settingsOf('').lake)).toBe(Object.prototype);
  });

  it('refuses a line that is no pair and no header, and an open quote, without showing it', () => {
    const resolved = resolveText('[EMR]\nwhatever\ns3://bucket/lake\n[EMR\n[EMR]\npool = "abc\n');
    const stray =
      'not a `key = value` line; write a value on the line of its key, or below it on indented lines';
    expect(linesOf(resolved, 'error')).toEqual([
      `dl.cfg:2 [EMR]: ${stray}`,
      `dl.cfg:3 [EMR]: ${stray}`,
      'dl.cfg:4: not a [SECTION] header',
      'dl.cfg:5 [EMR]: begins twice; first in line 1; merge the two',
      'dl.cfg:6 [EMR] pool: a quote is opened and never closed; put the whole value in quotes',
    ]);
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(resolveText(text).diagnostics).toBeInstanceOf(Array);
      }),
    );
  });
});
