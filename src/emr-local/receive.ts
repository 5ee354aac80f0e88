/** One request. Its body is read as late as possible: every mistake that the headers show is refused first. */
import { present } from '../present.ts';
import { readJson } from '../json-text.ts';
import { awsError, isAwsError } from './aws-error.ts';
import { checkAuthorization, verifySignature } from './signature.ts';
import type { Trust } from './signature.ts';
import type { IncomingMessage } from 'node:http';

export const HOST = '127.0.0.1';
export const CONTENT_TYPE = 'application/x-amz-json-1.1';
const TARGET = /^ElasticMapReduce\.([A-Za-z]{1,100})$/;
/** A request of 256 steps with arguments at their limit is well below it. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Bodies that are being read, of all connections together. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;
/** `Configurations` may nest, but nobody nests them this deeply. */
const MAX_DEPTH = 100;

export interface Call {
  operation: string;
  body: unknown;
}

export interface Receiving {
  trust: Trust;
  now: Date;
  /** Bytes of all bodies that are being read. */
  pending: { bytes: number };
}

/** The request's call. Throws the AwsError that refuses it. */
export async function receive(request: IncomingMessage, receiving: Receiving): Promise<Call> {
  const { trust, now } = receiving;
  const headers = headersOf(request);
  const path = present(request.url, 'path in the request');
  if (request.method !== 'POST' || path !== '/') {
    throw awsError(
      'UnknownOperationException',
      'Operations are POST requests to /, signed in their headers.',
      404,
    );
  }
  checkContentType(headers['content-type']);
  const authorization = checkAuthorization(headers, trust, now);
  if (Number(headers['content-length']) > MAX_BODY_BYTES) throw tooLarge();
  const body = await readBody(request, receiving.pending);
  await verifySignature({ method: 'POST', path, headers, body }, trust, authorization);
  const target = headers['x-amz-target'];
  const operation = target === undefined ? undefined : TARGET.exec(target)?.[1];
  if (operation === undefined) {
    throw awsError(
      'UnknownOperationException',
      'The X-Amz-Target header names no operation of ElasticMapReduce.',
    );
  }
  return { operation, body: parseBody(body) };
}

/** Headers of which Node would silently use the first. */
const SINGLE = ['host', 'authorization', 'content-type'];

/** Throws for a request that is not addressed to this endpoint, whatever it asks for. */
export function checkAddress(request: IncomingMessage): void {
  checkOnce(request);
  checkHost(request.headers.host, request.socket.localPort);
}

function checkOnce({ rawHeaders }: IncomingMessage): void {
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  const twice = SINGLE.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice !== undefined) throw awsError('SerializationException', `The header ${twice} appears twice.`);
}

function checkContentType(type: string | undefined): void {
  if (type?.split(';')[0]?.trim().toLowerCase() !== CONTENT_TYPE) {
    throw awsError('SerializationException', `The Content-Type of a request must be ${CONTENT_TYPE}.`);
  }
}

/** Refuses a web page that reached this endpoint under a host name of its own. */
function checkHost(host: string | undefined, port: number | undefined): void {
  // Clients leave out HTTP's default port.
  const suffixes = [`:${port ?? ''}`, ...(port === 80 ? [''] : [])];
  const ours = suffixes.flatMap((suffix) => [`${HOST}${suffix}`, `localhost${suffix}`]);
  if (host === undefined || !ours.includes(host.toLowerCase())) {
    throw awsError('AccessDeniedException', `This endpoint answers only to Host ${ours.join(' or ')}.`, 403);
  }
}

/** Throws for a body that is too large, or that ends too early. */
async function readBody(request: IncomingMessage, pending: { bytes: number }): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop must not destroy the connection: a refusal is still to be sent over it.
  const parts = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  try {
    for await (const chunk of parts) {
      size += chunk.length;
      pending.bytes += chunk.length;
      if (size > MAX_BODY_BYTES || pending.bytes > MAX_PENDING_BYTES) break;
      chunks.push(chunk);
    }
    if (pending.bytes > MAX_PENDING_BYTES) {
      throw awsError('ThrottlingException', 'The endpoint is reading too many requests at once.');
    }
  } catch (error) {
    if (isAwsError(error)) throw error;
    throw awsError('SerializationException', 'The connection ended before the body.');
  } finally {
    pending.bytes -= size;
  }
  if (size > MAX_BODY_BYTES) throw tooLarge();
  return Buffer.concat(chunks);
}

function tooLarge() {
  const limit = `The request is larger than ${MAX_BODY_BYTES} bytes.`;
  return awsError('RequestEntityTooLargeException', limit, 413);
}

/** Null members count as absent. */
function parseBody(body: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const json = readJson(text === '' ? '{}' : text, MAX_DEPTH);
    const value = 'value' in json ? withoutNulls(json.value) : undefined;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // It is not UTF-8.
  }
  throw awsError(
    'SerializationException',
    `The body is not a JSON object in UTF-8 of at most ${MAX_DEPTH} levels.`,
  );
}

function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  if (Array.isArray(value)) return value.map(withoutNulls);
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutNulls(member)]));
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const entries = Object.entries(request.headers).map(([name, value]): [string, string] => [
    name,
    Array.isArray(value) ? value.join(',') : (value ?? ''),
  ]);
  return Object.fromEntries(entries);
}
