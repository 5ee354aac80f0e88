import '../support/one-realm.ts';
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { S3Settings } from '../../src/store/s3-client.ts';
import { openS3 } from '../../src/store/s3.ts';
import { bytes, text } from './contract.ts';
import { answer, hangUp, neverAnswer, refuse, scriptedS3 } from './scripted-s3.ts';
import type { Reply, ScriptedS3, Seen } from './scripted-s3.ts';

const credentials = {
  accessKeyId: 'AKIDCANARY',
  secretAccessKey: 'SECRETCANARY',
  sessionToken: 'TOKENCANARY',
};
let s3: ScriptedS3 | undefined;
afterEach(async () => {
  await s3?.stop();
  s3 = undefined;
});

async function store(replies: Reply[], settings: S3Settings = {}) {
  s3 = await scriptedS3(...replies);
  return openS3(
    { bucket: 'lake', prefix: 'p' },
    { endpoint: s3.endpoint, credentials, maxAttempts: 1, ...settings },
    {},
  );
}

const megabyte = Buffer.alloc(1_000_000, 'x');
/** Continues as long as it is read. */
const endless =
  (sent: { bytes: number }): Reply =>
  (_, response) => {
    const more = () => {
      while (!response.destroyed && response.write(megabyte)) sent.bytes += megabyte.length;
    };
    response.on('drain', more).writeHead(200);
    more();
  };
const ok = answer(200, '', { etag: '"e"' });

describe('creating if absent, over S3', () => {
  it('requests it in the header, and reads 412 as taken', async () => {
    const lake = await store([ok, refuse(412, 'PreconditionFailed')]);
    expect(await lake.createIfAbsent('a', bytes('x'))).toBe(true);
    expect(await lake.createIfAbsent('a', bytes('x'))).toBe(false);
    expect(s3!.seen.map(({ method, headers }) => [method, headers['if-none-match']])).toEqual([
      ['PUT', '*'],
      ['PUT', '*'],
    ]);
  });

  it('tries again after a conflict, until it is decided', async () => {
    const conflict = refuse(409, 'ConditionalRequestConflict');
    const lake = await store([conflict, conflict, ok]);
    expect(await lake.createIfAbsent('a', bytes('x'))).toBe(true);
    await s3!.stop();
    const other = await store([conflict, refuse(412, 'PreconditionFailed')]);
    expect(await other.createIfAbsent('a', bytes('x'))).toBe(false);
  });

  it('gives up on endless conflicts with an error that may be retried', async () => {
    const lake = await store([refuse(409, 'ConditionalRequestConflict')]);
    await expect(lake.createIfAbsent('a', bytes('x'))).rejects.toMatchObject({
      fault: 'unreachable',
      retryable: true,
    });
    expect(s3!.seen.length).toBeLessThan(10);
  });
});

