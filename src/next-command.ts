/** The command that a message advises, as it can be typed anywhere: it names its lake. */

/** `lake`: its URI. `words`: verb, run and flags, as they are; those that a shell would take apart are quoted. */
export function commandAt(lake: string, ...words: readonly string[]): string {
  const where = lake.startsWith('file://') ? lake.slice('file://'.length) : lake;
  return ['landfall', ...words, '--lake', where].map(quoted).join(' ');
}

/** A word of a POSIX shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
