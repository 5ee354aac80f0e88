/** A reused cluster that ended before the run gave it work. */
import { currentCluster } from './state.ts';
import type { RunState } from './state.ts';

/**
 * The cluster chosen for reuse ended before any step was sent to it, as a cluster that idles may at any time: another is
 * chosen, or launched.
 */
export function endedUnused(state: RunState): boolean {
  const chosen = currentCluster(state);
  if (chosen?.how !== 'reused' || chosen.ended === undefined) return false;
  return !Object.values(state.attempts).some((all) => all.some(({ clusterId }) => clusterId === chosen.id));
}
