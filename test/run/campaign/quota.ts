/** EMR's quotas: the requests of one driver must fit into the quotas of a whole account. */
import type { EmrOperation } from './schedule.ts';
import type { World } from './world.ts';

/** Calls at once, and calls a second in the long run, by operation (AWS's default quotas of an account and region). */
const QUOTAS: Record<EmrOperation, { name: string; burst: number; refill: number }> = {
  runJobFlow: { name: 'RunJobFlow', burst: 10, refill: 0.5 },
  addSteps: { name: 'AddJobFlowSteps', burst: 10, refill: 0.5 },
  findClusters: { name: 'ListClusters', burst: 20, refill: 0.5 },
  describeCluster: { name: 'DescribeCluster', burst: 10, refill: 1 },
  listSteps: { name: 'ListSteps', burst: 10, refill: 0.5 },
  getSteps: { name: 'ListSteps', burst: 10, refill: 0.5 },
  describeStep: { name: 'DescribeStep', burst: 10, refill: 0.5 },
  cancelSteps: { name: 'CancelSteps', burst: 10, refill: 0.5 },
  terminate: { name: 'TerminateJobFlows', burst: 10, refill: 0.5 },
  findReusable: { name: 'ListClusters', burst: 20, refill: 0.5 },
};

/** Calls an hour of one operation that one driver may make. */
const AN_HOUR = 400;

/** Each driver that exceeded the quotas. */
export function overQuota({ trace }: World): string[] {
  const buckets = new Map<
    string,
    { tokens: number; at: number; hour: number; calls: number; least: number }
  >();
  for (const one of trace) {
    if (one.traced !== 'call') continue;
    const { name, burst, refill } = QUOTAS[one.op];
    const key = `${one.by} ${name}`;
    const bucket = buckets.get(key) ?? { tokens: burst, at: one.at, hour: one.at, calls: 0, least: burst };
    bucket.tokens = Math.min(burst, bucket.tokens + ((one.at - bucket.at) / 1000) * refill) - 1;
    bucket.at = one.at;
    bucket.least = Math.min(bucket.least, bucket.tokens);
    if (one.at - bucket.hour >= 3_600_000) Object.assign(bucket, { hour: one.at, calls: 0 });
    bucket.calls += 1;
    if (bucket.calls === AN_HOUR) bucket.least = Number.NEGATIVE_INFINITY;
    buckets.set(key, bucket);
  }
  return [...buckets].flatMap(([key, { least }]) =>
    least < 0 ? [`${key} exceeds EMR's quota by ${String(Math.ceil(-least))}`] : [],
  );
}
