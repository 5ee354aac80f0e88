/** `landfall cancel` if nothing is left to cancel: it says so, and writes nothing. */
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { run as cancel } from '../../src/commands/cancel.ts';
import type { Entry } from '../../src/run/entries.ts';
import { createJournal } from '../../src/run/journal.ts';
import { readEntries } from '../../src/run/read-journal.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { commandAt } from '../../src/shell-words.ts';
import { commandWorld } from '../support/command-world.ts';
import { plan } from '../support/fake-run.ts';
import { temporaryFolder } from '../support/landfall.ts';

const { folder, remove } = temporaryFolder();
const world = commandWorld(folder);
let runs = 0;
let run = '';
let store: Store;

beforeEach(async () => {
  run = `r${String((runs += 1))}`;
  store = await openStore(folder);
});
afterAll(remove);

async function begun(...entries: Entry[]): Promise<void> {
  const { clock, random } = world;
  const journal = await createJournal(
    { objects: store, clock, random, driver: 'driver-1' },
    { entry: 'planned', plan: { ...plan, run } },
  );
  for (const entry of entries) await journal.append(entry);
}

const cancelled = () => cancel({ run, lake: folder }, world);
const kinds = async () => (await readEntries(store, run, 1)).map(({ entry }) => entry);

describe('landfall cancel', () => {
  it('refuses a run that has begun to publish, and says what to do instead', async () => {
    await begun({ entry: 'publish-intent', publication: 1 });
    await expect(cancelled()).rejects.toMatchObject({
      fault: 'input',
      message: `run ${run} is being published: it is too late to cancel it`,
      next: [commandAt(folder, 'attach', run)],
    });
    expect(await kinds()).toEqual(['publish-intent']);
  });

  it('has nothing to do for a run that has a verdict', async () => {
    await begun({ entry: 'finished', verdict: 'succeeded' });
    await cancelled();
    expect(world.results.map(({ text }) => text)).toEqual([`run ${run} succeeded: nothing to cancel`]);
    expect(await kinds()).toEqual(['finished']);
  });
});
