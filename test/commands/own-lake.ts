/** For each test of the file that imports this: an empty lake in its own folder, and files that fit its tables. */
import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach } from '@jest/globals';
import { openFolder } from '../../src/store/local-folder.ts';
import type { Store } from '../../src/store/store.ts';
import { makeFiles } from '../lake/accepted-run.ts';
import { temporaryFolder } from '../support/landfall.ts';

export const files = await makeFiles();
/** The folder of the lake, which is also the current folder of its verbs. */
export let cwd: string;
export let store: Store;
let remove: () => void;

beforeEach(() => {
  ({ folder: cwd, remove } = temporaryFolder());
  mkdirSync(cwd, { recursive: true });
  store = openFolder(cwd);
});
afterEach(() => remove());
