/** Finding a live cluster that a run can use, and saying why each other one cannot be used. */
import { DescribeClusterCommand, ListClustersCommand } from '@aws-sdk/client-emr';
import type { Cluster as EmrCluster } from '@aws-sdk/client-emr';
import type { EmrClients } from './client.ts';
import { LandfallError } from '../faults.ts';
import { applicationsOf } from './cluster-json.ts';
import { ask } from './errors.ts';
import { DEFAULT_POOL, POOL_TAG } from './launch-settings.ts';
import type { LaunchSettings } from './launch-settings.ts';
import { allPages } from './all-pages.ts';
import { plainLine } from './plain-text.ts';
import { tagsIn } from './port-values.ts';

export interface Wanted {
  release: string;
  applications: readonly string[];
  /** Absent: any cluster, as when a person names it by its id. */
  pool?: string;
}

/** EMR's limit on the steps of one cluster that have not ended. */
export const ACTIVE_STEPS = 256;

/** A cluster, as far as reuse compares it. */
export interface Candidate {
  state: string;
  /** Absent: it runs an AMI version, as clusters before release 4 did. */
  release: string | undefined;
  applications: readonly string[];
  tags: ReadonlyMap<string, string>;
  /** It ends by itself when it has no more steps. */
  autoTerminate: boolean;
  stepConcurrency: number;
}

export interface Reusable {
  chosen?: string;
  /** Candidates that were examined, and why each does not fit. */
  rejected: { id: string; reason: string }[];
  /** Live clusters that come after the chosen one and were not examined. */
  passedOver: string[];
}

/** All reasons why a run cannot use the cluster; none when it can. Pure. */
export function rejectionReasons(cluster: Candidate, wanted: Wanted): string[] {
  if (cluster.state !== 'WAITING' && cluster.state !== 'RUNNING')
    return [`it is ${plainLine(cluster.state, 40)}`];
  const reasons: string[] = [];
  if (cluster.autoTerminate) reasons.push('it ends by itself after its last step');
  const pool = cluster.tags.get(POOL_TAG);
  if (wanted.pool !== undefined && pool !== wanted.pool) {
    const its = pool === undefined ? 'missing' : plainLine(pool, 60);
    reasons.push(`its tag ${POOL_TAG} is ${its}, not ${wanted.pool}`);
  }
  if (cluster.release !== wanted.release) {
    const its = cluster.release === undefined ? 'missing' : plainLine(cluster.release, 40);
    reasons.push(`its release is ${its}, not ${wanted.release}`);
  }
  const has = new Set(cluster.applications.map((name) => name.toLowerCase()));
  const lacking = wanted.applications.filter((name) => !has.has(name.toLowerCase()));
  if (lacking.length > 0) reasons.push(`it lacks ${lacking.join(', ')}`);
  if (cluster.stepConcurrency > 1) reasons.push(`it runs ${String(cluster.stepConcurrency)} steps at once`);
  return reasons;
}

/** What a run requires of a cluster that it reuses. */
export function wantedFor(launch: LaunchSettings): Required<Wanted> {
  const { release, pool = DEFAULT_POOL } = launch;
  return { release, applications: applicationsOf(launch), pool };
}

/**
 * The first live cluster that fits: idle ones before busy ones, the newest first. Looks no further once one fits. One that
 * these credentials may not describe does not fit. With `activeSteps`, which counts a busy cluster's steps that have not
 * ended, one without room for another does not fit either.
 */
export async function findReusable(
  clients: EmrClients,
  wanted: Wanted,
  activeSteps?: (clusterId: string) => Promise<number>,
): Promise<Reusable> {
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
  const ids = listed
    .sort((a, b) => busy(a) - busy(b) || created(b) - created(a))
    .flatMap(({ Id }) => Id ?? []);
  const rejected: Reusable['rejected'] = [];
  for (const [index, id] of ids.entries()) {
    const reasons = await readable(whyNot(clients, id, wanted, activeSteps));
    if (reasons.length === 0) return { chosen: id, rejected, passedOver: ids.slice(index + 1) };
    rejected.push({ id, reason: reasons.join('; ') });
  }
  return { rejected, passedOver: [] };
}

/** A cluster that cannot be described is not an error: it may be another team's. */
async function readable(reasons: Promise<string[]>): Promise<string[]> {
  try {
    return await reasons;
  } catch (error) {
    if (error instanceof LandfallError && (error.fault === 'access' || error.fault === 'cluster'))
      return [error.message];
    throw error;
  }
}

/** All reasons why the run cannot use the cluster of this id; none when it can. Throws as all reads do. */
export async function whyNot(
  clients: EmrClients,
  clusterId: string,
  wanted: Wanted,
  activeSteps?: (clusterId: string) => Promise<number>,
): Promise<string[]> {
  const { Cluster: cluster } = await ask({ operation: 'DescribeCluster', resource: clusterId }, () =>
    clients.reading.send(new DescribeClusterCommand({ ClusterId: clusterId })),
  );
  if (cluster === undefined) return ['EMR does not describe it'];
  const candidate = candidateOf(cluster);
  const reasons = rejectionReasons(candidate, wanted);
  if (reasons.length > 0 || candidate.state !== 'RUNNING' || activeSteps === undefined) return reasons;
  const active = await activeSteps(clusterId);
  return active < ACTIVE_STEPS ? [] : [`it has ${String(active)} active steps, and EMR allows no more`];
}

function candidateOf(cluster: EmrCluster): Candidate {
  return {
    state: cluster.Status?.State ?? 'UNKNOWN',
    release: cluster.ReleaseLabel,
    applications: (cluster.Applications ?? []).flatMap(({ Name }) => Name ?? []),
    tags: new Map(tagsIn(cluster.Tags)),
    autoTerminate: cluster.AutoTerminate === true,
    stepConcurrency: cluster.StepConcurrencyLevel ?? 1,
  };
}
