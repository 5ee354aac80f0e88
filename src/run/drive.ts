/** A run from its plan to its verdict: the stages that are planned, one after the other. */
import { LandfallError } from '../faults.ts';
import { present } from '../present.ts';
import { applicationsToSubmit } from './applications.ts';
import { cancelledError, cancelLines, cancelRun } from './cancel.ts';
import { checkForDetached, obtainCluster, untilReady } from './cluster.ts';
import { bestEffort } from './driven-run.ts';
import type { Run } from './driven-run.ts';
import { endDuplicateClusters, releaseCluster } from './end-cluster.ts';
import type { Phase } from './events.ts';
import {
  endPhase,
  finishFailed,
  isVerdict,
  mirrorAndFinish,
  publish,
  startPhase,
  verify,
} from './landing.ts';
import { retryAfterLoss } from './losses.ts';
import { keys } from '../lake/layout.ts';
import { planStages } from './stages.ts';
import type { Progress, Stage } from './stages.ts';
import { attemptNumber, currentAttempt, isToBeCancelled } from './state.ts';
import { followSubmitted, runSteps } from './steps.ts';
import { adoptSubmitted, submit } from './submit-steps.ts';
import { cancelLateCopies } from './duplicate-steps.ts';

/** What a run uploads before its first step. */
export interface Staging {
  /** `inputs.json.gz`. */
  manifest: Uint8Array;
  /** By step: its rendered program. */
  programs: Readonly<Record<string, string>>;
}

export interface Driving {
  /** Called only while the run is not staged yet; throws when what it can stage differs from the plan. */
  staging: () => Promise<Staging>;
  /** Stops once EMR can continue alone: every step without an accepted execution is submitted. */
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
    const state = run.journal.state();
    if (isToBeCancelled(state)) await cancelAsRequested(run);
    const [stage] = planStages(state, { detached: driving.detached, progress });
    if (stage === undefined) return;
    try {
      progress = { ...progress, ...(await perform(run, stage, driving, progress)) };
    } catch (error) {
      if (state.published !== undefined) throw error;
      await afterFailure(run, error);
      progress = {};
    }
  }
}

/** The phase of a stage, for events. The mirror phase is emitted only if there is something to copy. */
const PHASES: Readonly<Partial<Record<Stage['kind'], Phase>>> = {
  upload: 'stage',
  cluster: 'cluster',
  follow: 'steps',
  run: 'steps',
  submit: 'steps',
  verify: 'verify',
  publish: 'publish',
};

/** Performs one stage; returns what this driver learned from it. */
async function perform(run: Run, stage: Stage, driving: Driving, progress: Progress): Promise<Progress> {
  const phase = PHASES[stage.kind];
  const started = startPhase(run, phase);
  let learned: Progress = {};
  switch (stage.kind) {
    case 'upload':
      await upload(run, driving.staging);
      break;
    case 'adopt':
      await adoptSubmitted(run);
      learned = { hasAdopted: true };
      break;
    case 'follow':
      await followSubmitted(run);
      break;
    case 'cluster': {
      const id = await obtainCluster(run, stage.source);
      if (id === undefined) {
        learned = { exhausted: [...(progress.exhausted ?? []), stage.source.kind] };
        break;
      }
      await (driving.detached ? checkForDetached(run, id) : untilReady(run, id));
      learned = { clusterId: id };
      break;
    }
    case 'run':
      await runSteps(run, present(progress.clusterId, 'cluster of an earlier stage'));
      break;
    case 'submit': {
      const applications = applicationsToSubmit(run.journal.state());
      await submit(run, applications, present(progress.clusterId, 'cluster of an earlier stage'));
      break;
    }
    case 'verify':
      learned = { verification: await verify(run) };
      break;
    case 'publish':
      await publish(run, present(progress.verification, 'verification of an earlier stage'));
      break;
    case 'release':
      await releaseClusters(run);
      learned = { hasReleased: true };
      break;
    case 'mirror':
      await mirrorAndFinish(run);
      break;
  }
  endPhase(run, phase, started);
  return learned;
}

/** Cancels what the run has in EMR, and throws the outcome. */
async function cancelAsRequested(run: Run): Promise<never> {
  const outcome = await cancelRun(run, { by: 'request', confirmMs: 120_000, settle: true });
  for (const message of cancelLines(outcome)) run.ports.emit({ event: 'note', message });
  throw cancelledError(run.journal.run, outcome);
}

/** Returns when the run can continue after this error. Otherwise ends our cluster, journals the verdict, and throws it. */
async function afterFailure(run: Run, error: unknown): Promise<void> {
  try {
    await retryAfterLoss(run, error);
  } catch (failure) {
    run.signal.throwIfAborted();
    if (!(failure instanceof LandfallError) || !isVerdict(failure)) throw failure;
    if (isToBeCancelled(run.journal.state())) return;
    await releaseClusters(run);
    await finishFailed(run, failure);
    throw failure;
  }
}

async function releaseClusters(run: Run): Promise<void> {
  await bestEffort(run, 'duplicate steps could not be looked for', () => cancelLateCopies(run));
  await bestEffort(run, 'duplicate clusters could not be looked for', () => endDuplicateClusters(run));
  await releaseCluster(run);
}

/** Writes the manifest and the programs. Writing them again is harmless: their content is fixed by the plan. */
async function upload(run: Run, staging: () => Promise<Staging>): Promise<void> {
  const { journal, ports } = run;
  const state = journal.state();
  const { manifest, programs } = await staging();
  await ports.objects.put(keys.inputs(journal.run), manifest);
  for (const { name } of state.plan.steps) {
    const program = programs[name];
    const attempt = attemptNumber(state, name);
    if (program === undefined || currentAttempt(state, name)?.execution !== undefined) continue;
    await ports.objects.put(keys.program(journal.run, name, attempt), new TextEncoder().encode(program));
  }
  await journal.append({ entry: 'staged' });
}
