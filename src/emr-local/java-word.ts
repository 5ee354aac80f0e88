/** One word of a list of JVM options, quoted as Spark's launcher reads such lists. */
export function javaWord(word: string): string {
  return /^[\w./:=+%@,-]+$/.test(word) ? word : `"${word.replace(/["\\]/g, '\\$&')}"`;
}
