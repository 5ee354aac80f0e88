/** EMR's request quotas of one account in one region: a bucket of tokens for each operation, and one for all together. Pure. */

interface Quota {
  /** Calls at once. */
  burst: number;
  /** Sustained calls a second. */
  refill: number;
}

const ACCOUNT: Quota = { burst: 25, refill: 5 };
const USUAL: Quota = { burst: 10, refill: 0.5 };
const RARE: Quota = { burst: 5, refill: 0.5 };

/** The defaults that EMR publishes; operations that are not here have the account's quota alone. */
const QUOTAS: Readonly<Record<string, Quota>> = {
  RunJobFlow: USUAL,
  AddJobFlowSteps: USUAL,
  CancelSteps: USUAL,
  TerminateJobFlows: USUAL,
  ModifyCluster: USUAL,
  DescribeCluster: { burst: 10, refill: 1 },
  DescribeStep: USUAL,
  ListSteps: USUAL,
  ListClusters: { burst: 20, refill: 0.5 },
  ListInstances: USUAL,
  ListInstanceFleets: RARE,
  AddTags: RARE,
  RemoveTags: RARE,
  SetTerminationProtection: { burst: 5, refill: 0.2 },
};

/** Tokens left at a time in milliseconds; a bucket that is not there is full. */
export type Buckets = Readonly<Record<string, { tokens: number; at: number }>>;

/** Takes a token for one call, at a time that never goes back. A refused call takes none. */
export function take(
  buckets: Buckets,
  operation: string,
  now: number,
): { allowed: boolean; buckets: Buckets } {
  const quotas = { '*': ACCOUNT, ...(QUOTAS[operation] && { [operation]: QUOTAS[operation] }) };
  const filled = Object.entries(quotas).map(([name, { burst, refill }]) => {
    const { tokens, at } = buckets[name] ?? { tokens: burst, at: now };
    return [name, { tokens: Math.min(burst, tokens + ((now - at) / 1000) * refill), at: now }] as const;
  });
  const allowed = filled.every(([, { tokens }]) => tokens >= 1);
  if (!allowed) return { allowed, buckets };
  const left = filled.map(([name, { tokens, at }]) => [name, { tokens: tokens - 1, at }] as const);
  return { allowed, buckets: { ...buckets, ...Object.fromEntries(left) } };
}
