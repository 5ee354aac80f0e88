/** A value from the file, without its quotes and without the comment after it. Pure. */
import { groupsOf } from '../groups.ts';

export interface CleanValue {
  text: string;
  /** Why the value is ambiguous. */
  problem?: string;
  /** What the author may have meant instead. */
  doubt?: string;
}

/**
 * Python keeps quotes and comments as a part of the value, but authors do not mean that. A `credential` may contain `#`
 * or `;` anywhere: there, only a sign between blanks begins a comment.
 */
export function cleanValue(raw: string, credential: boolean): CleanValue {
  const quoted = groupsOf(/^(["'`])(.*?)\1\s*(?:[;#].*)?$/s, raw, 2);
  if (quoted !== undefined) {
    const [quote, inner] = quoted;
    return { text: (quote === '"' ? inner.replaceAll('\\"', '"') : inner).trim() };
  }
  if (/^["'`]/.test(raw)) return { text: '', problem: 'a quote is opened and never closed' };
  const comment = (credential ? /(^|\s)[;#](\s|$)/ : /(^|\s)[;#]/).exec(raw);
  const text = raw.slice(0, comment?.index ?? raw.length).trim();
  if (credential || !/[;#]/.test(text)) return { text };
  return { text, doubt: '`;` or `#` within the value is taken as part of it, not as a comment' };
}
