/** Runs a program to its end: argv exactly as given, never through a shell. */
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import type { Env } from '../env.ts';

export interface RunOptions {
  env: Env;
  /** A file that the output is appended to. */
  log?: string;
  /** Ends the program when it aborts. */
  signal?: AbortSignal | undefined;
}

export interface Ran {
  /** Undefined: it could not be started, or a signal ended it. */
  code: number | undefined;
  /** Stdout and stderr as they came; only the end of a long output. */
  output: string;
}

/** Never rejects: a program that cannot be started has no code, and the reason as its output. */
export type Run = (file: string, args: readonly string[], options: RunOptions) => Promise<Ran>;

const KEPT = 64_000;

export const runCommand: Run = (file, args, { env, log, signal }) =>
  new Promise((done) => {
    let output = '';
    const take = (chunk: string) => {
      output = (output + chunk).slice(-KEPT);
      if (log !== undefined) appendFileSync(log, chunk);
    };
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'], ...(signal && { signal }) });
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('error', (error) => done({ code: undefined, output: output + error.message }));
    child.on('close', (code) => done({ code: code ?? undefined, output }));
  });
