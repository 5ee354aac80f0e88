/**
 * Finds out why a profile's `credential_process` gives no credentials, by running it once more. Its output is never
 * shown.
 */
import { exec } from 'node:child_process';

const LONGEST_MS = 20_000;
const MOST_BYTES = 1_000_000;
const MOST_SHOWN = 300;

export interface Trouble {
  message: string;
  /** What the process wrote to stderr, cut and without what may be a secret. */
  words: string[];
}

/** Runs the command as the SDK does. Undefined when it works this time. */
export function processTrouble(commandLine: string): Promise<Trouble | undefined> {
  return new Promise((resolve) => {
    const options = { timeout: LONGEST_MS, maxBuffer: MOST_BYTES };
    exec(commandLine, options, (error, stdout, stderr) => {
      const words = harmlessWords(stderr);
      if (error === null) {
        const problem = outputProblem(stdout);
        resolve(problem === undefined ? undefined : { message: problem, words });
      } else if (error.killed === true) {
        resolve({ message: `did not end within ${LONGEST_MS / 1000} s`, words });
      } else if (error.code === 127) {
        resolve({ message: 'was not found (exit code 127)', words });
      } else {
        const end = error.signal ?? `exit code ${error.code ?? 1}`;
        resolve({ message: `failed (${end})`, words });
      }
    });
  });
}

function outputProblem(stdout: string): string | undefined {
  let output: unknown;
  try {
    output = JSON.parse(stdout);
  } catch {
    return stdout.trim() === '' ? 'printed nothing' : 'printed something that is not JSON';
  }
  if (typeof output !== 'object' || output === null) return 'printed JSON that is not an object';
  const { Version, AccessKeyId, SecretAccessKey, Expiration } = output as Record<string, unknown>;
  if (Version !== 1) return 'printed JSON without "Version": 1';
  if (typeof AccessKeyId !== 'string' || AccessKeyId === '') return 'printed JSON without an AccessKeyId';
  if (typeof SecretAccessKey !== 'string' || SecretAccessKey === '')
    return 'printed JSON without a SecretAccessKey';
  // The SDK refuses expired credentials, and no other reason is left.
  const end = typeof Expiration === 'string' ? new Date(Expiration) : undefined;
  if (end !== undefined)
    return Number.isNaN(end.getTime())
      ? 'printed JSON with an Expiration that is not a date'
      : `printed credentials that expired at ${end.toISOString()}`;
  return undefined;
}

const NAME = /secret|token|passw|pwd|credential|key/i;
/** What separates a name from its value. */
const BETWEEN = /["']?(?: ?[:=]? |[:=])(?=\S)/y;
const LONG = /[A-Za-z0-9+=_-]{16,}|[A-Za-z0-9/+=]{40,}/g;

/** The first lines that are not blank, without what may be a secret. */
export function harmlessWords(stderr: string): string[] {
  const lines = stderr.slice(0, 10_000).split(/[\r\n]+/);
  const shown = lines.filter((line) => line.trim() !== '').slice(0, 3);
  return shown.map((line) =>
    // Terminal control sequences are not part of a word.
    withoutNamed(line.replace(/\p{Cc}/gu, ' ').replace(/\s+/g, ' '))
      .replace(LONG, (run) => (/\d/.test(run) ? '[secret]' : run))
      .trim()
      .slice(0, MOST_SHOWN),
  );
}

/** The line, with white space as single blanks, without the values after names of secrets. */
function withoutNamed(line: string): string {
  let shown = '';
  let from = 0;
  for (const { 0: word, index } of line.matchAll(/\w+/g)) {
    if (index < from || !NAME.test(word)) continue;
    const between = new RegExp(BETWEEN);
    between.lastIndex = index + word.length;
    if (!between.test(line)) continue;
    shown += `${line.slice(from, between.lastIndex)}[secret]`;
    const end = line.indexOf(' ', between.lastIndex);
    from = end < 0 ? line.length : end;
  }
  return shown + line.slice(from);
}
