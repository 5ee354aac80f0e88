import '../support/one-realm.ts';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
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

interface Told {
  names: string[];
  verdicts: Record<string, string>;
  said: string;
}

async function runs(): Promise<Told> {
  const world = commandWorld(cwd);
  await run({ lake: cwd }, world);
  const listed = world.results[0]?.value as { run: string; verdict: string }[];
  return {
    names: listed.map(({ run: name }) => name),
    verdicts: Object.fromEntries(listed.map(({ run: name, verdict }) => [name, verdict])),
    said: world.said.join('\n'),
  };
}

async function begin(...names: string[]): Promise<void> {
  const { clock, random } = commandWorld(cwd);
  for (const name of names) {
    const writer = { objects: openFolder(cwd), clock, random, driver: 'd' };
    await createJournal(writer, { entry: 'planned', plan: { ...plan, run: name } });
  }
}

describe('landfall runs', () => {
  it('says where it looked if there are no runs', async () => {
    expect(await runs()).toMatchObject({
      names: [],
      said: expect.stringContaining(`no runs in file://${cwd}`),
    });
  });

  it('lists a damaged run with the place of the damage, and the other runs', async () => {
    await begin('good', 'torn', 'gapped', 'headless');
    const lake = openFolder(cwd);
    await lake.put(keys.entry('torn', 1), Buffer.from('{"version":2,'));
    await lake.put(keys.entry('gapped', 3), Buffer.from('{}'));
    await lake.put(keys.entry('headless', 2), Buffer.from('{}'));
    await lake.remove([keys.entry('headless', 1)]);
    const { names, verdicts, said } = await runs();
    expect(names.toSorted()).toEqual(['gapped', 'good', 'headless', 'torn']);
    expect(verdicts).toMatchObject({
      good: 'running',
      gapped: 'damaged',
      headless: 'damaged',
      torn: 'damaged',
    });
    expect(said).toContain(`run torn cannot be read: file://${cwd}/${keys.entry('torn', 1)} is not entry 1`);
    expect(said).toContain(`run gapped cannot be read: file://${cwd}/${keys.entry('gapped', 2)} is missing`);
    expect(said).toContain(
      `run headless cannot be read: file://${cwd}/${keys.entry('headless', 1)} is missing`,
    );
    expect(said).toMatch(/next: restore the object/);
  });

  it.each(['constructor', 'others'])(
    'lists the other runs beside one whose journal mentions a step %s',
    async (step) => {
      await begin('good', 'odd');
      const entry = {
        ...{ version: 2, number: 2, driver: 'd', nonce: 'n', at: '2026-11-21T09:30:00Z' },
        ...{ entry: 'step-intent', step, attempt: 1, token: 't', clusterId: 'j-1' },
      };
      await openFolder(cwd).put(keys.entry('odd', 2), Buffer.from(JSON.stringify(entry)));
      const { verdicts, said } = await runs();
      expect(verdicts).toEqual({ good: 'running', odd: 'damaged' });
      expect(said).toContain(`run odd cannot be read: file://${cwd}/${keys.entry('odd', 2)} is not entry 2`);
    },
  );

  it('says that a run of a newer Landfall cannot be read, which is not damage', async () => {
    await begin('good');
    const entry = {
      version: 999,
      number: 1,
      driver: 'd',
      nonce: 'n',
      at: '2026-11-21T09:30:00Z',
      entry: 'x',
    };
    await openFolder(cwd).put(keys.entry('later', 1), Buffer.from(JSON.stringify(entry)));
    const { verdicts, said } = await runs();
    expect(verdicts).toEqual({ good: 'running', later: 'unreadable' });
    expect(said).toContain('run later was written by a newer Landfall');
  });

  it('follows no link out of the lake, and names it', async () => {
    await begin('good');
    mkdirSync(join(cwd, '../elsewhere/journal'), { recursive: true });
    symlinkSync('../../../elsewhere', join(cwd, '_landfall/runs/linked'));
    const { verdicts, said } = await runs();
    expect(verdicts).toEqual({ good: 'running', linked: 'unreadable' });
    expect(said).toContain(`${cwd}/_landfall/runs/linked" is a link`);
  });

  it('ignores folders whose names no run can have, and says so once', async () => {
    await begin('good');
    await openFolder(cwd).put('_landfall/runs/$(touch x)/journal/000001.json', Buffer.from('{}'));
    const { names, said } = await runs();
    expect(names).toEqual(['good']);
    expect(said).toBe('not run folders: "$(touch x)"');
  });

  it('lists the newest fifty, and the total number', async () => {
    await begin(...Array.from({ length: 51 }, (_, n) => `r${String(n)}`));
    const { names, said } = await runs();
    expect(names).toHaveLength(50);
    expect(said).toBe('the newest 50 of 51 runs');
  });
});
