/** Gets the cluster of a run: chooses or launches it exactly once, and waits until it takes steps. */
import { LandfallError } from '../faults.ts';
import { present } from '../present.ts';
import { homeOf } from './cluster-home.ts';
import { failAtCluster } from './cluster-lost.ts';
import { isUncertain } from './create-once.ts';
import { nextAction } from './creation.ts';
import type { Creation } from './creation.ts';
import { sideBySide } from './detach.ts';
import { checkpoint, untilNextLook } from './driven-run.ts';
import type { Run } from './driven-run.ts';
import { liveClusters } from './live-clusters.ts';
import { tokens } from './plan.ts';
import type { Cluster, Launched } from './ports.ts';
import type { ClusterSource } from './stages.ts';
import { recordRefusal } from './record-refusal.ts';
import { currentCluster, isOurs } from './state.ts';
import type { ClusterEntry } from './state.ts';
import { clusterPhase, isOver } from './states.ts';

/** The id of the run's cluster, from that source and journalled; it may still be starting. Undefined when it has none. */
export async function obtainCluster(run: Run, source: ClusterSource): Promise<string | undefined> {
  switch (source.kind) {
    case 'current':
      return !source.mustBeReady || (await isReady(run, source.id)) ? source.id : undefined;
    case 'given':
      await recordFound(run, source.id, 'given');
      return source.id;
    case 'reuse': {
      const id = await findReusable(run);
      if (id !== undefined) await recordFound(run, id, 'reused');
      return id;
    }
    case 'launch':
      return launchCluster(run);
  }
}

/** Whether the cluster takes steps now. */
async function isReady({ ports }: Run, id: string): Promise<boolean> {
  try {
    const cluster = await ports.emr.describeCluster(id);
    return clusterPhase(cluster.state) === 'ready';
  } catch (error) {
    if (error instanceof LandfallError && error.fault === 'cluster') return false;
    throw error;
  }
}

async function findReusable({ journal, ports }: Run): Promise<string | undefined> {
  const { chosen, rejected } = await ports.emr.findReusable();
  for (const { id, reason } of rejected)
    ports.emit({ event: 'note', message: `cluster ${id} not reused: ${reason}` });
  const hasEnded = journal.state().clusters.some(({ id, ended }) => id === chosen && ended !== undefined);
  if (chosen !== undefined && !hasEnded) return chosen;
  ports.emit({ event: 'note', message: 'no cluster to reuse: launching one' });
  return undefined;
}

/** The run's next cluster: the one that was intended and has no id yet, or a new one. */
function nextCluster({ journal }: Run): { n: number; token: string; intended: ClusterEntry | undefined } {
  const before = currentCluster(journal.state());
  const intended = before?.id === undefined ? before : undefined;
  const n = intended?.n ?? (before?.n ?? 0) + 1;
  return { n, token: tokens.cluster(journal.run, n), intended };
}

/** Journals a cluster that existed before the run. */
async function recordFound(run: Run, id: string, how: 'given' | 'reused'): Promise<void> {
  const { journal, ports } = run;
  const { n, token, intended } = nextCluster(run);
  const home = homeOf(await ports.emr.describeCluster(id));
  if (intended === undefined) await journal.append({ entry: 'cluster-intent', n, token });
  await journal.append({ entry: 'cluster', n, id, how, ...home });
}

/** Launches the run's next cluster, or finds the one that an earlier request launched. */
async function launchCluster(run: Run): Promise<string> {
  const { journal, ports } = run;
  const { n, token, intended } = nextCluster(run);
  const intendedAt = intended?.intendedAt ?? (await ports.objects.now());
  if (intended === undefined)
    await journal.append({ entry: 'cluster-intent', n, token, since: intendedAt.toISOString() });
  const creation: Creation = {
    what: 'cluster',
    topic: 'launching',
    settleMs: journal.state().plan.settleSeconds * 1000,
    begun: ports.clock.monotonic(),
    happened: intended === undefined ? [] : [{ kind: 'intended before' }],
  };
  const { happened } = creation;
  let cluster: Launched | undefined;
  for (;;) {
    const action = await nextAction(run, creation);
    switch (action.kind) {
      case 'send':
        await checkpoint(run);
        try {
          const answer = await ports.emr.runJobFlow(token);
          if (answer.kind === 'accepted') cluster = answer.value;
          happened.push({ kind: 'answered', answer });
        } catch (refusal) {
          if (!isUncertain(happened)) await recordRefusal(run, [token], refusal);
          throw refusal;
        }
        break;
      case 'look':
        [cluster] = await liveClusters(run, token, intendedAt);
        happened.push({ kind: 'looked', found: cluster !== undefined });
        break;
      case 'done': {
        const launched = present(cluster, 'cluster of a launch that is done');
        const how = action.how === 'accepted' ? 'launched' : 'adopted';
        await journal.append({ entry: 'cluster', n, id: launched.id, how, ...homeOf(launched) });
        return launched.id;
      }
    }
  }
}

/** Polls the cluster until it takes steps, emitting each change. Throws `cluster` when it ends instead. */
export async function untilReady(run: Run, id: string): Promise<void> {
  const { clock, emr } = run.ports;
  const started = clock.monotonic();
  let changed = started;
  let last = '';
  for (;;) {
    const cluster = await emr.describeCluster(id);
    if (cluster.state !== last) {
      changed = clock.monotonic();
      last = cluster.state;
    }
    reportCluster(run, cluster, clock.monotonic() - started);
    if (clusterPhase(cluster.state) === 'ready') return noteLogs(run, cluster);
    if (isOver(cluster.state)) return failAtCluster(run, cluster);
    await untilNextLook(run, changed);
  }
}

/**
 * Checks that the cluster, which may still be starting, can be left alone with the steps. Throws `cluster` when it
 * has ended, `input` when it runs several steps at once.
 */
export async function checkForDetached(run: Run, id: string): Promise<void> {
  const cluster = await run.ports.emr.describeCluster(id);
  reportCluster(run, cluster, 0);
  if (isOver(cluster.state)) return failAtCluster(run, cluster);
  const { stepConcurrency = 1 } = cluster;
  if (stepConcurrency > 1) throw sideBySide(run.journal.state().plan, id, stepConcurrency);
}

/** Journals, once, where a cluster that is not ours puts its logs: it need not be where the plan wants them. */
async function noteLogs({ journal }: Run, { id, logUri = 'None' }: Cluster): Promise<void> {
  const known = currentCluster(journal.state());
  if (known === undefined || isOurs(known) || known.logUri === logUri) return;
  await journal.append({ entry: 'cluster-logs', id, logUri });
}

export function reportCluster({ ports }: Run, cluster: Cluster, elapsedMs: number): void {
  const reason = cluster.reason === undefined || cluster.reason === '' ? {} : { reason: cluster.reason };
  ports.emit({ event: 'cluster', id: cluster.id, state: cluster.state, ...reason, elapsedMs });
}
