/** The last lines of a log's text, limited in number and length, so that searching any log takes linear time. */

/** How many lines are searched: the last ones of a log. */
export const MOST_LINES = 200_000;
/** How many characters of a line are searched. */
export const LONGEST_LINE = 4_000;

/** The text's last lines, in order, each cut to its first `longest(line)` characters and without white space at its end. */
export function lastLinesOf(text: string, longest: (start: string) => number = () => LONGEST_LINE): string[] {
  const lines: string[] = [];
  for (const line of fromTheEnd(text)) {
    lines.push(line.slice(0, longest(line)).trimEnd());
    if (lines.length === MOST_LINES) break;
  }
  return lines.reverse();
}

/** The lines of a text, the last one first. */
export function* fromTheEnd(text: string): Generator<string, void> {
  let end = text.length;
  while (end >= 0) {
    // With 0 as its second argument, lastIndexOf would find a line feed that stands there.
    const start = end === 0 ? 0 : text.lastIndexOf('\n', end - 1) + 1;
    yield text.slice(start, end);
    end = start - 1;
  }
}
