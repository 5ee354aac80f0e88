/** Watches the cluster of a followed step, so that nobody waits for a step that can no longer end. */
import { failAtCluster } from './cluster-lost.ts';
import { reportCluster } from './cluster.ts';
import type { Run } from './driven-run.ts';
import { endDuplicateClusters } from './end-cluster.ts';
import type { Cluster } from './ports.ts';
import { clusterPhase, isOver } from './states.ts';
import type { StepPhase } from './states.ts';

/** How often the cluster, and duplicates with our token, are looked up while a step runs: both calls have quotas. */
const CLUSTER_POLL_MS = 30_000;

/** What is known about the cluster of a followed step. */
export interface WatchedCluster {
  readonly id: string;
  /** When it was last due to be polled, on the monotonic clock. */
  readonly looked: number;
  /** The state that was emitted last. */
  readonly reported?: string;
  /** It ended under the step, and EMR may still say how the step ended. */
  readonly isLost: boolean;
}

/** A cluster that was not polled yet. */
export function toWatch(id: string): WatchedCluster {
  return { id, looked: Number.NEGATIVE_INFINITY, isLost: false };
}

/**
 * Polls the cluster of a step in this phase: at every tick while the step waits, less often while it runs. Throws
 * `cluster` when the cluster is still ended at the poll after it was lost.
 */
export async function watchCluster(
  run: Run,
  watched: WatchedCluster,
  phase: StepPhase | 'unknown',
): Promise<WatchedCluster> {
  const { clock, emr } = run.ports;
  if (phase === 'completed' || phase === 'failed' || phase === 'cancelled') return watched;
  const now = clock.monotonic();
  const isDue = now - watched.looked >= CLUSTER_POLL_MS;
  if (phase === 'running' && !isDue && !watched.isLost) return watched;
  if (isDue) await endDuplicateClusters(run);
  const cluster = await emr.describeCluster(watched.id);
  if (cluster.state !== watched.reported) reportCluster(run, cluster, age(run, cluster));
  const waits = phase === 'waiting' || phase === 'unknown';
  const isGone = waits ? isOver(cluster.state) : hasEnded(cluster.state);
  if (isGone && watched.isLost) return failAtCluster(run, cluster);
  return {
    id: watched.id,
    looked: isDue ? now : watched.looked,
    reported: cluster.state,
    isLost: watched.isLost || isGone,
  };
}

/** Ended, not just ending: before that, EMR may still report ends of its steps. */
function hasEnded(state: string): boolean {
  return ['ended', 'failed'].includes(clusterPhase(state));
}

function age({ ports }: Run, { created, ended }: Cluster): number {
  const now = ports.clock.now();
  return Math.max(0, (ended ?? now).getTime() - (created ?? now).getTime());
}