describe('an answer of S3', () => {
  it.each([
    [refuse(403, 'AccessDenied'), 'access', /access denied \(s3:PutObject on s3:\/\/lake\/p\/a b\)/, false],
    [
      refuse(
        403,
        'AccessDenied',
        'User: u is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:x:1:key/k because',
      ),
      'access',
      /the use of its KMS key is denied \(s3:PutObject on s3:\/\/lake\/p\/a b\)/,
      false,
    ],
    [refuse(403, 'InvalidObjectState'), 'input', /the object is archived/, false],
    [refuse(507, 'InsufficientStorage'), 'full', /no space left in the store/, false],
    [refuse(403, 'QuotaExceeded'), 'full', /no space left in the store/, false],
    [refuse(507, 'XMinioStorageFull'), 'full', /no space left in the store/, false],
    [refuse(400, 'ExpiredToken'), 'access', /credentials have expired/, false],
    [refuse(403, 'InvalidAccessKeyId'), 'access', /does not accept the credentials/, false],
    [refuse(403, 'SignatureDoesNotMatch'), 'access', /does not accept the credentials/, false],
    [refuse(403, 'RequestTimeTooSkewed'), 'access', /clock/, false],
    [refuse(404, 'NoSuchBucket'), 'input', /no such bucket/, false],
    [refuse(301, 'PermanentRedirect'), 'input', /another region/, false],
    [refuse(400, 'KMS.DisabledException'), 'input', /refused/, false],
    [refuse(503, 'SlowDown'), 'unreachable', /S3 request failed/, true],
    [refuse(500, 'InternalError'), 'unreachable', /S3 request failed/, true],
    [refuse(400, 'BadDigest'), 'unreachable', /S3 request failed/, true],
    [hangUp, 'unreachable', /could not be reached/, true],
  ] as const)(
    'becomes an error that names action and object (%#)',
    async (reply, fault, message, retryable) => {
      const lake = await store([reply]);
      const error: unknown = await lake.put('a b', bytes('x')).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ fault, retryable, message: expect.stringMatching(message) });
      expect(JSON.stringify([error, (error as Error).message, (error as { why: string[] }).why])).not.toMatch(
        /CANARY/,
      );
    },
  );

  it('is requested again after a temporary failure', async () => {
    const lake = await store([refuse(503, 'SlowDown'), hangUp, ok], { maxAttempts: 3 });
    expect(await lake.put('a', bytes('x'))).toMatchObject({ etag: 'e' });
  });

  it('may never arrive: the request ends in time', async () => {
    const lake = await store([neverAnswer], { requestTimeoutMs: 200 });
    await expect(lake.get('a')).rejects.toMatchObject({ fault: 'unreachable', retryable: true });
  });

  it('that cannot arrive leads to an error that names the endpoint', async () => {
    const lake = openS3(
      { bucket: 'lake', prefix: '' },
      { endpoint: 'http://127.0.0.1:1', credentials, maxAttempts: 1 },
      {},
    );
    await expect(lake.get('a')).rejects.toMatchObject({ fault: 'unreachable', retryable: true });
  });

  it('is read again if it breaks off in the middle', async () => {
    const broken: Reply = (_, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('12345', () => response.destroy());
    };
    const lake = await store([broken, answer(200, '1234567890')]);
    expect(text(await lake.get('a'))).toBe('1234567890');
    await s3!.stop();
    await expect((await store([broken])).get('a')).rejects.toMatchObject({
      fault: 'unreachable',
      retryable: true,
    });
  });

  it('may have status 200 and still report objects that could not be deleted', async () => {
    const body = (code: string) =>
      `<?xml version="1.0"?><DeleteResult><Error><Key>p/b</Key><Code>${code}</Code><Message>m</Message></Error></DeleteResult>`;
    const lake = await store([answer(200, body('AccessDenied')), answer(200, body('InternalError'))]);
    await expect(lake.remove(['a', 'b'])).rejects.toMatchObject({
      fault: 'access',
      message: expect.stringContaining('s3://lake/p/b'),
    });
    await expect(lake.remove(['a', 'b'])).rejects.toMatchObject({ fault: 'unreachable', retryable: true });
  });

  it('is a failed copy if it has status 200 but contains an error', async () => {
    const head = answer(200, '', { etag: '"e"', 'content-length': '1' });
    const lake = await store([
      head,
      answer(200, '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>m</Message></Error>'),
    ]);
    await expect(lake.copy('a', 'b')).rejects.toMatchObject({ fault: 'unreachable', retryable: true });
  });
});

