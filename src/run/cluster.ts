/** The cluster of a run: chosen or launched exactly once, waited for, ended. */
import { LandfallError } from '../faults.ts';
import { checkpoint, patience, pause } from './context.ts';
import type { Run } from './context.ts';
import { createOnce } from './create-once.ts';
import { pace } from './pace.ts';
import { tokens } from './plan.ts';
import type { Cluster } from './ports.ts';
import { patiently } from './reading.ts';
import { currentCluster, isOurs } from './state.ts';
import type { ClusterEntry } from './state.ts';
import { clusterPhase, reasonKind } from './states.ts';

/** A cluster or step may have been created this long before the journal's clock said so. */
export const CLOCK_SLACK_MS = 10 * 60_000;

/** The id of the run's cluster, which can take steps when this resolves. Throws `cluster` when it cannot be had. */
export async function ensureCluster(run: Run): Promise<string> {
  const known = currentCluster(run.journal.state());
  const id = known?.id === undefined || !(await serves(run, known.id)) ? await obtain(run, known) : known.id;
  await untilReady(run, id);
  return id;
}

/** True while the run has to stay with that cluster; a retry only stays with one that still takes steps. */
async function serves(run: Run, id: string): Promise<boolean> {
  const { renewCluster, plan, clusters } = run.journal.state();
  if (renewCluster === 'no') return true;
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
  const choice = run.journal.state().plan.cluster;
  const intended = before?.id === undefined ? before : undefined;
  const n = intended?.n ?? (before?.n ?? 0) + 1;
  switch (choice.cluster) {
    case 'id':
      return record(run, { n, id: choice.id, how: 'given' });
    case 'reuse': {
      const id = intended === undefined ? await reuse(run) : undefined;
      return id === undefined ? launch(run, n, intended) : record(run, { n, id, how: 'reused' });
    }
    case 'local':
    case 'new':
      return launch(run, n, intended);
  }
}

async function reuse({ ports }: Run): Promise<string | undefined> {
  const { chosen, rejected } = await ports.emr.findReusable();
  for (const { id, reason } of rejected)
    ports.emit({ event: 'note', message: `cluster ${id} not reused: ${reason}` });
  if (chosen === undefined) ports.emit({ event: 'note', message: 'no cluster to reuse: launching one' });
  return chosen;
}

async function record(
  run: Run,
  found: Pick<ClusterEntry, 'n'> & { id: string; how: 'given' | 'reused' },
): Promise<string> {
  const { journal } = run;
  if (currentCluster(journal.state()) === undefined) {
    await journal.append({
      entry: 'cluster-intent',
      n: found.n,
      token: tokens.cluster(journal.run, found.n),
    });
  }
  await journal.append({ entry: 'cluster', ...found });
  return found.id;
}

async function launch(run: Run, n: number, intended: ClusterEntry | undefined): Promise<string> {
  const { journal, ports, signal } = run;
  const token = tokens.cluster(journal.run, n);
  if (intended === undefined) await journal.append({ entry: 'cluster-intent', n, token });
  const intendedAt = intended?.intendedAt ?? ports.clock.now();
  const created = await createOnce(
    ports.clock,
    {
      what: 'cluster',
      send: async () => {
        await checkpoint(run);
        return ports.emr.launch(token);
      },
      find: () => findOurs(run, token, intendedAt),
      settleMs: journal.state().plan.settleSeconds * 1000,
      note: (message) => ports.emit({ event: 'note', message }),
    },
    intended !== undefined,
    signal,
  );
  await journal.append({
    entry: 'cluster',
    n,
    id: created.value,
    how: created.how === 'accepted' ? 'launched' : 'adopted',
  });
  return created.value;
}

/** The oldest live cluster with our token. */
async function findOurs(run: Run, token: string, intendedAt: Date): Promise<string | undefined> {
  const live = await liveClusters(run, token, intendedAt);
  return live[0]?.id;
}

