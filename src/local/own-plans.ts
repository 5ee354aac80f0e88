/** Which plans this machine has made: remembered in the private folder, so that no lake can claim one. */
import { lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivate, whyNotPrivate } from './private-folder.ts';

const FOLDER = 'plans';

/** `digest`: 64 hex digits, over the plan and its lake. */
export function rememberPlan(home: string, digest: string, what: string): void {
  makePrivate(join(home, FOLDER));
  writeFileSync(join(home, FOLDER, digest), `${what}\n`, { mode: 0o600 });
}

export function isOwnPlan(home: string, digest: string): boolean {
  const folder = join(home, FOLDER);
  if (whyNotPrivate(folder) !== undefined) return false;
  return lstatSync(join(folder, digest), { throwIfNoEntry: false })?.isFile() === true;
}
