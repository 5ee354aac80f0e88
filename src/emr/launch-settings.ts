/** What a cluster of ours is launched with. */
import type { PlannedLaunch } from '../run/plan.ts';

/** What the plan says of clusters to launch, with the content of its `cluster_json` rather than the digest. */
export interface LaunchSettings extends Omit<PlannedLaunch, 'clusterJson'> {
  /** `emr-7.13.0`, `emr-spark-8.0.0`. */
  release: string;
  applications: readonly string[];
  /** 60 to 604,800. */
  idleTimeoutSeconds: number;
  /** The cluster outlives its run. Only such a cluster joins a pool: another would end under those who reuse it. */
  keepAlive?: boolean;
  logUri: string;
  /** A RunJobFlow request in the API's own shape, parsed from JSON: everything the fields above do not say. */
  clusterJson?: unknown;
  /** The file it was read from, for messages. */
  clusterJsonFile?: string;
  /** Why that file cannot be used: then nothing can be launched. */
  clusterJsonProblem?: string;
}

export const POOL_TAG = 'landfall:pool';
export const RUN_TAG = 'landfall:run';
export const DEFAULT_POOL = 'default';
