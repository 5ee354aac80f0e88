/** Cancelling a run: requests at once, then a while in which they are confirmed. */
import { LandfallError } from '../faults.ts';
import { grouped } from '../grouped.ts';
import { messageOf } from '../message-of.ts';
import { present } from '../present.ts';
import type { Run } from './driven-run.ts';
import { CLOCK_SLACK_MS, liveClusters } from './live-clusters.ts';
import { isNotOurs } from './guard.ts';
import { currentCluster, isOurs } from './state.ts';
import type { AttemptState, ClusterEntry, RunState } from './state.ts';
import { clusterNow, stepsNow } from './shared-looks.ts';
import { hasStepEnded, isOver } from './states.ts';
import { clustersThatStay, duplicateSteps } from './duplicate-steps.ts';

export interface CancelOutcome {
  /** What has ended, or is ending for good. */
  confirmed: string[];
  /** Termination was requested and is not confirmed yet; also what may still appear. */
  requested: string[];
  /** Requests that failed, and why. */
  failed: string[];
  /** What the journal calls ours and EMR does not: it was left alone. */
  spared: string[];
}

export interface CancelHow {
  by: string;
  /** How long to wait for confirmation; 8 s when absent. */
  confirmMs?: number;
  /**
   * True where there is time: what was intended and has not appeared gets one settle window, and then counts as
   * never created. Otherwise it is reported as `requested`.
   */
  settle?: boolean;
}

const CONFIRM_MS = 8_000;
const POLL_MS = 400;
/** As often as EMR's quota of requests that end something allows. */
const RESEND_MS = 2_000;

interface Target {
  what: string;
  request: () => Promise<unknown>;
  ended: () => Promise<boolean>;
}

/** The requests do not wait longer than this for the journal: its store may not answer. */
const JOURNAL_MS = 500;

/**
 * Journals the request to cancel, and at the same time sends CancelSteps for our steps and TerminateJobFlows for a
 * cluster we launched. Sends nothing when the journal shows that another driver has taken the run over, or that the
 * run has begun to publish. Journals the verdict only when every end is confirmed. A request that fails is part of
 * the outcome and never thrown.
 */
export async function cancelRun(run: Run, how: CancelHow): Promise<CancelOutcome> {
  const { journal, ports } = run;
  const outcome: CancelOutcome = { confirmed: [], requested: [], failed: [], spared: [] };
  const failing = (what: string) => (error: unknown) => {
    outcome.failed.push(`${what}: ${messageOf(error)}`);
    return undefined;
  };
  const journalled = journalRequest(run, how).catch((error: unknown) => {
    failing('the journal')(error);
    return error instanceof LandfallError && error.fault === 'owned' ? 'owned' : 'failed';
  });
  const known = Promise.race([journalled, ports.clock.sleep(JOURNAL_MS)]);
  const endAll = async (looking: Promise<Target[]>) => {
    const targets = (await looking.catch(failing('the lookup of clusters and steps'))) ?? [];
    if ((await known) === 'owned' || journal.state().publishing) return;
    await Promise.all(
      targets.map(async (target) => {
        const seen = await end(run, target, how.confirmMs ?? CONFIRM_MS);
        outcome[seen.as].push('why' in seen ? `${target.what}: ${seen.why}` : target.what);
      }),
    );
  };
  await Promise.all(findTargets(run, how, outcome).map(endAll));
  if ((await Promise.race([journalled, Promise.resolve('late')])) === 'late')
    outcome.failed.push('the journal: no answer yet');
  if (isSure(outcome)) await endAll(lateCopies(run));
  if (journal.state().publishing) outcome.failed.push('the run: its tables are being published');
  if (isSure(outcome)) await giveVerdict(run);
  return outcome;
}

async function giveVerdict({ journal, ports }: Run): Promise<void> {
  const message = `run ${journal.run} is cancelled`;
  const verdict = { entry: 'finished', verdict: 'cancelled', fault: 'cancelled', message } as const;
  if (await journal.conclude(verdict))
    ports.emit({ event: 'finished', run: journal.run, verdict: 'cancelled' });
}

async function journalRequest({ journal }: Run, { by }: CancelHow): Promise<'written'> {
  if (!journal.state().cancelRequested) await journal.append({ entry: 'cancel-requested', by });
  return 'written';
}

/** Every end is confirmed. */
function isSure({ requested, failed }: CancelOutcome): boolean {
  return requested.length === 0 && failed.length === 0;
}

/** The error that ends a cancelled run. It names what is not confirmed yet, if anything. */
export function cancelledError(run: string, outcome: CancelOutcome): LandfallError {
  const { requested, failed } = outcome;
  if (isSure(outcome)) return new LandfallError('cancelled', `run ${run} is cancelled`);
  return new LandfallError('cancelled', `run ${run} is being cancelled; not every end is confirmed`, {
    why: [
      ...failed.map((what) => `termination request failed: ${what}`),
      ...requested.map((what) => `termination requested, not yet confirmed: ${what}`),
    ],
  });
}

/** A line for each thing that was to be cancelled, with its outcome. */
export function cancelLines({ confirmed, requested, failed, spared }: CancelOutcome): string[] {
  return [
    ...confirmed.map((what) => `${what}: ended`),
    ...requested.map((what) => `${what}: termination requested, not yet confirmed`),
    ...failed.map((what) => `termination request failed: ${what}`),
    ...spared.map((what) => `left alone: ${what}`),
  ];
}

type Seen = { as: 'confirmed' } | { as: 'requested' } | { as: 'failed' | 'spared'; why: string };

