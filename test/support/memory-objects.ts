/** Objects of a lake in memory, with the operations that a run uses. */
import type { Clock, Objects } from '../../src/run/ports.ts';

export interface MemoryObjects extends Objects {
  readonly contents: Map<string, Uint8Array>;
}

export function memoryObjects(clock: Clock): MemoryObjects {
  const contents = new Map<string, Uint8Array>();
  const modified = new Map<string, Date>();
  const put = (key: string, body: Uint8Array) => {
    contents.set(key, body);
    modified.set(key, clock.now());
    return Promise.resolve();
  };
  return {
    uri: 's3://lake/root',
    contents,
    get: (key) => Promise.resolve(contents.get(key)),
    put,
    createIfAbsent: async (key, body) => {
      if (contents.has(key)) return false;
      await put(key, body);
      return true;
    },
    head: (key) => {
      const lastModified = modified.get(key);
      return Promise.resolve(lastModified === undefined ? undefined : { lastModified });
    },
    list: async function* (prefix) {
      for (const key of [...contents.keys()].sort()) {
        if (key.startsWith(prefix))
          yield await Promise.resolve({ key, lastModified: modified.get(key) ?? clock.now() });
      }
    },
    now: () => Promise.resolve(clock.now()),
  };
}
