/** Terminates the run's own cluster, and duplicates of it. */
import { bestEffort, retryPolicy } from './driven-run.ts';
import type { Run } from './driven-run.ts';
import { liveClusters } from './live-clusters.ts';
import { currentCluster, isOurs } from './state.ts';
import { retry } from './with-retry.ts';

/** How long to retry terminating our own cluster; after that it terminates itself when idle. */
const RELEASE_MS = 2 * 60_000;

/** Terminates every other live cluster with a token of ours. A lost answer may have left one, even long ago. */
export async function endDuplicateClusters(run: Run): Promise<void> {
  for (const ours of run.journal.state().clusters.filter(isOurs)) {
    for (const { id } of await liveClusters(run, ours.token, ours.intendedAt)) {
      if (id !== ours.id) await endDuplicate(run, id);
    }
  }
}

async function endDuplicate({ journal, ports }: Run, id: string): Promise<void> {
  await journal.append({ entry: 'cluster-duplicate', id });
  await bestEffort({ ports }, `duplicate cluster ${id} could not be terminated`, () =>
    ports.emr.terminate(id),
  );
  ports.emit({ event: 'note', message: `terminating duplicate cluster ${id}` });
}

/**
 * Terminates the cluster if this run launched it and was not told to keep it; a failure becomes a warning. Never
 * terminates another's.
 */
export async function releaseCluster(run: Run): Promise<void> {
  if (!run.journal.state().plan.keepAlive) await giveUpCluster(run);
}

/** Terminates the cluster if this run launched it, even one that was to be kept; a failure becomes a warning. */
export async function giveUpCluster(run: Run): Promise<void> {
  const id = currentCluster(run.journal.state())?.id ?? '';
  await bestEffort(
    run,
    `cluster ${id} could not be terminated; it costs money until it terminates itself when idle`,
    () => release(run),
  );
}

async function release({ ports, journal, signal }: Run): Promise<void> {
  const cluster = currentCluster(journal.state());
  if (cluster?.id === undefined || !isOurs(cluster) || cluster.ended !== undefined) return;
  if (cluster.terminate === 'requested') return;
  const clusterId = cluster.id;
  if (cluster.terminate === undefined) await journal.append({ entry: 'terminate-intent', clusterId });
  await retry({ ...retryPolicy(ports, signal), giveUpMs: RELEASE_MS }, async () => {
    await journal.refresh();
    await ports.emr.terminate(clusterId);
  });
  await journal.append({ entry: 'terminate-requested', clusterId });
}
