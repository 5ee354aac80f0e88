/** Long texts that are expensive for careless searches, and the CPU time to read one. */

/** Just shorter than the part of a line that is read. */
const LINE = 3_900;

const UNITS: Readonly<Record<string, string>> = {
  blanks: ' ',
  tabs: '\t',
  'line feeds': '\n',
  'carriage returns': '\r',
  'line separators': '\u2028',
  dots: '.',
  'packages without a class': 'a.',
  'one long word': 'a',
  digits: '1',
  slashes: '/',
  braces: '{',
  brackets: '[',
  'pairs of brackets': '[(<{}>)]',
  quotes: '"',
  'at signs': '@',
  colons: ':',
  hashes: '#',
  backslashes: '\\',
  'the word at': 'at ',
  'causes of causes': 'Caused by: ',
  'S3 exceptions without a reason': 'S3Exception: ',
  'S3 exceptions that say nothing': 'x.S3Exception: y ',
  'classes of exceptions': 'java.io.FileNotFoundException',
  'errors with half a class': 'Error: [A',
  'errors with an endless class': 'Error: [AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  'beginnings of tracebacks': 'Traceback (most recent call last)',
  'exit codes': 'Exit code: ',
  'lost executors': 'ExecutorLostFailure',
  'memory that ran out': 'xOutOfMemoryError: ',
  'names of applications': 'application_1_',
  'threads in quotes': 'Exception in thread "',
  'times of a log': '26/11/21 06:40:21',
  'ANSI colours': '\u001b[31m',
  'ANSI escapes cut short': '\u001b[',
  'escapes with arguments': '\u001b]8;;x',
  'beginnings of URIs': '://',
  'URIs with a name': '://a:b',
  'ports of URIs': '://a:1/',
  'parameters of URIs': '?sig=',
  'names of secrets': 'key',
  'names of secrets and blanks': 'secret   ',
  interpolations: '%(',
  'orders to a CI': '##[',
  'surrogate pairs': '\u{1f600}',
  'halves of characters': '\ud800',
  'failures of ours': 'LANDFALL-FAILURE {',
};

const java = (n: number) =>
  `java.lang.IllegalStateException: ${String(n)}\n\tat org.apache.spark.sql.Dataset.$anonfun$run(Dataset.scala:${String(n)})\n\t... 40 more\nCaused by: java.io.IOException: ${String(n)}\n`;
const python = (n: number) =>
  `Traceback (most recent call last):\n  File "/x/step.py", line ${String(n)}, in <module>\n    f(x)\nValueError: ${String(n)}\n`;
const filled = (unit: string, size: number) => unit.repeat(Math.ceil(size / unit.length)).slice(0, size);

/** Texts of about `size` characters, each with the part that it repeats. */
export function longTexts(size: number): readonly (readonly [name: string, text: string])[] {
  const inLines = (unit: string) => `${filled(unit, LINE)}\n`.repeat(Math.ceil(size / LINE));
  const traces = (one: (n: number) => string) => {
    let text = '';
    for (let n = 0; text.length < size; n += 1) text += one(n);
    return text;
  };
  return [
    ...Object.entries(UNITS).flatMap(([name, unit]) => [
      [`one line of ${name}`, filled(unit, size)] as const,
      [`lines of ${name}`, inLines(unit)] as const,
    ]),
    ['a word and as many blanks', `key${' '.repeat(size)}`],
    ['half names of secrets, half blanks', 'key'.repeat(size / 6) + ' '.repeat(size / 2)],
    ['a trace of Java', traces(java)],
    ['a trace of Python', traces(python)],
    ['one long quoted text', `ValueError: "${'\\"x'.repeat(size / 3)}`],
    ['a nested object', '{"a":'.repeat(size / 5)],
    ['a nested failure of ours', `LANDFALL-FAILURE ${'['.repeat(size)}`],
    ['lines of one character', 'x\n'.repeat(size / 2)],
  ];
}

/** Milliseconds of this process, whatever else runs on the machine. */
export function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
