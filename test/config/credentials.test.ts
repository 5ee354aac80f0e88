import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { redact, secret } from '../../src/config/secret.ts';
import { linesOf, resolveText, settingsOf } from './resolve.ts';

const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** Like a key or token: long, mixed, sometimes with characters that are special in INI files. */
const canary = fc
  .tuple(
    fc.string({ unit: fc.constantFrom(...base64.split('')), minLength: 18, maxLength: 40 }),
    fc.constantFrom('', '=', '==', '#', ';', ':', '#x;', '\\', '"', "'", '%3D'),
    fc.string({ unit: fc.constantFrom(...base64.split('')), maxLength: 20 }),
  )
  .map(([head, sign, tail]) => `aZ9${head}${sign}${tail}`);

/** Ways a secret may be in a file, correctly or by mistake. */
const shapes: ((value: string) => string)[] = [
  (value) => `[AWS]\nAWS_ACCESS_KEY_ID = AKIAINVENTED\nAWS_SECRET_ACCESS_KEY = ${value}\n`,
  (value) => `[AWS]\nAWS_ACCESS_KEY_ID : AKIAINVENTED\nAWS_SECRET_ACCESS_KEY : ${value}\n`,
  (value) => `AWS_SECRET_ACCESS_KEY = '${value}'\nAWS_SECRET_ACCESS_KEY = ${value}\n`,
  (value) => `[AWS]\nAWS_SECRET_KEY = ${value}\n`,
  (value) => `[AWS]\nAWS_SECRET_ACCESS_KEY\n${value}\n`,
  (value) => `[AWS]\nAWS_SECRET_ACCESS_KEY = \n  ${value}\n`,
  (value) => `[AWS]\nAWS_SECRET_ACCESS_KEY ${value}\n`,
  (value) => `[AWS]\nAWS_SECRET_ACCESS_KEY = "${value}\n`,
  (value) => `[AWS]\n${value} = AWS_SECRET_ACCESS_KEY\n`,
  (value) => `[${value}]\nAWS_ACCESS_KEY_ID = AKIAINVENTED\nfoo = bar\n`,
  (value) => `[EMR]\nsecret_access_key = ${value}\n`,
  (value) => `[EMR]\nregion = ${value}\nrelease = ${value}\n`,
  (value) =>
    `[S3]\nSOURCE_S3_BUCKET = s3a://AKIAINVENTED:${value}@bucket/song_data\nAWS_SECRET_ACCESS_KEY = x\n`,
  (value) => `[AWS]\nAWS_SESSION_TOKEN = a ${value}\n`,
];

describe('a secret', () => {
  it('stays out of diagnostics, origins, JSON and inspection, wherever it is in the file', () => {
    fc.assert(
      fc.property(canary, fc.constantFrom(...shapes), (value, shape) => {
        const resolved = resolveText(shape(value));
        const told = [JSON.stringify(resolved), inspect(resolved, { depth: 9, showHidden: true })].join('\n');
        const core = value.slice(0, 16);
        expect(told).not.toContain(core);
        expect([...resolved.origins.values()].join('\n')).not.toContain(core);
      }),
      { numRuns: 500 },
    );
  });

  it('arrives unchanged where it is needed', () => {
    fc.assert(
      fc.property(canary, (value) => {
        const settings = settingsOf(
          `[AWS]\nAWS_ACCESS_KEY_ID = AKIAINVENTED\nAWS_SECRET_ACCESS_KEY = ${value}\n`,
        );
        expect(settings.aws.credentials?.secretAccessKey.reveal()).toBe(value);
      }),
    );
  });

  it('does not show in strings, JSON, inspection or copies', () => {
    const value = secret('canary-value');
    const shown = [value.toString(), JSON.stringify({ value }), inspect({ ...value }), inspect(value)];
    expect(shown.join()).not.toContain('canary');
    expect(JSON.stringify({ value })).toBe('{"value":"[secret]"}');
    expect(value.reveal()).toBe('canary-value');
  });

  it('is redacted from text, whether plain, JSON-escaped or URL-encoded', () => {
    const value = 'a/b+"c=';
    const text = `${value} ${JSON.stringify(value)} ${encodeURIComponent(value)} a/b`;
    expect(redact(text, [secret(value)])).toBe('[secret] "[secret]" [secret] a/b');
    expect(redact('abcdef abc', ['abc', 'abcdef'])).toBe('[secret] abc');
  });
});

describe('credentials', () => {
  const text =
    '[AWS]\nAWS_ACCESS_KEY_ID = AKIAINVENTED\nAWS_SECRET_ACCESS_KEY = invented\nAWS_SESSION_TOKEN = token\n';

  it('of the environment take precedence over those of dl.cfg, with a notice', () => {
    for (const env of [
      { AWS_PROFILE: 'dev' },
      { AWS_ACCESS_KEY_ID: 'AKIAOTHER' },
      { AWS_WEB_IDENTITY_TOKEN_FILE: '/t' },
    ]) {
      const resolved = resolveText(text, { env });
      expect(resolved.settings?.aws.credentials).toBeUndefined();
      expect(linesOf(resolved, 'warning')[0]).toContain(
        `${Object.keys(env)[0] ?? ''} in the environment outranks them`,
      );
    }
  });

  it('keep the session token', () => {
    expect(settingsOf(text).aws.credentials?.sessionToken?.reveal()).toBe('token');
  });

  it('must be a pair', () => {
    expect(linesOf(resolveText('[AWS]\nAWS_ACCESS_KEY_ID = AKIAINVENTED\n'), 'error')[0]).toContain(
      'dl.cfg:2 [AWS] AWS_ACCESS_KEY_ID: is not enough: AWS_SECRET_ACCESS_KEY is missing',
    );
  });

  it('are passed on for redaction, including those of the environment', () => {
    const { secrets } = resolveText(text, { env: { AWS_SECRET_ACCESS_KEY: 'from-environment' } });
    expect(secrets.map((one) => one.reveal())).toEqual(
      expect.arrayContaining(['invented', 'from-environment']),
    );
  });
});
