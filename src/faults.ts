/** What can go wrong, as the outside sees it: one error, one diagnostic, one table of exit codes. */
import { codeOf } from './error-code.ts';
import { advise } from './shell-words.ts';
import type { Advice, AdvisedCommand } from './shell-words.ts';

/** The kind of failure; it decides the exit code and nothing else. */
export type Fault =
  | 'internal'
  | 'input'
  | 'cluster'
  | 'step'
  | 'tables'
  | 'timeout'
  | 'cancelled'
  | 'owned'
  | 'access'
  | 'unreachable'
  | 'overtaken'
  | 'full';

export const EXIT_CODES = {
  internal: 1,
  input: 2,
  cluster: 3,
  step: 4,
  tables: 5,
  timeout: 6,
  cancelled: 7,
  owned: 8,
  access: 9,
  unreachable: 10,
  overtaken: 11,
  full: 12,
} as const satisfies Record<Fault, number>;

export interface FaultDetails {
  /** The run it is about. */
  run?: string;
  /** Why, most telling line first: the cause's own words, then places such as `file:line`. */
  why?: readonly string[];
  /** Where things stand: what is done, what is still running, what costs money until when. */
  stand?: readonly string[];
  /** The next command, or the next move. */
  next?: Advice | AdvisedCommand;
  /** Further fields for scripts, by name. */
  more?: Readonly<Record<string, unknown>>;
  /** True when sending the same request again may succeed. Decided where the error is made, nowhere else. */
  retryable?: boolean;
  cause?: unknown;
}

/** The only error Landfall throws on purpose. Callers switch on `fault`, never on text. */
export class LandfallError extends Error {
  readonly fault: Fault;
  readonly run: string | undefined;
  readonly why: readonly string[];
  readonly stand: readonly string[];
  readonly next: Advice | undefined;
  readonly more: Readonly<Record<string, unknown>>;
  readonly retryable: boolean;

  constructor(fault: Fault, message: string, details: FaultDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'LandfallError';
    this.fault = fault;
    this.run = details.run;
    this.why = details.why ?? [];
    this.stand = details.stand ?? [];
    this.next = asAdvice(details.next);
    this.more = details.more ?? {};
    this.retryable = details.retryable ?? false;
  }
}

function asAdvice(next: FaultDetails['next']): Advice | undefined {
  return next === undefined || typeof next === 'string' ? next : advise`${next}`;
}

/** The error with `next` for a command that works on no run: try the same again, after what `next` already says. */
export function adviseRepeat(error: LandfallError): LandfallError {
  const { fault, message, run, why, stand, next, more, retryable, cause } = error;
  if (fault !== 'unreachable' || run !== undefined) return error;
  const repeat = advise`${next === undefined ? '' : advise`${next}, then `}run this command again`;
  return new LandfallError(fault, message, { why, stand, next: repeat, more, retryable, cause });
}

/** Node's error codes for a full disk, an exhausted quota, and a file size limit. */
export function isFull(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(error));
}

/** Anything that was thrown, as a failure. Anything but a LandfallError is a bug of ours, and shows its stack. */
export function failureFrom(error: unknown): LandfallError {
  if (error instanceof LandfallError) return error;
  if (isFull(error)) {
    return new LandfallError('full', 'no space left (disk or quota)', {
      why: [error.message],
      next: 'make room, then run this command again',
      cause: error,
    });
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new LandfallError('internal', 'this is a bug in Landfall', {
    why: [stack],
    next: 'please report it with the lines above',
    cause: error,
  });
}

/** A mistake in something the user wrote. Collected, not thrown, so that all of them are shown at once. */
export interface Diagnostic {
  severity: 'error' | 'warning' | 'notice';
  /** Where: `dl.cfg:14 [EMR] core_count`, `my/pipeline/tables/first/cats.sql.hbs:31`, `--lake`. */
  at: string;
  /** One line: what is wrong. */
  message: string;
  /** The next move, such as the nearest valid name. */
  hint?: string;
}

/** Turns collected mistakes into the one error that stops the command, or does nothing when there is none. */
export function throwIfErrors(diagnostics: readonly Diagnostic[], what: string): void {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  if (errors.length === 0) return;
  throw new LandfallError('input', what, { why: errors.map(formatDiagnostic) });
}

/** One line: place, message, hint. */
export function formatDiagnostic({ at, message, hint }: Diagnostic): string {
  return `${at}: ${message}${hint === undefined ? '' : `; ${hint}`}`;
}
