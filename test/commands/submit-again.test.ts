/** `landfall submit --run-id` of an existing run: continues it, or says why not. */
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { prepare } from '../../src/session/prepare.ts';
import { run as submit } from '../../src/commands/submit.ts';
import { createJournal } from '../../src/run/journal.ts';
import { readEntries } from '../../src/run/read-journal.ts';
import type { Store } from '../../src/store/store.ts';
import { commandWorld } from '../support/command-world.ts';
import { temporaryFolder } from '../support/landfall.ts';
import { writeTinyInputs } from '../support/tiny-inputs.ts';

const { folder, remove } = temporaryFolder();
const world = commandWorld(folder);
let flags: Record<string, unknown>;
let runs = 0;
let store: Store;

beforeAll(() => writeTinyInputs(folder));
afterAll(remove);

/** A run whose infrastructure is retried once. */
beforeEach(async () => {
  flags = {
    'run-id': `r${String((runs += 1))}`,
    lake: join(folder, 'lake'),
    'song-data': join(folder, 'song_data'),
    'log-data': join(folder, 'log_data'),
  };
  const prepared = await prepare('submit', { ...flags, 'retry-infrastructure': 1 }, world);
  store = prepared.store;
  const { clock, random } = world;
  await createJournal(
    { objects: store, clock, random, driver: 'driver-1' },
    { entry: 'planned', plan: prepared.plan },
  );
});

const entries = () => readEntries(store, String(flags['run-id']), 0);

describe('submitting a run that exists', () => {
  it.each([0, 2])('with --retry-infrastructure %i is a mistake if the plan has 1', async (count) => {
    await expect(submit({ ...flags, 'retry-infrastructure': count }, world)).rejects.toMatchObject({
      fault: 'input',
      message: `run ${String(flags['run-id'])} exists and was planned differently`,
      why: [`--retry-infrastructure: 1 before, ${String(count)} now`],
      stand: ['nothing was started'],
    });
    expect(await entries()).toHaveLength(1);
  });

  it.each([{}, { 'retry-infrastructure': 1 }])('continues it if the value is the same: %j', async (more) => {
    const stop = new AbortController();
    stop.abort(new Error('looked long enough'));
    await expect(submit({ ...flags, ...more }, { ...world, interrupted: stop.signal })).rejects.toThrow(
      'looked long enough',
    );
    expect(await entries()).toHaveLength(1);
  });
});
