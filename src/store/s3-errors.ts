/** What S3 and its SDK throw, in Landfall's words. The only place that knows their names. */
import { LandfallError } from '../faults.ts';
import type { Fault } from '../faults.ts';
import { ANSWER_TOO_LARGE } from './bounded-answer.ts';

/** What was asked for: the IAM action and the object or bucket it was asked of. */
export interface Asked {
  action: string;
  resource: string;
}

interface Shape {
  name: string;
  code: string;
  status: number | undefined;
  message: string;
}

function shapeOf(error: unknown): Shape {
  const { name, code, message, $metadata: metadata } = (error ?? {}) as Record<string, unknown>;
  const { httpStatusCode: status } = (metadata ?? {}) as Record<string, unknown>;
  return {
    name: typeof name === 'string' ? name : '',
    code: typeof code === 'string' ? code : '',
    status: typeof status === 'number' ? status : undefined,
    message: typeof message === 'string' ? message : String(error),
  };
}

const CREDENTIALS: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'TokenRefreshRequired',
  'InvalidToken',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
  'CredentialsProviderError',
  'TokenProviderError',
  'AuthorizationHeaderMalformed',
  'RequestTimeTooSkewed',
]);

const PASSING: ReadonlySet<string> = new Set([
  'TimeoutError',
  'RequestTimeout',
  'RequestTimeoutException',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'ServiceUnavailable',
  'InternalError',
  'OperationAborted',
  'ConditionalRequestConflict',
  'BadDigest',
  'IncompleteBody',
  'XAmzContentChecksumMismatch',
]);

/** Of stores other than AWS's: Ceph, MinIO, OpenStack and others. */
const FULL =
  /^(?:QuotaExceeded|XMinioStorageFull|XMinioAdminBucketQuotaExceeded|InsufficientStorage|StorageFull)$/;

const NETWORK: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** True when S3 says that this object does not exist; a missing bucket is something else. */
export function isNoSuchKey(error: unknown): boolean {
  const { name, status } = shapeOf(error);
  return name === 'NoSuchKey' || name === 'NotFound' || (status === 404 && name !== 'NoSuchBucket');
}

/** True when a precondition did not hold: for create-if-absent, something is there. */
export function isPreconditionFailed(error: unknown): boolean {
  return shapeOf(error).status === 412;
}

/**
 * True when another conditional write of the same key was under way: nothing was written, and another try decides.
 */
export function isConflict(error: unknown): boolean {
  return shapeOf(error).status === 409;
}

/** True when a range starts at or behind the end of the object. */
export function isRangeBehindEnd(error: unknown): boolean {
  return shapeOf(error).status === 416;
}

/** The LandfallError for S3's answer, or for the lack of one; an error that already is a LandfallError is kept. */
export function s3Error(error: unknown, asked: Asked): LandfallError {
  if (error instanceof LandfallError) return error;
  const shape = shapeOf(error);
  const meaning = shape.code === ANSWER_TOO_LARGE ? ENDLESS_ANSWER : meaningOf(shape, asked);
  const nameless = shape.name === 'Unknown' && shape.status !== undefined;
  const name = nameless ? `HTTP ${String(shape.status)}` : shape.name || shape.code;
  const why = [[name, shape.message].filter((part) => part !== '').join(': ')];
  return new LandfallError(meaning.fault, `${meaning.message} (${asked.action} on ${asked.resource})`, {
    why,
    cause: error,
    ...(meaning.next === undefined ? {} : { next: meaning.next }),
    ...(meaning.retryable === undefined ? {} : { retryable: meaning.retryable }),
  });
}

interface Meaning {
  fault: Fault;
  message: string;
  next?: string;
  retryable?: boolean;
}

/** S3 answers a denial of KMS as one of its own; its message alone tells which action on which key is meant. */
const KMS_DENIAL = /not authorized to perform: (kms:\w+)(?: on resource: "?(arn:[^\s"]+))?/;

const ENDLESS_ANSWER: Meaning = {
  fault: 'unreachable',
  message: 'the answer is larger than any answer of S3',
  next: 'check AWS_ENDPOINT_URL_S3 and any proxy in between',
};

