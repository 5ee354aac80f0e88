/** Characters that messages cannot show. */
import { present } from './present.ts';

/** The name of the character at this index: `U+00E9`. */
export function unicodeName(text: string, at = 0): string {
  const point = present(text.codePointAt(at), `character ${String(at)}`);
  return `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
}
