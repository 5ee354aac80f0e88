/** The HTTP side: loopback only, JSON 1.1, one POST an operation. It knows nothing of EMR. */
import { createServer } from 'node:http';
import { LandfallError } from '../faults.ts';
import { present } from '../present.ts';
import { awsError, isAwsError } from './aws-error.ts';
import { limitConnections } from './connections.ts';
import { nonceIn, proofOf } from './proof.ts';
import { checkAddress, CONTENT_TYPE, HOST, receive } from './receive.ts';
import { spoil } from './spoil.ts';
import type { AwsError } from './aws-error.ts';
import type { Conduct } from './fault-decisions.ts';
import type { Call } from './receive.ts';
import type { Trust } from './signature.ts';
import type { Reply } from './spoil.ts';
import type { Clock, Random } from '../run/ports.ts';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** Node's own limit, which a signed request is far below. */
const MAX_HEADER_BYTES = 16 * 1024;

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
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  const closing = new AbortController();
  const signed = limitConnections(server);
  const dealing = { ...options, closing: closing.signal, pending: { bytes: 0 }, signed };
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

async function handle(request: IncomingMessage, response: ServerResponse, options: Dealing): Promise<void> {
  const call = await outcomeOf(() => calledBy(request, options), response, options);
  if (call.status !== 200 || isProof(call.body)) {
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

interface Dealing extends ServerOptions {
  closing: AbortSignal;
  /** Bytes of all bodies that are being read. */
  pending: { bytes: number };
  signed: (socket: Socket) => void;
}

interface Proof {
  proof: string;
}

const isProof = (body: unknown): body is Proof =>
  typeof body === 'object' && body !== null && 'proof' in body;

/** The result of a request: of an operation, or the proof that we know our key, which anyone may request. */
async function calledBy(request: IncomingMessage, options: Dealing): Promise<Call | Proof> {
  checkAddress(request);
  const { trust, clock, pending, signed } = options;
  const nonce = request.method === 'GET' ? nonceIn(request.url) : undefined;
  if (nonce !== undefined)
    return { proof: proofOf(trust.secretAccessKey, present(request.socket.localPort, 'port'), nonce) };
  const call = await receive(request, { trust, now: clock.now(), pending });
  signed(request.socket);
  return call;
}

/** The answer to a request, without faults. */
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

/** Both spellings of the message, for the clients differ in which they read. */
function errorBody({ awsType, message, errorCode }: AwsError): Record<string, string> {
  return {
    __type: awsType,
    message,
    Message: message,
    ...(errorCode === undefined ? {} : { ErrorCode: errorCode }),
  };
}
