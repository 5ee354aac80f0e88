/** Work on many items, a few at a time. Pure. */

/**
 * What `work` makes of each item, in their order. At most `most` items are taken before they are done, so that millions of
 * them wait in their source and not as promises. After a failure, no further item is taken.
 */
export async function atOnce<Item, Made>(
  most: number,
  items: Iterable<Item> | AsyncIterable<Item>,
  work: (item: Item) => Promise<Made>,
): Promise<Made[]> {
  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const made: Made[] = [];
  let taken = 0;
  let failed = false;
  const worker = async () => {
    while (!failed) {
      const next = await source.next();
      if (next.done === true) return;
      const place = taken;
      taken += 1;
      made[place] = await work(next.value);
    }
  };
  const guarded = () =>
    worker().catch((error: unknown) => {
      failed = true;
      throw error;
    });
  await Promise.all(Array.from({ length: most }, guarded));
  return made;
}
