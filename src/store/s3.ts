/** Objects in an S3 bucket, under a prefix. */
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { PutObjectCommandOutput } from '@aws-sdk/client-s3';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Env } from '../env.ts';
import { LandfallError } from '../faults.ts';
import { archivalOfHead } from './archived.ts';
import { checkKey } from './keys.ts';
import { bucketOf } from './s3-bucket.ts';
import type { Bucket } from './s3-bucket.ts';
import { dateHeader, s3Client } from './s3-client.ts';
import type { S3Settings } from './s3-client.ts';
import { copyObject } from './s3-copy.ts';
import { isConflict, isNoSuchKey, isPreconditionFailed, s3Error } from './s3-errors.ts';
import { listFolders, listIncompleteUploads, listObjects } from './s3-list.ts';
import { getObject, getRange } from './s3-read.ts';
import { MOST_BYTES } from './store.ts';
import type { ObjectInfo, Store } from './store.ts';
import { formatUri } from './uri.ts';

/** Opens the store. Sends no request yet. */
export function openS3(
  { bucket, prefix }: { bucket: string; prefix: string },
  given: S3Settings = {},
  env: Env = process.env,
): Store {
  const settings = { ...given, checksums: given.checksums ?? checksumsOf(env) };
  const s3 = bucketOf(bucket, prefix, settings, s3Client(settings, env));
  return {
    uri: formatUri({ scheme: 's3', bucket, prefix }),
    list: (keyPrefix) => listObjects(s3, keyPrefix),
    folders: (keyPrefix) => listFolders(s3, keyPrefix),
    head: (key) => head(s3, key),
    get: (key, most = MOST_BYTES) => getObject(s3, key, most),
    getRange: (key, start, end, etag) => getRange(s3, key, { start, end, etag }),
    put: async (key, body) => put(s3, checkKey(key), body),
    createIfAbsent: async (key, body) => createIfAbsent(s3, checkKey(key), body),
    copy: async (from, to) => copyObject(s3, from, checkKey(to), () => head(s3, from)),
    remove: (keys) => remove(s3, keys),
    incompleteUploads: () => listIncompleteUploads(s3),
    now: () => now(s3),
  };
}

const checksumsOf = (env: Env): NonNullable<S3Settings['checksums']> =>
  env['AWS_REQUEST_CHECKSUM_CALCULATION']?.toLowerCase() === 'when_required'
    ? 'when_required'
    : 'when_supported';

const unquoted = (etag: string | undefined) => (etag ?? '').replaceAll('"', '');

async function head(s3: Bucket, key: string): Promise<ObjectInfo | undefined> {
  return s3.ask('s3:GetObject', key, async () => {
    try {
      const found = await s3.client.send(new HeadObjectCommand({ ...s3.common, Key: s3.at(key) }));
      const { ContentLength = 0, ETag, LastModified = new Date(0) } = found;
      const info = { key, size: ContentLength, etag: unquoted(ETag), lastModified: LastModified };
      return { ...info, ...archivalOfHead(found) };
    } catch (error) {
      if (isNoSuchKey(error)) return undefined;
      throw error;
    }
  });
}

async function send(
  s3: Bucket,
  key: string,
  body: Uint8Array,
  onlyIfAbsent: boolean,
): Promise<PutObjectCommandOutput> {
  return s3.client.send(
    new PutObjectCommand({
      ...s3.common,
      ...s3.encryption,
      Key: s3.at(key),
      Body: body,
      ...(onlyIfAbsent ? { IfNoneMatch: '*' } : {}),
    }),
  );
}

async function put(s3: Bucket, key: string, body: Uint8Array): Promise<ObjectInfo> {
  const output = await s3.ask('s3:PutObject', key, () => send(s3, key, body, false));
  const lastModified = s3.dateOf(output) ?? new Date(0);
  return { key, size: body.length, etag: unquoted(output.ETag), lastModified };
}

const CONFLICT_TRIES = 6;
const CONFLICT_DELAY_MS = 50;

async function createIfAbsent(s3: Bucket, key: string, body: Uint8Array): Promise<boolean> {
  return s3.ask('s3:PutObject', key, async () => {
    for (let tries = 1; ; tries += 1) {
      try {
        await send(s3, key, body, true);
        return true;
      } catch (error) {
        if (isPreconditionFailed(error)) return false;
        if (!isConflict(error) || tries === CONFLICT_TRIES) throw error;
        await sleep(CONFLICT_DELAY_MS * 2 ** tries);
      }
    }
  });
}

const BATCH = 1000;

/** Characters that XML cannot carry, or changes: a name with one cannot be in a DeleteObjects request. */
const NOT_FOR_XML = /[^\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

async function remove(s3: Bucket, keys: readonly string[]): Promise<void> {
  for (const key of keys.filter((one) => NOT_FOR_XML.test(s3.at(one)))) {
    await s3.ask('s3:DeleteObject', key, () =>
      s3.client.send(new DeleteObjectCommand({ ...s3.common, Key: s3.at(key) })),
    );
  }
  const plain = keys.filter((key) => !NOT_FOR_XML.test(s3.at(key)));
  for (let start = 0; start < plain.length; start += BATCH) {
    await removeBatch(s3, plain.slice(start, start + BATCH));
  }
}

async function removeBatch(s3: Bucket, keys: readonly string[]): Promise<void> {
  const Objects = keys.map((key) => ({ Key: s3.at(key) }));
  const { Errors = [] } = await s3.ask('s3:DeleteObject', keys[0] ?? '', () =>
    s3.client.send(new DeleteObjectsCommand({ ...s3.common, Delete: { Objects, Quiet: true } })),
  );
  const refused = Errors.filter(({ Code }) => Code !== 'NoSuchKey');
  const [first] = refused;
  if (first === undefined) return;
  const others = refused.length > 1 ? ` (and ${String(refused.length - 1)} more)` : '';
  const error = Object.assign(new Error(`${first.Message ?? 'no reason given'}${others}`), {
    name: first.Code ?? '',
  });
  throw s3Error(Object.assign(error, statusOf(first.Code)), {
    action: 's3:DeleteObject',
    resource: `s3://${s3.bucket}/${first.Key ?? ''}`,
  });
}

/** Errors inside a reply carry no status of their own; without one they would count as ours. */
function statusOf(code: string | undefined): { $metadata: { httpStatusCode: number } } {
  const passing = code === 'InternalError' || code === 'SlowDown' || code === 'ServiceUnavailable';
  return { $metadata: { httpStatusCode: passing ? 503 : 400 } };
}

async function now(s3: Bucket): Promise<Date> {
  return s3.ask('s3:ListBucket', '', async () => {
    try {
      const output = await s3.client.send(new HeadBucketCommand(s3.common));
      const date = s3.dateOf(output);
      if (date !== undefined) return date;
    } catch (error) {
      const date = dateHeader((error as { $response?: unknown }).$response);
      if (date !== undefined) return date;
      throw error;
    }
    throw new LandfallError(
      'unreachable',
      `s3://${s3.bucket} does not give the time: its answers have no Date header`,
    );
  });
}
