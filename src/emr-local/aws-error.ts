/** A refusal in AWS's words, as the endpoint answers it. */

export interface AwsError extends Error {
  /** The `__type` of the answer. */
  awsType: string;
  status: number;
  errorCode: string | undefined;
}

/** `errorCode` is a member of InvalidRequestException alone. */
export function awsError(awsType: string, message: string, status = 400, errorCode?: string): AwsError {
  return Object.assign(new Error(message), { awsType, status, errorCode });
}

export function isAwsError(error: unknown): error is AwsError {
  return error instanceof Error && 'awsType' in error;
}

/** The error of the job-flow operations. */
export function invalid(message: string): AwsError {
  return awsError('ValidationException', message);
}

/** The error of the describe, list and policy operations. */
export function invalidRequest(message: string, errorCode = 'InvalidRequest'): AwsError {
  return awsError('InvalidRequestException', message, 400, errorCode);
}

/** Something that EMR does and this endpoint does not. */
export function notEmulated(what: string): AwsError {
  return invalid(`This local EMR endpoint does not emulate ${what}.`);
}
