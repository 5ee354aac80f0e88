/**
 * Characters that a credential cannot contain, because it travels in an HTTP header. Pure; messages never contain the
 * value.
 */
import { unicodeName } from './unicode-name.ts';

/** What is wrong with the characters of a key or token; undefined when nothing is. */
export function wrongCharacters(value: string): string | undefined {
  if (/\r\n?$/.test(value)) return 'ends with a carriage return, as from a file with Windows line endings';
  if (value.endsWith('\n')) return 'ends with a line break';
  if (/[\r\n]/.test(value)) return 'contains a line break';
  const control = /\p{Cc}/u.exec(value)?.[0];
  if (control !== undefined) return `contains the control character ${unicodeName(control)}`;
  const foreign = /[^\x20-\x7e]/u.exec(value)?.[0];
  if (foreign !== undefined)
    return `contains the character ${unicodeName(foreign)}, which no key or token has`;
  if (value.trim() !== value) return 'starts or ends with a blank';
  return undefined;
}

/** The next move. */
export const CLEAN_CREDENTIAL =
  "set it again without that: `tr -d '\\r\\n'` removes line ends from a file's text";
