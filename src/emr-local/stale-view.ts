/** The records as they were a while ago, for reads that the fault plan makes stale. */
import type { ClusterRecord } from './records.ts';

export interface History {
  remember(cluster: ClusterRecord, now: number): void;
  /**
   * What was known at `time`. A cluster that nobody had seen change by then is shown as it is, one that did not exist
   * is left out of `all`, and `get` shows it as it was created.
   */
  at(present: Records, time: number): Records;
}

export interface Records {
  get(clusterId: string): ClusterRecord | undefined;
  all(): readonly ClusterRecord[];
}

/** Keeps records for `keepMs`; with 0 none. */
export function openHistory(keepMs: number): History {
  const versions = new Map<string, { since: number; cluster: ClusterRecord }[]>();
  const seenAt = (cluster: ClusterRecord, time: number) => {
    const known = versions.get(cluster.id) ?? [];
    return known.findLast(({ since }) => since <= time)?.cluster ?? known[0]?.cluster ?? cluster;
  };
  return {
    remember: (cluster, now) => {
      if (keepMs === 0) return;
      const known = [...(versions.get(cluster.id) ?? []), { since: now, cluster }];
      const oldest = known.findLastIndex(({ since }) => since <= now - keepMs);
      versions.set(cluster.id, known.slice(Math.max(0, oldest)));
    },
    at: (present, time) => ({
      get: (id) => {
        const cluster = present.get(id);
        return cluster === undefined ? undefined : seenAt(cluster, time);
      },
      all: () =>
        present
          .all()
          .filter(({ created }) => created <= time)
          .map((cluster) => seenAt(cluster, time)),
    }),
  };
}
