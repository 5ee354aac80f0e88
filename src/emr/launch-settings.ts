/** What a cluster of ours is launched with. */

export interface LaunchSettings {
  /** `emr-7.13.0`, `emr-spark-8.0.0`. */
  release: string;
  applications: readonly string[];
  instanceType: string;
  /** Core nodes beside the primary one; 0 makes a cluster of one node. */
  coreCount: number;
  subnet?: string;
  keyName?: string;
  serviceRole: string;
  /** The instance profile of the nodes. */
  jobFlowRole: string;
  /** 60 to 604,800. */
  idleTimeoutSeconds: number;
  tags: Readonly<Record<string, string>>;
  /** The pool the cluster joins when it is kept alive; runs that reuse look for clusters of their own pool only. */
  pool?: string;
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
