/** Copying within a bucket without the bytes passing through us. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { CompletedPart } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { LandfallError } from '../faults.ts';
import { replaced } from './replaced.ts';
import type { Bucket } from './s3-bucket.ts';
import { isPreconditionFailed } from './s3-errors.ts';
import type { ObjectInfo } from './store.ts';

const GiB = 2 ** 30;
const LARGEST_PART = GiB;
const MOST_PARTS = 10_000;
const PARTS_AT_ONCE = 8;

/**
 * Copies an object, in parts when it is large. Throws `input` when the source is gone, a retryable `unreachable` when it
 * changes meanwhile.
 */
export async function copyObject(
  s3: Bucket,
  from: string,
  to: string,
  head: () => Promise<ObjectInfo | undefined>,
): Promise<ObjectInfo> {
  const source = await head();
  if (source === undefined) {
    throw new LandfallError('input', `s3://${s3.bucket}/${s3.at(from)} is gone`, {
      next: 'put it back, or start again',
    });
  }
  const { partsAbove = GiB } = s3.settings;
  return s3.ask('s3:PutObject', to, async () => {
    try {
      return await (source.size > partsAbove
        ? copyInParts(s3, source, to, partsAbove)
        : copyWhole(s3, source, to));
    } catch (error) {
      if (isPreconditionFailed(error)) throw replaced(`s3://${s3.bucket}/${s3.at(from)}`);
      throw error;
    }
  });
}

function sourceOf(s3: Bucket, { key, etag }: ObjectInfo) {
  const { ExpectedBucketOwner: owner } = s3.common;
  return {
    CopySource: `${s3.bucket}/${s3.at(key).split('/').map(encodeURIComponent).join('/')}`,
    CopySourceIfMatch: `"${etag}"`,
    ...(owner === undefined ? {} : { ExpectedSourceBucketOwner: owner }),
  };
}

async function copyWhole(s3: Bucket, source: ObjectInfo, to: string): Promise<ObjectInfo> {
  const output = await s3.client.send(
    new CopyObjectCommand({ ...s3.common, ...s3.encryption, ...sourceOf(s3, source), Key: s3.at(to) }),
  );
  const { ETag = '', LastModified = new Date(0) } = output.CopyObjectResult ?? {};
  return { key: to, size: source.size, etag: ETag.replaceAll('"', ''), lastModified: LastModified };
}

async function copyInParts(
  s3: Bucket,
  source: ObjectInfo,
  to: string,
  partsAbove: number,
): Promise<ObjectInfo> {
  const target = { ...s3.common, Key: s3.at(to) };
  const { UploadId } = await s3.client.send(
    new CreateMultipartUploadCommand({ ...target, ...s3.encryption }),
  );
  const upload = { ...target, UploadId };
  try {
    const Parts = await copyParts(s3, source, upload, Math.min(partsAbove, LARGEST_PART));
    const output = await s3.client.send(
      new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }),
    );
    const lastModified = s3.dateOf(output) ?? new Date(0);
    return { key: to, size: source.size, etag: (output.ETag ?? '').replaceAll('"', ''), lastModified };
  } catch (error) {
    await s3.client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw error;
  }
}

type Upload = Bucket['common'] & { Key: string; UploadId: string | undefined };

/** Once a part has failed, no other is begun; those under way finish first, because an abort would not stop them. */
async function copyParts(
  s3: Bucket,
  source: ObjectInfo,
  upload: Upload,
  least: number,
): Promise<CompletedPart[]> {
  const bytes = Math.max(least, Math.ceil(source.size / MOST_PARTS));
  const limit = pLimit(PARTS_AT_ONCE);
  const starts = Array.from({ length: Math.ceil(source.size / bytes) }, (_, index) => index * bytes);
  let failure: { error: unknown } | undefined;
  const parts: CompletedPart[] = [];
  const copyPart = async (start: number, index: number) => {
    if (failure !== undefined) return;
    const last = Math.min(start + bytes, source.size) - 1;
    const input = {
      ...upload,
      ...sourceOf(s3, source),
      PartNumber: index + 1,
      CopySourceRange: `bytes=${String(start)}-${String(last)}`,
    };
    try {
      const { CopyPartResult } = await s3.client.send(new UploadPartCopyCommand(input));
      parts[index] = { PartNumber: index + 1, ETag: CopyPartResult?.ETag };
    } catch (error) {
      failure ??= { error };
    }
  };
  await Promise.all(starts.map((start, index) => limit(() => copyPart(start, index))));
  if (failure !== undefined) throw failure.error;
  return parts;
}