describe('a request to S3', () => {
  const newerChecksums = ({ headers }: Seen) =>
    Object.keys(headers).filter((name) => /^x-amz-(sdk-)?checksum-/.test(name));

  it('has a checksum of the configured kind when it writes', async () => {
    const lake = await store([ok]);
    await lake.put('a', bytes('hello'));
    expect(s3!.seen[0]!.headers['x-amz-checksum-crc32']).toBe('NhCmhg==');
    await s3!.stop();
    const older = await store([ok], { checksums: 'when_required' });
    await older.put('a', bytes('hello'));
    await older.createIfAbsent('a', bytes(''));
    expect(s3!.seen.map(({ headers }) => headers['content-md5'])).toEqual([
      'XUFAKrxLKna5cZ2REBfFkg==',
      '1B2M2Y8AsgTpgAmY7PhCfg==',
    ]);
    expect(s3!.seen.flatMap(newerChecksums)).toEqual([]);
  });

  it('has a checksum of the configured kind when it deletes', async () => {
    const deleted = answer(200, '<?xml version="1.0"?><DeleteResult/>');
    const lake = await store([deleted]);
    await lake.remove(['a']);
    expect(newerChecksums(s3!.seen[0]!)).toContain('x-amz-checksum-crc32');
    await s3!.stop();
    const older = await store([deleted], { checksums: 'when_required' });
    await older.remove(['a']);
    const [{ body, headers }] = s3!.seen as [Seen];
    expect(headers['content-md5']).toBe(createHash('md5').update(body).digest('base64'));
    expect(headers.authorization).toContain('content-md5');
    expect(s3!.seen.flatMap(newerChecksums)).toEqual([]);
  });

  it('has the required owner of the bucket, and the key to encrypt with', async () => {
    const lake = await store([ok], { expectedBucketOwner: '123456789012', kmsKeyId: 'alias/lake' });
    await lake.put('a', bytes('x'));
    await lake.get('a');
    const [put, get] = s3!.seen;
    expect(put!.headers).toMatchObject({
      'x-amz-expected-bucket-owner': '123456789012',
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'alias/lake',
    });
    expect(get!.headers['x-amz-expected-bucket-owner']).toBe('123456789012');
  });

  it('has the key to encrypt with, and the owner on both sides, when it copies, in parts too', async () => {
    const head = answer(200, '', { etag: '"e"', 'content-length': '3' });
    const copied = answer(200, '<?xml version="1.0"?><CopyObjectResult><ETag>"c"</ETag></CopyObjectResult>');
    const settings = { expectedBucketOwner: '123456789012', kmsKeyId: 'alias/lake' };
    const lake = await store([head, copied], settings);
    await lake.copy('a', 'b');
    await s3!.stop();
    const encrypted = {
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'alias/lake',
    };
    const source = {
      'x-amz-expected-bucket-owner': '123456789012',
      'x-amz-source-expected-bucket-owner': '123456789012',
      'x-amz-copy-source-if-match': '"e"',
    };
    const whole = s3!.seen[1]!;
    expect(whole.headers).toMatchObject({ ...encrypted, ...source });

    const part = answer(200, '<?xml version="1.0"?><CopyPartResult><ETag>"p"</ETag></CopyPartResult>');
    const begun =
      '<?xml version="1.0"?><InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>';
    const ended =
      '<?xml version="1.0"?><CompleteMultipartUploadResult><ETag>"m-2"</ETag></CompleteMultipartUploadResult>';
    const inParts = await store([head, answer(200, begun), part, part, answer(200, ended)], {
      ...settings,
      partsAbove: 2,
    });
    expect(await inParts.copy('a', 'b')).toMatchObject({ size: 3, etag: 'm-2' });
    const [, create, one, other, complete] = s3!.seen;
    expect(create!.headers).toMatchObject(encrypted);
    for (const { headers } of [one!, other!]) expect(headers).toMatchObject(source);
    expect([one!, other!].map(({ headers }) => headers['x-amz-copy-source-range']).sort()).toEqual([
      'bytes=0-1',
      'bytes=2-2',
    ]);
    expect(complete!.headers['x-amz-expected-bucket-owner']).toBe('123456789012');
  });

  it('aborts a copy in parts only when no part is in progress', async () => {
    let underWay = 0;
    let atAbort: number | undefined;
    const begun =
      '<?xml version="1.0"?><InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>';
    const slow: Reply = (seen, response) => {
      if (seen.method === 'DELETE') {
        atAbort = underWay;
        answer(204)(seen, response);
        return;
      }
      underWay += 1;
      const isFirst = seen.url.includes('partNumber=1&');
      setTimeout(
        () => {
          underWay -= 1;
          (isFirst ? refuse(403, 'AccessDenied') : ok)(seen, response);
        },
        isFirst ? 0 : 200,
      );
    };
    const lake = await store(
      [answer(200, '', { etag: '"e"', 'content-length': '20' }), answer(200, begun), slow],
      { partsAbove: 1 },
    );
    await expect(lake.copy('a', 'b')).rejects.toMatchObject({ fault: 'access' });
    expect(atAbort).toBe(0);
    expect(s3!.seen.filter(({ url }) => url.includes('partNumber=')).length).toBeLessThan(20);
  });

  it('to copy is tried again if the source is replaced meanwhile', async () => {
    const head = answer(200, '', { etag: '"e"', 'content-length': '1' });
    const lake = await store([head, refuse(412, 'PreconditionFailed')]);
    await expect(lake.copy('a', 'b')).rejects.toMatchObject({
      fault: 'unreachable',
      retryable: true,
      message: expect.stringContaining('s3://lake/p/a was replaced'),
    });
  });

  it('is signed with the given credentials, and not at all for a public bucket', async () => {
    const lake = await store([answer(200, 'x')]);
    await lake.get('a');
    expect(s3!.seen[0]!.headers.authorization).toContain('AKIDCANARY');
    const endpoint = s3!.endpoint;
    const open = openS3({ bucket: 'lake', prefix: '' }, { endpoint, anonymous: true }, {});
    await open.get('a');
    expect(s3!.seen[1]!.headers.authorization).toBeUndefined();
    expect(s3!.seen[1]!.headers['x-amz-security-token']).toBeUndefined();
  });

  it('follows a bucket to its region', async () => {
    const redirect = answer(
      301,
      '<?xml version="1.0"?><Error><Code>PermanentRedirect</Code><Message>m</Message></Error>',
      { 'x-amz-bucket-region': 'eu-north-1' },
    );
    const lake = await store([redirect, answer(200, 'x')], { region: 'us-east-1' });
    expect(text(await lake.get('a'))).toBe('x');
    expect(s3!.seen[1]!.headers.authorization).toContain('/eu-north-1/s3/');
  });

  it('yields the time from the answer, even if access to the bucket is denied', async () => {
    const date = 'Sat, 21 Nov 2026 10:00:00 GMT';
    const lake = await store([answer(200, '', { date }), answer(403, '', { date })]);
    expect(await lake.now()).toEqual(new Date(date));
    expect(await lake.now()).toEqual(new Date(date));
  });

  it('deletes a thousand names at once', async () => {
    const lake = await store([answer(200, '<?xml version="1.0"?><DeleteResult/>')]);
    await lake.remove(Array.from({ length: 2_001 }, (_, n) => String(n)));
    expect(s3!.seen.map(({ body }) => body.split('<Key>').length - 1)).toEqual([1_000, 1_000, 1]);
  });

  it('deletes names that XML cannot carry one by one', async () => {
    const lake = await store([answer(204), answer(200, '<?xml version="1.0"?><DeleteResult/>')]);
    await lake.remove(['plain', 'con\u0001trol']);
    expect(s3!.seen.map(({ method, url }) => [method, url.split('?')[0]])).toEqual([
      ['DELETE', '/lake/p/con%01trol'],
      ['POST', '/lake/'],
    ]);
    expect(s3!.seen[1]!.body).toContain('<Key>p/plain</Key>');
  });
});

