/**
 * Characters that a credential cannot contain, because it travels in an HTTP header. Pure; messages never contain the
 * value.
 */
import { unicodeName } from './unicode-name.ts';

/** What is wrong with the characters of a key or token; undefined when nothing is. */
export function wrongCharacters(value: string): string | undefined {
  if (/\r\n?$/.test(value)) return 'ends with a carriage return, as from a file with Windows line endings';
  if (value.endsWith('\n')) return 'ends with a line break';
  if (/[\r\n]/.test(value)) return 'has a line break in it';
  const control = /\p{Cc}/u.exec(value)?.[0];
  if (control !== undefined) return `has the control character ${unicodeName(control)} in it`;
  const foreign = /[^\x20-\x7e]/u.exec(value)?.[0];
  if (foreign !== undefined)
    return `has the character ${unicodeName(foreign)} in it, which no key or token has`;
  if (value.trim() !== value) return 'has a blank at its beginning or end';
  return undefined;
}

/** What to do about it. */
export const CLEAN_CREDENTIAL =
  "set it again without that: `tr -d '\\r\\n'` takes line ends from a file's text";
