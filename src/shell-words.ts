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
