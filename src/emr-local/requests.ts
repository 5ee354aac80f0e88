/** Reads a request by its schema; a mistake becomes the refusal that AWS would send. */
import { z } from 'zod';
import { awsError, invalid } from './aws-error.ts';
import { ACTIONS_ON_FAILURE, CANCELLATIONS, CLUSTER_STATES, STEP_STATES } from './records.ts';
import type { AwsError } from './aws-error.ts';

const name = z.string().max(256);
const text = z.string().max(10_280);
const document = z.record(z.string(), z.unknown());
const documents = z.array(document);
const clusterId = z.string().max(256);
const flag = z.boolean();
const marker = z.string().optional();

const tag = z.object({ Key: z.string().optional(), Value: z.string().optional() });
const idlePolicy = z.object({ IdleTimeout: z.number().optional() });

const step = z.object({
  Name: name,
  ActionOnFailure: z.enum(ACTIONS_ON_FAILURE).optional(),
  HadoopJarStep: z.object({
    Jar: text,
    MainClass: text.optional(),
    Args: z.array(text).optional(),
    Properties: z.array(z.object({ Key: z.string().optional(), Value: z.string().optional() })).optional(),
  }),
  StepMonitoringConfiguration: document.optional(),
});

const role = z.enum(['MASTER', 'CORE', 'TASK']);
const market = z.enum(['ON_DEMAND', 'SPOT']);

const ebs = z.object({
  EbsOptimized: flag.optional(),
  EbsBlockDeviceConfigs: z.array(z.object({ VolumeSpecification: document })).optional(),
});

const instanceGroup = z.looseObject({
  Name: name.optional(),
  InstanceRole: role,
  InstanceType: name,
  InstanceCount: z.number().int(),
  Market: market.optional(),
});

const instanceFleet = z.looseObject({
  Name: name.optional(),
  InstanceFleetType: role,
  TargetOnDemandCapacity: z.number().int().min(0).optional(),
  TargetSpotCapacity: z.number().int().min(0).optional(),
  InstanceTypeConfigs: z
    .array(
      z.looseObject({
        InstanceType: name,
        WeightedCapacity: z.number().int().min(0).optional(),
        EbsConfiguration: ebs.optional(),
      }),
    )
    .optional(),
});

const instances = z.object({
  MasterInstanceType: name.optional(),
  SlaveInstanceType: name.optional(),
  InstanceCount: z.number().int().optional(),
  InstanceGroups: z.array(instanceGroup).optional(),
  InstanceFleets: z.array(instanceFleet).optional(),
  KeepJobFlowAliveWhenNoSteps: flag.optional(),
  TerminationProtected: flag.optional(),
  UnhealthyNodeReplacement: flag.optional(),
  HadoopVersion: name.optional(),
  Ec2KeyName: name.optional(),
  Ec2SubnetId: name.optional(),
  Ec2SubnetIds: z.array(name).optional(),
  Placement: z
    .object({ AvailabilityZone: name.optional(), AvailabilityZones: z.array(name).optional() })
    .optional(),
  EmrManagedMasterSecurityGroup: name.optional(),
  EmrManagedSlaveSecurityGroup: name.optional(),
  ServiceAccessSecurityGroup: name.optional(),
  AdditionalMasterSecurityGroups: z.array(name).optional(),
  AdditionalSlaveSecurityGroups: z.array(name).optional(),
});

const bootstrapAction = z.object({
  Name: name,
  ScriptBootstrapAction: z.object({ Path: text, Args: z.array(text).optional() }),
});

const cluster = z.object({ ClusterId: clusterId });
const clusterPage = cluster.extend({ Marker: marker });
const jobFlows = z.object({ JobFlowIds: z.array(text) });

