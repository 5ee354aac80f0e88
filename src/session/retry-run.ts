/** Renders a run again, reruns what has to be, and keeps the rest. */
import { stepsOnEarlierFiles } from '../run/carried.ts';
import type { RetryFlags } from '../cli/run-verbs.ts';
import { LandfallError } from '../faults.ts';
import type { Outcome } from '../report/outcome.ts';
import { changesOf, difference } from '../run/difference.ts';
import type { Changes } from '../run/difference.ts';
import { command, completed, outdated, submitLike, submitOnCurrentInputs } from '../report/standing.ts';
import { openJournal } from '../run/journal.ts';
import { ownedBy, ownership } from '../run/ownership.ts';
import { keys, mostBytes } from '../lake/layout.ts';
import type { PlanOrigin, RunPlan } from '../run/plan.ts';
import { shapeDifferences } from '../run/shape.ts';
import { needsEmr } from '../run/stages.ts';
import { replan } from '../run/steps-to-rerun.ts';
import type { Rerun, RetryChoice } from '../run/steps-to-rerun.ts';
import { currentCluster } from '../run/state.ts';
import type { RunState } from '../run/state.ts';
import { advise, commandAt } from '../shell-words.ts';
import type { ProvenStore } from '../store/proven.ts';
import type { Store } from '../store/store.ts';
import { originOf } from './as-planned.ts';
import { earlierRun } from './earlier-run.ts';
import { listInputs } from './list-inputs.ts';
import type { Manifest } from './list-inputs.ts';
import { prepareSpark } from './local-cluster.ts';
import { checkRetryTrust, rememberOwnPlan } from './plan-trust.ts';
import { checkHome, checkStart, proveLake } from './preflight.ts';
import { clusterChoice, lookAtInputs, makePlan, nextPublication, render, stagingOf } from './prepare.ts';
import { isDead } from './resume.ts';
import { linesOfManifest } from './staged-manifest.ts';
import { driveToVerdict } from './drive-to-verdict.ts';
import { countFlag, withInputsOf } from './configure.ts';
import type { Configured } from './configure.ts';
import { watchFlags } from './watch.ts';
import type { Watch } from './watch.ts';
import { noteTo } from '../cli/context.ts';
import type { Flags, CliContext } from '../cli/context.ts';

export async function retryNamed(flags: RetryFlags & Flags, cli: CliContext): Promise<Outcome> {
  const watch = watchFlags(flags);
  const { store, run, trustLake, planned, configured } = await earlierRun('retry', flags, cli);
  return retryRun(cli, configured, {
    origin: originOf(planned.flags, planned.cli, configured),
    store,
    run,
    choice: { from: flags.from, only: flags.only },
    cluster: flags.cluster,
    retryInfrastructure: countFlag(flags, 'retry-infrastructure'),
    watch,
    trustLake,
  });
}

export interface Retry {
  store: ProvenStore;
  run: string;
  /** Where `configured` was read from. */
  origin: PlanOrigin;
  choice: RetryChoice;
  /** Where to run instead of where it ran before. */
  cluster?: string | undefined;
  /** How often to continue after losses to the infrastructure, instead of as often as before. */
  retryInfrastructure?: number | undefined;
  watch: Watch;
  /** `--trust-lake`. */
  trustLake: boolean;
}

/** Retries a run that has ended without success, or does nothing when there is nothing to run again. */
export async function retryRun(cli: CliContext, configured: Configured, retry: Retry): Promise<Outcome> {
  const { clock, random } = cli;
  const { store, run: name, watch } = retry;
  const journal = await openJournal(
    { objects: store, clock, random, driver: random.hex(8), note: noteTo(cli) },
    name,
  );
  const state = journal.state();
  await checkOwner(cli, state, store);
  checkRetryTrust(cli, { ...retry, inputs: configured.settings.sources }, state);
  const started = clock.monotonic();
  const settings = withInputsOf(state.plan, configured.settings);
  const rendered = render({ ...configured, settings });
  const manifest = await listInputs(settings, cli);
  await checkInputs(store, state, manifest);
  const planned = makePlan({
    run: name,
    plannedAt: clock.now().toISOString(),
    pipeline: configured.pipeline.name,
    settings,
    inputs: manifest.inputs,
    inputsDigest: manifest.digest,
    rendered,
    choice: retry.cluster === undefined ? state.plan.cluster : clusterChoice(retry.cluster),
    publication: await nextPublication(store, rendered.steps),
    retryInfrastructure: retry.retryInfrastructure ?? state.plan.retryInfrastructure,
    origin: retry.origin,
  });
  refuseOtherShape(state.plan, planned);
  const { plan, rerun } = replan(state, planned, retry.choice);
  refuseOutdated(state, plan, rerun);
  if (rerun.length === 0 && state.finished?.verdict === 'succeeded')
    return { kind: 'nothing to retry', run: name };
  if (rerun.length > 0) {
    if (retry.cluster === undefined && currentCluster(state)?.terminate === undefined)
      await checkHome(cli, settings, state, commandAt(plan.lake, 'retry', name, '--cluster', 'new'));
    await lookAtInputs(manifest.inputs, { ...configured, settings }, cli);
    await checkStart(cli, settings, plan);
    await proveLake(store);
  }
  sayRerun(cli, plan, rerun);
  if (plan.cluster.kind === 'local' && (rerun.length > 0 || needsEmr(state)))
    await prepareSpark(cli, settings, plan);
  rememberOwnPlan(cli, store, plan);
  await journal.append({
    entry: 'replanned',
    plan,
    rerun: rerun.map(({ step }) => step),
    elsewhere: retry.cluster !== undefined,
  });
  const staging = () => Promise.resolve(stagingOf(rendered, manifest));
  return driveToVerdict(cli, {
    settings,
    store,
    journal,
    staging,
    watch,
    planMs: clock.monotonic() - started,
  });
}

