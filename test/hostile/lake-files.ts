/** The objects of a lake, written and read by a test without any verb: in a folder, or in a bucket. */
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MemoryS3, StoredObject } from '../support/memory-s3.ts';
import { snapshot } from './watcher.ts';
import type { Snapshot } from './watcher.ts';

export interface LakeFiles {
  /** The value for `--lake`. */
  uri: string;
  read: (key: string) => Buffer;
  write: (key: string, body: string | Uint8Array) => void;
  keys: () => string[];
  /** Sets the age of an object in hours. */
  age: (key: string, hours: number) => void;
  /** The objects with these keys, or all objects. */
  snapshot: (keys?: readonly string[]) => Snapshot;
}

const HOUR = 3_600_000;
const now = () => performance.timeOrigin + performance.now();

export function folderFiles(root: string): LakeFiles {
  return {
    uri: root,
    read: (key) => readFileSync(join(root, key)),
    write: (key, body) => {
      mkdirSync(dirname(join(root, key)), { recursive: true });
      writeFileSync(join(root, key), body);
    },
    keys: () =>
      readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
        .sort(),
    age: (key, hours) => {
      const at = (now() - hours * HOUR) / 1000;
      utimesSync(join(root, key), at, at);
    },
    snapshot: (keys) =>
      keys === undefined ? snapshot(root) : snapshot(...keys.map((key) => join(root, key))),
  };
}

/** `root` is the location of the lake: its bucket and prefix. */
export function bucketFiles({ objects, put }: MemoryS3, root: string): LakeFiles {
  const places = () => [...objects.keys()].filter((place) => place.startsWith(`${root}/`));
  const told = ({ etag, modified }: StoredObject) => `${etag} ${modified.toISOString()}`;
  return {
    uri: `s3://${root}`,
    read: (key) => {
      const found = objects.get(`${root}/${key}`);
      if (found === undefined) throw new Error(`there is no ${key}`);
      return found.body;
    },
    write: (key, body) => put(`${root}/${key}`, body),
    keys: () =>
      places()
        .map((place) => place.slice(root.length + 1))
        .sort(),
    age: (key, hours) => {
      const found = objects.get(`${root}/${key}`)!;
      objects.set(`${root}/${key}`, { ...found, modified: new Date(now() - hours * HOUR) });
    },
    snapshot: (keys) => {
      const wanted = keys?.map((key) => `${root}/${key}`) ?? places();
      return new Map(
        wanted.flatMap((place) => {
          const found = objects.get(place);
          return found === undefined ? [] : [[place, told(found)] as const];
        }),
      );
    },
  };
}
