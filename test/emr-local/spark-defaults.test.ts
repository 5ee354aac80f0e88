import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sparkDefaults } from '../../src/emr-local/spark-defaults.ts';

/** Reads a properties file as `java.util.Properties` does. */
function load(text: string): Record<string, string> {
  const unescape = (part: string) =>
    part.replace(/\\(u([0-9a-fA-F]{4})|[^])/g, (_, sign: string, hex: string | undefined) => {
      if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
      return { n: '\n', r: '\r', t: '\t', f: '\f' }[sign] ?? sign;
    });
  const lines = text.split(/\r\n|\n|\r/).map((line) => line.replace(/^[ \t\f]+/, ''));
  const pairs = lines
    .filter((line) => line !== '' && !/^[#!]/.test(line))
    .map((line) => {
      const [, key = '', value = ''] =
        /^((?:\\[^]|[^\\ \t\f:=])*)[ \t\f]*[:=]?[ \t\f]*([^]*)$/.exec(line) ?? [];
      return [unescape(key), unescape(value)];
    });
  return Object.fromEntries(pairs) as Record<string, string>;
}

describe('spark-defaults.conf', () => {
  it('returns every key and value unchanged, whatever it contains', () => {
    const key = fc.string({ minLength: 1, unit: 'binary' });
    const conf = fc.dictionary(key, fc.string({ unit: 'binary' }), { noNullPrototype: true });
    fc.assert(fc.property(conf, (given) => expect(load(sparkDefaults(given))).toEqual(given)));
  });

  it('writes an ordinary setting as a person would', () => {
    expect(sparkDefaults({ 'spark.hadoop.fs.s3a.endpoint': 'http://127.0.0.1:5000' })).toBe(
      'spark.hadoop.fs.s3a.endpoint=http://127.0.0.1:5000\n',
    );
  });
});
