/** The type of a setting's value. */

/** What relative paths and `~` are resolved against. */
export interface Base {
  /** Absolute. */
  folder: string;
  home?: string | undefined;
}

export type Parsed<T> = { value: T } | { problem: string; hint?: string };

export interface ValueType<T> {
  /** For the reference table: `whole number`, `yes or no`. */
  name: string;
  parse(text: string, base: Base): Parsed<T>;
  /** A list: its value may continue on further lines. */
  manyLines?: true;
}
