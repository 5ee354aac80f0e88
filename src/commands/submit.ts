/** `landfall submit`: plan a run, start it, drive it to its verdict. */
import type { Settings } from '../config/settings.ts';
import { throwIfErrors } from '../faults.ts';
import { createJournal } from '../run/journal.ts';
import { connectEmr, emrAccess } from './compose.ts';
import { launchSettings } from './launch.ts';
import { prepareSpark } from './local-cluster.ts';
import type { RunPlan } from '../run/plan.ts';
import { prepare } from './prepare.ts';
import { resumeRun, runExists } from './resume.ts';
import { secondsFlag, tell } from './settings.ts';
import { driveToVerdict } from './session.ts';
import { textFlag } from './world.ts';
import type { Flags, World } from './world.ts';

export async function run(flags: Flags, world: World): Promise<void> {
  const { clock, printer, random } = world;
  const timeout = secondsFlag(flags, 'timeout');
  const started = clock.monotonic();
  const { settings, plan, staging, store } = await prepare('submit', flags, world);
  const stage = () => Promise.resolve(staging);
  if (textFlag(flags, 'run-id') !== undefined && (await runExists(store, plan.run))) {
    await resumeRun(world, { settings, store, run: plan.run, staging: stage, timeout, takeOver: false });
    return;
  }
  await preflight(world, settings, plan);
  const { proveCreateIfAbsent } = await import('../store/precondition.ts');
  await proveCreateIfAbsent(store, random.hex(8));
  const driver = random.hex(8);
  const journal = await createJournal({ objects: store, clock, random, driver }, { entry: 'planned', plan });
  printer.emit({ event: 'planned', plan });
  const planMs = clock.monotonic() - started;
  await driveToVerdict(world, { settings, store, journal, staging: stage, timeout, planMs });
}

/** What can be found wrong about the place to run before anything is started there. */
async function preflight(world: World, settings: Settings, plan: RunPlan): Promise<void> {
  if (plan.cluster.cluster === 'local') {
    await prepareSpark(world, settings, plan);
    return;
  }
  const { checkLaunch } = await import('../emr/requests.ts');
  const launch = launchSettings(settings, plan);
  const diagnostics = checkLaunch(launch);
  throwIfErrors(diagnostics, 'the cluster cannot be launched like this; nothing was started');
  tell(diagnostics, world);
  (await connectEmr(world, emrAccess(settings, undefined), launch, settings)).close();
}
