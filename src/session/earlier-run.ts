/** An earlier run of a lake, configured as it was planned. */
import type { AttachFlags } from '../cli/run-verbs.ts';
import type { Flags, CliContext } from '../cli/context.ts';
import { readState } from '../run/read-journal.ts';
import type { RunPlan } from '../run/plan.ts';
import { place } from '../shell-words.ts';
import type { ProvenStore } from '../store/proven.ts';
import { asPlanned } from './as-planned.ts';
import { chosenRun } from './chosen-run.ts';
import { openLake } from './compose.ts';
import { configure, configureLake } from './configure.ts';
import type { Configured } from './configure.ts';
import { refuseForeignLake } from './lake-owner.ts';
import { madeHere } from './plan-trust.ts';

export interface EarlierRun {
  store: ProvenStore;
  run: string;
  plan: RunPlan;
  /** `--trust-lake`. */
  trustLake: boolean;
  /** The flags and the context as they were when the run was planned, except those given now. */
  planned: ReturnType<typeof asPlanned>;
  configured: Configured;
}

/** The run that the flags choose. A retry needs the run's own templates; `attach` uses others where those are gone. */
export async function earlierRun(
  verb: 'attach' | 'retry',
  flags: AttachFlags & Flags,
  cli: CliContext,
): Promise<EarlierRun> {
  const store = await openLake(configureLake(flags, cli), cli);
  refuseForeignLake(store, flags, cli);
  const run = await chosenRun(flags, store);
  const { plan } = await readState(store, run);
  const trustLake = flags['trust-lake'] === true;
  const trusted = trustLake || madeHere(cli, store, plan);
  const planned = asPlanned(flags, cli, plan, { strict: verb === 'retry', trusted });
  // The run's configuration file may name another lake than the one it is looked up in.
  const configured = configure(verb, { ...planned.flags, lake: place(store.uri) }, planned.cli);
  return { store, run, plan, trustLake, planned, configured };
}
