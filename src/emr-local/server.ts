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
const TARGET = /^ElasticMapReduce\.([A-Za-z]{1,100})$/;
/** A request of 256 steps with arguments at their limit is well below it. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

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
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 });
  server.on('request', (request, response) => void handle(request, response, options));
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${HOST}:${port}`,
    close: () =>
      new Promise((resolve) => {
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
  options: ServerOptions,
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
      'content-type': 'application/x-amz-json-1.1',
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
  checkHost(headers['host'], request.socket.localPort);
  const path = request.url ?? '';
  if (request.method !== 'POST' || path !== '/') {
    throw awsError('UnknownOperationException', 'Operations are POST requests to /.', 404);
  }
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

/** A page in a browser that reached us by a name of its own is turned away. */
function checkHost(host: string | undefined, port: number | undefined): void {
  const ours = [`${HOST}:${port ?? ''}`, `localhost:${port ?? ''}`];
  if (host === undefined || !ours.includes(host.toLowerCase())) {
    throw awsError('AccessDeniedException', `This endpoint answers only to Host ${ours.join(' or ')}.`, 403);
  }
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop must not destroy the connection: a refusal is still to be sent over it.
  const parts = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const chunk of parts) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) {
      throw awsError(
        'RequestEntityTooLargeException',
        `The request is larger than ${MAX_BODY_BYTES} bytes.`,
        413,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Null members count as absent. */
function parseBody(body: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const value: unknown = JSON.parse(text === '' ? '{}' : text, (_, member: unknown) => member ?? undefined);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  throw awsError('SerializationException', 'The body is not a JSON object in UTF-8.');
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
