/** From the instances a request asks for to instance groups or fleets, by EMR's rules. Nothing is provisioned. */
import { invalid, notEmulated } from './aws-error.ts';
import { newId } from './ids.ts';
import type { ClusterRecord, InstancePool } from './records.ts';
import type { InstancesRequest } from './instances-request.ts';
import type { Random } from '../run/ports.ts';

type Pools = Pick<ClusterRecord, 'collection' | 'pools'>;
type Group = NonNullable<InstancesRequest['InstanceGroups']>[number];
type Fleet = NonNullable<InstancesRequest['InstanceFleets']>[number];

/** Throws EMR's refusal of an impossible set of instances. */
export function newPools(request: InstancesRequest, random: Random): Pools {
  const simple = [request.InstanceCount, request.MasterInstanceType, request.SlaveInstanceType];
  const ways = [request.InstanceGroups, request.InstanceFleets, simple.find((value) => value !== undefined)];
  if (ways.filter((way) => way !== undefined).length > 1) {
    throw invalid(
      'Please configure instances using one and only one of the following: instance groups; instance fleets; instance ' +
        'count, master and slave instance type.',
    );
  }
  if (
    request.Ec2SubnetIds !== undefined &&
    request.Ec2SubnetIds.length > 1 &&
    request.InstanceFleets === undefined
  ) {
    throw invalid(
      'Only one subnet may be specified for clusters configured with instance groups or instance count, master and ' +
        'slave instance type. Revise the configuration and resubmit.',
    );
  }
  if (request.InstanceFleets !== undefined) {
    return { collection: 'INSTANCE_FLEET', pools: fleets(request.InstanceFleets, random) };
  }
  return {
    collection: 'INSTANCE_GROUP',
    pools: groups(request.InstanceGroups ?? simpleGroups(request), random),
  };
}

/** Instances as the older, shorter form asks for them. */
function simpleGroups(request: InstancesRequest): Group[] {
  const { MasterInstanceType: master, SlaveInstanceType: worker, InstanceCount: count = 1 } = request;
  if (master === undefined) throw invalid('The master instance type must be specified.');
  if (count < 1) throw invalid('An instance group must have at least one instance');
  const first: Group = { InstanceRole: 'MASTER', InstanceType: master, InstanceCount: 1 };
  if (count === 1) return [first];
  return [first, { InstanceRole: 'CORE', InstanceType: worker ?? master, InstanceCount: count - 1 }];
}

/** As many as EMR allows in a cluster. */
const MAX_GROUPS = 50;

function groups(requests: readonly Group[], random: Random): InstancePool[] {
  if (requests.length > MAX_GROUPS) {
    throw invalid(`A cluster may have at most ${MAX_GROUPS} instance groups.`);
  }
  if (requests.some(({ AutoScalingPolicy: policy }) => policy !== undefined)) {
    throw notEmulated("an instance group's AutoScalingPolicy");
  }
  const roles = requests.map((group) => group.InstanceRole);
  const masters = roles.filter((role) => role === 'MASTER').length;
  if (masters === 0) {
    throw invalid('Zero master instance groups supplied, you must specify exactly one master instance group');
  }
  for (const role of ['MASTER', 'CORE'] as const) {
    if (roles.filter((other) => other === role).length > 1) {
      const name = role.toLowerCase();
      throw invalid(
        `Multiple ${name} instance groups supplied, you must specify exactly one ${name} instance group`,
      );
    }
  }
  if (roles.includes('TASK') && !roles.includes('CORE')) {
    throw invalid('Clusters with task nodes must also define core nodes.');
  }
  return requests.map((group) => {
    if (group.InstanceCount < 1) throw invalid('An instance group must have at least one instance');
    if (group.InstanceRole === 'MASTER' && ![1, 3].includes(group.InstanceCount)) {
      throw invalid('A master instance group must specify a single instance');
    }
    return {
      id: newId('ig', random),
      role: group.InstanceRole,
      name: group.Name,
      count: group.InstanceCount,
      instanceType: group.InstanceType,
      market: group.Market ?? 'ON_DEMAND',
      instanceIds: instanceIds(group.InstanceCount, random),
      config: group,
    };
  });
}

function fleets(requests: readonly Fleet[], random: Random): InstancePool[] {
  const roles = requests.map((fleet) => fleet.InstanceFleetType);
  if (!roles.includes('MASTER')) {
    throw invalid(
      'No master instance fleets were supplied; you must specify exactly one master instance fleet. Revise the ' +
        'configuration and resubmit.',
    );
  }
  const twice = roles.find((role, index) => roles.indexOf(role) !== index)?.toLowerCase();
  if (twice !== undefined) {
    throw invalid(
      `Multiple ${twice} instance fleets supplied, you must specify exactly one ${twice} instance fleet`,
    );
  }
  if (roles.includes('TASK') && !roles.includes('CORE')) {
    throw invalid('Clusters with task instance fleets must also define core instance fleets.');
  }
  return requests.map((fleet) => newFleet(fleet, random));
}

function newFleet(fleet: Fleet, random: Random): InstancePool {
  const {
    TargetOnDemandCapacity: onDemand = 0,
    TargetSpotCapacity: spot = 0,
    InstanceFleetType: role,
  } = fleet;
  if (role === 'MASTER' && onDemand + spot !== 1) {
    throw invalid(
      'A master instance fleet can only have a target capacity of 1. Revise the configuration and resubmit.',
    );
  }
  if (onDemand + spot < 1) {
    throw invalid(
      `The instance fleet (${fleet.Name ?? 'null'}) should have a value of one or greater for either ` +
        'targetOnDemandCapacity or targetSpotCapacity.',
    );
  }
  const types = fleet.InstanceTypeConfigs ?? [];
  checkInstanceTypes(fleet, types);
  const weight = types[0]?.WeightedCapacity ?? 1;
  const count = Math.ceil((onDemand + spot) / weight);
  return {
    id: newId('if', random),
    role,
    name: fleet.Name,
    count,
    instanceType: types[0]?.InstanceType ?? '',
    market: spot > onDemand ? 'SPOT' : 'ON_DEMAND',
    instanceIds: instanceIds(count, random),
    types,
    config: fleet,
  };
}

function checkInstanceTypes(fleet: Fleet, types: NonNullable<Fleet['InstanceTypeConfigs']>): void {
  const names = types.map((type) => type.InstanceType);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw invalid(
      `The instance fleet: ${fleet.Name ?? 'null'} contains duplicate instance types [${twice}]. Revise the configuration ` +
        'and resubmit.',
    );
  }
  const weights = types.map((type) => type.WeightedCapacity ?? 1);
  if (fleet.InstanceFleetType === 'MASTER' && weights.some((weight) => weight !== 1)) {
    throw invalid(
      'All instance types in the master instance fleet must have weighted capacity as 1. Revise the configuration and ' +
        'resubmit.',
    );
  }
  if (weights.includes(0)) {
    throw invalid('Weighted capacity cannot be zero. Revise the configuration and resubmit.');
  }
}

/** At most as many as EMR allows in one group, so that a typo does not exhaust the memory. */
function instanceIds(count: number, random: Random): string[] {
  if (count > 2000) throw invalid('The number of instances exceeds the limit of 2000 for one group.');
  return Array.from({ length: count }, () => newId('ci', random));
}
