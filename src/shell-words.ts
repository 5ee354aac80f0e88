/** Places and commands as a person types them. */

/** The text as one word of a POSIX shell, whatever it holds. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A local folder as a plain path, anything else as it is. */
export function place(uri: string): string {
  if (!uri.startsWith('file://')) return uri;
  return uri === 'file://' ? '/' : uri.slice('file://'.length);
}

/** A command about this lake that works from any folder and machine. */
export function commandAt(lake: string, ...words: readonly string[]): string {
  return ['landfall', ...words, '--lake', shellWord(place(lake))].join(' ');
}

/** What to do when files of the current publication are lost: nothing can bring back what they held but another set. */
export function afterLoss(lake: string): string {
  return `${commandAt(lake, 'rollback')} goes back to the set before, if there is one; landfall submit makes a new one`;
}