/**
 * Requests the target's end and polls until it is confirmed. Sends a failed request again, and polls even then: a
 * request whose answer was lost may have taken effect. Gives up after `limitMs`.
 */
async function end(run: Run, target: Target, limitMs: number): Promise<Seen> {
  const { clock } = run.ports;
  const over = new AbortController();
  const started = clock.monotonic();
  let seen: Seen = { as: 'requested' };
  const asking = async () => {
    for (let asked = false, first = true; !over.signal.aborted; first = false) {
      if (!asked && !first && (await isOvertaken(run))) {
        seen = { as: 'failed', why: 'another driver has taken the run over' };
        return;
      }
      try {
        if (!asked) await target.request();
        asked = true;
        seen = { as: 'requested' };
      } catch (error) {
        seen = { as: isNotOurs(error) ? 'spared' : 'failed', why: messageOf(error) };
        if (seen.as === 'spared') return;
      }
      if (await target.ended().catch(() => false)) {
        seen = { as: 'confirmed' };
        return;
      }
      const pause = asked ? POLL_MS : RESEND_MS;
      await clock.sleep(Math.max(pause, (clock.monotonic() - started) / 3), over.signal);
    }
  };
  await Promise.race([asking(), clock.sleep(limitMs, over.signal)]);
  over.abort();
  return seen;
}

/** False also when the journal cannot be read: a failed read does not stop the requests. */
async function isOvertaken({ journal }: Run): Promise<boolean> {
  return journal.refresh().then(
    () => false,
    (error: unknown) => error instanceof LandfallError && error.fault === 'owned',
  );
}

/**
 * The targets: each promise resolves on its own, because some are known at once and others take a while to look up.
 */
function findTargets(run: Run, how: CancelHow, outcome: CancelOutcome): Promise<Target[]>[] {
  const state = run.journal.state();
  const cluster = currentCluster(state);
  if (cluster === undefined) return [];
  if (cluster.id === undefined) return [launching(run, cluster, how, outcome)];
  const steps = liveSteps(run, state, how, outcome);
  const ends = isOurs(cluster) && !state.plan.keepAlive;
  return [...steps, ...(ends ? [Promise.resolve([clusterTarget(run, cluster.id)])] : [])];
}

/** A launch was intended: any cluster with its token is ours to terminate, even if it appears late. */
async function launching(
  run: Run,
  cluster: ClusterEntry,
  how: CancelHow,
  outcome: CancelOutcome,
): Promise<Target[]> {
  const look = () => liveClusters(run, cluster.token, cluster.intendedAt);
  const found = await lookAgain(run, how, look);
  if (found.length === 0 && how.settle !== true)
    outcome.requested.push(`a cluster named ${cluster.token}, should it appear`);
  return found.map(({ id }) => clusterTarget(run, id));
}

/** Our applications whose end is not known. One whose submission has no result yet is looked up by its name. */
function liveSteps(run: Run, state: RunState, how: CancelHow, outcome: CancelOutcome): Promise<Target[]>[] {
  const open = Object.entries(state.attempts).flatMap(([name, attempts]) =>
    attempts
      .filter(({ ended, execution }) => ended === undefined && execution === undefined)
      .map((attempt) => ({ name, attempt })),
  );
  const together = grouped(open, ({ attempt: { application, clusterId } }) => `${clusterId} ${application}`);
  return [...together.values()].map(async (steps) => {
    const { attempt } = present(steps[0], 'step of the application');
    const names = steps.map(({ name }) => name).join(', ');
    const ids = attempt.stepId === undefined ? await submitting(run, attempt, how) : [attempt.stepId];
    if (ids.length === 0 && how.settle !== true) outcome.requested.push(`step ${names}, should it appear`);
    return ids.map((id) => stepTarget(run, names, attempt.clusterId, id));
  });
}

/** Duplicates of our steps that have appeared since, on clusters that outlive the run. */
async function lateCopies(run: Run): Promise<Target[]> {
  const state = run.journal.state();
  const found = clustersThatStay(state).map(async (clusterId) =>
    duplicateSteps(state, await stepsNow(run, clusterId)).map(({ step, id }) =>
      stepTarget(run, step, clusterId, id),
    ),
  );
  return (await Promise.all(found)).flat();
}

async function submitting(
  run: Run,
  { clusterId, application, intendedAt }: AttemptState,
  how: CancelHow,
): Promise<string[]> {
  const since = new Date(intendedAt.getTime() - CLOCK_SLACK_MS);
  const look = async () =>
    (await run.ports.emr.listSteps(clusterId, since)).filter(({ name }) => name === application);
  return (await lookAgain(run, how, look)).map(({ id }) => id);
}

async function lookAgain<T>(
  { ports, journal }: Run,
  { settle }: CancelHow,
  look: () => Promise<T[]>,
): Promise<T[]> {
  const found = await look();
  if (found.length > 0 || settle !== true) return found;
  await ports.clock.sleep(journal.state().plan.settleSeconds * 1000);
  return look();
}

function stepTarget(run: Run, name: string, clusterId: string, stepId: string): Target {
  return {
    what: `step ${name} (${stepId})`,
    request: () => run.ports.emr.cancelSteps(clusterId, [stepId]),
    ended: async () => {
      const step = (await stepsNow(run, clusterId)).find(({ id }) => id === stepId);
      return step !== undefined && hasStepEnded(step.state);
    },
  };
}

/** A cluster that is TERMINATING counts as ended: it may take minutes, but nothing stops it. */
function clusterTarget(run: Run, id: string): Target {
  return {
    what: `cluster ${id}`,
    request: () => run.ports.emr.terminate(id),
    ended: async () => isOver((await clusterNow(run, id)).state),
  };
}
