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
import { DEFAULT_POOL, POOL_TAG, RUN_TAG } from './launch-settings.ts';
import type { LaunchSettings } from './launch-settings.ts';
import type { StepRequest } from '../run/ports.ts';

/** EMR's limits, in characters. */
const NAME_LIMIT = 256;
const STEP_LIMIT = 10_240;
const FORBIDDEN_IN_CLUSTER_NAMES = /[<>$|`]/u;
/** The role of EMR's first managed policy; the second, and every role made after it, wants the tag below. */
const FIRST_ROLE = 'EMR_DefaultRole';
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

/** All that is wrong with the settings of a launch; what EMR alone can tell (roles, types, subnets) is not checked. */
export function checkLaunch(settings: LaunchSettings): ReturnType<typeof checkClusterJson> {
  const found = checkClusterJson(settings);
  const { idleTimeoutSeconds, applications } = settings;
  if (!validIdleTimeout(idleTimeoutSeconds)) {
    found.push({ severity: 'error', at: '[EMR] idle_timeout', message: idleTimeoutRule(idleTimeoutSeconds) });
  }
  if (!applications.some((name) => name.toLowerCase() === 'spark')) {
    found.push({ severity: 'error', at: '[EMR] applications', message: 'lacks Spark' });
  }
  return found;
}

function instances(settings: LaunchSettings, theirs: JobFlowInstancesConfig): JobFlowInstancesConfig {
  const { subnet, keyName } = settings;
  const theirSubnet = theirs.Ec2SubnetId ?? theirs.Ec2SubnetIds ?? theirs.Placement;
  return {
    ...(subnet === undefined || theirSubnet !== undefined ? {} : { Ec2SubnetId: subnet }),
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
  const role = (json.ServiceRole ?? settings.serviceRole).split('/').at(-1);
  const all = new Map<string, string>([
    ...Object.entries(settings.tags),
    ...(json.Tags ?? []).map(({ Key, Value }): [string, string] => [Key ?? '', Value ?? '']),
    [RUN_TAG, token.split('/')[1] ?? token],
    ...(settings.keepAlive === true ? [[POOL_TAG, settings.pool ?? DEFAULT_POOL] as [string, string]] : []),
    ...(role === FIRST_ROLE ? [] : [[MANAGED_POLICY_TAG, 'true'] as [string, string]]),
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
