/** `landfall status`: what a run's journal tells. */
import { formatStatus } from '../report/status.ts';
import { readState } from '../run/journal.ts';
import { newestRun } from '../run/runs.ts';
import { statusOf } from '../run/status.ts';
import { openLake } from './compose.ts';
import { configure } from './settings.ts';
import { textFlag } from './world.ts';
import type { Flags, World } from './world.ts';

export async function run(flags: Flags, world: World): Promise<void> {
  const store = await openLake(configure('status', flags, world).settings);
  const status = statusOf(await readState(store, textFlag(flags, 'run') ?? (await newestRun(store))));
  world.printer.result(formatStatus(status), status);
}
