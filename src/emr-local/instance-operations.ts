/** Operations that show what a cluster is made of. */
import { describeFleet, describeGroup, describeInstance, poolState } from './answers.ts';
import { invalidRequest } from './aws-error.ts';
import { clusterById } from './operation-context.ts';
import { pageOf } from './pages.ts';
import { read, requests } from './request-schemas.ts';
import type { Operation } from './operation-context.ts';
import type { ClusterRecord } from './records.ts';

export const listInstanceGroups: Operation = (context, body) => {
  const { ClusterId, Marker } = read(requests.clusterPage, body);
  const cluster = clusterById(context, ClusterId);
  if (cluster.collection === 'INSTANCE_FLEET') throw wrongKind('fleets', 'groups', 'Groups', 'Fleets');
  const { page, marker } = pageOf(cluster.pools, Marker, () => true);
  return { InstanceGroups: page.map((group) => describeGroup(cluster, group)), Marker: marker };
};

export const listInstanceFleets: Operation = (context, body) => {
  const { ClusterId, Marker } = read(requests.clusterPage, body);
  const cluster = clusterById(context, ClusterId);
  if (cluster.collection === 'INSTANCE_GROUP') throw wrongKind('groups', 'fleets', 'Fleets', 'Groups');
  const { page, marker } = pageOf(cluster.pools, Marker, () => true);
  return { InstanceFleets: page.map((fleet) => describeFleet(cluster, fleet)), Marker: marker };
};

export const listInstances: Operation = (context, body) => {
  const request = read(requests.listInstances, body);
  const cluster = clusterById(context, request.ClusterId);
  const poolId = checkPool(cluster, request);
  const roles =
    request.InstanceFleetType === undefined ? request.InstanceGroupTypes : [request.InstanceFleetType];
  const instances = cluster.pools.flatMap((pool) => pool.instanceIds.map((id) => ({ id, pool })));
  const { page, marker } = pageOf(
    instances,
    request.Marker,
    ({ pool }) =>
      (poolId === undefined || pool.id === poolId) &&
      (roles?.includes(pool.role) ?? true) &&
      (request.InstanceStates?.includes(poolState(cluster)) ?? true),
  );
  return { Instances: page.map(({ id, pool }) => describeInstance(cluster, pool, id)), Marker: marker };
};

/** The group or fleet that the request names; throws when the cluster does not have it. */
function checkPool(
  cluster: ClusterRecord,
  {
    InstanceGroupId: group,
    InstanceFleetId: fleet,
  }: { InstanceGroupId?: string | undefined; InstanceFleetId?: string | undefined },
): string | undefined {
  const id = group ?? fleet;
  const kind = group === undefined ? 'fleet' : 'group';
  if (id !== undefined && !cluster.pools.some((pool) => pool.id === id)) {
    throw invalidRequest(`Instance ${kind} id '${id}' is not valid.`);
  }
  return id;
}

export const listBootstrapActions: Operation = (context, body) => {
  const { ClusterId, Marker } = read(requests.clusterPage, body);
  const { bootstrapActions } = clusterById(context, ClusterId);
  const actions = bootstrapActions.map((action, index) => ({ id: String(index), action }));
  const { page, marker } = pageOf(actions, Marker, () => true);
  return { BootstrapActions: page.map(({ action }) => action), Marker: marker };
};

function wrongKind(used: string, asked: string, operation: string, instead: string): Error {
  return invalidRequest(
    `Instance ${used} and instance ${asked} are mutually exclusive. The EMR cluster specified in the request uses instance ` +
      `${used}. The ListInstance${operation} operation does not support clusters that use instance ${used}. Use the ` +
      `ListInstance${instead} operation instead.`,
  );
}
