/** A run from its plan to its verdict: the stages that are planned, one after the other. */
import { LandfallError } from '../faults.ts';
import { cancelledError, cancelRun } from './cancel.ts';
import { endSurplusClusters, ensureCluster, ensureLiveCluster, releaseCluster } from './cluster.ts';
import { patience, unharmed } from './driven-run.ts';
import type { Run } from './driven-run.ts';
import { sideBySide } from './detach.ts';
import { finishFailed, isVerdict, mirrorAndFinish, phase, publish, verify } from './landing.ts';
import { retryAfterLoss } from './losses.ts';
import { keys } from '../lake/layout.ts';
import { patiently } from './reading.ts';
import { planStages } from './stages.ts';
import type { Progress, Stage } from './stages.ts';
import { currentAttempt, isToBeCancelled } from './state.ts';
import { followSubmitted, runSteps } from './steps.ts';
import { adoptSubmitted, submit } from './submit-steps.ts';
import { cancelLateCopies } from './surplus-steps.ts';

/** What a run uploads before its first step. */
export interface Staging {
  /** `inputs.json.gz`. */
  manifest: Uint8Array;
  /** By step: its rendered program. */
  programs: Readonly<Record<string, string>>;
}

export interface Driving {
  /** Asked for only while the run is not staged yet; throws when what it can offer is not what the plan says. */
  staging: () => Promise<Staging>;
  /** Only to where EMR continues alone: every step submitted that has no accepted execution. */
  detached: boolean;
}

/**
 * Drives the run to success, or throws the LandfallError that is its verdict, which stands in the journal by then
 * (but for `owned`, `timeout`, `unreachable` and `access`, after which the work may continue). It can be entered from
 * any state: after each stage, the next is the first that is left to do.
 */
export async function drive(run: Run, driving: Driving): Promise<void> {
  let progress: Progress = {};
  for (;;) {
    const [stage] = planStages(run.journal.state(), { detached: driving.detached, progress });
    if (stage === undefined) return;
    const isPublished = run.journal.state().published !== undefined;
    try {
      progress = { ...progress, ...(await perform(run, stage, driving, progress)) };
    } catch (error) {
      if (isPublished) throw error;
      await afterFailure(run, error);
      progress = {};
    }
  }
}

/** Does one stage; returns what it makes of the driver's progress. */
async function perform(run: Run, stage: Stage, driving: Driving, progress: Progress): Promise<Progress> {
  switch (stage.kind) {
    case 'upload':
      await phase(run, 'stage', () => upload(run, driving.staging));
      return {};
    case 'adopt':
      await adoptSubmitted(run);
      return { hasAdopted: true };
    case 'follow':
      await phase(run, 'steps', () => followSubmitted(run));
      return {};
    case 'cluster':
      return { clusterId: await phase(run, 'cluster', () => clusterFor(run, driving.detached)) };
    case 'run':
      await phase(run, 'steps', () => runSteps(run, known(progress.clusterId)));
      return {};
    case 'submit': {
      const names = stage.steps.map(({ step }) => step);
      const steps = run.journal.state().plan.steps.filter(({ name }) => names.includes(name));
      await phase(run, 'steps', () => submit(run, steps, known(progress.clusterId)));
      return {};
    }
    case 'verify':
      return { verification: await phase(run, 'verify', () => verify(run)) };
    case 'publish':
      await phase(run, 'publish', () => publish(run, known(progress.verification)));
      return {};
    case 'release':
      await releaseClusters(run);
      return { hasReleased: true };
    case 'mirror':
      await mirrorAndFinish(run);
      return {};
  }
}

/** What an earlier stage has found out. */
function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a stage was planned before the one that it needs');
  return value;
}

/** The id of a cluster that runs steps; for steps that are only submitted, of one that may still be starting. */
async function clusterFor(run: Run, detached: boolean): Promise<string> {
  if (!detached) return ensureCluster(run);
  const { id, stepConcurrency = 1 } = await ensureLiveCluster(run);
  if (stepConcurrency > 1) throw sideBySide(run.journal.state().plan, id, stepConcurrency);
  return id;
}

/** Returns when the run can continue after this error. Otherwise ends our cluster, journals the verdict, and throws it. */
async function afterFailure(run: Run, error: unknown): Promise<void> {
  try {
    await retryAfterLoss(run, error);
  } catch (failure) {
    run.signal.throwIfAborted();
    if (!(failure instanceof LandfallError) || !isVerdict(failure)) throw failure;
    if (isToBeCancelled(run.journal.state())) {
      throw cancelledError(
        run.journal.run,
        await cancelRun(run, { by: 'request', confirmMs: 120_000, settle: true }),
      );
    }
    await releaseClusters(run);
    await finishFailed(run, failure);
    throw failure;
  }
}

async function releaseClusters(run: Run): Promise<void> {
  await unharmed(run, 'second copies of steps could not be looked for', () => cancelLateCopies(run));
  await unharmed(run, 'a second cluster could not be looked for', () => endSurplusClusters(run));
  await releaseCluster(run);
}

/** Writes the manifest and the programs. Writing them again is harmless: their content is fixed by the plan. */
async function upload(run: Run, staging: () => Promise<Staging>): Promise<void> {
  const { journal, ports } = run;
  const put = (key: string, body: Uint8Array) => patiently(patience(run), () => ports.objects.put(key, body));
  const state = journal.state();
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
