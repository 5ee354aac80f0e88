/** The S3 client as Landfall uses it: bounded in time and tries, and aware of the store's clock. */
import { S3Client } from '@aws-sdk/client-s3';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import type { Env } from '../env.ts';
import { renewExpiredCredentials, REREAD_FILES } from './expired-credentials.ts';
import { guardByMd5 } from './older-checksums.ts';
import { requestHandler } from './request-handler.ts';

export interface S3Settings {
  /** Another S3 than AWS's, addressed by path. Default: `AWS_ENDPOINT_URL_S3`, then `AWS_ENDPOINT_URL`. */
  endpoint?: string;
  /** Default: the SDK's own chain; `us-east-1` where there is an endpoint or no account. A bucket elsewhere is found. */
  region?: string;
  /** Default: the SDK's own chain. */
  credentials?: NonNullable<S3ClientConfig['credentials']>;
  /** The profile of the AWS configuration to take credentials and region from. */
  profile?: string;
  /** True: requests are not signed, which public buckets allow without an account. */
  anonymous?: boolean;
  /** The 12-digit account that must own the bucket; S3 refuses otherwise. */
  expectedBucketOwner?: string;
  /** Objects are written with SSE-KMS under this key. */
  kmsKeyId?: string;
  /**
   * Default: `AWS_REQUEST_CHECKSUM_CALCULATION`. `when_required` is for stores that do not know S3's newer checksums: MD5
   * guards requests then.
   */
  checksums?: 'when_supported' | 'when_required';
  /** Milliseconds until an answer must begin, and without a byte of it. Default 60,000. */
  requestTimeoutMs?: number;
  /** Tries of one request. Default 4. */
  maxAttempts?: number;
  /** Bytes above which a copy is made in parts. Default 1 GiB; S3 itself allows 5 GiB. */
  partsAbove?: number;
}

export interface S3 {
  client: S3Client;
  /** Undefined where the SDK finds it: at AWS. */
  endpoint: string | undefined;
  /** The Date header of the answer that an output was read from. */
  dateOf(output: object): Date | undefined;
}

const CONNECT_MS = 5_000;
export const REQUEST_TIMEOUT_MS = 60_000;

/** Makes the client. `env` tells the endpoint where the settings do not. */
export function s3Client(settings: S3Settings, env: Env): S3 {
  const { region, credentials, profile, anonymous = false, checksums = 'when_supported' } = settings;
  const endpoint =
    settings.endpoint ?? nonBlank(env['AWS_ENDPOINT_URL_S3']) ?? nonBlank(env['AWS_ENDPOINT_URL']);
  const timeout = settings.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const required = checksums === 'when_required' ? 'WHEN_REQUIRED' : 'WHEN_SUPPORTED';
  const fallback =
    anonymous || endpoint !== undefined ? (nonBlank(env['AWS_REGION']) ?? 'us-east-1') : undefined;
  const where = region ?? fallback;
  const client = new S3Client({
    ...REREAD_FILES,
    ...(where === undefined ? {} : { region: where }),
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(profile === undefined ? {} : { profile }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(anonymous ? unsigned : {}),
    followRegionRedirects: true,
    maxAttempts: settings.maxAttempts ?? 4,
    requestChecksumCalculation: required,
    responseChecksumValidation: required,
    requestHandler: requestHandler(env, {
      connectMs: CONNECT_MS,
      answerMs: timeout,
      keepAlive: true,
      maxSockets: 50,
    }),
  });
  renewExpiredCredentials(client, profile);
  if (checksums === 'when_required') guardByMd5(client);
  return { client, endpoint, dateOf: rememberDates(client) };
}

const unsigned = {
  credentials: { accessKeyId: '', secretAccessKey: '' },
  signer: { sign: <T>(request: T) => Promise.resolve(request) },
} as const;

const nonBlank = (text: string | undefined) => (text === undefined || text.trim() === '' ? undefined : text);

function rememberDates(client: S3Client): (output: object) => Date | undefined {
  const dates = new WeakMap<object, Date>();
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const date = dateHeader(result.response);
      const output: object | undefined = result.output;
      if (date !== undefined && output !== undefined) dates.set(output, date);
      return result;
    },
    { step: 'deserialize', priority: 'high', name: 'rememberDates' },
  );
  return (output) => dates.get(output);
}

/** The Date header of a raw HTTP answer, such as the `$response` of an SDK error. */
export function dateHeader(response: unknown): Date | undefined {
  const { headers } = (response ?? {}) as { headers?: Record<string, string> };
  const text = headers?.['date'];
  const date = text === undefined ? undefined : new Date(text);
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}
