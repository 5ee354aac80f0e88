/** Checks AWS Signature Version 4 of a request, as the service would; errors in AWS's words. */
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { createHash, timingSafeEqual } from 'node:crypto';
import { present } from '../present.ts';
import { awsError } from './aws-error.ts';
import type { AwsError } from './aws-error.ts';

const SERVICE = 'elasticmapreduce';
const WINDOW_MS = 5 * 60 * 1000;

export interface SignedRequest {
  method: string;
  path: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

export interface Trust {
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
}

interface Authorization {
  accessKeyId: string;
  date: string;
  region: string;
  service: string;
  terminator: string;
  signedHeaders: string[];
  signature: string;
}

/** What the headers alone can show. Throws the AwsError for a request that is unsigned, not for us, or out of date. */
export function checkAuthorization(
  headers: SignedRequest['headers'],
  trust: Trust,
  now: Date,
): Authorization & { signedAt: string } {
  const authorization = parse(headers['authorization']);
  const signedAt = checkHeaders(headers, authorization);
  checkScope(authorization, trust, signedAt);
  checkDate(signedAt, now);
  return { ...authorization, signedAt };
}

/** Throws the AwsError of a request whose signature is not ours over these headers and this body. */
export async function verifySignature(
  request: SignedRequest,
  trust: Trust,
  { signedHeaders, signature, signedAt }: ReturnType<typeof checkAuthorization>,
): Promise<void> {
  const bodyHash = createHash('sha256').update(request.body).digest('hex');
  const claimed = request.headers['x-amz-content-sha256'];
  if (claimed !== undefined && claimed !== bodyHash) throw mismatch();
  const expected = await sign(request, trust, signedHeaders, parseDate(signedAt));
  if (!equal(expected, signature)) throw mismatch();
}

function parse(header: string | undefined): Authorization {
  if (header === undefined || header === '') {
    throw awsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const [algorithm, rest] = splitOnce(header, ' ');
  if (algorithm !== 'AWS4-HMAC-SHA256') {
    throw incomplete('Authorization header must start with AWS4-HMAC-SHA256.');
  }
  const parts = new Map(rest.split(',').map((part) => splitOnce(part.trim(), '=')));
  const [given, signed, signature] = ['Credential', 'SignedHeaders', 'Signature'].map((name) =>
    parts.get(name),
  );
  if (!given || !signed || !signature) {
    const missing = ['Credential', 'SignedHeaders', 'Signature'].filter((name) => !parts.get(name));
    throw incomplete(missing.map((name) => `Authorization header requires '${name}' parameter.`).join(' '));
  }
  const credential = given.split('/');
  if (credential.length !== 5) {
    throw incomplete(
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.',
    );
  }
  const [accessKeyId = '', date = '', region = '', service = '', terminator = ''] = credential;
  const signedHeaders = signed.toLowerCase().split(';');
  return { accessKeyId, date, region, service, terminator, signedHeaders, signature };
}

/** The host and everything that changes the meaning of the request must be signed. Answers when it was signed. */
function checkHeaders(headers: SignedRequest['headers'], { signedHeaders }: Authorization): string {
  const date = headers['x-amz-date'];
  if (date === undefined || Number.isNaN(parseDate(date).getTime())) {
    throw incomplete(
      "Authorization header requires existence of an 'X-Amz-Date' header in the form YYYYMMDDThhmmssZ.",
    );
  }
  const required = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  const unsigned = required.find((name) => !signedHeaders.includes(name));
  if (unsigned !== undefined) {
    throw signatureError(`'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`);
  }
  return date;
}

function checkScope(authorization: Authorization, trust: Trust, signedAt: string): void {
  if (!equal(authorization.accessKeyId, trust.accessKeyId)) {
    throw awsError('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
  if (authorization.date !== signedAt.slice(0, 8)) {
    throw signatureError(
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.',
    );
  }
  if (authorization.region !== trust.region) {
    throw signatureError(`Credential should be scoped to a valid region, not '${authorization.region}'.`);
  }
  if (authorization.service !== SERVICE) {
    throw signatureError(`Credential should be scoped to correct service: '${SERVICE}'.`);
  }
  if (authorization.terminator !== 'aws4_request') {
    throw signatureError("Credential should be scoped with a valid terminator: 'aws4_request'.");
  }
}

function checkDate(signedAt: string, now: Date): void {
  const age = now.getTime() - parseDate(signedAt).getTime();
  const stamp = formatDate(now);
  if (age > WINDOW_MS) {
    const limit = formatDate(new Date(now.getTime() - WINDOW_MS));
    throw signatureError(`Signature expired: ${signedAt} is now earlier than ${limit} (${stamp} - 5 min.)`);
  }
  if (age < -WINDOW_MS) {
    const limit = formatDate(new Date(now.getTime() + WINDOW_MS));
    throw signatureError(
      `Signature not yet current: ${signedAt} is still later than ${limit} (${stamp} + 5 min.)`,
    );
  }
}

/** The signature these headers and this body should have. */
async function sign(request: SignedRequest, trust: Trust, names: string[], date: Date): Promise<string> {
  const { accessKeyId, secretAccessKey, region } = trust;
  const signer = new SignatureV4({
    service: SERVICE,
    region,
    credentials: { accessKeyId, secretAccessKey },
    sha256: Sha256,
    applyChecksum: false,
  });
  const headers = Object.fromEntries(names.map((name) => [name, request.headers[name] ?? '']));
  const signed = await signer.sign(
    {
      method: request.method,
      protocol: 'http:',
      hostname: '127.0.0.1',
      path: request.path,
      query: {},
      headers,
      body: request.body,
    },
    { signingDate: date, signableHeaders: new Set(names) },
  );
  const authorization = present(signed.headers['authorization'], 'signed header');
  return present(/Signature=([0-9a-f]+)/.exec(authorization)?.[1], 'signature');
}

/** In a time that does not depend on where the two differ. */
function equal(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function parseDate(text: string): Date {
  return new Date(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

function formatDate(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d+/g, '');
}

function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + by.length)];
}

function incomplete(message: string): AwsError {
  return awsError('IncompleteSignatureException', message);
}

function signatureError(message: string): AwsError {
  return awsError('InvalidSignatureException', message);
}

function mismatch(): AwsError {
  return signatureError(
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key ' +
      'and signing method. Consult the service documentation for details.',
  );
}
