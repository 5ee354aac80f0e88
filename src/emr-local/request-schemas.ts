/** Reads a request by its schema; a mistake becomes the refusal that AWS would send. */
import { z } from 'zod';
import { awsError, invalid } from './aws-error.ts';
import { instances, role } from './instances-request.ts';
import { anything, clusterId, configurations, flag, marker, name, text } from './members.ts';
import { ACTIONS_ON_FAILURE, CANCELLATIONS, CLUSTER_STATES, STEP_STATES } from './records.ts';
import type { AwsError } from './aws-error.ts';

const tag = z.object({ Key: z.string().optional(), Value: z.string().optional() });
const idlePolicy = z.object({ IdleTimeout: z.number().int().optional() });

const managedScaling = z.object({
  ComputeLimits: z
    .object({
      UnitType: z.enum(['InstanceFleetUnits', 'Instances', 'VCPU']),
      MinimumCapacityUnits: z.number().int(),
      MaximumCapacityUnits: z.number().int(),
      MaximumOnDemandCapacityUnits: z.number().int().optional(),
      MaximumCoreCapacityUnits: z.number().int().optional(),
    })
    .optional(),
  UtilizationPerformanceIndex: z.number().int().min(1).max(100).optional(),
  ScalingStrategy: z.enum(['DEFAULT', 'ADVANCED']).optional(),
});

const step = z.object({
  Name: name,
  ActionOnFailure: z.enum(ACTIONS_ON_FAILURE).optional(),
  HadoopJarStep: z.object({
    Jar: text,
    MainClass: text.optional(),
    Args: z.array(text).optional(),
    Properties: z.array(z.object({ Key: text.optional(), Value: text.optional() })).optional(),
  }),
  StepMonitoringConfiguration: anything,
});

const bootstrapAction = z.object({
  Name: name,
  ScriptBootstrapAction: z.object({ Path: text, Args: z.array(text).optional() }),
});

const application = z.object({
  Name: z.string().optional(),
  Version: z.string().optional(),
  Args: z.array(z.string()).optional(),
  AdditionalInfo: z.record(z.string(), z.string()).optional(),
});

const INSTANCE_STATES = ['AWAITING_FULFILLMENT', 'PROVISIONING', 'BOOTSTRAPPING', 'RUNNING', 'TERMINATED'];

const placementGroup = z.object({
  InstanceRole: role,
  PlacementStrategy: z.enum(['SPREAD', 'PARTITION', 'CLUSTER', 'NONE']).optional(),
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
    AdditionalInfo: anything,
    StepExecutionRoleArn: anything,
    BootstrapActions: z.array(bootstrapAction).optional(),
    SupportedProducts: anything,
    NewSupportedProducts: anything,
    Applications: z.array(application).optional(),
    Configurations: configurations.optional(),
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
    KerberosAttributes: anything,
    StepConcurrencyLevel: z.number().int().optional(),
    ManagedScalingPolicy: managedScaling.optional(),
    PlacementGroupConfigs: z.array(placementGroup).optional(),
    AutoTerminationPolicy: idlePolicy.optional(),
    OSReleaseLabel: name.optional(),
    ExtendedSupport: flag.optional(),
    MonitoringConfiguration: anything,
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
    ExecutionRoleArn: anything,
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
  putManagedScalingPolicy: cluster.extend({ ManagedScalingPolicy: managedScaling }),
  addTags: z.object({ ResourceId: z.string(), Tags: z.array(tag) }),
  removeTags: z.object({ ResourceId: z.string(), TagKeys: z.array(z.string()) }),
  listInstances: clusterPage.extend({
    InstanceGroupId: name.optional(),
    InstanceGroupTypes: z.array(role).optional(),
    InstanceFleetId: name.optional(),
    InstanceFleetType: role.optional(),
    InstanceStates: z.array(z.enum(INSTANCE_STATES)).optional(),
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
  const value = missing ? 'null' : `'${shown(issue.input)}'`;
  return invalid(
    `1 validation error detected: Value ${value} at '${at}' failed to satisfy constraint: ${constraint(issue)}`,
  );
}

/** Structures are not spelled out: they may be deep, or of no form that can be. */
function shown(input: unknown): string {
  const plain = typeof input === 'string' || typeof input === 'number' || typeof input === 'boolean';
  return plain ? String(input).slice(0, 100) : '...';
}

function constraint(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return 'Member must not be null';
  if (issue.code === 'invalid_value') {
    return `Member must satisfy enum value set: [${issue.values.map(String).join(', ')}]`;
  }
  if (issue.code === 'too_big') return `Member must have length less than or equal to ${issue.maximum}`;
  if (issue.code === 'too_small') return `Member must have value greater than or equal to ${issue.minimum}`;
  if (issue.code === 'invalid_format') return 'Member must not contain control characters';
  return issue.message;
}

function lowerFirst(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
}
