/** A bucket, the prefix of the store's objects, and the client for it. */
import type { S3, S3Settings } from './s3-client.ts';
import { s3Error } from './s3-errors.ts';

export interface Bucket extends S3 {
  bucket: string;
  /** Without slashes at its ends; empty for the whole bucket. */
  prefix: string;
  settings: S3Settings;
  /** Parameters of every request. */
  common: { Bucket: string; ExpectedBucketOwner?: string };
  /** Parameters of every write. */
  encryption: { ServerSideEncryption?: 'aws:kms'; SSEKMSKeyId?: string };
  /** The full name in the bucket. */
  at(key: string): string;
  /** Runs an SDK call; what it throws becomes a LandfallError that names action and object. */
  ask<T>(action: string, key: string, call: () => Promise<T>): Promise<T>;
}

/** Joins a place and a client. */
export function bucketOf(bucket: string, prefix: string, settings: S3Settings, s3: S3): Bucket {
  const { expectedBucketOwner, kmsKeyId } = settings;
  const at = (key: string) => (prefix === '' ? key : `${prefix}/${key}`);
  return {
    ...s3,
    bucket,
    prefix,
    settings,
    common: {
      Bucket: bucket,
      ...(expectedBucketOwner === undefined ? {} : { ExpectedBucketOwner: expectedBucketOwner }),
    },
    encryption: kmsKeyId === undefined ? {} : { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKeyId },
    at,
    ask: async (action, key, call) => {
      try {
        return await call();
      } catch (error) {
        throw s3Error(error, { action, resource: `s3://${bucket}/${at(key)}` });
      }
    },
  };
}
