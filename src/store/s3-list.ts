/** Listing a bucket, page by page. */
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type {
  _Object,
  ListMultipartUploadsCommandOutput,
  ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import type { Bucket } from './s3-bucket.ts';
import type { ObjectInfo } from './store.ts';

/**
 * Every object whose key starts with `prefix`. Names are asked for URL-encoded, because XML cannot carry all of them,
 * and decoded here.
 */
export async function* listObjects(s3: Bucket, prefix: string): AsyncIterable<ObjectInfo> {
  const root = s3.prefix === '' ? 0 : s3.prefix.length + 1;
  for await (const page of pages(s3, prefix)) {
    for (const object of page.Contents ?? []) yield infoOf(object, page.EncodingType === 'url', root);
  }
}

/** Names of the folders right below `prefix`, which ends with a slash. */
export async function* listFolders(s3: Bucket, prefix: string): AsyncIterable<string> {
  const start = s3.at(prefix).length;
  for await (const page of pages(s3, prefix, '/')) {
    for (const { Prefix = '' } of page.CommonPrefixes ?? []) {
      yield decoded(Prefix, page.EncodingType === 'url').slice(start, -1);
    }
  }
}

async function* pages(
  s3: Bucket,
  prefix: string,
  delimiter?: string,
): AsyncIterable<ListObjectsV2CommandOutput> {
  let token: string | undefined;
  do {
    const page: ListObjectsV2CommandOutput = await s3.ask('s3:ListBucket', prefix, () =>
      s3.client.send(
        new ListObjectsV2Command({
          ...s3.common,
          Prefix: s3.at(prefix),
          EncodingType: 'url',
          ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      ),
    );
    yield page;
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

/** When each multipart upload under the root was begun that was neither completed nor aborted. */
export async function* listIncompleteUploads(s3: Bucket): AsyncIterable<Date> {
  let after: Pick<ListMultipartUploadsCommandOutput, 'NextKeyMarker' | 'NextUploadIdMarker'> | undefined = {};
  do {
    const from = { KeyMarker: after.NextKeyMarker, UploadIdMarker: after.NextUploadIdMarker };
    const page: ListMultipartUploadsCommandOutput = await s3.ask('s3:ListBucketMultipartUploads', '', () =>
      s3.client.send(new ListMultipartUploadsCommand({ ...s3.common, Prefix: s3.at(''), ...from })),
    );
    for (const { Initiated } of page.Uploads ?? []) yield Initiated ?? new Date(0);
    after = page.IsTruncated === true ? page : undefined;
  } while (after !== undefined);
}

const decoded = (key: string, encoded: boolean) =>
  encoded ? decodeURIComponent(key.replaceAll('+', ' ')) : key;

function infoOf(
  { Key = '', Size = 0, ETag = '', LastModified }: _Object,
  encoded: boolean,
  root: number,
): ObjectInfo {
  const key = decoded(Key, encoded);
  const lastModified = LastModified ?? new Date(0);
  return { key: key.slice(root), size: Size, etag: ETag.replaceAll('"', ''), lastModified };
}
