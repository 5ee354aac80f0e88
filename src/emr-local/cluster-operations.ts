/** Operations that create, end, change and show clusters. */
import { describeCluster, summarizeCluster } from './answers.ts';
import { invalid, invalidRequest } from './aws-error.ts';
import { terminate } from './cluster-machine.ts';
import { checkConcurrency, idleTimeout, newCluster, scalingPolicy, withTags } from './new-cluster.ts';
import { clusterById, jobFlowById, requireModifiable } from './operation-context.ts';
import { pageOf } from './pages.ts';
import { isModifiable, isShown } from './records.ts';
import { read, requests } from './request-schemas.ts';
import type { OperationContext, Operation } from './operation-context.ts';
import type { ClusterRecord } from './records.ts';

export const runJobFlow: Operation = (context, body) => {
  const { keeper, clock, random, region, pace, hiddenUntil, assignFate } = context;
  const request = read(requests.runJobFlow, body);
  const cluster = newCluster(request, { now: clock.now().getTime(), random, region, pace });
  keeper.put(assignFate({ ...cluster, hiddenUntil }));
  return { JobFlowId: cluster.id, ClusterArn: cluster.arn };
};

export const describe: Operation = (context, body) => {
  const { ClusterId } = read(requests.cluster, body);
  return { Cluster: describeCluster(clusterById(context, ClusterId)) };
};

/** Newest first. */
export const listClusters: Operation = ({ keeper, clock }, body) => {
  const request = read(requests.listClusters, body);
  const {
    CreatedAfter: after = -Infinity,
    CreatedBefore: before = Infinity,
    ClusterStates: states,
  } = request;
  const now = clock.now().getTime();
  const clusters = [...keeper.all()].sort((a, b) => b.created - a.created || (a.id < b.id ? -1 : 1));
  const { page, marker } = pageOf(
    clusters,
    request.Marker,
    (cluster) =>
      isShown(cluster, now) &&
      cluster.created / 1000 >= after &&
      cluster.created / 1000 <= before &&
      (states?.includes(cluster.state) ?? true),
  );
  return { Clusters: page.map(summarizeCluster), Marker: marker };
};

/** Protected clusters are refused, the others in the list end all the same. */
export const terminateJobFlows: Operation = (context, body) => {
  const { JobFlowIds: ids } = read(requests.jobFlows, body);
  if (ids.length === 0) throw invalid('The JobFlowId list cannot be empty');
  if (ids.length > 10) throw invalid('At most 10 job flows can be terminated in one request.');
  if (new Set(ids).size < ids.length) throw invalid('Specified job flow ID does not exist');
  const clusters = ids.map((id) => jobFlowById(context, id));
  const reason = { code: 'USER_REQUEST', message: 'Terminated by user request' } as const;
  const kept = clusters.filter((cluster) => cluster.terminationProtected && isModifiable(cluster));
  for (const { id } of clusters.filter((cluster) => !kept.includes(cluster))) {
    context.keeper.update(id, (record, now) => terminate(record, reason, now, context.pace));
  }
  if (kept.length > 0) {
    throw invalid('Could not shut down one or more job flows since they are termination protected.');
  }
  return undefined;
};

export const modifyCluster: Operation = (context, body) => {
  const { ClusterId, StepConcurrencyLevel: level, ExtendedSupport } = read(requests.modifyCluster, body);
  const cluster = requireModifiable(clusterById(context, ClusterId), invalidRequest);
  const concurrency = checkConcurrency(level ?? cluster.concurrency, invalidRequest);
  const described =
    ExtendedSupport === undefined ? cluster.described : { ...cluster.described, ExtendedSupport };
  context.keeper.update(ClusterId, (record) => ({ ...record, concurrency, described }));
  return { StepConcurrencyLevel: concurrency, ExtendedSupport: described['ExtendedSupport'] };
};

export const setTerminationProtection: Operation = (context, body) => {
  const { JobFlowIds, TerminationProtected } = read(requests.setTerminationProtection, body);
  changeAll(context, JobFlowIds, () => ({ terminationProtected: TerminationProtected }));
};

export const setKeepAlive: Operation = (context, body) => {
  const { JobFlowIds, KeepJobFlowAliveWhenNoSteps } = read(requests.setKeepAlive, body);
  changeAll(context, JobFlowIds, () => ({ keepAlive: KeepJobFlowAliveWhenNoSteps }));
};

