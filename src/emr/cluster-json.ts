/** `cluster_json`: a RunJobFlow request of the user's own, passed through, checked for the few fields that are ours. */
import type { RunJobFlowInput } from '@aws-sdk/client-emr';
import type { Diagnostic } from '../faults.ts';
import type { LaunchSettings } from './launch-settings.ts';
import { checkRunJobFlowShape } from './request-shape.ts';

type Json = Readonly<Record<string, unknown>>;

/** EMR's limits for AutoTerminationPolicy.IdleTimeout, seconds. */
export const IDLE_TIMEOUT = { least: 60, most: 604_800 } as const;

const CONFIGURATION_KEYS = new Map([
  ['classification', 'Classification'],
  ['properties', 'Properties'],
  ['configurations', 'Configurations'],
]);

/**
 * The request with each `Configurations` list in the API's own key case and with string values (the console
 * writes `classification`, the API `Classification`; JSON has numbers where EMR wants strings). Everything else stays
 * as it was.
 */
export function normaliseClusterJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normaliseClusterJson);
  if (!isObject(value)) return value;
  return renamed(
    value,
    (key) => (key.toLowerCase() === 'configurations' ? 'Configurations' : key),
    (key, item) => (key === 'Configurations' ? configurations(item) : normaliseClusterJson(item)),
  );
}

function configurations(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((entry: unknown) => {
    if (!isObject(entry)) return entry;
    return renamed(
      entry,
      (key) => CONFIGURATION_KEYS.get(key.toLowerCase()) ?? key,
      (key, item) => {
        if (key === 'Configurations') return configurations(item);
        return key === 'Properties' ? texts(item) : item;
      },
    );
  });
}

/**
 * The object with new names and values. A key whose new name is taken keeps its own, so that EMR's shape check
 * refuses it.
 */
function renamed(
  given: Json,
  name: (key: string) => string,
  value: (key: string, item: unknown) => unknown,
): Json {
  return Object.fromEntries(
    Object.entries(given).map(([written, item]) => {
      const key = name(written);
      return key === written || !Object.hasOwn(given, key) ? [key, value(key, item)] : [written, item];
    }),
  );
}

function texts(properties: unknown): unknown {
  if (!isObject(properties)) return properties;
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) =>
      typeof value === 'number' || typeof value === 'boolean' ? [name, String(value)] : [name, value],
    ),
  );
}

/** Everything wrong with `settings.clusterJson`, each with its field; empty when there is none. */
export function checkClusterJson(settings: LaunchSettings): Diagnostic[] {
  const { clusterJson, clusterJsonFile: file = 'cluster_json', clusterJsonProblem: problem } = settings;
  if (problem !== undefined) return [{ severity: 'error', at: file, message: problem }];
  if (clusterJson === undefined) return [];
  if (Array.isArray(clusterJson)) {
    const hint = 'for a list of configurations, write {"Configurations": [...]}';
    return [
      { severity: 'error', at: file, message: 'is a list, where a RunJobFlow request is an object', hint },
    ];
  }
  const { found, sound = {} } = checkRunJobFlowShape(normaliseClusterJson(clusterJson), file);
  const ours = ownFields(sound as RunJobFlowInput, settings).map(
    ({ field, message, hint, severity = 'error' }) => ({
      severity,
      at: `${file} ${field}`,
      message,
      ...(hint === undefined ? {} : { hint }),
    }),
  );
  return [...found, ...ours];
}

/** The applications that the cluster is launched with. */
export function applicationsOf({ applications, clusterJson }: LaunchSettings): readonly string[] {
  if (clusterJson === undefined) return applications;
  const { sound } = checkRunJobFlowShape(normaliseClusterJson(clusterJson), '');
  const asked = (sound as RunJobFlowInput | undefined)?.Applications;
  return asked?.flatMap(({ Name }) => Name ?? []) ?? applications;
}

