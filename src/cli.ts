#!/usr/bin/env node
/** The entry: argv in, exit code out. The only file that reads process.argv, sets the exit code, handles signals. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArguments } from './commands/arguments.ts';
import { Interruption } from './commands/world.ts';
import type { World } from './commands/world.ts';
import { EXIT_CODES, LandfallError } from './faults.ts';
import { createPrinter } from './report/printer.ts';
import type { Printer } from './report/printer.ts';
import type { Clock, Random } from './run/ports.ts';

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const clock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  },
};

const random: Random = {
  hex: (bytes) => randomBytes(bytes).toString('hex'),
  fraction: () => randomInt(2 ** 32) / 2 ** 32,
};

/** Aborts at the first signal; a second one leaves at once. */
function interruptions(): AbortSignal {
  const controller = new AbortController();
  for (const [signal, exitCode] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(exitCode);
      controller.abort(new Interruption(signal, exitCode));
    });
  }
  return controller.signal;
}

/** Tells two boots of one host apart, so that a process id found in the lake can be believed or not. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

async function main(argv: readonly string[]): Promise<number> {
  const parsed = await parseArguments(argv, process.env);
  const printer = createPrinter({ ...parsed, monotonic: () => performance.now() });
  if (parsed.kind === 'help') {
    printer.result(parsed.text, parsed.text);
    return 0;
  }
  if (parsed.kind === 'mistake') return fail(printer, parsed.error);
  const world: World = {
    env: process.env,
    cwd: process.cwd(),
    clock,
    random,
    printer,
    interrupted: interruptions(),
    self: [process.execPath, ...process.execArgv, import.meta.filename],
    process: { host: hostname(), boot: bootId(), pid: process.pid },
  };
  try {
    const { run } = await parsed.verb.load();
    await run(parsed.flags, world);
    return 0;
  } catch (error) {
    return fail(printer, error);
  }
}

/** Says the failure and gives its exit code. Only our own bugs show a stack. */
function fail(printer: Printer, error: unknown): number {
  if (error instanceof Interruption) return error.exitCode;
  if (error instanceof LandfallError) {
    const exitCode = EXIT_CODES[error.fault];
    printer.failure(error, exitCode);
    return exitCode;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const bug = new LandfallError('internal', 'this is a bug in Landfall', {
    why: [stack],
    next: 'please report it with the lines above',
  });
  printer.failure(bug, EXIT_CODES.internal);
  return EXIT_CODES.internal;
}

process.exitCode = await main(process.argv.slice(2));
