import '../support/one-realm.ts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openS3 } from '../../src/store/s3.ts';
import { credentialVariables } from '../../src/store/s3-credentials.ts';
import { sharedCredentials } from '../support/shared-credentials.ts';
import type { SharedCredentials } from '../support/shared-credentials.ts';
import { bytes } from './contract.ts';
import { answer, refuse, scriptedS3 } from './scripted-s3.ts';
import type { Reply, ScriptedS3 } from './scripted-s3.ts';

let shared: SharedCredentials;
let s3: ScriptedS3;
beforeEach(() => {
  shared = sharedCredentials();
  shared.write('AKIDOLD');
});
afterEach(async () => {
  await s3.stop();
  shared.restore();
});

/** Refuses what the old key signed. */
const expired: Reply = (seen, response) =>
  ((seen.headers.authorization ?? '').includes('Credential=AKIDOLD')
    ? refuse(400, 'ExpiredToken')
    : answer(200, '', { etag: '"e"' }))(seen, response);

async function lake() {
  s3 = await scriptedS3(expired);
  return openS3({ bucket: 'lake', prefix: 'p' }, { endpoint: s3.endpoint, maxAttempts: 1 }, {});
}

describe('credentials for S3 that expire', () => {
  it('are read again from their source once they are refused, and the write succeeds', async () => {
    const store = await lake();
    await expect(store.put('a', bytes('x'))).rejects.toMatchObject({ fault: 'access' });
    shared.write('AKIDNEW');
    expect(await store.createIfAbsent('a', bytes('x'))).toBe(true);
    const [, , again] = s3.seen;
    expect(again!.headers['x-amz-security-token']).toBe('AKIDNEW/t=');
    expect(again!.headers['if-none-match']).toBe('*');
    expect(again!.body).toContain('x');
  });

  it('are reported, with the object and after one request, if their source has no new ones', async () => {
    const store = await lake();
    await expect(store.get('journal/000007.json')).rejects.toMatchObject({
      fault: 'access',
      retryable: false,
      message: 'the AWS credentials have expired (s3:GetObject on s3://lake/p/journal/000007.json)',
      next: 'renew them',
    });
    expect(s3.seen).toHaveLength(1);
  });

  it('are passed to the next step of the local endpoint in their current form', async () => {
    await lake();
    const variables = credentialVariables();
    expect(await variables()).toMatchObject({ AWS_ACCESS_KEY_ID: 'AKIDOLD' });
    shared.write('AKIDNEW');
    expect(await variables()).toMatchObject({ AWS_ACCESS_KEY_ID: 'AKIDNEW' });
  });
});

describe('a clock that differs from S3’s by more than S3 allows', () => {
  const ahead = (minutes: number) => new Date(Date.now() + minutes * 60_000);
  const skewed = (minutes: number) =>
    answer(
      403,
      '<?xml version="1.0"?><Error><Code>RequestTimeTooSkewed</Code><Message>no</Message></Error>',
      { date: ahead(minutes).toUTCString() },
    );
  const signedAt = (headers: Record<string, unknown>) => {
    const [, year, month, day, hour, minute] =
      /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)/.exec(String(headers['x-amz-date'])) ?? [];
    return Date.parse(`${year ?? ''}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:00Z`);
  };

  it.each([20, -20])(
    'by %i minutes is corrected for the next try, and reported if that does not help',
    async (minutes) => {
      s3 = await scriptedS3(skewed(minutes), answer(200, 'x'));
      const store = openS3({ bucket: 'lake', prefix: 'p' }, { endpoint: s3.endpoint, maxAttempts: 3 }, {});
      expect(await store.get('a')).toEqual(bytes('x'));
      expect(Math.abs(signedAt(s3.seen[1]!.headers) - ahead(minutes).getTime())).toBeLessThan(120_000);
      await s3.stop();
      s3 = await scriptedS3(refuse(403, 'RequestTimeTooSkewed'));
      const never = openS3({ bucket: 'lake', prefix: 'p' }, { endpoint: s3.endpoint, maxAttempts: 2 }, {});
      await expect(never.get('a')).rejects.toMatchObject({ fault: 'access', next: 'set the clock' });
    },
  );
});
