/** The text of a `spark-defaults.conf`, which Spark reads as a Java properties file. */

/** Values arrive in Spark exactly as given, except that Spark itself trims blanks around them. */
export function sparkDefaults(conf: Readonly<Record<string, string>>): string {
  const lines = Object.entries(conf).map(([key, value]) => `${escapeKey(key)}=${escapeText(value)}\n`);
  return lines.join('');
}

function escapeKey(key: string): string {
  return escapeText(key).replace(/[ :=#!]/g, '\\$&');
}

function escapeText(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll('\f', '\\f')
    .replace(/^ /, '\\ ')
    .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
