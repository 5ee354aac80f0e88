/** The cluster of a run: chosen or launched exactly once, waited for, ended. */
import { LandfallError } from '../faults.ts';
import { checkpoint, patience, sparingly, unharmed, untilNextLook } from './driven-run.ts';
import type { Run } from './driven-run.ts';
import { createOnce } from './create-once.ts';
import { homeOf } from './cluster-home.ts';
import { tokens } from './plan.ts';
import type { Cluster } from './ports.ts';
import { patiently } from './reading.ts';
import { planStages } from './stages.ts';
import { currentCluster, isOurs, isToBeCancelled } from './state.ts';
import type { ClusterEntry, RunState } from './state.ts';
import { clusterPhase, isOver, reasonKind } from './states.ts';

/** By EMR's clock a cluster or step may have been created this long before the store's clock said so. */
export const CLOCK_SLACK_MS = 10 * 60_000;

/** How long the end of our own cluster is asked for: after that it ends by itself when it is idle. */
const RELEASE_MS = 2 * 60_000;

/** The id of the run's cluster, which can run steps when this resolves. Throws `cluster` when it cannot be had. */
export async function ensureCluster(run: Run): Promise<string> {
  const id = await clusterOf(run);
  await untilReady(run, id);
  return id;
}

/** The run's cluster, which takes steps though it may still be starting. Throws `cluster` when it cannot be had. */
export async function ensureLiveCluster(run: Run): Promise<Cluster> {
  const id = await clusterOf(run);
  const cluster = await patiently(patience(run), () => run.ports.emr.describeCluster(id));
  tellCluster(run, cluster, 0);
  if (isOver(cluster.state)) throw await clusterLost(run, cluster);
  return cluster;
}

async function clusterOf(run: Run): Promise<string> {
  const state = run.journal.state();
  const known = currentCluster(state);
  if (known?.id === undefined || endedUnused(state) || !(await serves(run, known.id)))
    return obtain(run, known);
  return known.id;
}

/**
 * The cluster chosen for reuse ended before any step was sent to it, as a cluster that idles may at any time: another is
 * chosen, or launched. Pure.
 */
export function endedUnused(state: RunState): boolean {
  const chosen = currentCluster(state);
  if (chosen?.how !== 'reused' || chosen.ended === undefined) return false;
  return !Object.values(state.attempts).some((all) => all.some(({ clusterId }) => clusterId === chosen.id));
}

/** Whether whoever drives the run next asks EMR about its cluster, or for one: steps are open, or to be cancelled. Pure. */
export function needsCluster(state: RunState): boolean {
  if (state.published !== undefined) return false;
  if (isToBeCancelled(state)) return true;
  return planStages(state).some(({ kind }) => kind === 'follow' || kind === 'cluster');
}

/** Whether whoever drives the run next has to launch a cluster, unless one is found to reuse. Pure. */
export function willLaunch(state: RunState): boolean {
  const { plan, renewCluster } = state;
  if (plan.cluster.cluster === 'id' || state.cancelRequested || !needsCluster(state)) return false;
  const cluster = currentCluster(state);
  if (
    cluster?.id === undefined ||
    endedUnused(state) ||
    renewCluster === 'always' ||
    renewCluster === 'launch'
  )
    return true;
  return renewCluster === 'if-gone' && cluster.terminate !== undefined;
}

/** True while the run has to stay with that cluster; a retry only stays with one that still takes steps. */
async function serves(run: Run, id: string): Promise<boolean> {
  const { renewCluster, plan, clusters } = run.journal.state();
  if (renewCluster === 'no') return true;
  if (renewCluster === 'launch') return false;
  if (renewCluster === 'always' && !(plan.cluster.cluster === 'id' && plan.cluster.id === id)) return false;
  if (clusters.at(-1)?.terminate !== undefined) return false;
  try {
    const cluster = await patiently(patience(run), () => run.ports.emr.describeCluster(id));
    return clusterPhase(cluster.state) === 'ready';
  } catch (error) {
    if (error instanceof LandfallError && error.fault === 'cluster') return false;
    throw error;
  }
}

