/** Values that are there for a reason that their type does not show. */

/** The value. If there is none, Landfall has a bug, and the message says what is missing. */
export function present<T>(value: T | null | undefined, what: string): T {
  if (value === undefined || value === null) throw new Error(`missing: ${what}`);
  return value;
}
