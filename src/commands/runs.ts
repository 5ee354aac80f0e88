/** `landfall runs`: the runs of a lake. */
import { LandfallError } from '../faults.ts';
import { columns } from '../report/quantities.ts';
import { readState } from '../run/journal.ts';
import { listRuns } from '../run/runs.ts';
import { statusOf } from '../run/status.ts';
import type { RunStatus } from '../run/status.ts';
import { commandAt } from '../shell-words.ts';
import { openLake } from './compose.ts';
import { configureLake } from './settings.ts';
import { sayNext } from './world.ts';
import type { Flags, World } from './world.ts';

/** How many journals are read: the newest runs. */
const SHOWN = 50;

export async function run(flags: Flags, world: World): Promise<void> {
  const store = await openLake(configureLake(flags, world));
  const all = await listRuns(store);
  const names = all.slice(0, SHOWN);
  const found: (RunStatus | undefined)[] = [];
  for (const name of names) found.push(await readState(store, name).then(statusOf, unreadable));
  const runs = found.filter((status) => status !== undefined);
  const { say } = world.printer;
  if (all.length === 0) say(`there is no run in ${store.uri}`);
  if (all.length > SHOWN) say(`the newest ${String(SHOWN)} of ${String(all.length)} runs`);
  const unread = names.filter((_, at) => found[at] === undefined);
  if (unread.length > 0) {
    say(`not readable by this version, or being removed: ${unread.join(', ')}`);
    sayNext(world, commandAt(store.uri, 'status', unread[0] ?? ''));
  }
  world.printer.result(formatRuns, runs);
}

function formatRuns(runs: readonly RunStatus[]): string {
  const rows = runs.map(({ run: name, verdict, plannedAt, publication }) => [
    name,
    verdict,
    plannedAt,
    publication === undefined ? '' : String(publication),
  ]);
  return columns([['run', 'verdict', 'planned', 'publication'], ...rows], [false, false, false, true]).join(
    '\n',
  );
}

/** A journal that this version cannot read hides no other run; a lake that cannot be read is an error. */
function unreadable(error: unknown): undefined {
  if (error instanceof LandfallError && error.fault === 'input') return undefined;
  throw error;
}
