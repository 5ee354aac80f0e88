/** Records in the API's own shape. Times are epoch seconds with a fraction; undefined members are left out on the wire. */
import { ec2InstanceId } from './ids.ts';
import { isLive } from './records.ts';
import type { ClusterRecord, InstancePool, StepRecord } from './records.ts';

/** DescribeCluster's answer. */
export function describeCluster(cluster: ClusterRecord) {
  return {
    ...summarizeCluster(cluster),
    ...cluster.described,
    InstanceCollectionType: cluster.collection,
    LogUri: cluster.logUri?.replace(/^s3:/, 's3n:'),
    AutoTerminate: !cluster.keepAlive,
    TerminationProtected: cluster.terminationProtected,
    Tags: Object.entries(cluster.tags).map(([Key, Value]) => ({ Key, Value })),
    MasterPublicDnsName: isProvisioned(cluster) ? 'localhost' : undefined,
    StepConcurrencyLevel: cluster.concurrency,
  };
}

/** An item of ListClusters: no tags. */
export function summarizeCluster(cluster: ClusterRecord) {
  return {
    Id: cluster.id,
    Name: cluster.name,
    Status: {
      State: cluster.state,
      StateChangeReason: { Code: cluster.reason.code, Message: cluster.reason.message },
      ErrorDetails: cluster.reason.details,
      Timeline: {
        CreationDateTime: seconds(cluster.created),
        ReadyDateTime: seconds(cluster.ready),
        EndDateTime: seconds(cluster.ended),
      },
    },
    NormalizedInstanceHours: 0,
    ClusterArn: cluster.arn,
  };
}

/** DescribeStep's answer, and an item of ListSteps. */
export function describeStep(step: StepRecord) {
  return {
    Id: step.id,
    Name: step.name,
    Config: { Jar: step.jar, MainClass: step.mainClass, Properties: step.properties, Args: step.args },
    ActionOnFailure: step.actionOnFailure,
    Status: {
      State: step.state,
      StateChangeReason: {},
      FailureDetails: step.failure,
      Timeline: {
        CreationDateTime: seconds(step.created),
        StartDateTime: seconds(step.started),
        EndDateTime: seconds(step.ended),
      },
    },
  };
}

/** An item of ListInstanceGroups. */
export function describeGroup(cluster: ClusterRecord, group: InstancePool) {
  const state = poolState(cluster);
  return {
    Id: group.id,
    Name: group.name,
    Market: group.market,
    InstanceGroupType: group.role,
    BidPrice: group.config['BidPrice'],
    InstanceType: group.instanceType,
    RequestedInstanceCount: isLive(cluster) ? group.count : 0,
    RunningInstanceCount: state === 'RUNNING' ? group.count : 0,
    Status: poolStatus(cluster, state),
    Configurations: group.config['Configurations'] ?? [],
    ...storage(group.config['EbsConfiguration']),
    CustomAmiId: group.config['CustomAmiId'],
    ShrinkPolicy: {},
  };
}

/** An item of ListInstanceFleets. */
export function describeFleet(cluster: ClusterRecord, fleet: InstancePool) {
  const state = poolState(cluster);
  const { TargetOnDemandCapacity: onDemand = 0, TargetSpotCapacity: spot = 0, ...config } = fleet.config;
  return {
    Id: fleet.id,
    Name: fleet.name,
    Status: poolStatus(cluster, state),
    InstanceFleetType: fleet.role,
    TargetOnDemandCapacity: onDemand,
    TargetSpotCapacity: spot,
    ProvisionedOnDemandCapacity: state === 'RUNNING' ? onDemand : 0,
    ProvisionedSpotCapacity: state === 'RUNNING' ? spot : 0,
    InstanceTypeSpecifications: (fleet.types ?? []).map(specification),
    LaunchSpecifications: config['LaunchSpecifications'],
    ResizeSpecifications: config['ResizeSpecifications'],
    Context: config['Context'],
  };
}

/** What was asked of one instance type, in the words of the answer. */
function specification({ EbsConfiguration: ebs, ...type }: Readonly<Record<string, unknown>>) {
  return { ...type, ...storage(ebs) };
}

interface EbsConfiguration {
  EbsOptimized?: boolean;
  EbsBlockDeviceConfigs?: { VolumeSpecification?: unknown; VolumesPerInstance?: number }[];
}

/** One device for each volume that was asked for. */
function storage(asked: unknown) {
  const { EbsOptimized, EbsBlockDeviceConfigs: devices = [] } = (asked ?? {}) as EbsConfiguration;
  return {
    EbsOptimized,
    EbsBlockDevices: devices.flatMap(({ VolumeSpecification, VolumesPerInstance: volumes = 1 }) =>
      Array.from({ length: volumes }, () => ({ VolumeSpecification })),
    ),
  };
}

/** An item of ListInstances. */
export function describeInstance(cluster: ClusterRecord, pool: InstancePool, id: string) {
  const state = poolState(cluster);
  return {
    Id: id,
    ...(isProvisioned(cluster) && {
      Ec2InstanceId: ec2InstanceId(id),
      PublicDnsName: 'localhost',
      PublicIpAddress: '127.0.0.1',
      PrivateDnsName: 'localhost',
      PrivateIpAddress: '127.0.0.1',
    }),
    Status: poolStatus(cluster, state),
    [cluster.collection === 'INSTANCE_GROUP' ? 'InstanceGroupId' : 'InstanceFleetId']: pool.id,
    Market: pool.market,
    InstanceType: pool.instanceType,
    EbsVolumes: [],
  };
}

/** Whether EC2 has given it instances. */
function isProvisioned({ provisioned, ready }: ClusterRecord): boolean {
  return provisioned !== undefined || ready !== undefined;
}

/** The state of all instances of a cluster: they come and go together. */
export function poolState(cluster: ClusterRecord): string {
  switch (cluster.state) {
    case 'STARTING':
      return 'PROVISIONING';
    case 'BOOTSTRAPPING':
      return 'BOOTSTRAPPING';
    case 'RUNNING':
    case 'WAITING':
    case 'TERMINATING':
      return 'RUNNING';
    case 'TERMINATED':
    case 'TERMINATED_WITH_ERRORS':
      return 'TERMINATED';
  }
}

function poolStatus(cluster: ClusterRecord, state: string) {
  return {
    State: state,
    StateChangeReason:
      state === 'TERMINATED' ? { Code: 'CLUSTER_TERMINATED', Message: 'Job flow terminated' } : {},
    Timeline: {
      CreationDateTime: seconds(cluster.created),
      ReadyDateTime: seconds(cluster.ready),
      EndDateTime: seconds(cluster.ended),
    },
  };
}

/** The answer with another state wherever it tells one of a cluster or a step. */
export function withState(answer: unknown, state: string): unknown {
  const { Cluster, Clusters, Step, Steps, ...rest } = answer as Record<string, unknown>;
  const changed = (thing: unknown) => {
    const { Status, ...others } = thing as { Status: object };
    return { ...others, Status: { ...Status, State: state } };
  };
  return {
    ...rest,
    ...(Cluster !== undefined && { Cluster: changed(Cluster) }),
    ...(Step !== undefined && { Step: changed(Step) }),
    ...(Clusters !== undefined && { Clusters: (Clusters as unknown[]).map(changed) }),
    ...(Steps !== undefined && { Steps: (Steps as unknown[]).map(changed) }),
  };
}

function seconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}
