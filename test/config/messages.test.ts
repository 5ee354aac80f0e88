/** Messages about credentials, keys and places of existing files name each problem once, without its value. */
import { describe, expect, it } from '@jest/globals';
import { linesOf, resolveText } from './resolve.ts';

const PAIR = 'AWS_ACCESS_KEY_ID = AKIAINVENTED\nAWS_SECRET_ACCESS_KEY = one/x\n';

describe('a key that is not needed', () => {
  it.each([
    ['[AWS]\nAWS_ACCESS_KEY_ID=\nAWS_SECRET_ACCESS_KEY=\n[S3]\nData_path =\n', '[S3] Data_path'],
    ['[S3]\nData_path =\n', '[S3] Data_path'],
    [`[AWS]\n${PAIR}account = 12\n[S3]\nendpoint = http://127.0.0.1:9\nacl = x\n`, '[AWS] account, [S3] acl'],
    [`[AWS]\n${PAIR}[EMR]\ninstance_type = m5.xlarge\nlog_level = x\n`, '[EMR] log_level'],
  ])('is a notice in a file of an existing project: %j', (text, named) => {
    const resolved = resolveText(text);
    expect(linesOf(resolved, 'error')).toEqual([]);
    expect(linesOf(resolved, 'notice')).toContain(`dl.cfg: not needed, and not used: ${named}`);
  });

  it.each([`[AWS]\n${PAIR}[S3]\nendpoit =\n`, '[S3]\nacl = x\n', '[LAKE]\nfoo =\n'])(
    'stays a mistake if it resembles one of ours, or the file is ours: %j',
    (text) => {
      expect(linesOf(resolveText(text), 'error')).toEqual([expect.stringContaining('unknown key')]);
    },
  );
});

describe('a credential', () => {
  it.each([
    '#INSERT BEFORE ELT',
    'paste it',
    'ADD_KEY',
    'enter-secret',
    'key',
    'YOURKEY',
    'InsertKeyHere',
    'abc...',
    '$AWS_KEY',
    'AKIAXXXXXXXX12',
  ])('that cannot be valid is a placeholder: %s', (value) => {
    const text = `[AWS]\nAWS_ACCESS_KEY_ID=${value}\nAWS_SECRET_ACCESS_KEY=${value}\n`;
    const errors = linesOf(resolveText(text, { flags: { cluster: 'new' } }), 'error');
    expect(errors).toHaveLength(2);
    for (const line of errors) expect(line).toContain('a placeholder, not a credential');
  });

  it.each(['wJalrXUtnFEMI/K7MDENG/bPxRfiCYadd+Key/abc', 'invented/secret', 'one/x'])(
    'that could be valid is used: %s',
    (value) => {
      const text = `[AWS]\nAWS_ACCESS_KEY_ID=AKIAINVENTED\nAWS_SECRET_ACCESS_KEY=${value}\n`;
      expect(resolveText(text).settings?.aws.credentials?.secretAccessKey.reveal()).toBe(value);
    },
  );

  it('with a pasted blank in it is not a placeholder', () => {
    const text = `[AWS]\nAWS_ACCESS_KEY_ID=AKIAINVENTED\nAWS_SECRET_ACCESS_KEY=abcdefgh1234567890 XYZ\n`;
    expect(linesOf(resolveText(text), 'error')).toEqual([
      'dl.cfg:3 [AWS] AWS_SECRET_ACCESS_KEY: a credential contains no blanks',
    ]);
  });

  it.each(['[AWS_AdminFull]\nKEY=AKIAOTHER\nSECRET=two/x\n[AWS]\nKEY=AKIATAKEN\nSECRET=six/x\n'])(
    'of another section is reported as not used',
    (text) => {
      const resolved = resolveText(text);
      expect(resolved.settings?.aws.credentials?.secretAccessKey.reveal()).toBe('six/x');
      expect(linesOf(resolved, 'notice')).toEqual(
        expect.arrayContaining([
          'dl.cfg:2 [AWS_AdminFull] KEY: not used: dl.cfg:5 [AWS] KEY takes precedence',
          'dl.cfg:3 [AWS_AdminFull] SECRET: not used: dl.cfg:6 [AWS] SECRET takes precedence',
        ]),
      );
      expect(JSON.stringify(resolved.diagnostics)).not.toMatch(/AKIA|two\/x|six\/x/);
    },
  );

  it('after `export` is read as a shell would', () => {
    const text = '[AWS]\nexport AWS_ACCESS_KEY_ID=AKIAINVENTED\nexport AWS_SECRET_ACCESS_KEY="one/x";\n';
    const resolved = resolveText(text);
    expect(resolved.settings?.aws.credentials?.secretAccessKey.reveal()).toBe('one/x');
    expect(resolved.settings?.aws.credentials?.accessKeyId.reveal()).toBe('AKIAINVENTED');
    const twice = resolveText(`${text}AWS_ACCESS_KEY_ID=AKIAOTHER\n`);
    expect(linesOf(twice, 'error')).toEqual([expect.stringContaining('given twice')]);
  });

  it.each([
    ['AWS_SECRET_ACCESS_KEY=%(x)s', 'names a key that the file does not have'],
    ['AWS_SECRET_ACCESS_KEY=abc\n  def', 'continues in line 4'],
    ['AWS_SECRET_ACCESS_KEY="abc', 'a quote is opened'],
    ['AWS_SECRET_ACESS_KEY=abc', 'did you mean AWS_SECRET_ACCESS_KEY'],
    ['AWS_SECRET_ACCESS_KEY abc', 'not a `key = value` line'],
    ['# none', 'is not enough: AWS_SECRET_ACCESS_KEY is missing'],
  ])('with one mistake has one message: %j', (line, message) => {
    const errors = linesOf(resolveText(`[AWS]\nAWS_ACCESS_KEY_ID=AKIAINVENTED\n${line}\n`), 'error');
    expect(errors).toEqual([expect.stringContaining(message)]);
  });
});

describe('a place with a query', () => {
  it.each([
    ['[D]\nOUTPUT = s3://foo?X-Amz-Signature=hidden1\n', 'did you mean s3://foo?'],
    ['[D]\nlog_data = s3://b/log?AWSAccessKeyId=hidden1\n', 'write s3://bucket/prefix'],
    ['[INPUT]\nlog_data = s3a://raw/log?versionId=hidden1\n', 'did you mean s3://raw/log?'],
    ['[D]\nOUTPUT_BUCKET = foo/x?Expires=1&Signature=hidden1\n', 'did you mean s3://foo/x?'],
  ])('is reported without the query: %j', (text, hint) => {
    const resolved = resolveText(text);
    const errors = linesOf(resolved, 'error').filter((line) => !line.includes('nothing gives'));
    expect(errors).toEqual([expect.stringContaining('has a query ("?...")')]);
    expect(errors[0]).toContain(hint);
    expect(JSON.stringify(resolved.diagnostics)).not.toContain('hidden1');
  });

  it('is not a file pattern, and a dotted bucket is a placeholder', () => {
    const pattern = resolveText('[D]\nlog_data = s3://raw/log_data/201?\nsong_data = s3://raw/song_data\n');
    expect(pattern.settings?.sources['log_data']).toBe('s3://raw/log_data');
    expect(linesOf(resolveText('OUTPUT = s3://foo...\n'), 'error')).toEqual([
      expect.stringContaining('a placeholder, not a value'),
    ]);
  });
});
