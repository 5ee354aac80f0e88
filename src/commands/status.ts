/** `landfall status`: what a run's journal tells. */
import { formatStatus } from '../report/status.ts';
import { readState } from '../run/read-journal.ts';
import { statusOf } from '../run/status.ts';
import { chosenRun } from './chosen-run.ts';
import { openLake } from './compose.ts';
import { configureLake } from './settings.ts';
import type { Flags, World } from './world.ts';

export async function run(flags: Flags, world: World): Promise<void> {
  const store = await openLake(configureLake(flags, world), world);
  const status = statusOf(await readState(store, await chosenRun(flags, store)));
  world.printer.result(formatStatus, status);
}