/**
 * Throws `overtaken` when the run would publish files that it took over from what is no longer the newest publication, unless
 * the newest is its own, which names them.
 */
function refuseOutdated(state: RunState, plan: RunPlan, rerun: readonly Rerun[]): void {
  const kept = stepsOnEarlierFiles(state).filter((name) => !rerun.some(({ step }) => step === name));
  const isNewest = plan.publication === state.plan.publication || plan.publication - 1 === state.published;
  if (kept.length > 0 && !isNewest) throw outdated(state);
}

/** Throws `input` when the tables would no longer be those that the run was planned to make. */
function refuseOtherShape(before: RunPlan, after: RunPlan): void {
  const why = shapeDifferences(before, after);
  if (why.length === 0) return;
  throw new LandfallError(
    'input',
    `the templates would make different tables from those that run ${before.run} was planned to make`,
    {
      why,
      stand: ['nothing was started'],
      next: advise`${submitLike(after)} makes these tables, as a new run`,
    },
  );
}

function sayRerun({ printer }: CliContext, plan: RunPlan, rerun: readonly Rerun[]): void {
  for (const { name } of plan.steps) {
    const reason = rerun.find(({ step }) => step === name)?.reason;
    const text =
      reason === undefined ? `step ${name}  keeps its tables` : `step ${name}  runs again: ${reason}`;
    printer.emit({ event: 'note', message: text });
  }
}

async function checkOwner(cli: CliContext, state: RunState, store: Store): Promise<void> {
  if (state.finished !== undefined) return;
  const { run } = state.plan;
  const owner = await ownership(store, state, (who) => isDead(who, cli));
  if (owner.owner === 'fresh')
    throw completed(ownedBy(run, owner.who, owner.silentMs), state, cli.clock.now());
  const early = new LandfallError('input', `run ${run} has no verdict yet: there is nothing to retry`, {
    next: command('attach', state.plan),
  });
  throw completed(early, state, cli.clock.now());
}

const CHANGES_SHOWN = 10;

/** A retry runs on the same inputs, or not at all. */
async function checkInputs(store: Store, state: RunState, manifest: Manifest): Promise<void> {
  if (manifest.digest === state.plan.inputsDigest) return;
  const { first, count } = await changedSince(store, state.plan, manifest);
  const shown = first.slice(0, CHANGES_SHOWN);
  throw new LandfallError('input', `the inputs changed since run ${state.plan.run} was planned`, {
    why: shown,
    stand: count > shown.length ? [`and ${String(count - shown.length)} more`] : [],
    next: submitOnCurrentInputs(state.plan),
  });
}

/** The objects that are gone, changed or new; or, where the run's own manifest is damaged, why they are not known. */
async function changedSince(
  store: Store,
  { run, inputsDigest }: Pick<RunPlan, 'run' | 'inputsDigest'>,
  { inputs }: Manifest,
): Promise<Changes> {
  const key = keys.inputs(run);
  const alone = (why: string) => ({
    first: [`${store.uri}/${key}, which names its inputs, ${why}`],
    count: 1,
  });
  try {
    const body = await store.get(key, mostBytes.inputs);
    if (body === undefined) return alone('is gone');
    return changesOf(await difference(linesOfManifest(body, inputsDigest), inputs, CHANGES_SHOWN));
  } catch (error) {
    if (error instanceof LandfallError && error.fault !== 'input') throw error;
    const why = error instanceof Error ? error.message.split('\n', 1).join('') : String(error);
    return alone(`is damaged: ${why.slice(0, 300)}`);
  }
}
