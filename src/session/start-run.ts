/** Plans a run, starts it and drives it to its verdict; or continues the run of that name. */
import type { Settings } from '../config/settings.ts';
import type { SubmitFlags } from '../cli/run-verbs.ts';
import { LandfallError } from '../faults.ts';
import { carriedLines } from '../report/format-rebuild.ts';
import type { Outcome } from '../report/outcome.ts';
import { createJournal } from '../run/journal.ts';
import type { Journal } from '../run/journal.ts';
import { readState } from '../run/read-journal.ts';
import { asPlanned } from './as-planned.ts';
import { refuseForeignLake } from './lake-owner.ts';
import { connectEmr, emrAccess, openLake } from './compose.ts';
import { launchSettings } from './planned-launch.ts';
import { checkSparkTools, prepareSpark } from './local-cluster.ts';
import type { RunPlan } from '../run/plan.ts';
import { checkRunId } from '../run/run-id.ts';
import { stepsToSubmit } from '../run/applications.ts';
import { planned } from '../run/state.ts';
import { planDifferences } from '../run/steps-to-rerun.ts';
import { madeHere, rememberOwnPlan } from './plan-trust.ts';
import type { ProvenStore } from '../store/proven.ts';
import { plainPathsOf } from './nothing-to-do.ts';
import { checkStart, proveLake } from './preflight.ts';
import { prepare } from './prepare.ts';
import type { Prepared } from './prepare.ts';
import { retryRun } from './retry-run.ts';
import { sincePublished } from './since-published.ts';
import { resumeRun, runExists } from './resume.ts';
import { configureLake, countFlag } from './configure.ts';
import { driveToVerdict } from './drive-to-verdict.ts';
import { watchFlags } from './watch.ts';
import type { Watch } from './watch.ts';
import { noteTo } from '../cli/context.ts';
import type { Flags, CliContext } from '../cli/context.ts';

export async function startRun(flags: SubmitFlags & Flags, cli: CliContext): Promise<Outcome> {
  const { clock, printer, random } = cli;
  const watch = watchFlags(flags);
  const started = clock.monotonic();
  const { flags: wanted, cli: theirs } = await likeEarlier(flags, cli);
  const prepared = await prepare('submit', wanted, theirs);
  const { settings, staging, store } = prepared;
  refuseForeignLake(store, flags, cli);
  const named = flags['run-id'] !== undefined;
  if (named && (await runExists(store, prepared.plan.run))) return submitAgain(cli, prepared, flags, watch);
  const { made, plan, rebuild } = await sincePublished(cli, store, {
    ...prepared,
    full: flags.full === true,
  });
  if (made !== undefined) return { kind: 'nothing to do', why: await plainPathsOf(cli, store, made, true) };
  const stage = () => Promise.resolve(staging);
  await preflight(cli, settings, plan, store);
  cli.interrupted.throwIfAborted();
  const driver = random.hex(8);
  rememberOwnPlan(cli, store, plan);
  const journal = await createOrFollow(named, () =>
    createJournal({ objects: store, clock, random, driver, note: noteTo(cli) }, { entry: 'planned', plan }),
  );
  if (journal === undefined) return submitAgain(cli, prepared, flags, watch);
  printer.emit({ event: 'planned', plan });
  for (const message of rebuild === undefined ? [] : carriedLines(rebuild))
    printer.emit({ event: 'note', message });
  const planMs = clock.monotonic() - started;
  return driveToVerdict(cli, { settings, store, journal, staging: stage, watch, planMs });
}

/** The journal that `create` starts; undefined when another submit of the same `--run-id` was first. */
async function createOrFollow(named: boolean, create: () => Promise<Journal>): Promise<Journal | undefined> {
  try {
    return await create();
  } catch (error) {
    if (named && error instanceof LandfallError && error.fault === 'owned') return undefined;
    throw error;
  }
}

/** Uses the plan of the run with that name, where there is one. What cannot be read here is reported later. */
async function likeEarlier(
  flags: SubmitFlags & Flags,
  cli: CliContext,
): Promise<{ flags: SubmitFlags & Flags; cli: CliContext }> {
  const run = flags['run-id'];
  if (run === undefined) return { flags, cli };
  try {
    const store = await openLake(configureLake(flags, cli), cli);
    refuseForeignLake(store, flags, cli);
    if (!(await runExists(store, checkRunId(run)))) return { flags, cli };
    const { plan } = await readState(store, run);
    const trusted = flags['trust-lake'] === true || madeHere(cli, store, plan);
    return asPlanned(flags, cli, plan, { strict: true, trusted });
  } catch (error) {
    if (error instanceof LandfallError && error.fault === 'input' && error.stand.length === 0)
      return { flags, cli };
    throw error;
  }
}

/** A run of that name exists: it is followed while it runs, retried when it failed, left alone when it succeeded. */
async function submitAgain(
  cli: CliContext,
  prepared: Prepared,
  flags: SubmitFlags & Flags,
  watch: Watch,
): Promise<Outcome> {
  const { configured, settings, plan, staging, store } = prepared;
  const state = await readState(store, plan.run);
  const succeeded = state.finished?.verdict === 'succeeded';
  const retries = state.finished !== undefined && !succeeded;
  const asked = countFlag(flags, 'retry-infrastructure');
  const planned = state.plan.retryInfrastructure ?? 0;
  // A retry has a count of its own; otherwise it is the plan's.
  const retryInfrastructure = retries ? planned : (asked ?? planned);
  const programs = plan.steps.filter(
    ({ name, digest }) => state.plan.steps.find((step) => step.name === name)?.digest !== digest,
  );
  const differs = [
    ...planDifferences(state.plan, { ...plan, retryInfrastructure }),
    // Only a retry may run programs other than the planned ones: it exists to run what was fixed.
    ...(retries ? [] : programs.map(({ name }) => `the program of step ${name} changed`)),
  ];
  if (differs.length > 0) {
    throw new LandfallError('input', `run ${plan.run} exists and was planned differently`, {
      why: differs,
      stand: ['nothing was started'],
      next: 'give another --run-id, or none',
    });
  }
  if (retries) {
    const retry = {
      store,
      run: plan.run,
      origin: plan.origin,
      choice: {},
      retryInfrastructure: asked,
      watch,
      trustLake: flags['trust-lake'] === true,
    };
    return retryRun(cli, configured, retry);
  }
  return resumeRun(cli, {
    settings,
    inputs: settings.sources,
    store,
    run: plan.run,
    staging: () => Promise.resolve(staging),
    watch,
    takeOver: false,
    rendered: () => new Map(plan.steps.map(({ name, digest }) => [name, digest])),
    trustLake: flags['trust-lake'] === true,
  });
}

/** Checks the place to run before anything is started there. */
async function preflight(
  cli: CliContext,
  settings: Settings,
  plan: RunPlan,
  store: ProvenStore,
): Promise<void> {
  if (stepsToSubmit(planned(plan)).length === 0) return proveLake(store);
  const isLocal = plan.cluster.kind === 'local';
  await checkStart(cli, settings, plan);
  if (isLocal) await checkSparkTools(cli, settings, plan);
  await proveLake(store);
  if (isLocal) {
    await prepareSpark(cli, settings, plan);
    return;
  }
  const launch = launchSettings(settings, plan);
  (await connectEmr(cli, emrAccess(settings, undefined), { launch }, settings)).close();
}
