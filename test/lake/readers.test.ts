/** Readers of the plain paths with another engine, while one set of tables replaces another. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { run as rollback } from '../../src/commands/rollback.ts';
import { newestPublication } from '../../src/lake/publication.ts';
import { openFolder } from '../../src/store/local-folder.ts';
import { commandWorld } from '../support/command-world.ts';
import { scale } from '../support/scale.ts';
import { testPython } from '../support/python.ts';
import { landedRun, makeFiles } from './accepted-run.ts';

/** Rows of each file at the plain paths, by name; or what the engine said. */
type Look = { files: Record<string, number> } | { failed: string };

const READERS = scale(2, 3);
const YEARS = Array.from({ length: scale(6, 25) }, (_, n) => 1990 + n);

let lake: string;
const children: ChildProcess[] = [];
beforeAll(async () => {
  lake = await mkdtemp(join(tmpdir(), 'landfall readers '));
});
afterAll(async () => {
  for (const child of children) child.kill();
  await rm(lake, { recursive: true });
});

/** A reader that looks without pause. */
function reading(stop: string) {
  const child = spawn(testPython(), [join(import.meta.dirname, 'plain_path_reader.py'), lake, stop]);
  children.push(child);
  const looks: Look[] = [];
  createInterface(child.stdout).on('line', (line) => looks.push(JSON.parse(line) as Look));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { looks, ended };
}

it('readers of the plain paths see whole files, of at most two successive sets, and one whole set when nobody publishes', async () => {
  const store = openFolder(lake);
  const files = await makeFiles();
  const publish = (run: string, publication: number) =>
    landedRun(store, files, { run, publication, years: YEARS });
  /** The files of each publication at their plain paths. */
  const sets: Record<string, number>[] = [];
  const current = async () => {
    const { tables } = (await newestPublication(store))!;
    return Object.fromEntries(tables[0]!.files.map(({ mirror, rows }) => [mirror, rows]));
  };
  await publish('r1', 1);
  sets.push(await current());
  const stop = join(lake, '_stop');
  const readers = Array.from({ length: READERS }, () => reading(stop));
  const changes = [
    () => publish('r2', 2),
    () => publish('r3', 3),
    () => rollback({ lake, number: '1' }, commandWorld(lake)),
    () => publish('r5', 5),
  ];
  for (const change of changes) {
    await change();
    sets.push(await current());
    const from = readers.map(({ looks }) => looks.length);
    // The second look after this point began when everything was done.
    while (readers.some(({ looks }, n) => looks.length < from[n]! + 2)) await pause(20);
    for (const { looks } of readers) expect(looks.at(-1)).toEqual({ files: sets.at(-1) });
  }
  await writeFile(stop, '');
  expect(await Promise.all(readers.map(({ ended }) => ended))).toEqual(readers.map(() => 0));
  for (const look of readers.flatMap(({ looks }) => looks)) {
    // Between an engine's listing and its read, a file of the former set may be deleted.
    if ('failed' in look) expect(look.failed).toMatch(/No such file|Cannot open file/);
    else {
      const seen = Object.entries(look.files);
      const from = sets.flatMap((set, at) => (seen.some(([name]) => name in set) ? [at] : []));
      expect(from.at(-1)! - from[0]!).toBeLessThanOrEqual(1);
      for (const [name, rows] of seen)
        expect({ name, rows: from.map((at) => sets[at]![name]) }).toMatchObject({
          name,
          rows: expect.arrayContaining([rows]),
        });
    }
  }
}, 120_000);