interface Remark {
  field: string;
  message: string;
  hint?: string;
  severity?: Diagnostic['severity'];
}

function ownFields(json: Partial<RunJobFlowInput>, settings: LaunchSettings): Remark[] {
  const { Instances: instances } = json;
  const remarks: Remark[] = [];
  const note = (when: boolean, field: string, message: string, more: Partial<Remark> = {}) => {
    if (when) remarks.push({ field, message, ...more });
  };
  note(json.Name !== undefined, 'Name', 'is not used: the name is how a run finds its cluster again', {
    severity: 'notice',
  });
  note((json.Steps ?? []).length > 0, 'Steps', 'must be empty', { hint: 'the pipeline submits the steps' });
  note((json.StepConcurrencyLevel ?? 1) !== 1, 'StepConcurrencyLevel', 'must be 1', { hint: 'leave it out' });
  note(
    instances?.KeepJobFlowAliveWhenNoSteps === false,
    'Instances.KeepJobFlowAliveWhenNoSteps',
    'must be true',
    {
      hint: 'without steps the cluster would end before they arrive; AutoTerminationPolicy ends an idle one',
    },
  );
  note(instances?.TerminationProtected === true, 'Instances.TerminationProtected', 'must be false', {
    hint: 'the cluster could not be terminated after its run',
  });
  note(json.AmiVersion !== undefined, 'AmiVersion', 'cannot stand beside a release', {
    hint: 'leave it out',
  });
  note(
    instances?.InstanceFleets !== undefined && hasGroups(instances),
    'Instances.InstanceFleets',
    'cannot stand beside instance groups or types',
  );
  note(
    instances?.Ec2SubnetId !== undefined && instances.Ec2SubnetIds !== undefined,
    'Instances.Ec2SubnetIds',
    'cannot stand beside Ec2SubnetId',
  );
  const applications = json.Applications?.map(({ Name }) => Name?.toLowerCase()) ?? ['spark'];
  note(!applications.some((name) => name === undefined || name === 'spark'), 'Applications', 'lacks Spark', {
    hint: 'add {"Name": "Spark"}',
  });
  differs('LogUri', json.LogUri, settings.logUri, 'log_uri');
  differs('ReleaseLabel', json.ReleaseLabel, settings.release, 'release');
  const idle = json.AutoTerminationPolicy?.IdleTimeout;
  note(
    idle !== undefined && !validIdleTimeout(idle),
    'AutoTerminationPolicy.IdleTimeout',
    idleTimeoutRule(idle),
  );
  const reserved = (json.Tags ?? []).flatMap(({ Key }) =>
    Key?.startsWith('landfall:') === true ? [Key] : [],
  );
  note(reserved.length > 0, 'Tags', `${reserved.join(', ')}: tags of this name are ours`);
  return remarks;

  function differs(field: string, theirs: string | undefined, ours: string, key: string): void {
    if (theirs === undefined) return;
    note(theirs !== ours, field, `is ${theirs}, but the run's is ${ours}`, {
      hint: `leave it out and set ${key} in dl.cfg`,
    });
  }
}

/** Whether the request sizes its cluster by instance groups, or by the types and count that stand for them. */
export function hasGroups(instances: RunJobFlowInput['Instances']): boolean {
  return [
    instances?.InstanceGroups,
    instances?.MasterInstanceType,
    instances?.SlaveInstanceType,
    instances?.InstanceCount,
  ].some((value) => value !== undefined);
}

/** Whether EMR accepts it. */
export function validIdleTimeout(seconds: number): boolean {
  return Number.isInteger(seconds) && seconds >= IDLE_TIMEOUT.least && seconds <= IDLE_TIMEOUT.most;
}

/** What is wrong with it. */
export function idleTimeoutRule(seconds: number | undefined): string {
  return `is ${String(seconds)}: EMR takes whole seconds from ${String(IDLE_TIMEOUT.least)} to ${String(IDLE_TIMEOUT.most)}`;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
