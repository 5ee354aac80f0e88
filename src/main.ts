/**
 * Argv in, exit code out. Only this file and its entry, cli.ts, read process.argv, set the exit code and handle
 * signals.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { randomBytes, randomInt } from 'node:crypto';
import { dirname, join } from 'node:path';
import { parseArguments } from './cli/arguments.ts';
import type { Started } from './cli/invocation.ts';
import type { Parsed } from './cli/arguments.ts';
import { Interruption } from './cli/context.ts';
import type { CliContext } from './cli/context.ts';
import { EXIT_CODES, adviseRepeat, failureFrom } from './faults.ts';
import { ignoredAtStart } from './ignored-signals.ts';
import { createPrinter } from './report/printer.ts';
import type { Printer, Streams } from './report/printer.ts';
import type { Random } from './run/ports.ts';
import { systemClock } from './system-clock.ts';
import { leaveTerminals, openTerminals } from './terminals.ts';
import { verbBodies } from './verb-bodies.ts';

const LEAVE_MS = 1_000;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const random: Random = {
  hex: (bytes) => randomBytes(bytes).toString('hex'),
  fraction: () => randomInt(2 ** 32) / 2 ** 32,
};

/**
 * Under npm one Ctrl-C arrives twice: from the terminal, and forwarded by npm. A signal this soon after the first is
 * ignored.
 */
const SAME_WISH_MS = 1_000;

/** Aborts at the first signal; a second one leaves at once. */
function interruptions(): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  const ignored = ignoredAtStart(process.env);
  for (const [signal, exitCode] of Object.entries(SIGNALS)) {
    if (ignored.includes(signal)) {
      process.on(signal, () => undefined);
      continue;
    }
    process.on(signal, () => {
      const now = performance.now();
      if (controller.signal.aborted && now - first < SAME_WISH_MS) return;
      if (controller.signal.aborted) process.exit(exitCode);
      first = now;
      controller.abort(new Interruption(signal, exitCode));
    });
  }
  return controller.signal;
}

/**
 * Distinguishes boots of one host, and containers on it: it decides whether a process id found in the lake can be
 * believed.
 */
function bootId(): string {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return 'unknown';
  }
}

/** The process that runs a command line. */
export interface Host {
  started: Started;
  streams: Streams;
  /** Called once, by a command line that runs a verb. */
  interruptions: () => AbortSignal;
  leaving: CliContext['leaving'];
}

/** Runs one command line; returns its exit code. */
export async function main(argv: readonly string[], host: Host): Promise<number> {
  const parsed = await parseArguments(argv, host.started, async () => {
    const { pipelineNames } = await import('./session/pipeline-keys.ts');
    return pipelineNames;
  });
  const printer = createPrinter(host.streams, { ...parsed, monotonic: () => systemClock.monotonic() });
  let exitCode = 0;
  if (parsed.kind === 'help') printer.result(parsed.text, parsed.text);
  else if (parsed.kind === 'mistake') exitCode = fail(printer, parsed.error);
  else {
    const cli = contextOf(parsed, printer, host);
    try {
      const verb = await verbBodies[parsed.verb.name]();
      await Promise.race([verb.run(parsed.flags, cli), unanswered(cli)]);
    } catch (error) {
      exitCode = fail(printer, cli.interrupted.aborted ? cli.interrupted.reason : error);
    }
  }
  const lost = await printer.written();
  return lost === undefined ? exitCode : exitCode || fail(printer, lost);
}

/** From here on the first signal interrupts the verb. */
function contextOf(
  { cwd, prefix, invocation }: Extract<Parsed, { kind: 'verb' }>,
  printer: Printer,
  { started, interruptions, leaving }: Host,
): CliContext {
  return {
    env: started.env,
    cwd,
    prefix,
    clock: systemClock,
    random,
    printer,
    interrupted: interruptions(),
    answering: { interruptions: false },
    leaving,
    self: [started.node, ...process.execArgv, join(import.meta.dirname, 'cli.js')],
    process: { host: hostname(), boot: bootId(), pid: process.pid },
    user: process.geteuid?.(),
    invocation,
  };
}

/** Rejects on an interruption that the verb does not handle itself. */
function unanswered({ interrupted, answering }: CliContext): Promise<never> {
  return new Promise((_, reject) => {
    interrupted.addEventListener('abort', () => {
      if (!answering.interruptions) reject(interrupted.reason as Error);
    });
  });
}

/** Reports the failure and returns its exit code. Only our own bugs show a stack. */
function fail(printer: Printer, error: unknown): number {
  if (error instanceof Interruption) {
    printer.interruption(error, error.exitCode);
    return error.exitCode;
  }
  const failure = adviseRepeat(failureFrom(error));
  const exitCode = EXIT_CODES[failure.fault];
  printer.failure(failure, exitCode);
  return exitCode;
}

/** The CLI's own process as the host. */
function ownProcess(): Host {
  const { env, execPath: node, stdout, stderr } = process;
  const script = process.argv[1] ?? join(import.meta.dirname, 'cli.js');
  return {
    started: { env, cwd: process.cwd(), node, script, home: dirname(import.meta.dirname) },
    streams: { stdout, stderr },
    interruptions,
    leaving: (act) => void process.on('exit', act),
  };
}

/** Runs the command line of this process and sets its exit code. */
export async function start(): Promise<void> {
  // package.json says which Node versions are supported; what later SDKs will require does not concern users.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  process.on('exit', leaveTerminals(openTerminals()));
  process.exitCode = await main(process.argv.slice(2), ownProcess());
  // Pending work, such as a request to a store that does not answer, must not keep this process alive.
  setTimeout(() => process.exit(), LEAVE_MS).unref();
}
