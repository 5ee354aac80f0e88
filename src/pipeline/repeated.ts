/** Names that a list has twice. Pure. */

/** The names that occur earlier in the list already, whatever their case, with their indices. */
export function repeated(names: readonly string[]): { name: string; index: number }[] {
  const folded = names.map((name) => name.toLowerCase());
  return names.flatMap((name, index) =>
    folded.indexOf(name.toLowerCase()) < index ? [{ name, index }] : [],
  );
}