async function liveClusters(run: Run, token: string, intendedAt: Date): Promise<Cluster[]> {
  const since = new Date(intendedAt.getTime() - CLOCK_SLACK_MS);
  const all = await patiently(patience(run), () => run.ports.emr.findClusters(token, since));
  return all
    .filter((cluster) => ['starting', 'ready'].includes(clusterPhase(cluster.state)))
    .sort((a, b) => (a.created?.getTime() ?? 0) - (b.created?.getTime() ?? 0) || (a.id < b.id ? -1 : 1));
}

/** Ends every other live cluster that carries our token: what a lost answer may have left behind. */
export async function endSurplusClusters(run: Run): Promise<void> {
  const { journal, ports } = run;
  const ours = currentCluster(journal.state());
  if (ours?.id === undefined || !isOurs(ours)) return;
  for (const { id } of await liveClusters(run, ours.token, ours.intendedAt)) {
    if (id === ours.id) continue;
    await journal.append({ entry: 'cluster-surplus', id });
    await unharmed(run, `a second cluster with our token, ${id}, could not be ended`, () =>
      ports.emr.terminate(id),
    );
    ports.emit({ event: 'note', message: `a second cluster with our token, ${id}, is being ended` });
  }
}

/** Polls the cluster until it can take steps, telling each change. */
async function untilReady(run: Run, id: string): Promise<void> {
  const { clock, random } = run.ports;
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
    const phase = clusterPhase(cluster.state);
    if (phase === 'ready') return;
    if (phase === 'ending' || phase === 'ended' || phase === 'failed') throw await clusterLost(run, cluster);
    await pause(run, pace(clock.monotonic() - changed, random.fraction()));
    await checkpoint(run);
  }
}

export function tellCluster({ ports }: Run, cluster: Cluster, elapsedMs: number): void {
  const reason = cluster.reason === undefined || cluster.reason === '' ? {} : { reason: cluster.reason };
  ports.emit({ event: 'cluster', id: cluster.id, state: cluster.state, ...reason, elapsedMs });
}

/** The error for a cluster that ended, or is ending, before the run's work was done. */
export async function clusterLost(run: Run, cluster: Cluster): Promise<LandfallError> {
  const kind = reasonKind(cluster.reasonCode ?? '');
  const told = [cluster.reasonCode, cluster.reason]
    .filter((part) => part !== undefined && part !== '')
    .join(': ');
  const logs = await run.ports.explain({ clusterId: cluster.id }, run.signal).catch(() => []);
  return new LandfallError('cluster', `cluster ${cluster.id} is ${cluster.state} before the run was done`, {
    why: [...(told === '' ? [] : [told]), ...cluster.errorDetails, ...logs],
    stand: [
      kind === 'infrastructure'
        ? 'the cause is in the infrastructure: a retry may succeed'
        : 'nothing was published',
    ],
  });
}

/** Tidies up beside the run: what fails of it is told, and changes no verdict. */
export async function unharmed(run: Run, what: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof LandfallError) || error.fault === 'owned') throw error;
    const why = [error.message, ...error.why, ...(error.next === undefined ? [] : [error.next])].join('; ');
    run.ports.emit({ event: 'warning', message: `${what}: ${why}` });
  }
}

/** Ends the cluster if this run launched it and was not told to keep it; when it cannot, says so. Never ends another's. */
export async function releaseCluster(run: Run): Promise<void> {
  const id = currentCluster(run.journal.state())?.id ?? '';
  await unharmed(run, `cluster ${id} could not be ended and goes on costing money until it is idle`, () =>
    release(run),
  );
}

async function release({ ports, journal }: Run): Promise<void> {
  const state = journal.state();
  const cluster = currentCluster(state);
  if (
    cluster?.id === undefined ||
    !isOurs(cluster) ||
    state.plan.keepAlive ||
    cluster.terminate === 'requested'
  )
    return;
  if (cluster.terminate === undefined)
    await journal.append({ entry: 'terminate-intent', clusterId: cluster.id });
  await ports.emr.terminate(cluster.id);
  await journal.append({ entry: 'terminate-requested', clusterId: cluster.id });
}
