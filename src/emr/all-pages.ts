/** Lists longer than one answer. */

export interface Page<T> {
  items: readonly T[] | undefined;
  /** Where the next page starts; absent or empty on the last one. */
  marker: string | undefined;
}

/** Items page by page, in order, until `enough` says so of a page. Stops should a marker come back a second time. */
export async function allPages<T>(
  read: (marker: string | undefined) => Promise<Page<T>>,
  enough: (page: readonly T[]) => boolean = () => false,
): Promise<T[]> {
  const items: T[] = [];
  const seen = new Set<string>();
  for (let marker: string | undefined; ;) {
    const { items: page = [], marker: next } = await read(marker);
    items.push(...page);
    if (next === undefined || next === '' || seen.has(next) || enough(page)) return items;
    marker = next;
    seen.add(next);
  }
}

/** The list cut into pieces of at most `size`. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  const pieces: T[][] = [];
  for (let start = 0; start < items.length; start += size) pieces.push(items.slice(start, start + size));
  return pieces;
}
