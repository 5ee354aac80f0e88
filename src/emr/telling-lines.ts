/**
 * Picks from a Spark driver's output the lines that tell why it failed. Pure. In client mode spark-submit hands the
 * Python program's stderr on to its own stdout, so a traceback is found there, and the JVM's log on stderr.
 */
import { groupsOf } from '../groups.ts';
import { OWN_PREFIX, ownFailure } from './failure-line.ts';
import type { OwnFailure } from './failure-line.ts';
import { classifiedError, signIn } from './failure-signs.ts';
import { LONGEST_LINE, MOST_LINES, fromTheEnd, lastLinesOf } from './log-lines.ts';
import { LINE_LIMIT, firstPlainLine, plainLine } from './plain-text.ts';
import { applicationIn } from './step-logs.ts';

export interface DriverOutput {
  stdout: string | undefined;
  stderr: string | undefined;
  /** The pipeline's folder, as messages name it. */
  pipeline: string;
}

export interface Telling {
  /** Most telling first; empty when the output shows no cause. */
  lines: string[];
  /** What the program was doing when it ended, where it says so. */
  during?: string;
  /** The last YARN application named in it. */
  applicationId?: string;
}

/** How many characters of the program's own line are searched: it may carry a whole query plan. */
const LONGEST_OWN_LINE = 1_000_000;

/** How Python names a failure that happened in the JVM. */
const SECOND_HAND =
  /^(?:Py4J\w*Error|ConnectionRefusedError|ConnectionResetError|BrokenPipeError|EOFError|SystemExit)\b|\bJob \d+ cancelled because SparkContext was shut down/;
const BEGUN = /^landfall: (\w+): begun, by (tables\/.+)$/;
const WRITTEN = /^landfall: (\w+): \d+ rows$/;
const LOG_PREFIX = /^\d\d(?:\d\d)?[/-]\d\d[/-]\d\d \d\d:\d\d:\d\d\S* (?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL) /;

/** The lines that tell why, and the application they name. */
export function tellingLines({ stdout, stderr, pipeline }: DriverOutput): Telling {
  const out = cut(stdout);
  const err = cut(stderr);
  const own = ownFailure(out, pipeline) ?? ownFailure(err, pipeline);
  const chosen =
    own === undefined || isSecondHand(own.error)
      ? [...causeOf(out, err), own?.error]
      : [own.error, ...roots(lastTraceback(out)?.after ?? [])];
  const [first, ...rest] = chosen.filter((line) => line !== undefined);
  const during = openTables(out, pipeline);
  const lines =
    first === undefined ? [] : distinct([first, noexec([first, ...rest]), own?.place ?? during, ...rest]);
  const applicationId = applicationIn([...out, ...err]);
  return {
    lines,
    ...(during === undefined ? {} : { during }),
    ...(applicationId === undefined ? {} : { applicationId }),
  };
}

/**
 * The folder from which no library can be loaded, and the setting to change. The folder of local steps is called
 * scratch.
 */
function noexec(lines: readonly string[]): string | undefined {
  const refused =
    /UnsatisfiedLinkError: (\/[^:]*): .*(?:failed to map segment|Operation not permitted|Permission denied)/;
  const library = lines.map((line) => refused.exec(line)?.[1]).find((found) => found !== undefined);
  const folder = library?.slice(0, library.lastIndexOf('/'));
  if (folder === undefined) return undefined;
  const setting = folder.endsWith('/scratch') ? 'LANDFALL_HOME, or emr-local --state,' : 'java.io.tmpdir';
  return `no library can be loaded from the folder ${folder} (mounted noexec): set ${setting} to another one`;
}

/** What the program's own failure line says; undefined when there is none. */
export function ownFailureIn(text: string | undefined): OwnFailure | undefined {
  return ownFailure(cut(text), '');
}

/** The last lines of a text that are not blank: for programs other than Spark's. */
export function lastLines(text: string | undefined, count: number): string[] {
  if (text === undefined) return [];
  const lines: string[] = [];
  let seen = 0;
  for (const line of fromTheEnd(text)) {
    const plain = plainLine(line);
    if (plain !== '') lines.push(plain);
    seen += 1;
    if (lines.length === count || seen === MOST_LINES) break;
  }
  return lines.reverse();
}

