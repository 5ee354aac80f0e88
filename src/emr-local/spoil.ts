/** Spoils answers on the wire, as the fault plan says. */
import { awsError } from './aws-error.ts';
import { ERROR_CODES } from './fault-shapes.ts';
import type { AwsError } from './aws-error.ts';
import type { Ending } from './fault-decisions.ts';
import type { ErrorCode } from './fault-shapes.ts';

/** What can be done with a request that waits for its answer. */
export interface Reply {
  /** The answer without a fault. */
  send(): void;
  refuse(error: AwsError): void;
  /** The head of the answer and half of its body, then the end of the connection. */
  sendHalf(): void;
  reset(): void;
  /** Resolves after `ms`, or as soon as the client is gone. */
  pause(ms: number): Promise<void>;
}

/** Ends a call with a fault. With an ending `before` the operation, nothing of the operation's answer is sent. */
export async function spoil(ending: Ending, operation: string, reply: Reply): Promise<void> {
  switch (ending.how) {
    case 'error':
      reply.refuse(errorOf(ending.code, operation, ending.message));
      return;
    case 'reset':
      reply.reset();
      return;
    case 'truncate':
      reply.sendHalf();
      return;
    case 'hang':
      await reply.pause(ending.ms);
      if (ending.when === 'before') reply.reset();
      else reply.send();
  }
}

function errorOf(code: ErrorCode, operation: string, message = TEXTS[code]): AwsError {
  return awsError(code, message.replace('{operation}', operation), ERROR_CODES[code]);
}

const TEXTS: Readonly<Record<ErrorCode, string>> = {
  ThrottlingException: 'Rate exceeded',
  InternalServerException: 'An internal error occurred.',
  ServiceUnavailableException: 'The service is temporarily unavailable.',
  ExpiredTokenException: 'The security token included in the request is expired',
  AccessDeniedException:
    'User: arn:aws:iam::000000000000:user/local is not authorized to perform: elasticmapreduce:{operation}',
};
