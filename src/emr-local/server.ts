/** The HTTP side: loopback only, JSON 1.1, one POST an operation. It knows nothing of EMR. */
import { createServer } from 'node:http';
import { LandfallError } from '../faults.ts';
import { awsError, isAwsError } from './aws-error.ts';
import { verifySignature } from './signature.ts';
import type { AwsError } from './aws-error.ts';
import type { Trust } from './signature.ts';
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
  /** Answers a signed request; throws an AwsError to refuse it. */
  dispatch: (operation: string, body: unknown) => Promise<unknown>;
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
  const hex = options.random.hex(16);
  const requestId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  const send = (status: number, body: unknown) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    response.writeHead(status, {
      'content-type': 'application/x-amz-json-1.1',
      'content-length': Buffer.byteLength(text),
      'x-amzn-requestid': requestId,
      date: options.clock.now().toUTCString(),
    });
    response.end(text);
  };
  try {
    send(200, await answer(request, options));
  } catch (error) {
    if (!isAwsError(error)) options.warn(`request ${requestId} failed: ${String(error)}`);
    const refusal = isAwsError(error)
      ? error
      : awsError('InternalServerException', 'An internal error occurred in the local EMR endpoint.', 500);
    if (!request.complete) response.setHeader('connection', 'close');
    send(refusal.status, errorBody(refusal));
    request.resume();
  }
}

async function answer(request: IncomingMessage, options: ServerOptions): Promise<unknown> {
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
  return (await options.dispatch(operation, parseBody(body))) ?? undefined;
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
