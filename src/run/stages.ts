/** What is left to do of a run, in order, and why: `plan` prints it, a driver does it. Pure. */
import { present } from '../present.ts';
import { place } from '../shell-words.ts';
import { applicationsToSubmit, stepsToSubmit, submittedApplications } from './applications.ts';
import type { Application } from './applications.ts';
import type { RunPlan } from './plan.ts';
import { jvmReason } from './small-data.ts';
import { endedUnused } from './ended-unused.ts';
import { currentAttempt, currentCluster, isToBeCancelled } from './state.ts';
import type { ClusterEntry, RunState } from './state.ts';
import type { Verification } from './verification.ts';

export type Stage = { reason: string } &
  /** Write the manifest of the inputs, and the programs. */
  (
    | { kind: 'upload' }
    /** Look in EMR for steps of which it is not known whether they were submitted. */
    | { kind: 'adopt'; steps: readonly string[] }
    /** Follow steps that were submitted before. */
    | { kind: 'follow'; steps: readonly string[] }
    /** Get a cluster from that source; wait until it runs steps, unless they are only submitted to it. */
    | { kind: 'cluster'; source: ClusterSource }
    /** Submit the applications one after another, and follow each until its steps are accepted. */
    | { kind: 'run'; steps: readonly StepToRun[] }
    /** Submit the applications in one request, and leave them to EMR. */
    | { kind: 'submit'; steps: readonly StepToRun[] }
    | { kind: 'verify' }
    | { kind: 'publish'; publication: number }
    /** End duplicates of our steps and clusters, and our cluster. */
    | { kind: 'release' }
    /** Copy the tables to the plain paths, and journal the success. */
    | { kind: 'mirror' }
  );

/** Where a run gets its cluster from. */
export type ClusterSource =
  /** The one that it has; after a retry, only if that still takes steps. */
  | { kind: 'current'; id: string; mustBeReady: boolean }
  /** The one that `--cluster` names. */
  | { kind: 'given'; id: string }
  /** A live one that fits, if there is any. */
  | { kind: 'reuse' }
  /** A new one; or the one that an earlier request launched, if its answer was lost. */
  | { kind: 'launch' };

export interface StepToRun {
  step: string;
  reason: string;
}

/** What this driver has done for the run that the journal does not record. */
export interface Progress {
  hasAdopted?: true;
  /** Sources that had no cluster for the run. */
  exhausted?: readonly ClusterSource['kind'][];
  /** The cluster that takes steps. */
  clusterId?: string;
  verification?: Verification;
  hasReleased?: true;
}

/**
 * The stages from this state to the end of the run; of a detached one, to where EMR continues alone. The next one is the
 * first. None is left when it has ended.
 */
export function planStages(
  state: RunState,
  { detached = false, progress = {} }: { detached?: boolean; progress?: Progress } = {},
): Stage[] {
  if (state.published !== undefined) return afterPublication(state, progress);
  const upload: Stage[] = state.staged
    ? []
    : [{ kind: 'upload', reason: 'the steps read their program and the list of their inputs from the lake' }];
  const lost = state.plan.steps.map(({ name }) => name).filter((name) => isUncertain(state, name));
  const adopt: Stage[] =
    lost.length === 0 || progress.hasAdopted === true
      ? []
      : [{ kind: 'adopt', steps: lost, reason: 'whether they reached EMR is not known' }];
  const rest = detached ? submitting(state, progress) : running(state, progress);
  return [...upload, ...adopt, ...rest];
}

/** Whether the step's submission was intended, and its answer is not known. */
function isUncertain(state: RunState, step: string): boolean {
  const attempt = currentAttempt(state, step);
  return attempt !== undefined && attempt.stepId === undefined && attempt.execution === undefined;
}

function openSteps(state: RunState): StepToRun[] {
  return applicationsToSubmit(state).flatMap(stepsOf);
}

function stepsOf(application: Application): StepToRun[] {
  return application.map(({ name, upstreams }, at) => {
    const where = at === 0 ? '' : ', in the same Spark application';
    const reason =
      upstreams.length === 0
        ? 'it waits for nothing'
        : `after ${upstreams.join(', ')}, whose tables it reads${where}`;
    return { step: name, reason };
  });
}

