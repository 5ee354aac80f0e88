/** Where a cluster's logs are and what EMR says about its end: the starting point for explaining a failure. */
import { DescribeClusterCommand } from '@aws-sdk/client-emr';
import type { EmrClients } from './client.ts';
import { ask } from './errors.ts';

export interface ClusterLogs {
  /** As EMR gives it: `s3n://...`, "None" or absent for no logs. */
  logUri?: string;
  reasonCode?: string;
  /** Instances that EMR's error details name. */
  instances: readonly string[];
}

/** Asks EMR; throws as all reads do. */
export async function clusterLogs(clients: EmrClients, clusterId: string): Promise<ClusterLogs> {
  const { Cluster: cluster } = await ask({ operation: 'DescribeCluster', resource: clusterId }, () =>
    clients.reading.send(new DescribeClusterCommand({ ClusterId: clusterId })),
  );
  const data = (cluster?.Status?.ErrorDetails ?? []).flatMap(({ ErrorData }) => ErrorData ?? []);
  const reasonCode = cluster?.Status?.StateChangeReason?.Code;
  return {
    ...(cluster?.LogUri === undefined ? {} : { logUri: cluster.LogUri }),
    ...(reasonCode === undefined ? {} : { reasonCode }),
    instances: data.flatMap((entry) => Object.values(entry).filter((value) => /^i-[0-9a-f]+$/.test(value))),
  };
}
