import '../support/one-realm.ts';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openS3 } from '../../src/store/s3.ts';
import type { Store } from '../../src/store/store.ts';
import { keysOf } from './contract.ts';
import { answer, refuse, scriptedS3 } from './scripted-s3.ts';
import type { Reply, ScriptedS3 } from './scripted-s3.ts';

let s3: ScriptedS3 | undefined;
afterEach(async () => {
  await s3?.stop();
  s3 = undefined;
});

async function store(replies: Reply[]) {
  s3 = await scriptedS3(...replies);
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  return openS3({ bucket: 'lake', prefix: 'p' }, { endpoint: s3.endpoint, credentials, maxAttempts: 1 }, {});
}

describe('listing over S3', () => {
  const list = (keys: string[], rest: string) =>
    answer(
      200,
      `<?xml version="1.0"?><ListBucketResult><EncodingType>url</EncodingType>${keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size><ETag>"e"</ETag></Contents>`).join('')}${rest}</ListBucketResult>`,
    );
  const isTruncated = (truncated: boolean) => `<IsTruncated>${String(truncated)}</IsTruncated>`;
  const token = (text: string) => `<NextContinuationToken>${text}</NextContinuationToken>`;
  const page = (keys: string[], more: string) =>
    list(keys, more === '' ? isTruncated(false) : isTruncated(true) + token(more));

  /** The error for a store that does not list like S3: it names the request and the store. */
  const unlikeS3 = (why: RegExp) => ({
    fault: 'input',
    message: `s3://lake/p/ cannot be listed whole at ${s3!.endpoint}`,
    why: [expect.stringMatching(why)],
    next: expect.stringContaining('[S3] endpoint'),
  });

  it('decodes names as S3 encodes them, a blank as a plus sign, and follows pages', async () => {
    const lake = await store([page(['p/a+b', 'p/a%2Bb'], 'to/ken=='), page(['p/a%2520b%01%C3%A9'], '')]);
    expect(await keysOf(lake, '')).toEqual(['a b', 'a+b', 'a%20b\u0001é']);
    expect(s3!.seen[1]!.url).toContain('continuation-token=to%2Fken%3D%3D');
  });

  it('continues if only a token says so, and ends if neither token nor flag does', async () => {
    const lake = await store([list(['p/b'], token('t')), list(['p/a'], '')]);
    expect(await keysOf(lake, '')).toEqual(['b', 'a']);
  });

  it('fails, instead of ending, if a later page fails', async () => {
    const lake = await store([page(['p/a'], 't'), refuse(403, 'AccessDenied')]);
    await expect(keysOf(lake, '')).rejects.toMatchObject({
      fault: 'access',
      message: expect.stringContaining('s3:ListBucket'),
    });
  });

  it('fails, instead of ending, if a page is truncated and does not say where to continue', async () => {
    const older = isTruncated(true) + '<NextMarker>p/a</NextMarker>';
    const lake = await store([list(['p/a'], older)]);
    await expect(keysOf(lake, '')).rejects.toMatchObject(unlikeS3(/goes on.*no NextContinuationToken/));
    const folders = async () => {
      for await (const name of lake.folders('runs/')) expect(name).toBeDefined();
    };
    await expect(folders()).rejects.toMatchObject({
      fault: 'input',
      message: expect.stringContaining('s3://lake/p/runs/ '),
    });
  });

  it('fails, instead of continuing forever, if pages repeat under new tokens', async () => {
    const lake = await store([page(['p/a'], 't'), page(['p/a'], 'u'), page(['p/a'], 'v')]);
    await expect(keysOf(lake, '')).rejects.toMatchObject(unlikeS3(/the names of the page before/));
    expect(s3!.seen).toHaveLength(2);
  });

  it('fails, instead of looping forever, if a page leads to itself', async () => {
    const lake = await store([page(['p/a'], 't')]);
    await expect(keysOf(lake, '')).rejects.toMatchObject(unlikeS3(/the token it was asked with/));
    expect(s3!.seen).toHaveLength(2);
  });

  it('fails on a name that is not encoded as the page says, instead of guessing', async () => {
    const lake = await store([page(['p/100%.json'], '')]);
    await expect(keysOf(lake, '')).rejects.toMatchObject(unlikeS3(/"p\/100%.json"/));
  });

  it('fails on a name outside the requested prefix', async () => {
    const lake = await store([page(['p/a', 'other/b'], '')]);
    await expect(keysOf(lake, '')).rejects.toMatchObject(unlikeS3(/"other\/b", which is elsewhere/));
    await s3!.stop();
    const folder = '<CommonPrefixes><Prefix>p/elsewhere/</Prefix></CommonPrefixes>';
    const other = await store([list([], folder)]);
    const folders = async () => {
      for await (const name of other.folders('runs/')) expect(name).toBeDefined();
    };
    await expect(folders()).rejects.toMatchObject({ why: [expect.stringContaining('"p/elsewhere/"')] });
  });
});

describe('listing unfinished uploads', () => {
  const uploads = (rest: string) =>
    answer(
      200,
      `<?xml version="1.0"?><ListMultipartUploadsResult><Upload><Key>p/a</Key><UploadId>u</UploadId><Initiated>2026-11-21T10:00:00.000Z</Initiated></Upload>${rest}</ListMultipartUploadsResult>`,
    );
  const more = '<IsTruncated>true</IsTruncated>';
  const begun = async (lake: Store) => {
    const found: Date[] = [];
    for await (const at of lake.incompleteUploads!()) found.push(at);
    return found;
  };

  it('follows pages by key and by upload', async () => {
    const next = '<NextKeyMarker>p/a</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker>';
    const sameKey = '<NextKeyMarker>p/a</NextKeyMarker><NextUploadIdMarker>v</NextUploadIdMarker>';
    const lake = await store([uploads(more + next), uploads(more + sameKey), uploads('')]);
    expect(await begun(lake)).toHaveLength(3);
    expect(s3!.seen[2]!.url).toMatch(/key-marker=p%2Fa.*upload-id-marker=v/);
  });

  it.each([
    ['without markers', ''],
    ['with the same markers', '<NextKeyMarker>p/a</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker>'],
  ])('fails, instead of restarting forever, if a page is truncated %s', async (_, markers) => {
    const lake = await store([uploads(more + markers)]);
    await expect(begun(lake)).rejects.toMatchObject({
      fault: 'input',
      message: `s3://lake/p/ cannot be listed whole at ${s3!.endpoint}`,
    });
    expect(s3!.seen.length).toBeLessThanOrEqual(2);
  });
});
