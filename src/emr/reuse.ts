/** Finding a live cluster that a run can use, and saying why each other one cannot be used. */
import { DescribeClusterCommand, ListClustersCommand } from '@aws-sdk/client-emr';
import type { Cluster as EmrCluster } from '@aws-sdk/client-emr';
import type { EmrClients } from './client.ts';
import { ask } from './errors.ts';
import { POOL_TAG } from './launch-settings.ts';
import { allPages } from './pages.ts';
import { plainLine } from './plain-text.ts';

export interface Wanted {
  release: string;
  applications: readonly string[];
  /** Absent: any cluster, as when a person names it by its id. */
  pool?: string;
}

/** A cluster, as far as reuse compares it. */
export interface Candidate {
  id: string;
  state: string;
  release: string;
  applications: readonly string[];
  tags: ReadonlyMap<string, string>;
  /** It ends by itself when it has no more steps. */
  autoTerminate: boolean;
  stepConcurrency: number;
}

export interface Reusable {
  chosen?: string;
  /** Candidates that were looked at and do not fit. */
  rejected: { id: string; reason: string }[];
}

/** Why a run cannot use the cluster; undefined when it can. Pure. */
export function rejectionReason(cluster: Candidate, wanted: Wanted): string | undefined {
  if (cluster.state !== 'WAITING' && cluster.state !== 'RUNNING')
    return `it is ${plainLine(cluster.state, 40)}`;
  if (cluster.autoTerminate) return 'it ends by itself after its last step';
  const pool = cluster.tags.get(POOL_TAG);
  if (wanted.pool !== undefined && pool !== wanted.pool) {
    return `its tag ${POOL_TAG} is ${pool === undefined ? 'missing' : plainLine(pool, 60)}, not ${wanted.pool}`;
  }
  if (cluster.release !== wanted.release)
    return `its release is ${plainLine(cluster.release, 40)}, not ${wanted.release}`;
  const has = new Set(cluster.applications.map((name) => name.toLowerCase()));
  const lacking = wanted.applications.filter((name) => !has.has(name.toLowerCase()));
  if (lacking.length > 0) return `it lacks ${lacking.join(', ')}`;
  if (cluster.stepConcurrency > 1) return `it runs ${String(cluster.stepConcurrency)} steps at once`;
  return undefined;
}

/** The first live cluster that fits: idle ones before busy ones, the newest first. Looks no further once one fits. */
export async function findReusable(clients: EmrClients, wanted: Wanted): Promise<Reusable> {
  const listed = await ask({ operation: 'ListClusters' }, () =>
    allPages(async (marker) => {
      const page = await clients.reading.send(
        new ListClustersCommand({
          ClusterStates: ['WAITING', 'RUNNING'],
          ...(marker === undefined ? {} : { Marker: marker }),
        }),
      );
      return { items: page.Clusters, marker: page.Marker };
    }),
  );
  const busy = ({ Status }: (typeof listed)[number]) => (Status?.State === 'WAITING' ? 0 : 1);
  const created = ({ Status }: (typeof listed)[number]) => Status?.Timeline?.CreationDateTime?.getTime() ?? 0;
  const rejected: Reusable['rejected'] = [];
  for (const { Id: id } of listed.sort((a, b) => busy(a) - busy(b) || created(b) - created(a))) {
    if (id === undefined) continue;
    const reason = await whyNot(clients, id, wanted);
    if (reason === undefined) return { chosen: id, rejected };
    rejected.push({ id, reason });
  }
  return { rejected };
}

/** Why the run cannot use the cluster of this id; undefined when it can. Throws as all reads do. */
export async function whyNot(
  clients: EmrClients,
  clusterId: string,
  wanted: Wanted,
): Promise<string | undefined> {
  const { Cluster: cluster } = await ask({ operation: 'DescribeCluster', resource: clusterId }, () =>
    clients.reading.send(new DescribeClusterCommand({ ClusterId: clusterId })),
  );
  return cluster === undefined ? 'EMR tells nothing of it' : rejectionReason(candidateOf(cluster), wanted);
}

function candidateOf(cluster: EmrCluster): Candidate {
  return {
    id: cluster.Id ?? '',
    state: cluster.Status?.State ?? 'UNKNOWN',
    release: cluster.ReleaseLabel ?? '',
    applications: (cluster.Applications ?? []).map(({ Name }) => Name ?? ''),
    tags: new Map((cluster.Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? ''])),
    autoTerminate: cluster.AutoTerminate === true,
    stepConcurrency: cluster.StepConcurrencyLevel ?? 1,
  };
}
