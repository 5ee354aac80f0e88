/** Progress of long work, for a person who waits. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../run/ports.ts';

/** `done` and `total` are bytes. */
export type Progress = (step: { message: string; done?: number; total?: number }) => void;

/** Calls `report` about once a second until `work` has settled; returns the result of the work. */
export async function watched<T>(clock: Clock, work: Promise<T>, report: () => Promise<void>): Promise<T> {
  const over = new AbortController();
  const watching = (async () => {
    for (;;) {
      await clock.sleep(1000, over.signal);
      if (over.signal.aborted) return;
      await report();
    }
  })();
  try {
    return await work;
  } finally {
    over.abort();
    await watching;
  }
}

/** Bytes in a folder or file; files that vanish meanwhile are not counted. */
export async function sizeOf(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) return found?.size ?? 0;
  const names = await readdir(path).catch(() => []);
  const sizes = await Promise.all(names.map((name) => sizeOf(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}
