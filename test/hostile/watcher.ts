/** What lies in folders, so that it can be told whether anything there was changed. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { BigIntStats } from 'node:fs';
import { STRANGERS } from './scene.ts';
import type { Scene } from './scene.ts';

/** By path: kind, identity, time of the last change, content of what is small. */
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

/** Paths that are in one and not in the other, or not the same. */
export function changes(before: Snapshot, after: Snapshot): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path));
}

/** Everything that is not the lake's: what lies beside it, what is private, strangers' files in the lake. */
export function outsideOf({ home, outside, input, files }: Scene): Snapshot {
  const homes = ['canary.txt', 'emr-local/other-0a1b2c3d', 'emr-local/live-0a1b2c3d'];
  return new Map([
    ...snapshot(outside, input, ...homes.map((name) => join(home, name))),
    ...files.snapshot(STRANGERS),
  ]);
}