/** Members that this endpoint reads; it ignores names it does not know, as EMR does. */
export const requests = {
  runJobFlow: z.object({
    Name: name,
    LogUri: text.optional(),
    LogEncryptionKmsKeyId: text.optional(),
    AmiVersion: name.optional(),
    ReleaseLabel: name.optional(),
    Instances: instances,
    Steps: z.array(step).optional(),
    StepExecutionRoleArn: text.optional(),
    BootstrapActions: z.array(bootstrapAction).optional(),
    SupportedProducts: z.array(name).optional(),
    NewSupportedProducts: documents.optional(),
    Applications: z.array(z.looseObject({ Name: z.string().optional() })).optional(),
    Configurations: documents.optional(),
    VisibleToAllUsers: flag.optional(),
    JobFlowRole: text.optional(),
    ServiceRole: text.optional(),
    Tags: z.array(tag).optional(),
    SecurityConfiguration: text.optional(),
    AutoScalingRole: text.optional(),
    ScaleDownBehavior: z.enum(['TERMINATE_AT_INSTANCE_HOUR', 'TERMINATE_AT_TASK_COMPLETION']).optional(),
    CustomAmiId: name.optional(),
    EbsRootVolumeSize: z.number().int().optional(),
    EbsRootVolumeIops: z.number().int().optional(),
    EbsRootVolumeThroughput: z.number().int().optional(),
    RepoUpgradeOnBoot: z.enum(['SECURITY', 'NONE']).optional(),
    KerberosAttributes: document.optional(),
    StepConcurrencyLevel: z.number().int().optional(),
    ManagedScalingPolicy: document.optional(),
    PlacementGroupConfigs: documents.optional(),
    AutoTerminationPolicy: idlePolicy.optional(),
    OSReleaseLabel: name.optional(),
    ExtendedSupport: flag.optional(),
    MonitoringConfiguration: document.optional(),
    SessionEnabled: flag.optional(),
  }),
  cluster,
  clusterPage,
  listClusters: z.object({
    CreatedAfter: z.number().optional(),
    CreatedBefore: z.number().optional(),
    ClusterStates: z.array(z.enum(CLUSTER_STATES)).optional(),
    Marker: marker,
  }),
  addJobFlowSteps: z.object({
    JobFlowId: name,
    Steps: z.array(step),
    ExecutionRoleArn: text.optional(),
  }),
  listSteps: clusterPage.extend({
    StepStates: z.array(z.enum(STEP_STATES)).optional(),
    StepIds: z.array(text).optional(),
  }),
  describeStep: cluster.extend({ StepId: z.string() }),
  cancelSteps: cluster.extend({
    StepIds: z.array(z.string()),
    StepCancellationOption: z.enum(CANCELLATIONS).optional(),
  }),
  jobFlows,
  modifyCluster: cluster.extend({
    StepConcurrencyLevel: z.number().int().optional(),
    ExtendedSupport: flag.optional(),
  }),
  setTerminationProtection: jobFlows.extend({ TerminationProtected: flag }),
  setKeepAlive: jobFlows.extend({ KeepJobFlowAliveWhenNoSteps: flag }),
  setVisibleToAllUsers: jobFlows.extend({ VisibleToAllUsers: flag }),
  setUnhealthyNodeReplacement: jobFlows.extend({ UnhealthyNodeReplacement: flag }),
  putAutoTerminationPolicy: cluster.extend({ AutoTerminationPolicy: idlePolicy.optional() }),
  putManagedScalingPolicy: cluster.extend({ ManagedScalingPolicy: document }),
  addTags: z.object({ ResourceId: z.string(), Tags: z.array(tag) }),
  removeTags: z.object({ ResourceId: z.string(), TagKeys: z.array(z.string()) }),
  listInstances: clusterPage.extend({
    InstanceGroupId: name.optional(),
    InstanceGroupTypes: z.array(role).optional(),
    InstanceFleetId: name.optional(),
    InstanceFleetType: role.optional(),
    InstanceStates: z.array(z.string()).optional(),
  }),
  listSupportedInstanceTypes: z.object({ ReleaseLabel: z.string(), Marker: marker }),
  describeReleaseLabel: z.object({ ReleaseLabel: z.string().optional() }),
  listReleaseLabels: z.object({
    Filters: z.object({ Prefix: z.string().optional(), Application: z.string().optional() }).optional(),
    NextToken: marker,
    MaxResults: z.number().int().min(1).max(100).optional(),
  }),
} as const;

export type RunJobFlowRequest = z.infer<typeof requests.runJobFlow>;
export type StepRequest = z.infer<typeof step>;
export type InstancesRequest = z.infer<typeof instances>;

/** The body, checked. Throws AWS's ValidationException or SerializationException naming the member. */
export function read<S extends z.ZodType>(schema: S, body: unknown): z.infer<S> {
  const result = schema.safeParse(body, { reportInput: true });
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw issue === undefined ? invalid('The request is not valid.') : refusal(issue);
}

function refusal(issue: z.core.$ZodIssue): AwsError {
  const at = issue.path
    .map((part) => (typeof part === 'number' ? `${part + 1}.member` : lowerFirst(String(part))))
    .join('.');
  const missing = issue.code === 'invalid_type' && issue.input === undefined;
  if (issue.code === 'invalid_type' && !missing) {
    return awsError('SerializationException', `The member '${at}' is not of type ${issue.expected}.`);
  }
  const value = missing ? 'null' : `'${String(issue.input).slice(0, 100)}'`;
  return invalid(
    `1 validation error detected: Value ${value} at '${at}' failed to satisfy constraint: ${constraint(issue)}`,
  );
}

function constraint(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return 'Member must not be null';
  if (issue.code === 'invalid_value') {
    return `Member must satisfy enum value set: [${issue.values.map(String).join(', ')}]`;
  }
  if (issue.code === 'too_big') return `Member must have length less than or equal to ${issue.maximum}`;
  if (issue.code === 'too_small') return `Member must have value greater than or equal to ${issue.minimum}`;
  return issue.message;
}

function lowerFirst(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
}
