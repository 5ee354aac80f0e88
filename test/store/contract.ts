/** What every store promises. */
import { describe, expect, it } from '@jest/globals';
import type { ObjectInfo, Store } from '../../src/store/store.ts';

export const bytes = (text: string) => new TextEncoder().encode(text);
export const text = (body: Uint8Array | undefined) =>
  body === undefined ? undefined : new TextDecoder().decode(body);

export async function listed(store: Store, prefix: string): Promise<ObjectInfo[]> {
  const found: ObjectInfo[] = [];
  for await (const object of store.list(prefix)) found.push(object);
  return found;
}

export const keysOf = async (store: Store, prefix: string) =>
  (await listed(store, prefix)).map(({ key }) => key);

/** Names that break naive quoting, globbing, decoding or sorting. */
export const HOSTILE = [
  'a b',
  'a+b',
  'a%20b',
  'a%b',
  'quote\'s "here"',
  'hash#tag?x=1&y=2',
  '[x]{y}*',
  'back\\slash',
  'ünïcode/日本語/😀',
  'e\u0301',
  'year=2004/part-0.parquet',
  ' lead and trail ',
  '<tag>',
  'con\u0001trol',
  '.hidden/_under',
];

/** Runs the suite; `open` gives a new, empty store each time. */
export function storeContract(open: () => Promise<Store>): void {
  describe('reading and writing', () => {
    it('returns what was written, with size, etag and time', async () => {
      const store = await open();
      const put = await store.put('a/b.txt', bytes('hello'));
      expect(put).toMatchObject({ key: 'a/b.txt', size: 5 });
      expect(text(await store.get('a/b.txt'))).toBe('hello');
      const head = await store.head('a/b.txt');
      expect(head).toMatchObject({ key: 'a/b.txt', size: 5, etag: put.etag });
      expect(Math.abs(head!.lastModified.getTime() - put.lastModified.getTime())).toBeLessThan(2_000);
    });

    it('replaces what was written before, and changes its etag', async () => {
      const store = await open();
      const first = await store.put('a', bytes('first'));
      const second = await store.put('a', bytes('other'));
      expect(text(await store.get('a'))).toBe('other');
      expect(second.etag).not.toBe(first.etag);
    });

    it('finds nothing for a missing object or a folder', async () => {
      const store = await open();
      await store.put('folder/file', bytes('x'));
      for (const key of ['nothing', 'folder', 'folder/file/below']) {
        expect(await store.get(key)).toBeUndefined();
        expect(await store.head(key)).toBeUndefined();
      }
    });

    it('stores empty objects', async () => {
      const store = await open();
      await store.put('empty', bytes(''));
      expect(await store.get('empty')).toHaveLength(0);
      expect(await store.head('empty')).toMatchObject({ size: 0 });
    });

    it('reads ranges, as far as the object reaches', async () => {
      const store = await open();
      await store.put('a', bytes('0123456789'));
      expect(text(await store.getRange('a', 2, 5))).toBe('234');
      expect(text(await store.getRange('a', 8, 100))).toBe('89');
      expect(text(await store.getRange('a', 3, 3))).toBe('');
      expect(text(await store.getRange('a', 10, 12))).toBe('');
    });

    it('reads a range of only one version if requested', async () => {
      const store = await open();
      const { etag } = await store.put('a', bytes('0123456789'));
      expect(text(await store.getRange('a', 2, 5, etag))).toBe('234');
      await store.put('a', bytes('abcdefghij'));
      await expect(store.getRange('a', 2, 5, etag)).rejects.toMatchObject({
        fault: 'unreachable',
        message: expect.stringContaining('replaced'),
        retryable: true,
      });
      expect(text(await store.getRange('a', 2, 5, (await store.head('a'))!.etag))).toBe('cde');
    });

    it('throws if the object of a range has vanished', async () => {
      const store = await open();
      await expect(store.getRange('gone', 0, 1)).rejects.toMatchObject({ fault: 'input' });
    });

    it.each(['', '/etc/x', '../x', 'a/../../x', 'a/./b', 'a//b', 'a/', 'nul\0'])(
      'writes nothing under the name %j',
      async (key) => {
        const store = await open();
        await expect(store.put(key, bytes('x'))).rejects.toMatchObject({ fault: 'input' });
        await expect(store.createIfAbsent(key, bytes('x'))).rejects.toMatchObject({ fault: 'input' });
      },
    );

    it.each(HOSTILE)('keeps the name %j as it is', async (key) => {
      const store = await open();
      await store.put(key, bytes(key));
      expect(await keysOf(store, '')).toEqual([key]);
      expect(text(await store.get(key))).toBe(key);
      await store.copy(key, `copy of/${key}`);
      expect(text(await store.get(`copy of/${key}`))).toBe(key);
      await store.remove([key, `copy of/${key}`]);
      expect(await keysOf(store, '')).toEqual([]);
    });
  });

  describe('listing', () => {
    it('takes the prefix as plain text', async () => {
      const store = await open();
      for (const key of ['songs/a', 'songs/b/c', 'songs_keys/d', 'users/e']) await store.put(key, bytes('x'));
      expect(await keysOf(store, 'songs')).toEqual(['songs/a', 'songs/b/c', 'songs_keys/d']);
      expect(await keysOf(store, 'songs/')).toEqual(['songs/a', 'songs/b/c']);
      expect(await keysOf(store, 'songs/b/')).toEqual(['songs/b/c']);
      expect(await keysOf(store, 'u')).toEqual(['users/e']);
      expect(await keysOf(store, 'nothing/here')).toEqual([]);
    });

    it('names the folders directly below a prefix, and nothing else', async () => {
      const store = await open();
      for (const key of [
        'runs/b 1/x',
        'runs/a+%20/y/z',
        'runs/a+%20/x',
        'runs/file',
        'runsx/c/d',
        'runs/.h/x',
      ]) {
        await store.put(key, bytes('x'));
      }
      const found: string[] = [];
      for await (const name of store.folders('runs/')) found.push(name);
      expect(found).toEqual(['.h', 'a+%20', 'b 1']);
      for await (const name of store.folders('nothing/')) found.push(name);
      expect(found).toHaveLength(3);
    });

    it('orders by the bytes of the whole key', async () => {
      const store = await open();
      const keys = ['B', 'a', 'a-b', 'a.b/x', 'a/b', 'a0', '\u{FFFD}x', '😀', 'ä'].sort(() => -1);
      for (const key of keys.filter((key) => key !== 'a/b' && key !== 'a')) await store.put(key, bytes('x'));
      await store.put('a/b', bytes('x'));
      const sorted = keys
        .filter((key) => key !== 'a')
        .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(await keysOf(store, '')).toEqual(sorted);
    });

    it('reports the same about an object as a look at it', async () => {
      const store = await open();
      await store.put('a/b', bytes('hello'));
      const [found] = await listed(store, 'a');
      const head = await store.head('a/b');
      expect(found).toMatchObject({ key: 'a/b', size: 5, etag: head!.etag });
      expect(Math.abs(found!.lastModified.getTime() - head!.lastModified.getTime())).toBeLessThan(2_000);
    });
  });

  describe('creating', () => {
    it('creates once, and leaves the first content', async () => {
      const store = await open();
      expect(await store.createIfAbsent('a', bytes('first'))).toBe(true);
      expect(await store.createIfAbsent('a', bytes('second'))).toBe(false);
      expect(text(await store.get('a'))).toBe('first');
    });
  });

  describe('copying and deleting', () => {
    it('copies content, and overwrites the target', async () => {
      const store = await open();
      await store.put('from', bytes('content'));
      await store.put('to/it', bytes('old'));
      const copied = await store.copy('from', 'to/it');
      expect(copied).toMatchObject({ key: 'to/it', size: 7, etag: (await store.head('to/it'))!.etag });
      expect(text(await store.get('to/it'))).toBe('content');
    });

    it('cannot copy a missing object, and leaves no trace of trying', async () => {
      const store = await open();
      await expect(store.copy('gone', 'to/it')).rejects.toMatchObject({ fault: 'input' });
      expect(await keysOf(store, '')).toEqual([]);
    });

    it('deletes existing objects and ignores missing ones', async () => {
      const store = await open();
      for (const key of ['a', 'b/c', 'b/d']) await store.put(key, bytes('x'));
      await store.remove(['a', 'b/c', 'gone', 'gone/too']);
      expect(await keysOf(store, '')).toEqual(['b/d']);
      await store.remove([]);
    });
  });

  it('returns the time of the clock that stamps its objects', async () => {
    const store = await open();
    const { lastModified } = await store.put('a', bytes('x'));
    expect(Math.abs((await store.now()).getTime() - lastModified.getTime())).toBeLessThan(5_000);
  });
}
