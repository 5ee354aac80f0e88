/** Replaces everything that differs from one replay to the next. */

/** Locations, by their placeholder in a transcript. */
export type Places = Readonly<Record<string, string>>;

const CHANGING: readonly (readonly [RegExp, string])[] = [
  // Not the one that help gives as an example.
  [/\b(?!20261121-0930-k3f9a1)\d{8}-\d{4}-[0-9a-z]{6}\b/g, 'RUN'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?Z| UTC)?/g, 'TIME'],
  [/\b\d\d:\d\d:\d\d(\.\d+)?\b/g, 'TIME'],
  [/-?\b[\d,]+(\.\d+)? (ms|s|min|h)\b( \d+ (s|min)\b)*/g, 'N s'],
  [/\bLOCAL[0-9A-F]{8,}\b/g, 'KEY'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT'],
  [/\b(pid|process) \d+/g, '$1 PID'],
  [/(\bpid PID on) [^\s)]+/g, '$1 HOST'],
  [/\b[0-9a-f]{16,}\b/g, 'HASH'],
];

/** Steps and clusters that end at the same time are reported in any order. */
const ENDS = /(?:^(?:step|cluster) .*: ended\n)+/gm;
const inOrder = (lines: string) => `${lines.trimEnd().split('\n').sort().join('\n')}\n`;

export function normalised(text: string, places: Places): string {
  const placed = Object.entries(places).reduce((so, [name, place]) => so.replaceAll(place, name), text);
  return CHANGING.reduce((so, [what, by]) => so.replace(what, by), placed)
    .replace(ENDS, inOrder)
    .replace(/[ \t]+$/gm, '');
}
