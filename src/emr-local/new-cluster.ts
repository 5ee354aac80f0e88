/** From a RunJobFlow request to a cluster's first record, by EMR's rules. */
import { invalid, invalidRequest, notEmulated } from './aws-error.ts';
import { newId } from './ids.ts';
import { newPools } from './new-pools.ts';
import { newSteps } from './new-steps.ts';
import { applicationsOf, checkRelease } from './releases.ts';
import type { Pace } from './cluster-machine.ts';
import type { ClusterRecord } from './records.ts';
import type { RunJobFlowRequest } from './request-schemas.ts';
import type { Random } from '../run/ports.ts';

/** Members whose effect a step could see and would not find here. All others without effect are recorded and echoed. */
const NOT_EMULATED = [
  'AdditionalInfo',
  'StepExecutionRoleArn',
  'KerberosAttributes',
  'MonitoringConfiguration',
  'SupportedProducts',
  'NewSupportedProducts',
] as const satisfies readonly (keyof RunJobFlowRequest)[];

/** Answered by DescribeCluster just as the request gave them. */
const ECHOED = [
  'LogEncryptionKmsKeyId',
  'SecurityConfiguration',
  'AutoScalingRole',
  'CustomAmiId',
  'EbsRootVolumeSize',
  'EbsRootVolumeIops',
  'EbsRootVolumeThroughput',
  'RepoUpgradeOnBoot',
  'OSReleaseLabel',
  'ExtendedSupport',
] as const satisfies readonly (keyof RunJobFlowRequest)[];

/** Throws EMR's refusal of a request that it would not take, or that this endpoint does not emulate. */
export function newCluster(
  request: RunJobFlowRequest,
  world: { now: number; random: Random; region: string; pace: Pace },
): ClusterRecord {
  const release = check(request);
  const { now, random } = world;
  const id = newId('j', random);
  const concurrency = checkConcurrency(request.StepConcurrencyLevel ?? 1, invalid);
  const policy = request.AutoTerminationPolicy;
  const pools = newPools(request.Instances, random);
  return {
    version: 1,
    id,
    arn: `arn:aws:elasticmapreduce:${world.region}:000000000000:cluster/${id}`,
    name: request.Name,
    state: 'STARTING',
    reason: {},
    created: now,
    until: now + world.pace.startingMs,
    keepAlive: request.Instances.KeepJobFlowAliveWhenNoSteps ?? false,
    ...pools,
    terminationProtected: request.Instances.TerminationProtected ?? hasSeveralMasters(pools),
    concurrency,
    idleTimeout: policy === undefined ? undefined : idleTimeout(policy, invalid),
    // The AWS CLI takes what begins with file:// for the name of a file to read the value from.
    logUri: request.LogUri?.replace(/^file:\/(?!\/)/, 'file:///'),
    bootstrapActions: (request.BootstrapActions ?? []).map(({ Name, ScriptBootstrapAction: script }) => ({
      Name,
      ScriptPath: script.Path,
      Args: script.Args ?? [],
    })),
    tags: withTags({}, request.Tags ?? []),
    managedScaling:
      request.ManagedScalingPolicy === undefined
        ? undefined
        : scalingPolicy(request.ManagedScalingPolicy, invalid),
    described: describedFrom(request, release),
    steps: newSteps({ concurrency, steps: [] }, request.Steps ?? [], now, random),
  };
}

/** The concurrency level, if it is valid; `refuse` makes the error of the current operation. */
export function checkConcurrency(level: number, refuse: (message: string) => Error): number {
  if (level < 1 || level > 256) {
    throw refuse('Invalid step concurrency level. Allowed level is from 1 to 256');
  }
  return level;
}

/** Seconds. EMR takes an hour when the policy names no time. */
export function idleTimeout(
  policy: { IdleTimeout?: number | undefined },
  refuse: (message: string) => Error,
): number {
  const seconds = policy.IdleTimeout ?? 3600;
  if (seconds < 60 || seconds > 604_800) {
    throw refuse('The idle timeout of the auto-termination policy must be between 60 and 604800 seconds.');
  }
  return seconds;
}

/** The managed scaling policy, when its limits leave something to choose. */
export function scalingPolicy(
  policy: NonNullable<RunJobFlowRequest['ManagedScalingPolicy']>,
  refuse: (message: string) => Error,
): typeof policy {
  const { ComputeLimits: limits } = policy;
  if (limits === undefined)
    throw refuse('The ComputeLimits of the managed scaling policy must be specified.');
  const { MinimumCapacityUnits: least, MaximumCapacityUnits: most } = limits;
  if (least < 1 || least > most) {
    throw refuse(
      'The MinimumCapacityUnits of the managed scaling policy must be at least 1 and at most its MaximumCapacityUnits.',
    );
  }
  return policy;
}

