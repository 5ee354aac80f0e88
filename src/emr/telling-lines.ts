/**
 * Picks from a Spark driver's output the lines that tell why it failed. Pure. In client mode spark-submit hands the
 * Python program's stderr on to its own stdout, so a traceback is found there, and the JVM's log on stderr.
 */
import { OWN_PREFIX, ownFailure } from './failure-line.ts';
import { LINE_LIMIT, firstPlainLine, plainLine } from './plain-text.ts';
import { applicationIn } from './step-logs.ts';

export interface DriverOutput {
  stdout: string;
  stderr: string;
}

export interface Telling {
  /** Most telling first; empty when the output tells nothing. */
  lines: string[];
  /** What the program was at when it ended, where it tells. */
  during?: string;
  /** The last YARN application named in it. */
  applicationId?: string;
}

/** Longest part of a line that is looked at; the program's own line may carry a whole query plan. */
const LOOK = 4_000;
const LOOK_AT_OWN = 1_000_000;

/** What each line is a sign of, surest first. The text from the match on is shown. */
const SIGNS: readonly RegExp[] = [
  /\b(?:java\.lang\.)?UnsatisfiedLinkError: .*/,
  /\b(?:java\.lang\.)?OutOfMemoryError: .*/,
  /Container killed by YARN for exceeding .*/,
  /(?:ExecutorLostFailure \(|Container (?:from a bad node|marked as failed): ).*/,
  /\b[Ee]xit(?:ed with exit)? ?[Cc]ode:? (?:137|143)\b.*/,
  /\b(?:java\.nio\.file\.AccessDeniedException|[\w.]*AccessControlException): .*/,
  /\b[\w.]*S3Exception: .*(?:Access Denied|Status Code: 403|Forbidden).*/,
  /\b[\w.]*(?:FileNotFoundException|NoSuchKeyException|NoSuchFileException): .*/,
];
/** Words of Python's side for a failure that happened in the JVM. */
const SECOND_HAND =
  /^(?:Py4J\w*Error|ConnectionRefusedError|ConnectionResetError|BrokenPipeError|EOFError|SystemExit)\b|\bJob \d+ cancelled because SparkContext was shut down/;
const BEGUN = /^landfall: (\w+): begun, by (spark-templates\/.+)$/;
const LOG_PREFIX = /^\d\d(?:\d\d)?[/-]\d\d[/-]\d\d \d\d:\d\d:\d\d\S* (?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL) /;

/** The lines that tell why, and the application they name. */
export function tellingLines({ stdout, stderr }: DriverOutput): Telling {
  const out = cut(stdout);
  const err = cut(stderr);
  const own = ownFailure(out) ?? ownFailure(err);
  const told =
    own === undefined || isSecondHand(own.error)
      ? [...causeOf(out, err), own?.error]
      : [own.error, ...roots(lastTraceback(out)?.after ?? [])];
  const [first = '', ...rest] = told.filter((line) => line !== undefined);
  const during = openTable(out);
  const lines =
    first === '' ? [] : distinct([first, noexec(told) ?? '', own?.place ?? during ?? '', ...rest]);
  const applicationId = applicationIn([...out, ...err]);
  return {
    lines,
    ...(during === undefined ? {} : { during }),
    ...(applicationId === undefined ? {} : { applicationId }),
  };
}

/** Which folder lets no library be loaded, and which setting names another. Local steps have one called scratch. */
function noexec(lines: readonly (string | undefined)[]): string | undefined {
  const refused =
    /UnsatisfiedLinkError: (\/[^:]*)\/[^/:]+: .*(?:failed to map segment|Operation not permitted|Permission denied)/;
  const folder = lines.map((line) => refused.exec(line ?? '')?.[1]).find((found) => found !== undefined);
  if (folder === undefined) return undefined;
  const setting = folder.endsWith('/scratch') ? 'LANDFALL_HOME, or emr-local --state,' : 'java.io.tmpdir';
  return `the folder ${folder} lets no library be loaded (mounted noexec): set ${setting} to another one`;
}

/** The last lines of a text that say anything: for programs that are not Spark's. */
export function lastLines(text: string, count: number): string[] {
  return cut(text)
    .map((line) => plainLine(line))
    .filter((line) => line !== '')
    .slice(-count);
}

/** The cause, then what lies beneath it. */
function causeOf(out: readonly string[], err: readonly string[]): string[] {
  const traceback = lastTraceback(out) ?? lastTraceback(err);
  if (traceback !== undefined && !isSecondHand(traceback.headline)) {
    return [traceback.headline, ...roots(traceback.after)];
  }
  const after = traceback?.after ?? [];
  const inJvm = sign(after) ?? roots(after)[0] ?? jvmHeadline(after);
  const found =
    inJvm ?? sign([...out, ...err]) ?? roots([...err, ...out])[0] ?? lastError(err) ?? lastError(out);
  const root = roots(after)[0];
  return [found, ...(root === found ? [] : [root]), traceback?.headline].filter((line) => line !== undefined);
}

interface Traceback {
  /** The exception's class and message: `ValueError: ...`. */
  headline: string;
  after: readonly string[];
}

/** The last Python traceback: the exception stands on the first line after it that is not indented. */
function lastTraceback(lines: readonly string[]): Traceback | undefined {
  const start = lines.findLastIndex((line) => line.startsWith('Traceback (most recent call last)'));
  if (start < 0) return undefined;
  for (let at = start + 1; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (/^\s|^$/.test(line) || LOG_PREFIX.test(line)) continue;
    const after = lines.slice(at + 1);
    return { headline: withMessage(line, after), after };
  }
  return undefined;
}

/** Spark writes the message of a ParseException on the line after its class. */
function withMessage(line: string, after: readonly string[]): string {
  const headline = shorten(line);
  return /^[\w.]+:$/.test(headline) ? plainLine(`${headline} ${firstPlainLine(after.join('\n'))}`) : headline;
}

/** What Py4J quotes: `: org.apache.spark.SparkException: Job aborted ...`. */
function jvmHeadline(after: readonly string[]): string | undefined {
  const line = after.find((one) => one.startsWith(': '));
  return line === undefined ? undefined : shorten(line.slice(2));
}

/** The deepest cause: the last `Caused by:` of a stack trace. */
function roots(lines: readonly string[]): string[] {
  const last = lines.findLast((line) => line.startsWith('Caused by: '));
  return last === undefined ? [] : [shorten(last.slice('Caused by: '.length))];
}

function sign(lines: readonly string[]): string | undefined {
  for (const pattern of SIGNS) {
    const found = lastMatch(lines, pattern);
    if (found !== undefined) return shorten(found);
  }
  return undefined;
}

function lastError(lines: readonly string[]): string | undefined {
  const thrown = lastMatch(lines, /^Exception in thread "[^"]*" .*/);
  if (thrown !== undefined) return shorten(thrown.replace(/^Exception in thread "[^"]*" /, ''));
  const named = lastMatch(lines, /\b[\w.]*(?:Exception|Error): \[[A-Z][A-Z0-9_.]+\].*/);
  if (named !== undefined) return shorten(named);
  const logged = lines.findLast((line) => LOG_PREFIX.test(line) && /^\S+ \S+ (?:ERROR|FATAL) /.test(line));
  return logged === undefined ? undefined : plainLine(logged.replace(LOG_PREFIX, ''));
}

function lastMatch(lines: readonly string[], pattern: RegExp): string | undefined {
  for (const line of lines.toReversed()) {
    const match = pattern.exec(line);
    if (match !== null) return match[0];
  }
  return undefined;
}

/** The table whose query was under way when all ended: the program tells when it begins one and when it is written. */
function openTable(stdout: readonly string[]): string | undefined {
  const begun = stdout.findLastIndex((line) => BEGUN.test(line));
  const [, table = '', template = ''] = BEGUN.exec(stdout[begun] ?? '') ?? [];
  if (
    table === '' ||
    stdout.slice(begun).some((line) => line.startsWith(`landfall: ${table}: `) && line.endsWith(' rows'))
  )
    return undefined;
  return `while writing table ${table}, by ${template}`;
}

/** Without the packages before an exception's class. */
export function shorten(line: string): string {
  return plainLine(line.replace(/^(?:[a-z_][\w$]*\.)+(?=[A-Z])/, ''));
}

function isSecondHand(headline: string): boolean {
  return SECOND_HAND.test(shorten(headline));
}

function cut(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.slice(0, line.startsWith(OWN_PREFIX) ? LOOK_AT_OWN : LOOK).trimEnd());
}

/** Without blanks, and without lines that another one contains. */
function distinct(lines: readonly string[]): string[] {
  const kept: string[] = [];
  for (const line of lines) {
    const bare = shorten(line).slice(0, LINE_LIMIT - 1);
    if (bare !== '' && !kept.some((other) => other.includes(bare) || bare.includes(other)))
      kept.push(plainLine(line));
  }
  return kept;
}
