/** What a verb tells that was overtaken while it owned a run. */
import { expect, it } from '@jest/globals';
import { owning } from '../../src/session/owning.ts';
import { acceptedRun, landRun, takenOver } from '../lake/accepted-run.ts';
import { commandWorld } from '../support/command-world.ts';
import { cwd, files, store } from '../commands/own-lake.ts';

it('the run as its new driver left it, not as this driver last saw it', async () => {
  await acceptedRun(store, files, { run: 'r1', publication: 1, years: [2004] });
  const journal = await takenOver(store, 'r1', 'paused');
  const told = owning(commandWorld(cwd), { store, journal }, async () => {
    await landRun(store, 'r1', 'faster');
    await journal.append({ entry: 'verified', tables: [], findings: [] });
  });
  await expect(told).rejects.toMatchObject({
    fault: 'owned',
    stand: expect.arrayContaining([expect.stringMatching(/published/)]),
  });
  expect(journal.state().published).toBeUndefined();
});
