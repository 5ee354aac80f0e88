/** The texts that the groups of a regular expression captured. */

type Texts<Count extends number, Found extends string[] = []> = Found['length'] extends Count
  ? Found
  : Texts<Count, [...Found, string]>;

/**
 * The texts of the first `count` groups; undefined when nothing matches. Each of these groups must capture in every
 * match; optional groups come after them.
 */
export function groupsOf<Count extends number>(
  pattern: RegExp,
  text: string,
  count: Count,
): Texts<Count> | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const texts: (string | undefined)[] = match.slice(1, count + 1);
  if (texts.length !== count || texts.includes(undefined))
    throw new Error(`${String(pattern)} has an optional group among its first ${String(count)}`);
  return texts as Texts<Count>;
}
