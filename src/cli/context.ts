/** What this process gives to a verb: printer, clock, environment. Made once, by `main.ts`. */
import type { Env } from '../env.ts';
import type { InterruptedRun } from '../report/failure.ts';
import type { Printer } from '../report/printer.ts';
import type { Clock, Random } from '../run/ports.ts';
import type { RetryPolicy } from '../run/with-retry.ts';
import type { Invocation } from '../shell-words.ts';

export interface CliContext {
  env: Env;
  /** Absolute: where relative paths start, and `./dl.cfg` and `./lake` are. */
  cwd: string;
  /** The folder that `npm --prefix` named. Its dl.cfg is read where `cwd` has none. */
  prefix?: string | undefined;
  clock: Clock;
  random: Random;
  printer: Printer;
  /** Aborts at the first SIGINT, SIGTERM or SIGHUP; its reason is an `Interruption`. */
  interrupted: AbortSignal;
  /** Set by a verb once it handles interruptions itself; until then an interruption just ends it. */
  answering: { interruptions: boolean };
  /** Runs `act` when this process exits, however abruptly; `act` cannot wait for anything. */
  leaving: (act: () => void) => void;
  /** The argument vector that starts this CLI again: node and `cli.js`. */
  self: readonly string[];
  /** This process, recognisable to another one on the same boot of the same host. */
  process: { host: string; boot: string; pid: number };
  /** Its effective user id, where the system has user ids. */
  user: number | undefined;
  /** How commands in messages begin, and what they need. */
  invocation: Invocation;
}

/** What the user typed: flags by their dashed names, positionals under theirs. */
export type Flags = Readonly<Record<string, unknown>>;

/**
 * A verb. The parser has checked its flags against its declaration, so it may ask for them by their declared types:
 * a method's parameters may be narrower.
 */
export interface VerbBody {
  run(flags: Flags, cli: CliContext): Promise<void>;
}

export type Command = VerbBody['run'];

/** Why everything stops: the signal, and the exit code that goes with it. */
export class Interruption extends Error {
  readonly signal: string;
  readonly exitCode: number;
  /** The state of the run, once the verb has handled the interruption. */
  left: InterruptedRun | undefined;

  constructor(signal: string, exitCode: number) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
    this.exitCode = exitCode;
  }
}

/** Emits notes about what happens besides a run's own events. */
export function noteTo({ printer }: CliContext): (message: string) => void {
  return (message) => printer.emit({ event: 'note', message });
}

/** Reads of a verb are retried until it is interrupted, with notes about the reason. */
export function retryPolicyOf(cli: CliContext): RetryPolicy & { signal: AbortSignal } {
  const { clock, random, interrupted: signal } = cli;
  return { clock, random, signal, note: noteTo(cli) };
}
