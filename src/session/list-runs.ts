/** The runs of a lake. */
import { LandfallError } from '../faults.ts';
import type { RunLine } from '../report/format-runs.ts';
import { sayNext } from '../report/say-next.ts';
import { readJournal, readState } from '../run/read-journal.ts';
import { listRuns, namesWithoutRun } from '../run/runs.ts';
import { statusOf } from '../run/status-of.ts';
import type { RunStatus } from '../run/status-of.ts';
import type { Store } from '../store/store.ts';
import { openLake } from './compose.ts';
import { configureLake } from './configure.ts';
import type { CliContext } from '../cli/context.ts';
import type { RunsFlags } from '../cli/run-verbs.ts';

/** How many journals are read: the newest runs. */
const SHOWN = 50;

export async function listLakeRuns(flags: RunsFlags, cli: CliContext): Promise<RunLine[]> {
  const store = await openLake(configureLake(flags, cli), cli);
  const all = await listRuns(store);
  const names = all.slice(0, SHOWN);
  const { foreign, headless } = await namesWithoutRun(store, all);
  const runs: RunStatus[] = [];
  const unread: Unread[] = [];
  for (const name of names) {
    const found = await readState(store, name).then(statusOf, (error: unknown) => unreadable(name, error));
    if ('error' in found) unread.push(found);
    else runs.push(found);
  }
  for (const name of headless) {
    const found = await readJournal(store, name).then(
      () => undefined,
      (error: unknown) => unreadable(name, error),
    );
    if (found !== undefined) unread.push(found);
  }
  const { say } = cli.printer;
  if (all.length + headless.length === 0) say(`no runs in ${store.uri}`);
  if (all.length > SHOWN) say(`the newest ${String(SHOWN)} of ${String(all.length)} runs`);
  for (const { run: name, error } of unread) {
    say(`run ${name} cannot be read: ${error.message}`);
    if (error.next !== undefined) sayNext(cli, error.next);
  }
  if (foreign.length > 0) say(`not run folders: ${foreign.map((name) => JSON.stringify(name)).join(', ')}`);
  const unreadLines = unread.map(({ run: name, verdict, error: { message, why } }) => ({
    run: name,
    verdict,
    message,
    why,
  }));
  const current = await currentNumber(store, cli);
  const lines = runs.map((status) => ({
    ...status,
    current: status.publication !== undefined && status.publication === current,
  }));
  return [...lines, ...unreadLines];
}

/** The number whose tables are current; undefined where nothing was published. Reports a log that cannot be read. */
async function currentNumber(store: Store, { printer }: CliContext): Promise<number | undefined> {
  const { newestPublication } = await import('../lake/publication.ts');
  try {
    const newest = await newestPublication(store);
    return newest?.rollbackTo ?? newest?.number;
  } catch (error) {
    if (!(error instanceof LandfallError) || error.fault !== 'input') throw error;
    printer.emit({ event: 'warning', message: `cannot tell which publication is current: ${error.message}` });
    return undefined;
  }
}

interface Unread {
  run: string;
  verdict: 'damaged' | 'unreadable';
  error: LandfallError;
}

/** A journal that this version cannot read must not hide the other runs; a lake that cannot be read is an error. */
function unreadable(run: string, error: unknown): Unread {
  if (!(error instanceof LandfallError) || error.fault !== 'input') throw error;
  return { run, verdict: 'damaged' in error.more ? 'damaged' : 'unreadable', error };
}
