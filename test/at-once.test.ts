import { describe, expect, it } from '@jest/globals';
import { atOnce } from '../src/at-once.ts';

/** Items that are counted as they are taken. */
function* counting(items: number, taken: { count: number }): Iterable<number> {
  for (let item = 0; item < items; item += 1) {
    taken.count += 1;
    yield item;
  }
}

const tick = () => new Promise((resolve) => setImmediate(resolve));

describe('work on many items', () => {
  it('takes no more items than are worked on at once, and keeps their order', async () => {
    const taken = { count: 0 };
    let done = 0;
    let most = 0;
    const made = await atOnce(4, counting(1000, taken), async (item) => {
      most = Math.max(most, taken.count - done);
      for (let ticks = item % 3; ticks >= 0; ticks -= 1) await tick();
      done += 1;
      return item * 2;
    });
    expect(made).toEqual(Array.from({ length: 1000 }, (_, item) => item * 2));
    expect(most).toBe(4);
  });

  it('reads asynchronous items in order as well', async () => {
    const items = async function* () {
      for (const item of counting(10, { count: 0 })) yield await Promise.resolve(item);
    };
    expect(await atOnce(3, items(), (item) => Promise.resolve(-item))).toEqual(
      Array.from({ length: 10 }, (_, item) => -item),
    );
    expect(await atOnce(3, [], () => Promise.reject(new Error('nothing to do')))).toEqual([]);
  });

  it('takes no further item after a failure', async () => {
    const taken = { count: 0 };
    const work = async (item: number) => {
      await tick();
      if (item === 5) throw new Error('five');
    };
    await expect(atOnce(4, counting(1000, taken), work)).rejects.toThrow('five');
    await tick();
    await tick();
    expect(taken.count).toBeLessThan(16);
  });
});
