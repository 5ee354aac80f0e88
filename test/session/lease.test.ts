/** What a verb reports if it was overtaken while it had the lease on a run. */
import { expect, it } from '@jest/globals';
import { acquireLease, withStanding } from '../../src/session/lease.ts';
import { acceptedRun, landRun, takenOver } from '../lake/accepted-run.ts';
import { commandWorld } from '../support/command-world.ts';
import { cwd, files, store } from '../commands/own-lake.ts';

it('after a lost lease, reports the run as its new driver left it, not as this driver last saw it', async () => {
  await acceptedRun(store, files, { run: 'r1', publication: 1, years: [2004] });
  const journal = await takenOver(store, 'r1', 'paused');
  const cli = commandWorld(cwd);
  const lease = await acquireLease(cli, { store, journal });
  await landRun(store, 'r1', 'faster');
  const overtaken: unknown = await journal
    .append({ entry: 'verified', tables: [], findings: [] })
    .catch((error: unknown) => error);
  expect(await withStanding(overtaken, { store, journal }, 'attach', cli.clock.now())).toMatchObject({
    fault: 'owned',
    stand: expect.arrayContaining([expect.stringMatching(/published/)]),
  });
  expect(journal.state().published).toBeUndefined();
  await lease.release();
});
