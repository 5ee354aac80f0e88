/** Reads JSON that may hold secrets: the parser's own words quote the text, so a mistake is told by its line alone. */

/** The value, or why there is none: `not JSON: line 3`. */
export function readJson(text: string): { value: unknown } | { problem: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const position = words.endsWith('end of JSON input')
      ? text.trimEnd().length
      : /at position (\d+)(?: \(line \d+ column \d+\))?$/.exec(words)?.[1];
    const line = position === undefined ? '' : `: line ${String(lineAt(text, Number(position)))}`;
    return { problem: `not JSON${line}` };
  }
}

const lineAt = (text: string, position: number) => text.slice(0, position).split('\n').length;
