/** What a run's journal says, who drives it, and what is current in its lake. */
import { LandfallError } from '../faults.ts';
import type { StatusNow } from '../report/format-status-now.ts';
import { command, completed } from '../report/standing.ts';
import { readState } from '../run/read-journal.ts';
import { ownership } from '../run/ownership.ts';
import type { Ownership } from '../run/ownership.ts';
import type { RunState } from '../run/state.ts';
import { statusOf } from '../run/status-of.ts';
import { advise, spoken } from '../shell-words.ts';
import type { Advice } from '../shell-words.ts';
import type { Store } from '../store/store.ts';
import { chosenRun } from './chosen-run.ts';
import { openLake } from './compose.ts';
import { isDead } from './resume.ts';
import { configureLake } from './configure.ts';
import type { CliContext } from '../cli/context.ts';
import type { StatusFlags } from '../cli/run-verbs.ts';

export async function lookAtRun(flags: StatusFlags, cli: CliContext): Promise<StatusNow> {
  const store = await openLake(configureLake(flags, cli), cli);
  const state = await readState(store, await chosenRun(flags, store));
  const owner =
    state.finished === undefined ? await ownership(store, state, (who) => isDead(who, cli)) : undefined;
  const current = await currentOf(store, cli);
  const next = nextOf(state, cli.clock.now());
  return {
    ...statusOf(state),
    ...(owner === undefined ? {} : { driven: drivenOf(owner) }),
    beingCancelled: state.finished === undefined && state.cancelRequested,
    ...(current === undefined ? {} : { current }),
    ...(next === undefined ? {} : { next: spoken(next, cli.invocation) }),
  };
}

/** The newest publication. An unreadable one is reported, and does not keep the run from being shown. */
async function currentOf(store: Store, { printer }: CliContext): Promise<StatusNow['current']> {
  const { newestPublication } = await import('../lake/publication.ts');
  try {
    const newest = await newestPublication(store);
    if (newest === undefined) return undefined;
    const { number, run: its, publishedAt, rollbackTo } = newest;
    return { number, run: its, publishedAt, ...(rollbackTo === undefined ? {} : { rollbackTo }) };
  } catch (error) {
    if (!(error instanceof LandfallError) || error.fault !== 'input') throw error;
    printer.emit({ event: 'warning', message: `cannot tell which publication is current: ${error.message}` });
    return undefined;
  }
}

function drivenOf(owner: Ownership): NonNullable<StatusNow['driven']> {
  switch (owner.owner) {
    case 'none':
      return { by: 'nobody' };
    case 'beginning':
      return { by: 'a driver that is just starting' };
    case 'fresh':
    case 'silent':
      return { by: named(owner.who), silentSeconds: Math.round(owner.silentMs / 1000) };
    case 'dead':
      return { by: named(owner.who), dead: true };
  }
}

const named = ({ pid, host }: { pid: number; host: string }) => `pid ${String(pid)} on ${host}`;

/** The next command; undefined for a run that succeeded. */
function nextOf(state: RunState, now: Date): Advice | undefined {
  const { finished, mirrored, plan } = state;
  if (finished === undefined) return advise`${command('attach', plan)}`;
  if (finished.verdict === 'succeeded') return mirrored ? undefined : advise`${command('publish', plan)}`;
  const { fault = 'step', message = '', why = [] } = finished;
  return completed(new LandfallError(fault, message, { why }), state, now).next;
}
