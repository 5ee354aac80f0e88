/** Cancels a run from anywhere, and waits until that is confirmed. */
import type { CancelFlags } from '../cli/run-verbs.ts';
import { LandfallError } from '../faults.ts';
import type { Outcome } from '../report/outcome.ts';
import { openJournal } from '../run/journal.ts';
import { readState } from '../run/read-journal.ts';
import { retry } from '../run/with-retry.ts';
import { commandAt } from '../shell-words.ts';
import { refuseForeignLake } from './lake-owner.ts';
import { chosenRun } from './chosen-run.ts';
import { openLake } from './compose.ts';
import { resumeRun } from './resume.ts';
import { configureLake, withInputsOf } from './configure.ts';
import { watchFlags } from './watch.ts';
import { retryPolicyOf } from '../cli/context.ts';
import type { CliContext } from '../cli/context.ts';

export async function requestCancel(flags: CancelFlags, cli: CliContext): Promise<Outcome> {
  const { clock, random } = cli;
  const watch = watchFlags(flags);
  const lakeSettings = configureLake(flags, cli);
  const store = await openLake(lakeSettings, cli);
  refuseForeignLake(store, flags, cli);
  const name = await chosenRun(flags, store);
  const state = await readState(store, name);
  if (state.finished === undefined && state.publishing) {
    throw new LandfallError('input', `run ${name} is being published: it is too late to cancel it`, {
      next: commandAt(store.uri, 'attach', name),
    });
  }
  if (state.finished !== undefined)
    return { kind: 'nothing to cancel', run: name, verdict: state.finished.verdict };
  const journal = await openJournal({ objects: store, clock, random, driver: random.hex(8) }, name);
  await journal.append({
    entry: 'cancel-requested',
    by: `pid ${String(cli.process.pid)} on ${cli.process.host}`,
  });
  const settings = withInputsOf(state.plan, lakeSettings);
  try {
    return await resumeRun(cli, {
      settings,
      inputs: settings.sources,
      store,
      run: name,
      staging: neverStaged,
      watch,
      takeOver: false,
      rendered: () => new Map(),
      trustLake: false,
    });
  } catch (error) {
    if (!(error instanceof LandfallError) || error.fault !== 'cancelled') throw error;
    const { finished } = await retry(retryPolicyOf(cli), () => readState(store, name));
    if (finished?.verdict !== 'cancelled') throw error;
    return { kind: 'cancelled', run: name };
  }
}

function neverStaged(): Promise<never> {
  return Promise.reject(new Error('a cancelled run is not staged'));
}
