/** An S3 endpoint with scripted answers, for behaviour that no emulator has on request. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listening } from '../support/loopback.ts';

export interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export type Reply = (seen: Seen, response: ServerResponse) => void;

export interface ScriptedS3 {
  endpoint: string;
  seen: Seen[];
  stop(): Promise<void>;
}

/** Answers the n-th request with the n-th reply, and further ones with the last. */
export async function scriptedS3(...replies: Reply[]): Promise<ScriptedS3> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const one = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(parts).toString(),
      };
      const reply = replies[Math.min(seen.push(one), replies.length) - 1]!;
      reply(one, response);
    });
  });
  const { address, stop } = await listening(server);
  return {
    endpoint: `http://${address}`,
    seen,
    stop,
  };
}

export const answer =
  (status: number, body = '', headers: Record<string, string> = {}): Reply =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/xml', ...headers }).end(body);

export const refuse = (status: number, code: string, message = 'no') =>
  answer(status, `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);

/** Takes the request and breaks the connection. */
export const hangUp: Reply = (_, response) => response.destroy();
export const neverAnswer: Reply = () => undefined;
