import { describe, expect, it } from '@jest/globals';
import { readJson } from '../src/json-text.ts';

/** Broken around a secret in each way that makes the parser quote its input. */
const BROKEN = [
  'canary',
  '"canary',
  "{'password': 'canary'}",
  '{"password": canary}',
  '{"password": "canary" "next": 1}',
  '{"password": "canary",}',
  '{"password": "canary\nnext"}',
  '{"password": "canary\\x"}',
  '{"password": "canary at position 7"} canary',
  'password = canary\n',
  '[1, 2, canary at position 7',
];

describe('JSON that may contain secrets', () => {
  it.each(BROKEN)('%j is reported without showing any of it', (text) => {
    const read = readJson(text);
    expect(read).toEqual({ problem: expect.stringMatching(/^not JSON(: line [12])?$/) });
  });

  it('is reported with the line of its mistake', () => {
    expect(readJson('{\n  "password": "canary"\n  "next": 1\n}')).toEqual({ problem: 'not JSON: line 3' });
    expect(readJson('{\n  "password": "canary",\n  "next": [\n\n')).toEqual({ problem: 'not JSON: line 3' });
  });

  it('yields its value if it is valid', () => {
    expect(readJson('{"a": [null]}')).toEqual({ value: { a: [null] } });
  });

  it.each([
    ['arrays', '['.repeat(200_000) + ']'.repeat(200_000)],
    ['objects', '{"a":'.repeat(501) + '1' + '}'.repeat(501)],
  ])('is refused if its %s are nested too deep to be printed again', (_, text) => {
    expect(readJson(text)).toEqual({ problem: 'nested more than 500 levels deep' });
  });

  it('counts only open brackets outside of strings', () => {
    const value = ['[{'.repeat(600), '\\"['.repeat(600), ...Array.from({ length: 600 }, () => [[]])];
    expect(readJson(JSON.stringify(value))).toEqual({ value });
  });
});
