/** Lists what nothing in the lake needs any more, and with --yes removes it. */
import type { Needed } from '../lake/gc-plan.ts';
import { LandfallError } from '../faults.ts';
import type { GcReport } from '../report/format-gc.ts';
import { retry } from '../run/with-retry.ts';
import type { Owner } from '../run/ownership.ts';
import { commandAt, place, shellWord, spoken } from '../shell-words.ts';
import type { ProvenStore } from '../store/proven.ts';
import type { Store } from '../store/store.ts';
import { refuseForeignLake } from './lake-owner.ts';
import { usage } from '../cli/arguments.ts';
import { openLake } from './compose.ts';
import { isDead } from './resume.ts';
import { configureLake, countFlag } from './configure.ts';
import { retryPolicyOf } from '../cli/context.ts';
import type { CliContext } from '../cli/context.ts';
import type { GcFlags } from '../cli/lake-verbs.ts';

export async function collectGarbage(flags: GcFlags, cli: CliContext): Promise<GcReport> {
  const keep = countFlag(flags, 'keep') ?? 10;
  if (keep === 0) throw usage('--keep is at least 1: the current tables are never removed', flags);
  const yes = flags.yes === true;
  const store = await openLake(configureLake(flags, cli), cli);
  if (yes) refuseForeignLake(store, flags, cli);
  const { neededBy, planGc } = await import('../lake/gc-plan.ts');
  const choice = { keep, isDead: (who: Owner) => isDead(who, cli) };
  const lasting = <T>(work: () => Promise<T>) => retry(retryPolicyOf(cli), work);
  const needed = await lasting(() => neededBy(store, keep));
  const plan = await lasting(() => planGc(store, needed, choice));
  const uploads = await incompleteUploads(store, cli);
  const listed: GcReport = { removed: false, ...plan, ...(uploads === undefined ? {} : { uploads }) };
  const something = plan.runs.length + plan.executions.length > 0;
  const again = [...(flags.keep === undefined ? [] : ['--keep', String(keep)]), '--yes'];
  if (yes) return remove(listed, { store, needed, cli, isDead: choice.isDead, lasting });
  const next = something ? { next: spoken(commandAt(store.uri, 'gc', ...again), cli.invocation) } : {};
  return { ...listed, ...next };
}

interface Removing {
  store: ProvenStore;
  needed: Needed;
  cli: CliContext;
  isDead: (who: Owner) => boolean;
  lasting: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Removes what is listed, and reports what was removed. */
async function remove(listed: GcReport, { cli, lasting, ...rest }: Removing): Promise<GcReport> {
  const { clock, random, printer } = cli;
  const { removeExecution, removeRun } = await import('../lake/remove-run.ts');
  const gc = { ...rest, clock, random };
  const runs: GcReport['runs'][number][] = [];
  const kept = [...listed.kept];
  const total = listed.runs.length + listed.executions.length;
  if (total > 0) await lasting(() => rest.store.prove());
  const progress = (done: number) => printer.emit({ event: 'progress', message: 'removing', done, total });
  for (const one of listed.runs) {
    const why = await lasting(() => removeRun(gc, one.run));
    if (why === undefined) runs.push(one);
    else kept.push({ run: one.run, why });
    progress(runs.length);
  }
  for (const [at, one] of listed.executions.entries()) {
    await lasting(() => removeExecution(gc, one));
    progress(listed.runs.length + at + 1);
  }
  return { ...listed, removed: true, runs, kept };
}

/** Undefined where there are none, or where the store cannot or may not list them. */
async function incompleteUploads(store: Store, { printer }: CliContext): Promise<GcReport['uploads']> {
  const begun: Date[] = [];
  try {
    for await (const at of store.incompleteUploads?.() ?? []) begun.push(at);
  } catch (error) {
    if (!(error instanceof LandfallError)) throw error;
    printer.emit({
      event: 'note',
      message: `unfinished uploads and writes could not be listed: ${error.message}`,
    });
  }
  const oldest = begun.sort((a, b) => a.getTime() - b.getTime())[0];
  if (oldest === undefined) return undefined;
  const isLocal = store.uri.startsWith('file://');
  return {
    count: begun.length,
    oldest: oldest.toISOString(),
    ...(isLocal
      ? { end: `find -H ${shellWord(place(store.uri))} -type f -name '.landfall-tmp-*' -mmin +60 -delete` }
      : {}),
  };
}
