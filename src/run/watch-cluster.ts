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
/**
 * Makes a function that looks after the cluster: at every tick while the step waits, now and then while it runs. It gives
 * `lost` when the cluster ends under a step that has not ended, and throws when it is asked again after that.
 */
export function watchCluster(
  run: Run,
  clusterId: string,
): (phase: StepPhase | 'unknown') => Promise<'lost' | 'there'> {
  const { clock, emr } = run.ports;
  let looked = Number.NEGATIVE_INFINITY;
  let lost = false;
  let told: string | undefined;
  return async (phase) => {
    if (phase === 'completed' || phase === 'failed' || phase === 'cancelled') return 'there';
    const due = clock.monotonic() - looked >= CLUSTER_LOOK_MS;
    if (phase === 'running' && !due && !lost) return 'there';
    if (due) {
      looked = clock.monotonic();
      await endDuplicateClusters(run);
    }
    const cluster = await emr.describeCluster(clusterId);
    if (cluster.state !== told) tellCluster(run, cluster, age(run, cluster));
    told = cluster.state;
    const waits = phase === 'waiting' || phase === 'unknown';
    if (!(waits ? isOver(cluster.state) : hasEnded(cluster.state))) return 'there';
    if (lost) return failAtCluster(run, cluster);
    lost = true;
    return 'lost';
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