/** EMR protects a cluster that is to survive the loss of a master, unless told otherwise. */
function hasSeveralMasters({ pools }: Pick<ClusterRecord, 'pools'>): boolean {
  return pools.some(({ role, count }) => role === 'MASTER' && count > 1);
}

/** Tags joined with new ones; the later of equal keys wins. */
export function withTags(
  tags: Readonly<Record<string, string>>,
  added: readonly { Key?: string | undefined; Value?: string | undefined }[],
): Record<string, string> {
  const result = new Map(Object.entries(tags));
  for (const { Key: key = '', Value: value = '' } of added) {
    if (key.length < 1 || key.length > 128) {
      throw invalidRequest(
        `Invalid tag key: '${key || 'null'}'. Tag keys must be between 1 and 128 characters in length.`,
      );
    }
    if (value.length > 256) {
      throw invalidRequest(
        `Invalid tag value: '${value}'. Tag values must be between 0 and 256 characters in length.`,
      );
    }
    result.set(key, value);
  }
  return Object.fromEntries(result);
}

/** The release label of a request that passes. */
function check(request: RunJobFlowRequest): string {
  if (/[<>$|`]/.test(request.Name)) {
    throw invalid('The cluster name may not contain any of the characters <, >, $, | and ` (backtick).');
  }
  const { ReleaseLabel: release } = request;
  if (request.AmiVersion !== undefined && release !== undefined) {
    throw invalid(
      'Only one AMI version and release label may be specified. ' +
        `Provided AMI: ${request.AmiVersion}, release label: ${release}.`,
    );
  }
  if (request.AmiVersion !== undefined) throw notEmulated('AmiVersion: it needs a ReleaseLabel');
  if (release === undefined) {
    throw invalid(
      'Must specify exactly one of the following: release label, AMI version, or Hadoop version.',
    );
  }
  checkRelease(release);
  if (request.ServiceRole === undefined) throw invalid('ServiceRole is required for creating cluster.');
  if (request.JobFlowRole === undefined) throw invalid('InstanceProfile is required for creating cluster.');
  const strange = NOT_EMULATED.find((name) => request[name] !== undefined);
  if (strange !== undefined) throw notEmulated(strange);
  if (request.Instances.HadoopVersion !== undefined) throw notEmulated('HadoopVersion');
  if (request.SessionEnabled === true) throw notEmulated('SessionEnabled (Spark Connect)');
  if (request.LogUri !== undefined && !/^(s3[na]?:\/\/[^/]|file:\/(\/\/|[^/]))/.test(request.LogUri)) {
    throw invalid(`The LogUri '${request.LogUri}' is not an s3:// URI, nor a file:/// URI.`);
  }
  return release;
}

function describedFrom(request: RunJobFlowRequest, release: string): Record<string, unknown> {
  const { Instances: instances } = request;
  const subnets =
    instances.Ec2SubnetIds ?? (instances.Ec2SubnetId === undefined ? [] : [instances.Ec2SubnetId]);
  return {
    ReleaseLabel: release,
    Applications: applicationsOf(release, request.Applications ?? [{ Name: 'Hadoop' }]),
    Configurations: request.Configurations ?? [],
    ServiceRole: request.ServiceRole,
    VisibleToAllUsers: request.VisibleToAllUsers ?? true,
    UnhealthyNodeReplacement:
      instances.UnhealthyNodeReplacement ?? !(instances.TerminationProtected ?? false),
    PlacementGroups: request.PlacementGroupConfigs,
    ScaleDownBehavior: request.ScaleDownBehavior ?? 'TERMINATE_AT_TASK_COMPLETION',
    Ec2InstanceAttributes: {
      Ec2KeyName: instances.Ec2KeyName,
      Ec2SubnetId: subnets[0],
      RequestedEc2SubnetIds: subnets,
      Ec2AvailabilityZone: instances.Placement?.AvailabilityZone,
      RequestedEc2AvailabilityZones: instances.Placement?.AvailabilityZones ?? [],
      IamInstanceProfile: request.JobFlowRole,
      EmrManagedMasterSecurityGroup: instances.EmrManagedMasterSecurityGroup,
      EmrManagedSlaveSecurityGroup: instances.EmrManagedSlaveSecurityGroup,
      ServiceAccessSecurityGroup: instances.ServiceAccessSecurityGroup,
      AdditionalMasterSecurityGroups: instances.AdditionalMasterSecurityGroups ?? [],
      AdditionalSlaveSecurityGroups: instances.AdditionalSlaveSecurityGroups ?? [],
    },
    ...Object.fromEntries(ECHOED.map((name) => [name, request[name]])),
  };
}
