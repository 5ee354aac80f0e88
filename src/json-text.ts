/**
 * Reads JSON that may hold secrets. The parser's own messages quote the text, so a mistake is reported by its line
 * alone.
 */
import { messageOf } from './message-of.ts';

/** V8 parses any depth, but fails to print a value nested some thousand levels deep. */
const MAX_DEPTH = 500;

/** The value, or why there is none: `not JSON: line 3`, `nested more than 500 levels deep`. */
export function readJson(text: string, most = MAX_DEPTH): { value: unknown } | { problem: string } {
  try {
    const value = JSON.parse(text) as unknown;
    if (depthOf(text) > most) return { problem: `nested more than ${String(most)} levels deep` };
    return { value };
  } catch (error) {
    const words = messageOf(error);
    const position = words.endsWith('end of JSON input')
      ? text.trimEnd().length
      : /at position (\d+)(?: \(line \d+ column \d+\))?$/.exec(words)?.[1];
    const line = position === undefined ? '' : `: line ${String(lineAt(text, Number(position)))}`;
    return { problem: `not JSON${line}` };
  }
}

const lineAt = (text: string, position: number) => text.slice(0, position).split('\n').length;

/** How many brackets of valid JSON are open at once. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '"') quoted = !quoted;
    else if (quoted && character === '\\') at++;
    else if (!quoted && (character === '[' || character === '{')) deepest = Math.max(deepest, ++depth);
    else if (!quoted && (character === ']' || character === '}')) depth--;
  }
  return deepest;
}
