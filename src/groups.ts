/** What the groups of a regular expression caught, as texts. */

type Texts<Count extends number, Found extends string[] = []> = Found['length'] extends Count
  ? Found
  : Texts<Count, [...Found, string]>;

/**
 * The texts of the first `count` groups, each of which takes part in every match; undefined when nothing matches. Only
 * optional groups may come after them.
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
    throw new Error(`${String(pattern)} has a group that may take no part`);
  return texts as Texts<Count>;
}
