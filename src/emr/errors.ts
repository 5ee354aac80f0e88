/**
 * Translates what the SDK throws, in one place: into a LandfallError, and into what happened to the request. Never
 * decides by message text.
 */
import { LandfallError } from '../faults.ts';
import { withoutValues } from '../redaction.ts';
import { firstPlainLine } from './plain-text.ts';

/** A call, as messages name it. */
export interface Call {
  /** EMR's name of the operation: `RunJobFlow`. */
  operation: string;
  /** What it is about: a cluster id. */
  resource?: string;
  /** Values of the request that an answer may quote and no message may show. */
  hidden?: readonly string[];
}

/** `refused`: EMR answered and did nothing. `unsent`: it never left. `ambiguous`: it may have taken effect. */
export type Delivery = 'refused' | 'unsent' | 'ambiguous';

export interface Failure {
  delivery: Delivery;
  /** A few words: `throttled (ThrottlingException)`. */
  reason: string;
  error: LandfallError;
  /** EMR refused the request's content: an unknown or ended cluster, a limit, a field it does not accept. */
  invalid: boolean;
}

/** Names that the SDK gives its errors. */
const THROTTLED = names(
  'ThrottlingException Throttling ThrottledException RequestThrottled RequestThrottledException SlowDown',
  'RequestLimitExceeded TooManyRequestsException EC2ThrottledException PriorRequestNotComplete',
  'BandwidthLimitExceeded LimitExceededException TransactionInProgressException',
);
const EXPIRED = names('ExpiredTokenException ExpiredToken RequestExpired TokenRefreshRequired');
const DENIED = names(
  'AccessDeniedException AccessDenied UnauthorizedOperation NotAuthorizedException OptInRequired AuthFailure',
);
const NO_CREDENTIALS = names('CredentialsProviderError TokenProviderError ProviderError');
/** Their messages may quote the signed request, session token included: never shown. */
const SIGNATURE = names(
  'InvalidSignatureException SignatureDoesNotMatch UnrecognizedClientException InvalidClientTokenId',
  'InvalidAccessKeyId MissingAuthenticationToken MissingAuthenticationTokenException IncompleteSignature',
  'IncompleteSignatureException RequestTimeTooSkewed SignatureException AuthorizationHeaderMalformed',
);
const INVALID = names('ValidationException InvalidRequestException ValidationError');

/** Codes of Node's network errors. */
const NEVER_LEFT = names('ENOTFOUND EAI_AGAIN ECONNREFUSED ENETUNREACH EHOSTUNREACH ENETDOWN');
const TLS =
  /^(?:EPROTO|ERR_TLS_.*|ERR_SSL_.*|CERT_.*|DEPTH_ZERO_.*|SELF_SIGNED_.*|UNABLE_TO_.*|HOSTNAME_MISMATCH)$/;

/** Next moves when EMR did not answer. */
const NETWORK = 'check the network, HTTPS_PROXY and AWS_ENDPOINT_URL_EMR';
const WAIT = 'wait a minute';
const CLOCK = "set this machine's clock";
const ENDPOINT = 'check AWS_ENDPOINT_URL_EMR, HTTPS_PROXY, and AWS_CA_BUNDLE for certificates of your own';

function names(...lines: string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => line.split(' ')));
}

interface Symptoms {
  name: string;
  code: string | undefined;
  syscall: string | undefined;
  status: number | undefined;
  clockCorrected: boolean;
  /** The service's or the system's own words, one line. */
  words: string;
}

/** What an error of an SDK call means. */
export function failureOf(thrown: unknown, call: Call): Failure {
  if (thrown instanceof LandfallError)
    return { delivery: 'refused', reason: thrown.message, error: thrown, invalid: false };
  const seen = symptoms(thrown, call.hidden ?? []);
  return unanswered(seen, call) ?? unserved(seen, call) ?? access(seen, call) ?? answered(seen, call);
}

/** Runs a call that changes nothing, or may be repeated; throws the translated error. */
export async function ask<T>(call: Call, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (thrown) {
    throw failureOf(thrown, call).error;
  }
}

function symptoms(thrown: unknown, hidden: readonly string[]): Symptoms {
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Record<string, unknown>;
  const metadata = (error['$metadata'] ?? {}) as { httpStatusCode?: number; clockSkewCorrected?: boolean };
  const text = (key: string) => (typeof error[key] === 'string' ? error[key] : undefined);
  return {
    name: text('name') ?? 'Unknown',
    code: text('code'),
    syscall: text('syscall'),
    status: metadata.httpStatusCode,
    clockCorrected: metadata.clockSkewCorrected === true,
    words: firstPlainLine(withoutValues(text('message') ?? String(thrown), hidden), 500),
  };
}

