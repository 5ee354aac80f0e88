/** A cluster that ended, or is ending, before the run's work was done. */
import { LandfallError } from '../faults.ts';
import type { Run } from './driven-run.ts';
import type { Cluster } from './ports.ts';
import { endedUnused } from './ended-unused.ts';
import { reasonKind } from './states.ts';

/** For an error that a retry may fix. */
export const INFRASTRUCTURE = 'the cause is in the infrastructure: a retry may succeed';

/** Ends the run at a cluster that is over: journals its end, reads its logs once they are there, and throws the cause. */
export async function failAtCluster(run: Run, cluster: Cluster): Promise<never> {
  await recordClusterEnd(run, cluster);
  throw clusterLost(cluster, await clusterLogs(run, cluster));
}

async function recordClusterEnd({ journal }: Run, { id, state, reasonCode }: Cluster): Promise<void> {
  await journal.append({
    entry: 'cluster-ended',
    clusterId: id,
    state,
    ...(reasonCode === undefined ? {} : { code: reasonCode }),
  });
}

/**
 * What a cluster's logs say about its end, once they are uploaded; nothing for a cluster that had no step of the run.
 */
async function clusterLogs({ journal, ports, signal }: Run, { id }: Cluster): Promise<readonly string[]> {
  if (endedUnused(journal.state())) return [];
  return ports.explain({ clusterId: id }, signal).catch(() => []);
}

/** The error for it; `retryable` when the cause is in the infrastructure. */
function clusterLost(cluster: Cluster, logs: readonly string[]): LandfallError {
  const { id, state, reasonCode, reason, errorDetails } = cluster;
  const retryable = reasonKind(reasonCode) === 'infrastructure';
  const cause = [reasonCode, reason].filter((part) => part !== undefined && part !== '').join(': ');
  return new LandfallError('cluster', `cluster ${id} was ${state} before the run finished`, {
    why: [...(cause === '' ? [] : [cause]), ...errorDetails, ...logs],
    stand: retryable ? [INFRASTRUCTURE] : [],
    retryable,
  });
}
