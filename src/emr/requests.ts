/** The two creating requests, as plain values: what `plan --requests` shows is what is sent. Pure. */
import type {
  JobFlowInstancesConfig,
  RunJobFlowCommandInput,
  RunJobFlowInput,
  StepConfig,
  Tag,
} from '@aws-sdk/client-emr';
import { LandfallError, throwIfErrors } from '../faults.ts';
import {
  checkClusterJson,
  hasGroups,
  idleTimeoutRule,
  normaliseClusterJson,
  validIdleTimeout,
} from './cluster-json.ts';
import { endsWhenIdle } from './release.ts';
import { DEFAULT_POOL, POOL_TAG, RUN_TAG } from './launch-settings.ts';
import type { LaunchSettings } from './launch-settings.ts';
import type { StepRequest } from '../run/ports.ts';
import { tagsIn } from './port-values.ts';

/** EMR's limits, in characters. */
const NAME_LIMIT = 256;
const STEP_LIMIT = 10_240;
const FORBIDDEN_IN_CLUSTER_NAMES = /[<>$|`]/u;
/**
 * Version 2 of the managed policies requires this tag on the cluster: that of the service role (EMR_DefaultRole_V2) for the
 * resources that it creates, and AmazonEMRFullAccessPolicy_v2 for the call of RunJobFlow, whatever the role. To version 1 it
 * is a tag like any other.
 */
const MANAGED_POLICY_TAG = 'for-use-with-amazon-emr-managed-policies';
export type ActionOnFailure = 'CONTINUE' | 'CANCEL_AND_WAIT';

/** The RunJobFlow request for the cluster named `token`. Throws `input` naming every field that cannot be sent. */
export function runJobFlowRequest(settings: LaunchSettings, token: string): RunJobFlowCommandInput {
  checkName(token, 'cluster');
  if (FORBIDDEN_IN_CLUSTER_NAMES.test(token)) {
    throw new LandfallError('input', `EMR takes no < > $ | or \` in a cluster's name: ${token}`, {
      next: 'choose another --run-id',
    });
  }
  throwIfErrors(checkLaunch(settings), 'the cluster cannot be launched as configured');
  const json = (normaliseClusterJson(settings.clusterJson) ?? {}) as Partial<RunJobFlowInput>;
  return {
    ReleaseLabel: settings.release,
    LogUri: settings.logUri,
    Applications: settings.applications.map((name) => ({ Name: name })),
    ServiceRole: settings.serviceRole,
    JobFlowRole: settings.jobFlowRole,
    VisibleToAllUsers: true,
    ...json,
    Name: token,
    Instances: instances(settings, json.Instances ?? {}),
    AutoTerminationPolicy: {
      IdleTimeout: json.AutoTerminationPolicy?.IdleTimeout ?? settings.idleTimeoutSeconds,
    },
    StepConcurrencyLevel: 1,
    Steps: [],
    Tags: tags(settings, json, token),
  };
}

/** Everything wrong with the settings of a launch. What only EMR knows (roles, types, subnets) is not checked. */
export function checkLaunch(settings: LaunchSettings): ReturnType<typeof checkClusterJson> {
  const found = checkClusterJson(settings);
  const { idleTimeoutSeconds, applications, release } = settings;
  const toldOf = found.some(({ at }) => at.endsWith('IdleTimeout'));
  if (!toldOf && !validIdleTimeout(idleTimeoutSeconds)) {
    found.push({ severity: 'error', at: '[EMR] idle_timeout', message: idleTimeoutRule(idleTimeoutSeconds) });
  }
  if (!endsWhenIdle(release)) {
    const message = `is ${release}, whose clusters do not end by themselves when idle`;
    const hint = 'EMR supports that from 5.30.0 and 6.1.0 on';
    found.push({ severity: 'error', at: '[EMR] release', message, hint });
  }
  if (!applications.some((name) => name.toLowerCase() === 'spark')) {
    found.push({ severity: 'error', at: '[EMR] applications', message: 'lacks Spark' });
  }
  return found;
}

/** Fleets have a list of subnets, instance groups have one. */
function subnetOf({ subnet }: LaunchSettings, theirs: JobFlowInstancesConfig): JobFlowInstancesConfig {
  const { Ec2SubnetId, Ec2SubnetIds, Placement, InstanceFleets } = theirs;
  if (subnet === undefined || (Ec2SubnetId ?? Ec2SubnetIds ?? Placement) !== undefined) return {};
  return InstanceFleets === undefined ? { Ec2SubnetId: subnet } : { Ec2SubnetIds: [subnet] };
}

function instances(settings: LaunchSettings, theirs: JobFlowInstancesConfig): JobFlowInstancesConfig {
  const { keyName } = settings;
  return {
    ...subnetOf(settings, theirs),
    ...(keyName === undefined ? {} : { Ec2KeyName: keyName }),
    ...(theirs.InstanceFleets !== undefined || hasGroups(theirs) ? {} : { InstanceGroups: groups(settings) }),
    ...theirs,
    KeepJobFlowAliveWhenNoSteps: true,
  };
}

function groups({ instanceType, coreCount }: LaunchSettings): JobFlowInstancesConfig['InstanceGroups'] {
  const group = (role: 'MASTER' | 'CORE', count: number) => ({
    InstanceRole: role,
    InstanceType: instanceType,
    InstanceCount: count,
  });
  return [group('MASTER', 1), ...(coreCount > 0 ? [group('CORE', coreCount)] : [])];
}

function tags(settings: LaunchSettings, json: Partial<RunJobFlowInput>, token: string): Tag[] {
  const all = new Map<string, string>([
    [MANAGED_POLICY_TAG, 'true'],
    ...Object.entries(settings.tags),
    ...tagsIn(json.Tags),
    [RUN_TAG, token.split('/')[1] ?? token],
    ...(settings.keepAlive === true ? [[POOL_TAG, settings.pool ?? DEFAULT_POOL] as [string, string]] : []),
  ]);
  return [...all].map(([Key, Value]) => ({ Key, Value }));
}

/** One step of an AddJobFlowSteps request. Throws `input` when EMR's limits do not allow it. */
export function stepConfig({ name, args }: StepRequest, action: ActionOnFailure = 'CONTINUE'): StepConfig {
  checkName(name, 'step');
  const jar = 'command-runner.jar';
  const length = args.reduce((sum, argument) => sum + argument.length, jar.length);
  if (length > STEP_LIMIT) {
    throw new LandfallError(
      'input',
      `step ${name}: its arguments have ${String(length)} characters, EMR takes ${String(STEP_LIMIT)}`,
      { next: 'shorten the lake and input paths' },
    );
  }
  const empty = args.indexOf('');
  if (empty >= 0) {
    throw new LandfallError(
      'input',
      `step ${name}: argument ${String(empty + 1)} is empty, and EMR drops empty arguments`,
    );
  }
  return { Name: name, ActionOnFailure: action, HadoopJarStep: { Jar: jar, Args: [...args] } };
}

function checkName(name: string, what: string): void {
  if (name !== '' && name.length <= NAME_LIMIT) return;
  throw new LandfallError(
    'input',
    `the name of a ${what} has ${String(name.length)} characters, EMR takes 1 to ${String(NAME_LIMIT)}: ${name.slice(0, 60)}...`,
    { next: 'choose a shorter --run-id' },
  );
}
