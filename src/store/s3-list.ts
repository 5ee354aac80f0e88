/**
 * Lists a bucket, page by page. A list is complete or an error: when a store's pages do not continue, or it answers
 * with what it was not asked for, an `input` error names the place and the endpoint.
 */
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type {
  _Object,
  ListMultipartUploadsCommandOutput,
  ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import { LandfallError } from '../faults.ts';
import { archivalListed } from './archived.ts';
import type { Bucket } from './s3-bucket.ts';
import type { ObjectInfo } from './store.ts';

/**
 * Every object whose key starts with `prefix`. Names are asked for URL-encoded, because XML cannot carry all of them,
 * and decoded here.
 */
export async function* listObjects(s3: Bucket, prefix: string): AsyncIterable<ObjectInfo> {
  const root = s3.prefix === '' ? 0 : s3.prefix.length + 1;
  for await (const page of pages(s3, prefix)) {
    for (const object of page.Contents ?? []) {
      yield infoOf(object, apart(nameBelow(s3, prefix, page, object.Key).slice(root)));
    }
  }
}

/** Names of the folders right below `prefix`, which ends with a slash. */
export async function* listFolders(s3: Bucket, prefix: string): AsyncIterable<string> {
  const start = s3.at(prefix).length;
  for await (const page of pages(s3, prefix, '/')) {
    for (const { Prefix } of page.CommonPrefixes ?? []) {
      yield nameBelow(s3, prefix, page, Prefix).slice(start, -1);
    }
  }
}

async function* pages(
  s3: Bucket,
  prefix: string,
  delimiter?: string,
): AsyncIterable<ListObjectsV2CommandOutput> {
  let token: string | undefined;
  let before: string | undefined;
  do {
    const page: ListObjectsV2CommandOutput = await s3.ask('s3:ListBucket', prefix, () =>
      s3.client.send(
        new ListObjectsV2Command({
          ...s3.common,
          Prefix: s3.at(prefix),
          EncodingType: 'url',
          ...(delimiter === undefined ? restoreStatus(s3) : { Delimiter: delimiter }),
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      ),
    );
    yield page;
    const { IsTruncated } = page;
    const next = page.NextContinuationToken === '' ? undefined : page.NextContinuationToken;
    const goesOn = IsTruncated ?? next !== undefined;
    if (goesOn && (next === undefined || next === token))
      throw cutShort(
        s3,
        prefix,
        next === undefined ? 'no NextContinuationToken' : 'the token it was asked with',
      );
    const last = page.Contents?.at(-1)?.Key ?? page.CommonPrefixes?.at(-1)?.Prefix;
    if (goesOn && last !== undefined && last === before)
      throw cutShort(s3, prefix, `the names of the page before, up to "${last}"`);
    before = last;
    token = goesOn ? next : undefined;
  } while (token !== undefined);
}

/** Start times of the multipart uploads under the root that were neither completed nor aborted. */
export async function* listIncompleteUploads(s3: Bucket): AsyncIterable<Date> {
  let from: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {};
  do {
    const asked: typeof from = from;
    const page: ListMultipartUploadsCommandOutput = await s3.ask('s3:ListBucketMultipartUploads', '', () =>
      s3.client.send(new ListMultipartUploadsCommand({ ...s3.common, Prefix: s3.at(''), ...asked })),
    );
    for (const { Initiated } of page.Uploads ?? []) yield Initiated ?? new Date(0);
    const { IsTruncated = false, NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
    if (IsTruncated && KeyMarker === undefined) throw cutShort(s3, '', 'no NextKeyMarker');
    if (IsTruncated && KeyMarker === asked.KeyMarker && UploadIdMarker === asked.UploadIdMarker)
      throw cutShort(s3, '', 'the markers it was asked with');
    from = IsTruncated ? { KeyMarker, UploadIdMarker } : undefined;
  } while (from !== undefined);
}

/** A name as it is stored. Throws where it is not one that was asked for. */
function nameBelow(
  s3: Bucket,
  prefix: string,
  { EncodingType }: ListObjectsV2CommandOutput,
  name = '',
): string {
  const raw = EncodingType === 'url' ? decoded(name) : name;
  if (raw === undefined)
    throw unlikeS3(s3, prefix, `it says that its names are URL-encoded, and "${name}" is not`);
  if (!raw.startsWith(s3.at(prefix)))
    throw unlikeS3(s3, prefix, `it answers with "${raw}", which is elsewhere`);
  return raw;
}

function decoded(name: string): string | undefined {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

const cutShort = (s3: Bucket, prefix: string, instead: string) =>
  unlikeS3(s3, prefix, `it says that the list goes on, and answers with ${instead}`);

function unlikeS3(s3: Bucket, prefix: string, why: string): LandfallError {
  const { endpoint = 'Amazon S3', bucket } = s3;
  return new LandfallError('input', `s3://${bucket}/${s3.at(prefix)} cannot be listed whole at ${endpoint}`, {
    why: [why],
    next: 'use a store that lists as Amazon S3 does (ListObjectsV2), or correct [S3] endpoint',
  });
}

function infoOf(object: _Object, key: string): ObjectInfo {
  const { Size: size = 0, ETag = '', LastModified: lastModified = new Date(0) } = object;
  return { key, size, etag: apart(ETag.replaceAll('"', '')), lastModified, ...archivalListed(object) };
}

/** A copy: V8 keeps a text in memory as long as a part that was cut out of it, and a list has millions of parts. */
const apart = (text: string) => Buffer.from(text).toString();

/** Asks which archived objects have been restored. Directory buckets have no archives, and refuse the question. */
function restoreStatus({ bucket }: Bucket): { OptionalObjectAttributes?: ['RestoreStatus'] } {
  return bucket.endsWith('--x-s3') ? {} : { OptionalObjectAttributes: ['RestoreStatus'] };
}