/** No answer at all: recognised by the code of Node's network error. */
function unanswered({ name, code, syscall, status, words }: Symptoms, call: Call): Failure | undefined {
  if (status !== undefined || NO_CREDENTIALS.has(name)) return undefined;
  if ((code !== undefined && NEVER_LEFT.has(code)) || (code === 'ETIMEDOUT' && syscall === 'connect')) {
    return passing(call, 'unsent', words, NETWORK);
  }
  if (name === 'TimeoutError' && (code === undefined || code === 'ETIMEDOUT')) {
    return passing(call, 'ambiguous', 'no answer in time', NETWORK);
  }
  if (code === undefined) {
    const error = new LandfallError('internal', `${place(call)} failed before an answer: ${words}`);
    return failure('ambiguous', words, error);
  }
  if (TLS.test(code))
    return failure('refused', words, unreachable(call, words, { next: ENDPOINT, retryable: false }));
  return passing(call, 'ambiguous', `${words} (${code})`, NETWORK);
}

/** An answer that does not show whether the request took effect. */
function unserved({ name, status = 0, clockCorrected }: Symptoms, call: Call): Failure | undefined {
  if (THROTTLED.has(name) || status === 429) {
    return passing(call, 'ambiguous', `throttled (${plainName(name)})`, WAIT);
  }
  if (status >= 500 || name === 'RequestTimeout' || name === 'RequestTimeoutException') {
    return passing(call, 'ambiguous', `HTTP ${String(status)} (${plainName(name)})`, WAIT);
  }
  if (status >= 200 && status < 300) {
    return passing(call, 'ambiguous', `an answer cut short or unreadable (HTTP ${String(status)})`, NETWORK);
  }
  if (clockCorrected && (SIGNATURE.has(name) || EXPIRED.has(name))) {
    return passing(call, 'unsent', "this machine's clock is off; the next request allows for that", CLOCK);
  }
  return undefined;
}

function access({ name, status, words }: Symptoms, call: Call): Failure | undefined {
  const refused = (message: string, next: string, why: string[]) =>
    failure('refused', message, new LandfallError('access', message, { why, next, retryable: false }));
  if (NO_CREDENTIALS.has(name)) {
    return refused(
      `no AWS credentials to call ${place(call)}`,
      'sign in (aws sso login), or set AWS_PROFILE',
      [words],
    );
  }
  if (EXPIRED.has(name)) {
    return refused(`the AWS credentials have expired (${place(call)})`, 'renew them', [words]);
  }
  if (SIGNATURE.has(name)) {
    return refused(
      `EMR did not accept the AWS credentials (${place(call)}): ${name}`,
      "check the key pair, the session token, the region and this machine's clock",
      [],
    );
  }
  if (DENIED.has(name) || status === 401 || status === 403) {
    return refused(
      `not allowed: elasticmapreduce:${call.operation}${on(call)}`,
      `grant elasticmapreduce:${call.operation} to these credentials`,
      [words],
    );
  }
  return undefined;
}

/** A refusal. */
function answered({ name, status, words }: Symptoms, call: Call): Failure {
  if (INVALID.has(name)) {
    const message = `EMR refused ${place(call)}: ${words}`;
    return {
      ...failure('refused', words, new LandfallError('cluster', message, { retryable: false })),
      invalid: true,
    };
  }
  if (name === 'Unknown' || name === 'SyntaxError') {
    const reason = `HTTP ${String(status)}, but not an answer of EMR: a proxy, or another service's endpoint?`;
    return failure('refused', reason, unreachable(call, reason, { next: ENDPOINT, retryable: false }));
  }
  return failure(
    'refused',
    words,
    new LandfallError('cluster', `EMR refused ${place(call)}: ${plainName(name)}: ${words}`),
  );
}

/** A transient failure: the request may be sent again. */
function passing(call: Call, delivery: Delivery, reason: string, next: string): Failure {
  return failure(delivery, reason, unreachable(call, reason, { next, retryable: true }));
}

function failure(delivery: Delivery, reason: string, error: LandfallError): Failure {
  return { delivery, reason, error, invalid: false };
}

function unreachable(
  call: Call,
  reason: string,
  advice: { next: string; retryable: boolean },
): LandfallError {
  return new LandfallError('unreachable', `no usable answer from EMR to ${place(call)}`, {
    why: [reason],
    ...advice,
  });
}

function place(call: Call): string {
  return `${call.operation}${on(call)}`;
}

function on({ resource }: Call): string {
  return resource === undefined ? '' : ` on ${firstPlainLine(resource, 80)}`;
}

function plainName(name: string): string {
  return firstPlainLine(name, 80);
}
