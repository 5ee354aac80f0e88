/** Clusters that carry a token of ours. */
import type { Run } from './driven-run.ts';
import type { Cluster } from './ports.ts';
import { isOver } from './states.ts';

/** By EMR's clock a cluster or step may have been created this long before the store's clock said so. */
export const CLOCK_SLACK_MS = 10 * 60_000;

/** Those with that token that have not ended, oldest first. */
export async function liveClusters({ ports }: Run, token: string, intendedAt: Date): Promise<Cluster[]> {
  const since = new Date(intendedAt.getTime() - CLOCK_SLACK_MS);
  const all = await ports.emr.findClusters(token, since);
  return all
    .filter((cluster) => !isOver(cluster.state))
    .sort((a, b) => (a.created?.getTime() ?? 0) - (b.created?.getTime() ?? 0) || (a.id < b.id ? -1 : 1));
}
