/** A store in memory, for tests that only need objects to be somewhere. */
import { createHash } from 'node:crypto';
import { LandfallError } from '../../src/faults.ts';
import { replaced } from '../../src/store/replaced.ts';
import type { ObjectInfo, Store } from '../../src/store/store.ts';

export interface MemoryStore extends Store {
  /** Puts an object there, as if uploaded at that time. */
  place(key: string, body: Uint8Array, lastModified: Date): void;
  /** A copy of the store as it is now. */
  fork(): MemoryStore;
}

interface Held {
  body: Uint8Array;
  etag: string;
  lastModified: Date;
}

export function memoryStore(uri: string, now: () => Date, held?: ReadonlyMap<string, Held>): MemoryStore {
  const objects = new Map(held);
  const place = (key: string, body: Uint8Array, lastModified: Date) => {
    const etag = createHash('sha256').update(body).digest('hex');
    objects.set(key, { body, etag, lastModified });
  };
  const info = (key: string): ObjectInfo | undefined => {
    const found = objects.get(key);
    if (found === undefined) return undefined;
    return {
      key,
      size: found.body.length,
      etag: found.etag,
      lastModified: found.lastModified,
    };
  };
  const put = (key: string, body: Uint8Array) => {
    place(key, body, now());
    return Promise.resolve(info(key)!);
  };
  return {
    uri,
    place,
    fork: () => memoryStore(uri, now, objects),
    list: async function* (prefix) {
      for (const key of [...objects.keys()].sort()) {
        if (key.startsWith(prefix)) yield await Promise.resolve(info(key)!);
      }
    },
    folders: async function* (prefix) {
      const below = [...objects.keys()].filter(
        (key) => key.startsWith(prefix) && key.includes('/', prefix.length),
      );
      const names = new Set(
        below.sort().map((key) => key.slice(prefix.length, key.indexOf('/', prefix.length))),
      );
      for (const name of names) yield await Promise.resolve(name);
    },
    head: (key) => Promise.resolve(info(key)),
    get: (key) => Promise.resolve(objects.get(key)?.body),
    getRange: (key, start, end, etag) =>
      etag === undefined || info(key)?.etag === etag
        ? Promise.resolve(objects.get(key)!.body.subarray(start, end))
        : Promise.reject(replaced(key)),
    put,
    createIfAbsent: async (key, body) => {
      if (objects.has(key)) return false;
      await put(key, body);
      return true;
    },
    copy: (from, to) => {
      const source = objects.get(from);
      return source === undefined
        ? Promise.reject(new LandfallError('input', `${uri}/${from} is gone`))
        : put(to, source.body);
    },
    remove: (keys) => {
      for (const key of keys) objects.delete(key);
      return Promise.resolve();
    },
    now: () => Promise.resolve(now()),
  };
}
