/** The HTTP side: loopback only, JSON 1.1, one POST an operation. It knows nothing of EMR. */
import { createServer } from 'node:http';
import { LandfallError } from '../faults.ts';
import { awsError, isAwsError } from './aws-error.ts';
import { verifySignature } from './signature.ts';
import { spoil } from './spoil.ts';
import type { AwsError } from './aws-error.ts';
import type { Conduct } from './fault-decisions.ts';
import type { Trust } from './signature.ts';
import type { Reply } from './spoil.ts';
import type { Clock, Random } from '../run/ports.ts';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const HOST = '127.0.0.1';
const CONTENT_TYPE = 'application/x-amz-json-1.1';
const TARGET = /^ElasticMapReduce\.([A-Za-z]{1,100})$/;
/** A request of 256 steps with arguments at their limit is well below it. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** `Configurations` may nest; nobody nests them so deeply. */
const MAX_DEPTH = 100;

export interface ServerOptions {
  /** 0: any that is free. */
  port: number;
  trust: Trust;
  clock: Clock;
  random: Random;
  /** Decides how a signed request is treated; asked once for each. */
  conduct: (operation: string) => Conduct;
  /** Answers a signed request; throws an AwsError to refuse it. */
  dispatch: (operation: string, body: unknown, conduct: Conduct) => Promise<unknown>;
  /** Something went wrong within `dispatch` that is not the caller's fault. */
  warn: (message: string) => void;
}