export const setVisibleToAllUsers: Operation = (context, body) => {
  const { JobFlowIds, VisibleToAllUsers } = read(requests.setVisibleToAllUsers, body);
  changeAll(context, JobFlowIds, ({ described }) => ({ described: { ...described, VisibleToAllUsers } }));
};

export const setUnhealthyNodeReplacement: Operation = (context, body) => {
  const { JobFlowIds, UnhealthyNodeReplacement } = read(requests.setUnhealthyNodeReplacement, body);
  changeAll(context, JobFlowIds, ({ described }) => ({
    described: { ...described, UnhealthyNodeReplacement },
  }));
};

export const putAutoTerminationPolicy: Operation = (context, body) => {
  const { ClusterId, AutoTerminationPolicy } = read(requests.putAutoTerminationPolicy, body);
  requireModifiable(clusterById(context, ClusterId), invalidRequest);
  const seconds = idleTimeout(AutoTerminationPolicy ?? {}, invalidRequest);
  context.keeper.update(ClusterId, (record) => ({ ...record, idleTimeout: seconds }));
  return {};
};

export const getAutoTerminationPolicy: Operation = (context, body) => {
  const { ClusterId } = read(requests.cluster, body);
  const { idleTimeout: seconds } = clusterById(context, ClusterId);
  return seconds === undefined ? {} : { AutoTerminationPolicy: { IdleTimeout: seconds } };
};

export const removeAutoTerminationPolicy: Operation = (context, body) => {
  const { ClusterId } = read(requests.cluster, body);
  requireModifiable(clusterById(context, ClusterId), invalidRequest);
  context.keeper.update(ClusterId, (record) => ({ ...record, idleTimeout: undefined }));
  return {};
};

/** The policy is recorded and shown; nothing scales. */
export const putManagedScalingPolicy: Operation = (context, body) => {
  const { ClusterId, ManagedScalingPolicy } = read(requests.putManagedScalingPolicy, body);
  requireModifiable(clusterById(context, ClusterId), invalidRequest);
  const managedScaling = scalingPolicy(ManagedScalingPolicy, invalidRequest);
  context.keeper.update(ClusterId, (record) => ({ ...record, managedScaling }));
  return {};
};

export const getManagedScalingPolicy: Operation = (context, body) => {
  const { ClusterId } = read(requests.cluster, body);
  return { ManagedScalingPolicy: clusterById(context, ClusterId).managedScaling };
};

export const removeManagedScalingPolicy: Operation = (context, body) => {
  const { ClusterId } = read(requests.cluster, body);
  requireModifiable(clusterById(context, ClusterId), invalidRequest);
  context.keeper.update(ClusterId, (record) => ({ ...record, managedScaling: undefined }));
  return {};
};

export const addTags: Operation = (context, body) => {
  const { ResourceId, Tags } = read(requests.addTags, body);
  const { tags } = taggable(context, ResourceId);
  const joined = withTags(tags, Tags);
  context.keeper.update(ResourceId, (record) => ({ ...record, tags: joined }));
  return {};
};

export const removeTags: Operation = (context, body) => {
  const { ResourceId, TagKeys } = read(requests.removeTags, body);
  const { tags } = taggable(context, ResourceId);
  const left = Object.fromEntries(Object.entries(tags).filter(([key]) => !TagKeys.includes(key)));
  context.keeper.update(ResourceId, (record) => ({ ...record, tags: left }));
  return {};
};

function taggable(context: OperationContext, id: string): ClusterRecord {
  const cluster = clusterById(context, id);
  if (cluster.ended !== undefined) throw invalidRequest('Tags cannot be modified on terminated clusters.');
  return cluster;
}

/** All or none. */
function changeAll(
  context: OperationContext,
  ids: readonly string[],
  change: (record: ClusterRecord) => Partial<ClusterRecord>,
): void {
  if (ids.length === 0) throw invalid('The JobFlowId list cannot be empty');
  for (const id of ids) requireModifiable(jobFlowById(context, id), invalid);
  for (const id of ids) context.keeper.update(id, (record) => ({ ...record, ...change(record) }));
}
