/** Characters in credentials that no request can contain are reported with their variable or key, before anything is started. */
import { describe, expect, it } from '@jest/globals';
import { wrongCharacters } from '../../src/credential-characters.ts';
import { linesOf, resolveText } from './resolve.ts';

describe('the characters of a credential', () => {
  it.each<[string, string | undefined]>([
    ['wJalr/K7MD+ENG=', undefined],
    ['abc\r', 'ends with a carriage return, as from a file with Windows line endings'],
    ['abc\r\n', 'ends with a carriage return, as from a file with Windows line endings'],
    ['abc\n', 'ends with a line break'],
    ['ab\nc', 'contains a line break'],
    ['ab\u0007c', 'contains the control character U+0007'],
    ['ab\u2026', 'contains the character U+2026, which no key or token has'],
    ['ab\u00e9', 'contains the character U+00E9, which no key or token has'],
    [' abc', 'starts or ends with a blank'],
  ])('%j', (value, problem) => expect(wrongCharacters(value)).toBe(problem));
});

const variables = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];

describe('a credential with such a character', () => {
  it.each(variables)('in the variable %s is an error that names the variable, not the value', (variable) => {
    const env = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'fine', [variable]: 'hidden-value\r' };
    const resolved = resolveText('[LAKE]\npath = s3://lake\n', { env });
    const lines = linesOf(resolved, 'error');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`^${variable}: ends with a carriage return`));
    expect(lines.join()).not.toContain('hidden-value');
  });

  it.each(variables)('in dl.cfg as %s is an error that names file, line and key', (key) => {
    const texts = variables.map((name) => `${name} = ${name === key ? 'hidden\u2026value' : 'fine-value'}`);
    const resolved = resolveText(`[AWS]\n${texts.join('\n')}\n[LAKE]\npath = s3://lake\n`);
    const line = String(variables.indexOf(key) + 2);
    const lines = linesOf(resolved, 'error').join('\n');
    expect(lines).toMatch(
      new RegExp(`^dl\\.cfg:${line} \\[AWS\\] ${key}: contains the character U\\+2026`, 'm'),
    );
    expect(lines).not.toContain('hidden');
  });

  it('is only a warning if AWS is not used', () => {
    const resolved = resolveText('', {
      env: { AWS_SESSION_TOKEN: 'hidden\r' },
      flags: { cluster: 'local', lake: './l' },
    });
    expect(linesOf(resolved, 'error')).toEqual([]);
    expect(linesOf(resolved, 'warning').join()).toContain('AWS_SESSION_TOKEN: ends with a carriage return');
  });
});
