/** Verifies, publishes and copies to the plain paths what a run left in the lake, without a cluster. */
import { LandfallError } from '../faults.ts';
import { command, completed, leftUp, outdated } from '../report/standing.ts';
import type { Outcome } from '../report/outcome.ts';
import { openJournal } from '../run/journal.ts';
import { land } from '../run/landing.ts';
import { ownedBy, ownership } from '../run/ownership.ts';
import { leftToPublish } from '../run/publishing.ts';
import { stepsOnEarlierFiles } from '../run/carried.ts';
import type { RunState } from '../run/state.ts';
import { statusOf } from '../run/status-of.ts';
import type { Store } from '../store/store.ts';
import { refuseForeignLake } from './lake-owner.ts';
import { chosenRun } from './chosen-run.ts';
import { composeLanding, openLake } from './compose.ts';
import { aborted, acquireLease, withStanding } from './lease.ts';
import { nextPublication } from './prepare.ts';
import { isDead } from './resume.ts';
import { configureLake } from './configure.ts';
import { noteTo } from '../cli/context.ts';
import type { CliContext } from '../cli/context.ts';
import type { PublishFlags } from '../cli/lake-verbs.ts';

export async function publishRun(flags: PublishFlags, cli: CliContext): Promise<Outcome> {
  const { clock, random, printer } = cli;
  const store = await openLake(configureLake(flags, cli), cli);
  refuseForeignLake(store, flags, cli);
  const name = await chosenRun(flags, store);
  const writer = { objects: store, clock, random, driver: random.hex(8), note: noteTo(cli) };
  const journal = await openJournal(writer, name);
  const before = journal.state();
  const left = await leftOf(before, store);
  if (left.left === 'nothing') {
    const { restorePlainPaths } = await import('../lake/restore-plain-paths.ts');
    const note = (await restorePlainPaths(store)) ? 'the plain paths were copied again' : 'nothing to do';
    return { kind: 'over', status: statusOf(before), note };
  }
  const refused = (error: LandfallError) => completed(error, before, clock.now());
  const owner = await unlessOver(before, store, cli);
  if (owner !== undefined) throw refused(owner);
  if (left.left === 'more') {
    const { message, why, next } = left;
    throw refused(new LandfallError('input', message, { why, next: command(next, before.plan) }));
  }
  if (left.left === 'rebasing' && flags.rebase !== true) throw refused(overtaken(before));
  if (left.left === 'landing') await journal.append({ entry: 'taken-over', from: before.driver });
  else {
    const publication = await nextPublication(store, before.plan.steps);
    if (publication !== before.plan.publication && stepsOnEarlierFiles(before).length > 0)
      throw refused(outdated(before));
    await journal.append({ entry: 'rebased', publication });
  }
  const { interrupted: signal } = cli;
  const lease = await acquireLease(cli, { store, journal });
  try {
    const ports = await composeLanding(lease.cli, store, journal.driver, signal);
    await Promise.race([land({ ports, journal, signal }), aborted(signal)]);
  } catch (error) {
    throw await withStanding(error, { store, journal }, 'publish', clock.now());
  } finally {
    await lease.release();
  }
  for (const message of leftUp(journal.state(), clock.now())) printer.emit({ event: 'warning', message });
  return { kind: 'landed', summary: lease.summary() };
}

async function leftOf(state: RunState, store: Store): Promise<ReturnType<typeof leftToPublish>> {
  const { readPublication } = await import('../lake/publication.ts');
  return leftToPublish(state, (await readPublication(store, state.plan.publication))?.run);
}

/** The error for a run that someone may be driving; undefined when nobody is, or it is over. */
async function unlessOver(
  state: RunState,
  store: Store,
  cli: CliContext,
): Promise<LandfallError | undefined> {
  if (state.finished !== undefined && state.finished.verdict !== 'succeeded') return undefined;
  const { run } = state.plan;
  const owner = await ownership(store, state, (who) => isDead(who, cli));
  if (owner.owner === 'fresh') return ownedBy(run, owner.who, owner.silentMs);
  return owner.owner === 'beginning' ? new LandfallError('owned', `run ${run} has just started`) : undefined;
}

function overtaken({ plan: { run, publication } }: RunState): LandfallError {
  const message = `another run published number ${String(publication)} since run ${run} was planned`;
  return new LandfallError('overtaken', message, { stand: ['its tables stay in the lake'] });
}