/** Listens on 127.0.0.1. Throws LandfallError when the port is taken. */
export async function serve(options: ServerOptions): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer({
    requestTimeout: 30_000,
    headersTimeout: 10_000,
    connectionsCheckingInterval: 5_000,
  });
  const closing = new AbortController();
  const dealing = { ...options, closing: closing.signal };
  server.on('request', (request, response) => void handle(request, response, dealing));
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${HOST}:${port}`,
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 1000).unref();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'is already in use' : `cannot be used: ${cause.message}`;
      reject(
        new LandfallError('input', `port ${port} on ${HOST} ${why}`, {
          next: 'choose another with --port, or --port 0 for any that is free',
          cause,
        }),
      );
    });
    server.listen(port, HOST, () => resolve());
  });
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions & { closing: AbortSignal },
): Promise<void> {
  const call = await outcomeOf(() => receive(request, options), response, options);
  if (call.status !== 200) {
    if (!request.complete) response.setHeader('connection', 'close');
    replyOn(response, options, call).send();
    request.resume();
    return;
  }
  const { operation, body } = call.body as Call;
  const conduct = options.conduct(operation);
  const { ending, slowMs = 0 } = conduct;
  if (ending?.when === 'before') {
    await spoil(ending, operation, replyOn(response, options, call));
    if (ending.how !== 'reset' || ending.effectMs === undefined) return;
    await options.clock.sleep(ending.effectMs, options.closing);
    if (options.closing.aborted) return;
    await outcomeOf(() => options.dispatch(operation, body, conduct), response, options);
    return;
  }
  const outcome = await outcomeOf(() => options.dispatch(operation, body, conduct), response, options);
  const reply = replyOn(response, options, outcome);
  if (slowMs > 0) await reply.pause(slowMs);
  if (ending === undefined) reply.send();
  else await spoil(ending, operation, reply);
}

interface Call {
  operation: string;
  body: unknown;
}

/** What a request deserves to be answered. */
interface Outcome {
  status: number;
  body: unknown;
}

async function outcomeOf(
  work: () => Promise<unknown>,
  response: ServerResponse,
  options: ServerOptions,
): Promise<Outcome> {
  if (!response.hasHeader('x-amzn-requestid')) response.setHeader('x-amzn-requestid', requestId(options));
  try {
    return { status: 200, body: (await work()) ?? undefined };
  } catch (error) {
    if (isAwsError(error)) return { status: error.status, body: errorBody(error) };
    options.warn(`request ${String(response.getHeader('x-amzn-requestid'))} failed: ${String(error)}`);
    const message = 'An internal error occurred in the local EMR endpoint.';
    return { status: 500, body: errorBody(awsError('InternalServerException', message, 500)) };
  }
}

function requestId({ random }: ServerOptions): string {
  return random.hex(16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function replyOn(response: ServerResponse, { clock }: ServerOptions, { status, body }: Outcome): Reply {
  const head = (code: number, text: string) =>
    response.writeHead(code, {
      'content-type': CONTENT_TYPE,
      'content-length': Buffer.byteLength(text),
      date: clock.now().toUTCString(),
    });
  const text = body === undefined ? '' : JSON.stringify(body);
  return {
    send: () => void head(status, text).end(text),
    refuse: (error) => {
      const refusal = JSON.stringify(errorBody(error));
      head(error.status, refusal).end(refusal);
    },
    sendHalf: () => {
      const whole = Buffer.from(text);
      if (whole.length < 2) response.socket?.resetAndDestroy();
      else head(status, text).write(whole.subarray(0, whole.length / 2), () => response.destroy());
    },
    reset: () => void response.socket?.resetAndDestroy(),
    pause: (ms) => pause(response, clock, ms),
  };
}

async function pause(response: ServerResponse, clock: Clock, ms: number): Promise<void> {
  const left = new AbortController();
  const leave = () => left.abort();
  response.once('close', leave);
  await clock.sleep(ms, left.signal);
  response.off('close', leave);
}

async function receive(request: IncomingMessage, options: ServerOptions): Promise<Call> {
  const headers = headersOf(request);
  checkOnce(request);
  checkHost(headers['host'], request.socket.localPort);
  const path = request.url ?? '';
  if (request.method !== 'POST' || path !== '/') {
    throw awsError(
      'UnknownOperationException',
      'Operations are POST requests to /, signed in their headers.',
      404,
    );
  }
  checkContentType(headers['content-type']);
  const body = await readBody(request);
  await verifySignature({ method: 'POST', path, headers, body }, options.trust, options.clock.now());
  const operation = TARGET.exec(headers['x-amz-target'] ?? '')?.[1];
  if (operation === undefined) {
    throw awsError(
      'UnknownOperationException',
      'The X-Amz-Target header names no operation of ElasticMapReduce.',
    );
  }
  return { operation, body: parseBody(body) };
}

/** Of these, Node would silently take the first. */
const SINGLE = ['host', 'authorization', 'content-type'];

function checkOnce({ rawHeaders }: IncomingMessage): void {
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  const twice = SINGLE.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice !== undefined) throw awsError('SerializationException', `The header ${twice} stands twice.`);
}

function checkContentType(type: string | undefined): void {
  if (type?.split(';')[0]?.trim().toLowerCase() !== CONTENT_TYPE) {
    throw awsError('SerializationException', `The Content-Type of a request must be ${CONTENT_TYPE}.`);
  }
}

/** A page in a browser that reached us by a name of its own is turned away. */
function checkHost(host: string | undefined, port: number | undefined): void {
  // Of the port that HTTP has by default, clients say nothing.
  const suffixes = [`:${port ?? ''}`, ...(port === 80 ? [''] : [])];
  const ours = suffixes.flatMap((suffix) => [`${HOST}${suffix}`, `localhost${suffix}`]);
  if (host === undefined || !ours.includes(host.toLowerCase())) {
    throw awsError('AccessDeniedException', `This endpoint answers only to Host ${ours.join(' or ')}.`, 403);
  }
}

/** Throws the refusal of a body that is too large, or that ends before its time. */
async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop must not destroy the connection: a refusal is still to be sent over it.
  const parts = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  try {
    for await (const chunk of parts) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) break;
      chunks.push(chunk);
    }
  } catch {
    throw awsError('SerializationException', 'The connection ended before the body.');
  }
  if (size > MAX_BODY_BYTES) {
    const limit = `The request is larger than ${MAX_BODY_BYTES} bytes.`;
    throw awsError('RequestEntityTooLargeException', limit, 413);
  }
  return Buffer.concat(chunks);
}

/** Null members count as absent. */
function parseBody(body: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const value = withoutNulls(JSON.parse(text === '' ? '{}' : text), MAX_DEPTH);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  throw awsError(
    'SerializationException',
    `The body is not a JSON object in UTF-8 of at most ${MAX_DEPTH} levels.`,
  );
}

function withoutNulls(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  if (levels === 0) throw new Error('nested too deeply');
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, levels - 1));
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutNulls(member, levels - 1)]));
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const entries = Object.entries(request.headers).map(([name, value]): [string, string] => [
    name,
    Array.isArray(value) ? value.join(',') : (value ?? ''),
  ]);
  return Object.fromEntries(entries);
}

/** Both spellings of the message, for the clients differ in which they read. */
function errorBody({ awsType, message, errorCode }: AwsError): Record<string, string> {
  return {
    __type: awsType,
    message,
    Message: message,
    ...(errorCode === undefined ? {} : { ErrorCode: errorCode }),
  };
}
