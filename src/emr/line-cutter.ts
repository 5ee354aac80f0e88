/** From bytes, in pieces cut anywhere, to whole lines. */
import { StringDecoder } from 'node:string_decoder';

/** Longer lines come in parts, in characters. */
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
      const lines = (rest + decoder.write(bytes)).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length >= longest) {
        lines.push(rest);
        rest = '';
      }
      return lines;
    },
    end: () => {
      const last = rest + decoder.end();
      rest = '';
      return last === '' ? [] : [last];
    },
  };
}