describe('an object larger than the limit', () => {
  it('is refused by its length, before its body is read', async () => {
    const lake = await store([answer(200, 'x'.repeat(11))]);
    await expect(lake.get('a', 10)).rejects.toMatchObject({
      fault: 'input',
      message: expect.stringContaining('s3://lake/p/a'),
    });
    expect(text(await lake.get('a', 11))).toBe('x'.repeat(11));
    expect(s3!.seen).toHaveLength(2);
  });

  it('is refused while it arrives if the answer has no length', async () => {
    const sent = { bytes: 0 };
    const lake = await store([endless(sent)]);
    await expect(lake.get('a', 3_000_000)).rejects.toMatchObject({
      fault: 'input',
      why: ['it has more than the 3000000 bytes that are read'],
    });
    expect(sent.bytes).toBeLessThan(100_000_000);
    expect(s3!.seen).toHaveLength(1);
  });

  it.each([
    ['announces', answer(200, 'x'.repeat(100))],
    ['sends', (_, response) => void response.writeHead(206).end('x'.repeat(100))] as [string, Reply],
  ])('is refused if a part was requested, and the store %s more', async (_, reply) => {
    const lake = await store([reply]);
    await expect(lake.getRange('a', 4, 12)).rejects.toMatchObject({
      fault: 'input',
      message: 'the store did not send just the requested part of "s3://lake/p/a"',
    });
    expect(s3!.seen).toHaveLength(1);
  });
});

