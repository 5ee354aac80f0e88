/** `landfall cancel` where there is nothing left to cancel: told, and nothing is written. */
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { run as cancel } from '../../src/commands/cancel.ts';
import type { World } from '../../src/commands/world.ts';
import type { Entry } from '../../src/run/entries.ts';
import { createJournal, readEntries } from '../../src/run/journal.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { plan } from '../support/fake-run.ts';
import { temporaryFolder } from '../support/landfall.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { virtualClock } from '../support/virtual-clock.ts';

const { folder, remove } = temporaryFolder();
const clock = virtualClock();
const random = seededRandom(1);
let runs = 0;
let run = '';
let store: Store;

beforeEach(async () => {
  run = `r${String((runs += 1))}`;
  store = await openStore(folder);
});
afterAll(remove);

async function begun(...entries: Entry[]): Promise<void> {
  const journal = await createJournal(
    { objects: store, clock, random, driver: 'driver-1' },
    { entry: 'planned', plan: { ...plan, run } },
  );
  for (const entry of entries) await journal.append(entry);
}

/** Runs the verb; what it printed as its result. */
async function cancelled(): Promise<string[]> {
  const results: string[] = [];
  const world: World = {
    env: {},
    cwd: folder,
    clock,
    random,
    printer: {
      output: 'text',
      emit: () => undefined,
      result: (text) => results.push(text),
      failure: () => undefined,
      interruption: () => undefined,
      say: () => undefined,
    },
    interrupted: new AbortController().signal,
    answering: { interruptions: false },
    leaving: () => undefined,
    self: [],
    process: { host: 'h', boot: 'b', pid: 1 },
  };
  await cancel({ run, lake: folder }, world);
  return results;
}

const kinds = async () => (await readEntries(store, run, 1)).map(({ entry }) => entry);

describe('landfall cancel', () => {
  it('refuses a run that has begun to publish, with what to do instead', async () => {
    await begun({ entry: 'publish-intent', publication: 1 });
    await expect(cancelled()).rejects.toMatchObject({
      fault: 'input',
      message: `run ${run} is being published: it is too late to cancel it`,
      next: `landfall attach ${run}`,
    });
    expect(await kinds()).toEqual(['publish-intent']);
  });

  it('has nothing to do for a run that has its verdict', async () => {
    await begun({ entry: 'finished', verdict: 'succeeded' });
    expect(await cancelled()).toEqual([`run ${run} succeeded: nothing to cancel`]);
    expect(await kinds()).toEqual(['finished']);
  });
});
