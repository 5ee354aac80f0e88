/** A value as it stands in the file: out of its quotes, and without the comment behind it. Pure. */

export interface CleanValue {
  text: string;
  /** Why nobody can tell what the value is. */
  problem?: string;
  /** What may have been meant otherwise. */
  doubt?: string;
}

/**
 * Python keeps quotes and comments as a part of the value; whoever wrote them did not mean that. A `credential` may hold
 * `#` or `;` anywhere: only a sign between blanks begins a comment there.
 */
export function cleanValue(raw: string, credential: boolean): CleanValue {
  const quoted = /^(["'`])(.*?)\1\s*(?:[;#].*)?$/s.exec(raw);
  if (quoted !== null) {
    const inner = quoted[2] ?? '';
    return { text: (quoted[1] === '"' ? inner.replaceAll('\\"', '"') : inner).trim() };
  }
  if (/^["'`]/.test(raw)) return { text: '', problem: 'a quote is opened and never closed' };
  const comment = (credential ? /(^|\s)[;#](\s|$)/ : /(^|\s)[;#]/).exec(raw);
  const text = raw.slice(0, comment?.index ?? raw.length).trim();
  if (credential || !/[;#]/.test(text)) return { text };
  return { text, doubt: '`;` or `#` within the value is taken as part of it, not as a comment' };
}
