/**
 * Signs of a failure in the lines of a Spark driver's log. Each is found by a fixed phrase, so the search time grows
 * only linearly with the line, whatever the line contains.
 */

/** Where the informative part of a line begins; undefined when the line has no such sign. */
type Sign = (line: string) => number | undefined;

/** Surest first. */
const SIGNS: readonly Sign[] = [
  named(['UnsatisfiedLinkError: '], { whole: true }),
  named(['OutOfMemoryError: '], { whole: true }),
  phrase('Container killed by YARN for exceeding '),
  phrase('ExecutorLostFailure (', 'Container from a bad node: ', 'Container marked as failed: '),
  (line) => indexOf(line, /\b[Ee]xit(?:ed with exit)? ?[Cc]ode:? (?:137|143)\b/),
  named(['java.nio.file.AccessDeniedException: ', 'AccessControlException: ']),
  named(['S3Exception: '], { saying: ['Access Denied', 'Status Code: 403', 'Forbidden'] }),
  named(['FileNotFoundException: ', 'NoSuchKeyException: ', 'NoSuchFileException: ']),
];

/** What the surest sign among the lines says; of several lines with it, the last one. */
export function signIn(lines: readonly string[]): string | undefined {
  for (const sign of SIGNS) {
    const found = lastWith(lines, sign);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The last error with one of Spark's error classes: `AnalysisException: [PATH_NOT_FOUND] ...`. */
export function classifiedError(lines: readonly string[]): string | undefined {
  return lastWith(lines, (line) => {
    for (const at of occurrences(line, ': [')) {
      const isError = line.endsWith('Exception', at) || line.endsWith('Error', at);
      if (isError && hasErrorClass(line, at + ': ['.length)) return startOfName(line, at);
    }
    return undefined;
  });
}

/** Spark's error classes have fewer characters than this. */
const LONGEST_CLASS = 200;

function hasErrorClass(line: string, at: number): boolean {
  return /^[A-Z][A-Z0-9_.]+\]/.test(line.slice(at, at + LONGEST_CLASS));
}

function lastWith(lines: readonly string[], sign: Sign): string | undefined {
  const line = lines.findLast((one) => sign(one) !== undefined);
  return line?.slice(sign(line));
}

function phrase(...phrases: readonly string[]): Sign {
  return (line) => first(phrases.map((one) => line.indexOf(one)));
}

/**
 * The name of a class with this ending, with its package. `whole`: the class has exactly that name. `saying`: one of
 * these follows it.
 */
function named(
  endings: readonly string[],
  { whole = false, saying = [] }: { whole?: boolean; saying?: readonly string[] } = {},
): Sign {
  return (line) => {
    const at = first(
      endings.map((ending) => {
        for (const one of occurrences(line, ending)) {
          if (!whole || !isWordCharacter(line[one - 1])) return one;
        }
        return -1;
      }),
    );
    if (at === undefined) return undefined;
    if (saying.length > 0 && !saying.some((words) => line.includes(words, at))) return undefined;
    return startOfName(line, at);
  };
}

const first = (places: readonly number[]): number | undefined => {
  const found = places.filter((place) => place >= 0);
  return found.length === 0 ? undefined : Math.min(...found);
};

function* occurrences(line: string, what: string): Generator<number, void> {
  for (let at = line.indexOf(what); at >= 0; at = line.indexOf(what, at + what.length)) yield at;
}

const isWordCharacter = (character: string | undefined) => character !== undefined && /\w/.test(character);

/** Where the dotted name begins that goes on at `at`. */
function startOfName(line: string, at: number): number {
  let start = at;
  while (start > 0 && (isWordCharacter(line[start - 1]) || line[start - 1] === '.')) start -= 1;
  while (start < at && line[start] === '.') start += 1;
  return start;
}

const indexOf = (line: string, pattern: RegExp): number | undefined => {
  const at = line.search(pattern);
  return at < 0 ? undefined : at;
};