function running(state: RunState, progress: Progress): Stage[] {
  const { plan } = state;
  const underWay = submittedApplications(state).flatMap(({ steps }) => steps);
  const steps = openSteps(state);
  return [
    ...(underWay.length === 0
      ? []
      : [{ kind: 'follow' as const, steps: underWay, reason: 'they were submitted before' }]),
    ...(steps.length === 0
      ? []
      : [
          ...clusterStage(state, progress),
          { kind: 'run' as const, steps, reason: 'they have no tables yet' },
        ]),
    ...(progress.verification === undefined
      ? [
          {
            kind: 'verify' as const,
            reason: 'against its contract, its step’s report and the books; nothing is published otherwise',
          },
        ]
      : []),
    {
      kind: 'publish',
      publication: plan.publication,
      reason: `the next free one in ${place(plan.lake)}; then copied to the plain paths`,
    },
    ...afterPublication(state, progress),
  ];
}

function submitting(state: RunState, progress: Progress): Stage[] {
  const steps = openSteps(state);
  if (steps.length === 0) return [];
  const reason = 'because of --detach: when one fails, EMR cancels the rest; attach verifies and publishes';
  return [...clusterStage(state, progress), { kind: 'submit', steps, reason }];
}

function clusterStage(state: RunState, { clusterId, exhausted = [] }: Progress): Stage[] {
  if (clusterId !== undefined) return [];
  const left = clusterSources(state).find(({ kind }) => !exhausted.includes(kind));
  const source = present(left, 'source left for the cluster of the run');
  return [{ kind: 'cluster', source, reason: clusterReason(state.plan) }];
}

/** Where the run may get its cluster from, the first choice first. */
function clusterSources(state: RunState): ClusterSource[] {
  const { plan, renewCluster } = state;
  const current = currentCluster(state);
  const sources: ClusterSource[] = [];
  if (current?.id !== undefined && mayStayWith(state, current))
    sources.push({ kind: 'current', id: current.id, mustBeReady: renewCluster !== 'no' });
  if (plan.cluster.kind === 'id') return [...sources, { kind: 'given', id: plan.cluster.id }];
  const isLaunching = current !== undefined && current.id === undefined;
  if (plan.cluster.kind === 'reuse' && renewCluster !== 'launch' && !isLaunching)
    sources.push({ kind: 'reuse' });
  return [...sources, { kind: 'launch' }];
}

/** Whether the run may use the cluster that it has. */
function mayStayWith(state: RunState, { id, terminate }: ClusterEntry): boolean {
  const { renewCluster, plan } = state;
  if (endedUnused(state)) return false;
  switch (renewCluster) {
    case 'no':
      return true;
    case 'launch':
      return false;
    case 'always':
      return plan.cluster.kind === 'id' && plan.cluster.id === id && terminate === undefined;
    case 'if-gone':
      return terminate === undefined;
  }
}

/** Whether the run's next driver needs a cluster from EMR, or news of its own: steps are open, or to be cancelled. */
export function needsCluster(state: RunState): boolean {
  if (state.published !== undefined) return false;
  if (isToBeCancelled(state)) return true;
  return planStages(state).some(({ kind }) => kind === 'follow' || kind === 'cluster');
}

/** Whether a driver of the run may have to call EMR: a step is to run, or a cluster was asked for before. */
export function needsEmr(state: RunState): boolean {
  return state.clusters.length > 0 || stepsToSubmit(state).length > 0;
}

/** Whether the run's next driver has to launch a cluster, unless one is found to reuse. */
export function willLaunch(state: RunState): boolean {
  if (state.cancelRequested) return false;
  return planStages(state).some(
    (stage) => stage.kind === 'cluster' && ['launch', 'reuse'].includes(stage.source.kind),
  );
}

function clusterReason(plan: RunPlan): string {
  const { cluster, keepAlive, idleTimeoutSeconds } = plan;
  switch (cluster.kind) {
    case 'local':
      return `asked for by --cluster local; ${jvmReason(plan)}`;
    case 'id':
      return 'named by --cluster; Landfall never terminates it';
    case 'new':
    case 'reuse': {
      const end = keepAlive ? 'kept alive at the end' : 'terminated at the verdict';
      return `${end}; terminates itself after ${String(idleTimeoutSeconds)} s without work`;
    }
  }
}

function afterPublication({ plan, mirrored, finished }: RunState, { hasReleased }: Progress): Stage[] {
  const isOver = mirrored && finished?.verdict === 'succeeded';
  return [
    ...(hasReleased === true
      ? []
      : [
          {
            kind: 'release' as const,
            reason: plan.keepAlive ? 'a cluster of ours is kept alive' : 'nothing needs the cluster any more',
          },
        ]),
    ...(isOver
      ? []
      : [{ kind: 'mirror' as const, reason: 'readers look for the tables at the plain paths' }]),
  ];
}
