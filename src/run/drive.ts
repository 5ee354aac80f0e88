/** A run from its plan to its verdict. Every phase looks into the journal first, so it can be entered from any point. */
import { LandfallError } from '../faults.ts';
import { endSurplusClusters, ensureCluster, releaseCluster } from './cluster.ts';
import { cancelledError, cancelRun } from './cancel.ts';
import { patience, unharmed } from './context.ts';
import type { Run } from './context.ts';
import { finishFailed, isVerdict, mirrorAndFinish, phase, verifyAndPublish } from './landing.ts';
import { retryingLosses } from './losses.ts';
import { keys } from '../lake/layout.ts';
import { patiently } from './reading.ts';
import { currentAttempt, isToBeCancelled } from './state.ts';
import { followSubmitted, isUnderWay, runSteps } from './steps.ts';
import { adoptSubmitted } from './submit.ts';
import { cancelLateCopies } from './surplus-steps.ts';

/** What a run uploads before its first step. */
export interface Staging {
  /** `inputs.json.gz`. */
  manifest: Uint8Array;
  /** By step: its rendered program. */
  programs: Readonly<Record<string, string>>;
}

/**
 * Drives the run to success, or throws the LandfallError that is its verdict, which stands in the journal by then
 * (but for `owned`, `timeout`, `unreachable` and `access`, after which the work may go on). `staging` is asked for only
 * while the run is not staged yet; it throws when what it can offer is not what the plan says.
 */
export async function drive(run: Run, staging: () => Promise<Staging>): Promise<void> {
  const { journal } = run;
  if (journal.state().published === undefined) {
    await settle(run, async () => {
      await phase(run, 'stage', () => stage(run, staging));
      await retryingLosses(run, () => executeSteps(run));
      await verifyAndPublish(run);
    });
  }
  await releaseClusters(run);
  await mirrorAndFinish(run);
}

/** Does the work; when it fails for good, ends our cluster and journals the verdict before throwing on. */
export async function settle<T>(run: Run, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    run.signal.throwIfAborted();
    if (!(error instanceof LandfallError) || !isVerdict(error)) throw error;
    if (isToBeCancelled(run.journal.state())) {
      throw cancelledError(
        run.journal.run,
        await cancelRun(run, { by: 'request', confirmMs: 120_000, settle: true }),
      );
    }
    await releaseClusters(run);
    await finishFailed(run, error);
    throw error;
  }
}

async function releaseClusters(run: Run): Promise<void> {
  await unharmed(run, 'second copies of steps could not be looked for', () => cancelLateCopies(run));
  await unharmed(run, 'a second cluster could not be looked for', () => endSurplusClusters(run));
  await releaseCluster(run);
}

/** Writes the manifest and the programs. Writing them again is harmless: their content is fixed by the plan. */
export async function stage(run: Run, staging: () => Promise<Staging>): Promise<void> {
  const { journal, ports } = run;
  const put = (key: string, body: Uint8Array) => patiently(patience(run), () => ports.objects.put(key, body));
  const state = journal.state();
  if (state.staged) return;
  const { manifest, programs } = await staging();
  await put(keys.inputs(journal.run), manifest);
  for (const { name } of state.plan.steps) {
    const program = programs[name];
    const attempt = state.current[name] ?? 1;
    if (program === undefined || currentAttempt(state, name)?.execution !== undefined) continue;
    await put(keys.program(journal.run, name, attempt), new TextEncoder().encode(program));
  }
  await journal.append({ entry: 'staged' });
}

/** What is under way first: only a step that is still to be submitted needs a cluster that takes steps. */
async function executeSteps(run: Run): Promise<void> {
  const { journal } = run;
  await adoptSubmitted(run);
  const isOpen = () =>
    journal
      .state()
      .plan.steps.some(({ name }) => currentAttempt(journal.state(), name)?.execution === undefined);
  if (journal.state().plan.steps.some(({ name }) => isUnderWay(journal.state(), name))) {
    await phase(run, 'steps', () => followSubmitted(run));
  }
  if (!isOpen()) return;
  const clusterId = await phase(run, 'cluster', () => ensureCluster(run));
  await phase(run, 'steps', () => runSteps(run, clusterId));
}
