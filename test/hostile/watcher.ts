/** Snapshots of folders, to find out whether anything in them has changed. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { BigIntStats } from 'node:fs';
import { STRANGERS } from './scene.ts';
import type { Scene } from './scene.ts';

/** By path: kind, identity, time of the last change, and the content of small files. */
export type Snapshot = ReadonlyMap<string, string>;

const SMALL = 10_000n;

export function snapshot(...paths: readonly string[]): Snapshot {
  const found = new Map<string, string>();
  for (const path of paths) look(path, found);
  return found;
}

function look(path: string, found: Map<string, string>): void {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (stats === undefined) return;
  found.set(path, `${stats.mode} ${stats.ino} ${stats.mtimeNs} ${stats.size} ${content(path, stats)}`);
  if (stats.isDirectory()) for (const name of readdirSync(path)) look(join(path, name), found);
}

function content(path: string, stats: BigIntStats): string {
  if (stats.isSymbolicLink()) return readlinkSync(path);
  return stats.isFile() && stats.size < SMALL ? readFileSync(path, 'latin1') : '';
}

/** Paths that are in only one of them, or differ. */
export function changes(before: Snapshot, after: Snapshot): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path));
}

/** Everything outside the lake, private files, and strangers' files in the lake. */
export function outsideOf({ home, outside, input, files }: Scene): Snapshot {
  const homes = ['canary.txt', 'emr-local/other-0a1b2c3d', 'emr-local/live-0a1b2c3d'];
  return new Map([
    ...snapshot(outside, input, ...homes.map((name) => join(home, name))),
    ...files.snapshot(STRANGERS),
  ]);
}
