/** `%(name)s` as in Python's configparser: the value of another key of the section, or of `[DEFAULT]`. Pure. */

export type Interpolated = { text: string } | { problem: string };

const DEEPEST = 10;
const MOST_NAMES = 1000;
const LONGEST = 10_000;

/**
 * Replaces each `%(name)s` by what `lookUp` finds, and `%%` by `%`. Any other `%` is kept: Python refuses it, but our
 * values include `1%`.
 */
export function interpolate(text: string, lookUp: (name: string) => string | undefined): Interpolated {
  let names = 0;
  const expand = (template: string, depth: number): Interpolated => {
    if (!template.includes('%')) return { text: template };
    if (depth > DEEPEST) return { problem: 'its %(...)s form a loop' };
    let expanded = '';
    let from = 0;
    for (const { 0: sign, 1: name, index } of template.matchAll(/%%|%\(([^)]{1,100})\)s/g)) {
      expanded += template.slice(from, index);
      from = index + sign.length;
      if (name === undefined) {
        expanded += '%';
        continue;
      }
      const value = lookUp(name);
      if (value === undefined) return { problem: 'its %(...)s names a key that the file does not have' };
      const inner = expand(value, depth + 1);
      if ('problem' in inner) return inner;
      expanded += inner.text;
      names += 1;
      if (names > MOST_NAMES || expanded.length > LONGEST)
        return { problem: 'it becomes too long when its %(...)s are replaced' };
    }
    return { text: expanded + template.slice(from) };
  };
  return expand(text, 1);
}
