/** Launch settings of clusters: taken from the settings into the plan, and from the plan again on any machine. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Settings } from '../config/settings.ts';
import type { LaunchSettings } from '../emr/launch-settings.ts';
import { LandfallError } from '../faults.ts';
import { readJson } from '../json-text.ts';
import { messageOf } from '../message-of.ts';
import type { ClusterChoice, PlannedLaunch, RunPlan } from '../run/plan.ts';
import { sha256 } from './sha256.ts';

/** What a run that may launch is planned with. Throws `input` when `cluster_json` cannot be read. */
export function plannedLaunch({ emr }: Settings, choice: ClusterChoice): PlannedLaunch {
  const { instanceType, coreCount, subnet, keyName, serviceRole, jobFlowRole, tags = {}, pool } = emr;
  const file = launchesByJson(choice) ? emr.clusterJson : undefined;
  return {
    instanceType,
    coreCount,
    serviceRole,
    jobFlowRole,
    tags,
    ...(subnet === undefined ? {} : { subnet }),
    ...(keyName === undefined ? {} : { keyName }),
    ...(pool === undefined ? {} : { pool }),
    ...(file === undefined ? {} : { clusterJson: { file: basename(file), sha256: sha256(read(file)) } }),
  };
}

/** Not for a local cluster: the file is about machines, and the local endpoint has none. */
function launchesByJson({ kind }: ClusterChoice): boolean {
  return kind === 'new' || kind === 'reuse';
}

/** Seconds without work after which a cluster that the run launches ends: a `cluster_json` outranks the settings. */
export function plannedIdleTimeout({ emr }: Settings, choice: ClusterChoice): number {
  if (emr.clusterJson === undefined || !launchesByJson(choice)) return emr.idleTimeout;
  const json = readJson(withoutMark(read(emr.clusterJson)));
  const request = 'value' in json ? (json.value as IdleRequest | null) : undefined;
  const asked = request?.AutoTerminationPolicy?.IdleTimeout;
  return typeof asked === 'number' ? asked : emr.idleTimeout;
}

interface IdleRequest {
  AutoTerminationPolicy?: { IdleTimeout?: unknown } | null;
}

/**
 * The launch settings of a run: those of its plan, or these settings if an earlier version made the plan. A
 * `cluster_json` other than the planned one is returned as a problem, which matters only if a cluster is launched.
 */
export function launchSettings(settings: Settings, plan: RunPlan): LaunchSettings {
  const planned = plan.launch ?? plannedLaunch(settings, plan.cluster);
  const { clusterJson, ...launch } = planned;
  return {
    ...launch,
    release: plan.release,
    applications: ['Spark'],
    idleTimeoutSeconds: plan.idleTimeoutSeconds,
    keepAlive: plan.keepAlive,
    logUri: plan.logUri,
    ...(clusterJson === undefined ? {} : content(clusterJson, settings.emr.clusterJson)),
  };
}

type Content = Pick<LaunchSettings, 'clusterJson' | 'clusterJsonFile' | 'clusterJsonProblem'>;

function content(
  { file, sha256: planned }: { file: string; sha256: string },
  path: string | undefined,
): Content {
  const run = `the run was planned with ${file} of SHA-256 ${planned}`;
  if (path === undefined) {
    return {
      clusterJsonFile: '[EMR] cluster_json',
      clusterJsonProblem: `names a file that does not exist here; ${run}`,
    };
  }
  const problem = (what: string): Content => ({ clusterJsonFile: path, clusterJsonProblem: what });
  try {
    const text = read(path);
    if (sha256(text) !== planned) return problem(`is another file, of SHA-256 ${sha256(text)}; ${run}`);
    const json = readJson(withoutMark(text));
    return 'value' in json
      ? { clusterJson: json.value, clusterJsonFile: path }
      : problem(`is ${json.problem}`);
  } catch (error) {
    if (error instanceof LandfallError) return problem(`${error.why.join('; ')}; ${run}`);
    throw error;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new LandfallError('input', `[EMR] cluster_json: ${path} cannot be read`, {
      why: [messageOf(error)],
      next: 'correct the path, or remove [EMR] cluster_json',
    });
  }
}

const withoutMark = (text: string) => text.replace(/^\uFEFF/, '');
