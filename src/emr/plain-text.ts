/** Text from elsewhere (logs, error messages) made fit to be shown: no control characters, no endless lines. */
import { stripVTControlCharacters } from 'node:util';

/** Longest line shown, in characters. */
export const LINE_LIMIT = 300;

const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/gu;
/** Control and format characters: among them those that reorder what is written around them. */
const CONTROLS = /[\p{Cc}\p{Cf}]/gu;

/** One line, at most `limit` characters, the rest cut with an ellipsis; tabs and other breaks become blanks. */
export function plainLine(text: string, limit = LINE_LIMIT): string {
  const capped = stripVTControlCharacters(text.slice(0, limit * 8));
  const characters = Array.from(capped.replace(BREAKS, ' ').replace(CONTROLS, '').trim());
  return characters.length > limit ? `${characters.slice(0, limit - 1).join('')}…` : characters.join('');
}

/** The first line of a text that is not blank, made plain; empty when all are. */
export function firstPlainLine(text: string, limit = LINE_LIMIT): string {
  for (const line of text.split('\n', 50)) {
    const plain = plainLine(line, limit);
    if (plain !== '') return plain;
  }
  return '';
}
