import '../support/one-realm.ts';
import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { run } from '../../src/commands/runs.ts';
import { createJournal } from '../../src/run/journal.ts';
import { keys } from '../../src/lake/layout.ts';
import { openFolder } from '../../src/store/local-folder.ts';
import { commandWorld } from '../support/command-world.ts';
import { plan } from '../support/fake-run.ts';
import { temporaryFolder } from '../support/landfall.ts';

let cwd: string;
let remove: () => void;
beforeEach(() => {
  ({ folder: cwd, remove } = temporaryFolder());
  mkdirSync(cwd, { recursive: true });
});
afterEach(() => remove());

async function runs(): Promise<{ names: string[]; said: string }> {
  const world = commandWorld(cwd);
  await run({ lake: cwd }, world);
  const listed = world.results[0]?.value as { run: string }[];
  return { names: listed.map(({ run: name }) => name), said: world.said.join('\n') };
}

async function begin(...names: string[]): Promise<void> {
  const { clock, random } = commandWorld(cwd);
  for (const name of names) {
    const writer = { objects: openFolder(cwd), clock, random, driver: 'd' };
    await createJournal(writer, { entry: 'planned', plan: { ...plan, run: name } });
  }
}

describe('landfall runs', () => {
  it('says where it looked when there is none', async () => {
    expect(await runs()).toEqual({
      names: [],
      said: expect.stringContaining(`there is no run in file://${cwd}`),
    });
  });

  it('names those whose journal it cannot read, and lists the others', async () => {
    await begin('good');
    const later = JSON.stringify({ v: 999, entry: 'planned' });
    await openFolder(cwd).put(keys.entry('later', 1), Buffer.from(later));
    const { names, said } = await runs();
    expect(names).toEqual(['good']);
    expect(said).toContain('not readable by this version, or being removed: later');
    expect(said).toMatch(/next: landfall status later --lake /);
  });

  it('lists the newest fifty, and says of how many', async () => {
    await begin(...Array.from({ length: 51 }, (_, n) => `r${String(n)}`));
    const { names, said } = await runs();
    expect(names).toHaveLength(50);
    expect(said).toBe('the newest 50 of 51 runs');
  });
});
