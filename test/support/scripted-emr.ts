/** An HTTP server on loopback that speaks EMR's JSON 1.1 with scripted answers, and can misbehave. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listening } from './loopback.ts';

export type Input = Record<string, unknown>;

/** What happens to one request. `after`: the fault comes after the effect. */
export type Fault =
  | { fault: 'reset'; after?: boolean }
  | { fault: 'hang'; after?: boolean }
  | { fault: 'cut'; after?: boolean }
  /** Some bytes, but never an answer. */
  | { fault: 'linger'; after?: boolean }
  | { fault: 'stall'; after?: boolean }
  | { fault: 'raw'; status: number; body: string; after?: boolean }
  | { fault: 'error'; status: number; type: string; message?: string; date?: Date; after?: boolean };

export interface ScriptedEmr {
  endpoint: string;
  /** Every request that arrived, in order. */
  requests: { operation: string; input: Input }[];
  /** How often each operation took effect. */
  effects: Record<string, number>;
  /** The inputs of one operation, in order. */
  inputs: (operation: string) => Input[];
  /** Faults for the next requests of an operation, one each. */
  spoil: (operation: string, ...faults: Fault[]) => void;
  /** From now on every request signed with this key is refused as expired. */
  expire: (accessKeyId: string) => void;
  close: () => Promise<void>;
}

/** Starts it; `answers` maps an operation to its answer, which may be a `Fault`; other operations get a 400. */
export async function scriptedEmr(answers: Record<string, (input: Input) => unknown>): Promise<ScriptedEmr> {
  const requests: ScriptedEmr['requests'] = [];
  const effects: Record<string, number> = {};
  const faults = new Map<string, Fault[]>();
  const expired = new Set<string>();

  const serve = (request: IncomingMessage, response: ServerResponse, text: string) => {
    const operation = (request.headers['x-amz-target'] as string).replace('ElasticMapReduce.', '');
    const input = JSON.parse(text) as Input;
    requests.push({ operation, input });
    const apply = () => {
      effects[operation] = (effects[operation] ?? 0) + 1;
      return answers[operation]?.(input) ?? {};
    };
    const fault = faults.get(operation)?.shift();
    if (expired.has(/Credential=(\w+)/.exec(request.headers.authorization ?? '')?.[1] ?? '')) {
      misbehave({ fault: 'error', status: 400, type: 'ExpiredTokenException' }, request, response);
    } else if (fault !== undefined) {
      if (fault.after === true) apply();
      misbehave(fault, request, response);
    } else if (answers[operation] === undefined) {
      misbehave({ fault: 'error', status: 400, type: 'UnknownOperationException' }, request, response);
    } else {
      const answer = apply();
      if (isFault(answer)) misbehave(answer, request, response);
      else send(response, 200, JSON.stringify(answer));
    }
  };

  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece: Buffer) => (text += piece.toString()));
    request.on('end', () => serve(request, response, text));
  });
  const { address, stop } = await listening(server);
  return {
    endpoint: `http://${address}`,
    requests,
    effects,
    inputs: (operation) => requests.filter((one) => one.operation === operation).map(({ input }) => input),
    spoil: (operation, ...more) => faults.set(operation, [...(faults.get(operation) ?? []), ...more]),
    expire: (accessKeyId) => expired.add(accessKeyId),
    close: stop,
  };
}

function isFault(answer: unknown): answer is Fault {
  return typeof answer === 'object' && answer !== null && 'fault' in answer;
}

function misbehave(fault: Fault, request: IncomingMessage, response: ServerResponse): void {
  switch (fault.fault) {
    case 'reset':
      request.socket.destroy();
      return;
    case 'hang':
      return;
    case 'stall':
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1', 'content-length': '400' });
      response.write('{"JobFlowId":"j-');
      return;
    case 'cut':
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1', 'content-length': '400' });
      response.write('{"JobFlowId":"j-', () => request.socket.destroy());
      return;
    case 'linger': {
      const timer = setInterval(() => response.writeProcessing(), 100);
      request.socket.once('close', () => clearInterval(timer));
      return;
    }
    case 'raw':
      send(response, fault.status, fault.body);
      return;
    case 'error': {
      const { status, type, message = `scripted ${type}`, date } = fault;
      if (date !== undefined) response.setHeader('date', date.toUTCString());
      send(response, status, JSON.stringify({ __type: type, message, Message: message }));
    }
  }
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    'x-amzn-requestid': 'scripted',
  });
  response.end(body);
}