/** The cause, then the causes beneath it. */
function causeOf(out: readonly string[], err: readonly string[]): string[] {
  const traceback = lastTraceback(out) ?? lastTraceback(err);
  if (traceback !== undefined && !isSecondHand(traceback.headline)) {
    return [traceback.headline, ...roots(traceback.after)];
  }
  const after = traceback?.after ?? [];
  const inJvm = signOf(after) ?? roots(after)[0] ?? jvmHeadline(after);
  const found =
    inJvm ?? signOf([...out, ...err]) ?? roots([...err, ...out])[0] ?? lastError(err) ?? lastError(out);
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
  const below = lines.slice(start + 1);
  const end = below.findIndex((line) => !/^\s|^$/.test(line) && !LOG_PREFIX.test(line));
  const line = below[end];
  if (line === undefined) return undefined;
  const after = below.slice(end + 1);
  return { headline: withMessage(line, after), after };
}

/** How many lines after an exception's class are searched for its message. */
const NEAR = 50;

/** Spark writes the message of a ParseException on the line after its class. */
function withMessage(line: string, after: readonly string[]): string {
  const headline = shorten(line);
  return /^[\w.]+:$/.test(headline)
    ? plainLine(`${headline} ${firstPlainLine(after.slice(0, NEAR).join('\n'))}`)
    : headline;
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

function signOf(lines: readonly string[]): string | undefined {
  const found = signIn(lines);
  return found === undefined ? undefined : shorten(found);
}

const THROWN = /^Exception in thread "[^"]*" /;

function lastError(lines: readonly string[]): string | undefined {
  const thrown = lines.findLast((line) => THROWN.test(line));
  if (thrown !== undefined) return shorten(thrown.replace(THROWN, ''));
  const named = classifiedError(lines);
  if (named !== undefined) return shorten(named);
  const logged = lines.findLast((line) => LOG_PREFIX.test(line) && /^\S+ \S+ (?:ERROR|FATAL) /.test(line));
  return logged === undefined ? undefined : plainLine(logged.replace(LOG_PREFIX, ''));
}

/**
 * The tables whose queries were running when the program ended: the program logs when it begins a table and when it is
 * written, and writes several at the same time.
 */
function openTables(stdout: readonly string[], pipeline: string): string | undefined {
  const open = new Map<string, string>();
  for (const line of stdout) {
    const begun = groupsOf(BEGUN, line, 2);
    if (begun !== undefined) open.set(...begun);
    const [table] = groupsOf(WRITTEN, line, 1) ?? [];
    if (table !== undefined) open.delete(table);
  }
  const [template, ...others] = open.values();
  if (template === undefined) return undefined;
  const tables = [...open.keys()].join(', ');
  if (others.length === 0) return `while writing table ${tables}, by ${pipeline}/${template}`;
  return `while writing tables ${tables}, by files in ${pipeline}/${template.slice(0, template.lastIndexOf('/'))}`;
}

/** Without the packages before an exception's class. */
export function shorten(line: string): string {
  return plainLine(line.slice(0, LONGEST_LINE).replace(/^(?:[a-z_][\w$]*\.)+(?=[A-Z])/, ''));
}

function isSecondHand(headline: string): boolean {
  return SECOND_HAND.test(shorten(headline));
}

function cut(text: string | undefined): string[] {
  if (text === undefined) return [];
  return lastLinesOf(text, (line) => (line.startsWith(OWN_PREFIX) ? LONGEST_OWN_LINE : LONGEST_LINE));
}

/** Without blanks, and without lines that another one contains. */
function distinct(lines: readonly (string | undefined)[]): string[] {
  const kept: string[] = [];
  for (const line of lines) {
    if (line === undefined) continue;
    const bare = shorten(line).slice(0, LINE_LIMIT - 1);
    if (bare !== '' && !kept.some((other) => other.includes(bare) || bare.includes(other)))
      kept.push(plainLine(line));
  }
  return kept;
}
