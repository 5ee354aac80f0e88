/** Answers of AWS that the SDK reads whole: none may be larger than AWS ever makes one. */
import { Transform, pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import type { NodeHttpHandler } from '@smithy/node-http-handler';

/** A page of a thousand keys, each escaped for XML, has a fifth of this. */
export const MOST_ANSWER_BYTES = 64 * 1024 * 1024;
/** The code of the error of an answer with more. */
export const ANSWER_TOO_LARGE = 'ANSWER_TOO_LARGE';

type Request = Parameters<NodeHttpHandler['handle']>[0];
type Answer = Awaited<ReturnType<NodeHttpHandler['handle']>>;

/**
 * The same answer, but its body ends with an error past the limit. Object content is not limited here: its reader
 * limits it.
 */
export function bounded(request: Request, answer: Answer): Answer {
  const { statusCode } = answer.response;
  const isContent = request.query['x-id'] === 'GetObject' && statusCode < 300;
  const body = answer.response.body as Readable | undefined;
  if (isContent || body === undefined) return answer;
  answer.response.body = pipeline(body, limiter(), () => undefined);
  return answer;
}

function limiter(): Transform {
  let bytes = 0;
  return new Transform({
    transform: (part: Buffer, _, done) => {
      bytes += part.length;
      const message = `the answer has more than ${String(MOST_ANSWER_BYTES)} bytes`;
      if (bytes <= MOST_ANSWER_BYTES) done(null, part);
      else done(Object.assign(new Error(message), { code: ANSWER_TOO_LARGE }));
    },
  });
}
