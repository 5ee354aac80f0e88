/** Fault injection: counts calls, clusters and tokens, and decides how each call is treated. */
import { decide } from './fault-decisions.ts';
import { fateOf } from './fate.ts';
import { take } from './quotas.ts';
import { openHistory } from './stale-view.ts';
import type { Conduct } from './fault-decisions.ts';
import type { FaultPlan } from './fault-shapes.ts';
import type { Buckets } from './quotas.ts';
import type { ClusterRecord } from './records.ts';
import type { History } from './stale-view.ts';

export interface Misbehaviour {
  /** Counts a call and decides on it; `monotonic` is the time in milliseconds. */
  conduct(operation: string, monotonic: number): Conduct;
  /** Counts a new cluster and returns it with its fate. */
  assignFate(cluster: ClusterRecord): ClusterRecord;
  readonly history: History;
}

export interface MisbehaviourOptions {
  plan: FaultPlan;
  /** Throttle by EMR's own quotas; a throttled call is not counted by the plan. */
  quotas: boolean;
  pace: { startingMs: number; bootstrappingMs: number };
}

/** Counts from zero: what an earlier endpoint on the same state has counted is forgotten. */
export function openMisbehaviour({ plan, quotas, pace }: MisbehaviourOptions): Misbehaviour {
  let seen: readonly number[] = [];
  let buckets: Buckets = {};
  let launched = 0;
  const stale = plan.faults.flatMap((fault) => (fault.fault === 'stale' ? fault.seconds * 1000 : []));
  return {
    history: openHistory(Math.max(0, ...stale)),
    conduct: (operation, monotonic) => {
      if (quotas) {
        const taken = take(buckets, operation, monotonic);
        buckets = taken.buckets;
        if (!taken.allowed) return { ending: { when: 'before', how: 'error', code: 'ThrottlingException' } };
      }
      const decision = decide(plan.faults, seen, operation);
      seen = decision.seen;
      return decision.conduct;
    },
    assignFate: (cluster) => {
      launched += 1;
      return { ...cluster, ...fateOf(plan.events, launched, cluster, pace) };
    },
  };
}