async function obtain(run: Run, before: ClusterEntry | undefined): Promise<string> {
  const { plan, renewCluster } = run.journal.state();
  const choice = plan.cluster;
  const intended = before?.id === undefined ? before : undefined;
  const n = intended?.n ?? (before?.n ?? 0) + 1;
  switch (choice.cluster) {
    case 'id':
      return record(run, { n, id: choice.id, how: 'given' }, intended);
    case 'reuse': {
      const mayReuse = intended === undefined && renewCluster !== 'launch';
      const id = mayReuse ? await reuse(run) : undefined;
      return id === undefined ? launch(run, n, intended) : record(run, { n, id, how: 'reused' }, intended);
    }
    case 'local':
    case 'new':
      return launch(run, n, intended);
  }
}

async function reuse(run: Run): Promise<string | undefined> {
  const { ports } = run;
  const { chosen, rejected } = await patiently(patience(run), () => ports.emr.findReusable());
  for (const { id, reason } of rejected)
    ports.emit({ event: 'note', message: `cluster ${id} not reused: ${reason}` });
  const hasEnded = run.journal.state().clusters.some(({ id, ended }) => id === chosen && ended !== undefined);
  if (chosen !== undefined && !hasEnded) return chosen;
  ports.emit({ event: 'note', message: 'no cluster to reuse: launching one' });
  return undefined;
}

/** Journals a cluster that was there before. */
async function record(
  run: Run,
  found: Pick<ClusterEntry, 'n'> & { id: string; how: 'given' | 'reused' },
  intended: ClusterEntry | undefined,
): Promise<string> {
  const { journal, ports } = run;
  const home = homeOf(await patiently(patience(run), () => ports.emr.describeCluster(found.id)));
  if (intended === undefined) {
    const token = tokens.cluster(journal.run, found.n);
    await journal.append({ entry: 'cluster-intent', n: found.n, token });
  }
  await journal.append({ entry: 'cluster', ...found, ...home });
  return found.id;
}

async function launch(run: Run, n: number, intended: ClusterEntry | undefined): Promise<string> {
  const { journal, ports, signal } = run;
  const token = tokens.cluster(journal.run, n);
  const intendedAt = intended?.intendedAt ?? (await storeTime(run));
  if (intended === undefined) {
    await journal.append({ entry: 'cluster-intent', n, token, since: intendedAt.toISOString() });
  }
  const created = await createOnce(
    ports.clock,
    {
      what: 'cluster',
      send: async () => {
        await checkpoint(run);
        return ports.emr.launch(token);
      },
      find: () => findOurs(run, token, intendedAt),
      refused: () => journal.append({ entry: 'refused', token }),
      settleMs: journal.state().plan.settleSeconds * 1000,
      note: sparingly(ports, 'launching'),
    },
    intended !== undefined,
    signal,
  );
  await journal.append({
    entry: 'cluster',
    n,
    id: created.value.id,
    how: created.how === 'accepted' ? 'launched' : 'adopted',
    ...homeOf(created.value),
  });
  return created.value.id;
}

/** The store's time: a machine whose clock is off must not overlook what it made itself. */
export function storeTime(run: Run): Promise<Date> {
  return patiently(patience(run), () => run.ports.objects.now());
}

/** The oldest live cluster with our token. */
async function findOurs(run: Run, token: string, intendedAt: Date): Promise<Cluster | undefined> {
  const live = await liveClusters(run, token, intendedAt);
  return live[0];
}

async function liveClusters(run: Run, token: string, intendedAt: Date): Promise<Cluster[]> {
  const since = new Date(intendedAt.getTime() - CLOCK_SLACK_MS);
  const all = await patiently(patience(run), () => run.ports.emr.findClusters(token, since));
  return all
    .filter((cluster) => !isOver(cluster.state))
    .sort((a, b) => (a.created?.getTime() ?? 0) - (b.created?.getTime() ?? 0) || (a.id < b.id ? -1 : 1));
}

/** Ends every other live cluster that carries a token of ours: what a lost answer may have left behind, also long ago. */
export async function endSurplusClusters(run: Run): Promise<void> {
  for (const ours of run.journal.state().clusters.filter(isOurs)) {
    for (const { id } of await liveClusters(run, ours.token, ours.intendedAt)) {
      if (id !== ours.id) await endSurplus(run, id);
    }
  }
}