function meaningOf(shape: Shape, asked: Asked): Meaning {
  const { name, status } = shape;
  if (CREDENTIALS.has(name)) return credentials(name);
  if (status === 507 || FULL.test(name)) {
    return {
      fault: 'full',
      message: 'no space left in the store, or its quota is used up',
      next: 'make room, or raise the quota',
    };
  }
  const denial = denied(shape, asked);
  if (denial !== undefined) return denial;
  if (name === 'NoSuchBucket') {
    return { fault: 'input', message: 'no such bucket', next: 'create it, or correct its name' };
  }
  const notReached = unreached(shape);
  if (notReached !== undefined) return notReached;
  if (PASSING.has(name) || status === 409 || status === 429 || (status !== undefined && status >= 500)) {
    return { fault: 'unreachable', message: 'S3 request failed', next: 'wait a minute', retryable: true };
  }
  if (shape.message.includes('Region is missing')) {
    return {
      fault: 'input',
      message: 'no AWS region is set',
      next: 'set AWS_REGION, or [AWS] region in dl.cfg',
    };
  }
  if (status === 404) return { fault: 'input', message: 'it is gone' };
  if (status === 301 || status === 307) {
    return {
      fault: 'input',
      message: 'the bucket is in another region',
      next: 'set the region of the bucket',
    };
  }
  if (status !== undefined) return { fault: 'input', message: 'S3 refused the request' };
  return { fault: 'internal', message: 'the S3 request could not be sent' };
}

/** The meaning of S3's 403 answers, denials and others. */
function denied({ name, status, message }: Shape, asked: Asked): Meaning | undefined {
  if (name === 'InvalidObjectState') {
    return {
      fault: 'input',
      message: 'the object is archived',
      next: 'restore it (aws s3api restore-object), or leave it out',
    };
  }
  const [, action, key] = KMS_DENIAL.exec(message) ?? [];
  if (action !== undefined) {
    return {
      fault: 'access',
      message: 'the use of its KMS key is denied',
      next: `allow ${action} on ${key ?? 'the key'}`,
    };
  }
  if (status === 403 || status === 401 || name === 'AccessDenied') {
    return { fault: 'access', message: 'access denied', next: `allow ${asked.action} on ${asked.resource}` };
  }
  return undefined;
}

/** The meaning of a failure without any answer from S3. */
function unreached(shape: Shape): Meaning | undefined {
  const { code, status } = shape;
  if (isNetwork(shape)) {
    return {
      fault: 'unreachable',
      message: 'S3 could not be reached',
      next: 'check network, proxy and endpoint',
      retryable: true,
    };
  }
  if (code.startsWith('HPE_')) {
    return {
      fault: 'unreachable',
      message: 'the endpoint is not S3: its answer is not valid HTTP',
      next: 'check network, proxy and endpoint',
    };
  }
  if (/CERT|TLS|SSL/.test(code)) {
    return {
      fault: 'unreachable',
      message: 'the TLS certificate of S3 was rejected',
      next: 'check AWS_ENDPOINT_URL_S3, HTTPS_PROXY, and AWS_CA_BUNDLE for certificates of your own',
    };
  }
  if (status === 407) {
    return {
      fault: 'unreachable',
      message: 'a proxy asked for a sign-in instead of passing the request to S3',
      next: 'check the proxy, or AWS_ENDPOINT_URL_S3',
    };
  }
  return undefined;
}

function credentials(name: string): Meaning {
  const expired = name.startsWith('Expired') || name === 'TokenRefreshRequired';
  if (expired) return { fault: 'access', message: 'the AWS credentials have expired', next: 'renew them' };
  if (name === 'CredentialsProviderError') {
    return {
      fault: 'access',
      message: 'no usable AWS credentials',
      next: 'sign in, or set AWS_PROFILE',
    };
  }
  if (name === 'RequestTimeTooSkewed') {
    return {
      fault: 'access',
      message: "this machine's clock differs too much from AWS's",
      next: 'set the clock',
    };
  }
  return {
    fault: 'access',
    message: 'AWS does not accept the credentials',
    next: 'check them, and the region',
  };
}

function isNetwork({ name, code, message, status }: Shape): boolean {
  return (
    NETWORK.has(code) ||
    name === 'TimeoutError' ||
    (status === undefined && /socket hang up|aborted/i.test(message))
  );
}
