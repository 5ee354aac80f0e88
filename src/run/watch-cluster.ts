/** The cluster under a step that is followed: looked after, so that nobody waits for a step that cannot end any more. */
import { failAtCluster } from './cluster-lost.ts';
import { tellCluster } from './cluster.ts';
import type { Run } from './driven-run.ts';
import { endDuplicateClusters } from './end-cluster.ts';
import type { Cluster } from './ports.ts';
import { clusterPhase, isOver } from './states.ts';
import type { StepPhase } from './states.ts';

/** The cluster, and a second one with our token, are looked for this often while a step runs: both calls have quotas. */
const CLUSTER_LOOK_MS = 30_000;

/** What is known of the cluster under a step. */
export interface WatchedCluster {
  readonly id: string;
  /** When it was last due to be looked at, on the monotonic clock. */
  readonly looked: number;
  /** The state that was told last. */
  readonly told?: string;
  /** It ended under the step, and EMR may still say how the step ended. */
  readonly isLost: boolean;
}

/** A cluster that was not looked at yet. */
export function toWatch(id: string): WatchedCluster {
  return { id, looked: Number.NEGATIVE_INFINITY, isLost: false };
}

/**
 * Looks at the cluster under a step of this phase: at every tick while the step waits, now and then while it runs. Throws
 * `cluster` when the cluster is found ended once more after it was lost.
 */
export async function watchCluster(
  run: Run,
  watched: WatchedCluster,
  phase: StepPhase | 'unknown',
): Promise<WatchedCluster> {
  const { clock, emr } = run.ports;
  if (phase === 'completed' || phase === 'failed' || phase === 'cancelled') return watched;
  const now = clock.monotonic();
  const isDue = now - watched.looked >= CLUSTER_LOOK_MS;
  if (phase === 'running' && !isDue && !watched.isLost) return watched;
  if (isDue) await endDuplicateClusters(run);
  const cluster = await emr.describeCluster(watched.id);
  if (cluster.state !== watched.told) tellCluster(run, cluster, age(run, cluster));
  const waits = phase === 'waiting' || phase === 'unknown';
  const isGone = waits ? isOver(cluster.state) : hasEnded(cluster.state);
  if (isGone && watched.isLost) return failAtCluster(run, cluster);
  return {
    id: watched.id,
    looked: isDue ? now : watched.looked,
    told: cluster.state,
    isLost: watched.isLost || isGone,
  };
}

/** Not merely ending: what runs on it may still be told to have ended. */
function hasEnded(state: string): boolean {
  return ['ended', 'failed'].includes(clusterPhase(state));
}

function age({ ports }: Run, { created, ended }: Cluster): number {
  const now = ports.clock.now();
  return Math.max(0, (ended ?? now).getTime() - (created ?? now).getTime());
}