async function endSurplus(run: Run, id: string): Promise<void> {
  await run.journal.append({ entry: 'cluster-surplus', id });
  await unharmed(run, `a second cluster with our token, ${id}, could not be ended`, () =>
    run.ports.emr.terminate(id),
  );
  run.ports.emit({ event: 'note', message: `a second cluster with our token, ${id}, is being ended` });
}

/** Polls the cluster until it can take steps, telling each change. */
async function untilReady(run: Run, id: string): Promise<void> {
  const { clock } = run.ports;
  const started = clock.monotonic();
  let changed = started;
  let last = '';
  for (;;) {
    const cluster = await patiently(patience(run), () => run.ports.emr.describeCluster(id));
    if (cluster.state !== last) {
      changed = clock.monotonic();
      last = cluster.state;
    }
    tellCluster(run, cluster, clock.monotonic() - started);
    if (clusterPhase(cluster.state) === 'ready') return noteLogs(run, cluster);
    if (isOver(cluster.state)) throw await clusterLost(run, cluster);
    await untilNextLook(run, changed);
  }
}

/** Journals, once, where a cluster that is not ours puts its logs: it need not be where the plan wants them. */
async function noteLogs({ journal }: Run, { id, logUri = 'None' }: Cluster): Promise<void> {
  const known = currentCluster(journal.state());
  if (known === undefined || isOurs(known) || known.logUri === logUri) return;
  await journal.append({ entry: 'cluster-logs', id, logUri });
}

export function tellCluster({ ports }: Run, cluster: Cluster, elapsedMs: number): void {
  const reason = cluster.reason === undefined || cluster.reason === '' ? {} : { reason: cluster.reason };
  ports.emit({ event: 'cluster', id: cluster.id, state: cluster.state, ...reason, elapsedMs });
}

/**
 * The error for a cluster that ended, or is ending, before the run's work was done; `retryable` when the cause is in the
 * infrastructure.
 */
export async function clusterLost(run: Run, cluster: Cluster): Promise<LandfallError> {
  const retryable = reasonKind(cluster.reasonCode ?? '') === 'infrastructure';
  const told = [cluster.reasonCode, cluster.reason]
    .filter((part) => part !== undefined && part !== '')
    .join(': ');
  await run.journal.append({
    entry: 'cluster-ended',
    clusterId: cluster.id,
    state: cluster.state,
    ...(cluster.reasonCode === undefined ? {} : { code: cluster.reasonCode }),
  });
  const logs = endedUnused(run.journal.state())
    ? []
    : await run.ports.explain({ clusterId: cluster.id }, run.signal).catch(() => []);
  return new LandfallError('cluster', `cluster ${cluster.id} is ${cluster.state} before the run was done`, {
    why: [...(told === '' ? [] : [told]), ...cluster.errorDetails, ...logs],
    stand: retryable ? [INFRASTRUCTURE] : [],
    retryable,
  });
}

export const INFRASTRUCTURE = 'the cause is in the infrastructure: a retry may succeed';

/** Ends the cluster if this run launched it and was not told to keep it; when it cannot, says so. Never ends another's. */
export async function releaseCluster(run: Run): Promise<void> {
  if (!run.journal.state().plan.keepAlive) await giveUpCluster(run);
}

/** Ends the cluster if this run launched it, also one that was to be kept; when it cannot, says so. */
export async function giveUpCluster(run: Run): Promise<void> {
  const id = currentCluster(run.journal.state())?.id ?? '';
  await unharmed(run, `cluster ${id} could not be ended and goes on costing money until it is idle`, () =>
    release(run),
  );
}

async function release(run: Run): Promise<void> {
  const { ports, journal } = run;
  const cluster = currentCluster(journal.state());
  if (cluster?.id === undefined || !isOurs(cluster) || cluster.ended !== undefined) return;
  if (cluster.terminate === 'requested') return;
  const clusterId = cluster.id;
  if (cluster.terminate === undefined) await journal.append({ entry: 'terminate-intent', clusterId });
  await patiently({ ...patience(run), giveUpMs: RELEASE_MS }, async () => {
    await journal.refresh();
    await ports.emr.terminate(clusterId);
  });
  await journal.append({ entry: 'terminate-requested', clusterId });
}