describe('an answer that is not from S3', () => {
  it('is reported as such when it is not valid HTTP', async () => {
    const lake = await store([answer(200, 'x', { 'content-length': '9'.repeat(30) })]);
    await expect(lake.get('a')).rejects.toMatchObject({
      fault: 'unreachable',
      message: expect.stringContaining('not valid HTTP'),
    });
  });

  it('counts as broken off if it trickles', async () => {
    const trickle: Reply = (_, response) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer)).writeHead(200);
    };
    const lake = await store([trickle], { requestTimeoutMs: 100 });
    await expect(lake.get('a')).rejects.toMatchObject({
      fault: 'unreachable',
      retryable: true,
      why: [expect.stringMatching(/^only \d+ bytes came in /)],
    });
    expect(s3!.seen).toHaveLength(3);
  });
});

describe('a part of an object', () => {
  const range = (from: string) => ({ 'content-range': from });
  const long = (bytes: number) => ({ 'content-length': String(bytes) });

  it('is read without the rest; a shorter object is read completely', async () => {
    const lake = await store([
      answer(206, '345', range('bytes 3-5/10')),
      answer(206, '89', range('bytes 8-9/10')),
      answer(200, 'ab'),
    ]);
    expect(text(await lake.getRange('a', 3, 6))).toBe('345');
    expect(text(await lake.getRange('a', 8, 12))).toBe('89');
    expect(text(await lake.getRange('a', 0, 3))).toBe('ab');
    expect(s3!.seen[0]!.headers.range).toBe('bytes=3-5');
  });

  it.each<[string, number, Reply, string]>([
    ['all of it', 0, answer(200, 'xxxx', long(4)), '3 bytes were asked for, and 4 were sent'],
    [
      'all of it, which is no longer',
      2,
      answer(200, 'xxx', long(3)),
      'another part was sent than was asked for: the beginning',
    ],
    [
      'another part',
      2,
      answer(206, 'xxx', range('bytes 0-2/9')),
      'another part was sent than was asked for: "bytes 0-2/9"',
    ],
    [
      'a larger part',
      2,
      answer(206, 'xxxx', { ...range('bytes 2-5/9'), ...long(4) }),
      '3 bytes were asked for, and 4 were sent',
    ],
  ])('is refused if the store sends %s', async (_, start, reply, why) => {
    const lake = await store([reply]);
    await expect(lake.getRange('a', start, start + 3)).rejects.toMatchObject({
      fault: 'input',
      message: 'the store did not send just the requested part of "s3://lake/p/a"',
      why: [why],
    });
    expect(s3!.seen).toHaveLength(1);
  });

  it('is read no further than requested if the store sends an endless object', async () => {
    const sent = { bytes: 0 };
    const lake = await store([endless(sent)]);
    await expect(lake.getRange('a', 0, 2_000_000)).rejects.toMatchObject({
      fault: 'input',
      why: ['2000000 bytes were asked for, and more were sent'],
    });
    expect(sent.bytes).toBeLessThan(100_000_000);
  });
});

it('an endless answer is read only up to the limit of all S3 answers', async () => {
  const sent = { bytes: 0 };
  const lake = await store([endless(sent)]);
  await expect(lake.folders('')[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    fault: 'unreachable',
    message: expect.stringContaining('the answer is larger than any answer of S3'),
  });
  expect(sent.bytes).toBeLessThan(200_000_000);
});
