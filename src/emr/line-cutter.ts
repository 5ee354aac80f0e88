/** From bytes, in pieces cut anywhere, to whole lines. */
import { StringDecoder } from 'node:string_decoder';
import { present } from '../present.ts';

/** Longer lines come in parts of so many characters. */
const LONGEST = 1024 * 1024;

export interface LineCutter {
  /** The lines that are complete now, without their ends. */
  push(bytes: Uint8Array): string[];
  /** The last line, when nothing ended it. */
  end(): string[];
}

export function lineCutter(longest = LONGEST): LineCutter {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return {
    push: (bytes) => {
      const lines = (rest + decoder.write(bytes)).split('\n').map((line) => parts(line, longest));
      rest = present(lines.at(-1)?.pop(), 'part of the last line');
      return lines.flat();
    },
    end: () => {
      const last = rest + decoder.end();
      rest = '';
      return last === '' ? [] : parts(last, longest);
    },
  };
}

/** A line in parts that are not too long; no character is cut in two. */
function parts(line: string, longest: number): string[] {
  if (line.length <= longest) return [line];
  const cut: string[] = [];
  for (let start = 0; start < line.length;) {
    const end = start + longest;
    const isWithin =
      end < line.length && /^[\ud800-\udbff][\udc00-\udfff]$/.test(line.slice(end - 1, end + 1));
    const next = isWithin && longest > 1 ? end - 1 : end;
    cut.push(line.slice(start, next));
    start = next;
  }
  return cut;
}
