/** Partition values in folder names, as Hive and Spark write them: `year=2004/artist_id=AR%3A1`. */

export interface PartitionValue {
  name: string;
  /** Null for `__HIVE_DEFAULT_PARTITION__`. */
  value: string | null;
}

const NULL_VALUE = '__HIVE_DEFAULT_PARTITION__';

/** The values that a file's folders spell, outermost first; undefined when a folder is not `name=value`. */
export function partitionOf(folders: readonly string[]): PartitionValue[] | undefined {
  const values: PartitionValue[] = [];
  for (const folder of folders) {
    const split = folder.indexOf('=');
    if (split < 1) return undefined;
    const value = folder.slice(split + 1);
    values.push({
      name: unescapeName(folder.slice(0, split)),
      value: value === NULL_VALUE ? null : unescapeName(value),
    });
  }
  return values;
}

/** Undoes Hive's escaping: `%3A` is one character, by its code; a `%` without two hex digits is itself. */
function unescapeName(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
