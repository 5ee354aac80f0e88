/** What clusters are launched with, from settings and plan. */
import { readFileSync } from 'node:fs';
import type { Settings } from '../config/settings.ts';
import type { LaunchSettings } from '../emr/launch-settings.ts';
import { LandfallError } from '../faults.ts';
import type { RunPlan } from '../run/plan.ts';

/** Throws `input` when `cluster_json` cannot be read. Its content is checked where the request is made. */
export function launchSettings({ emr }: Settings, plan: RunPlan): LaunchSettings {
  const { subnet, keyName, pool, clusterJson } = emr;
  return {
    release: plan.release,
    applications: ['Spark'],
    instanceType: emr.instanceType,
    coreCount: emr.coreCount,
    serviceRole: emr.serviceRole,
    jobFlowRole: emr.jobFlowRole,
    idleTimeoutSeconds: plan.idleTimeoutSeconds,
    tags: { ...emr.tags, 'landfall:run': plan.run },
    keepAlive: plan.keepAlive,
    logUri: plan.logUri,
    ...(subnet === undefined ? {} : { subnet }),
    ...(keyName === undefined ? {} : { keyName }),
    ...(pool === undefined ? {} : { pool }),
    ...(clusterJson === undefined || plan.cluster.cluster === 'local'
      ? {}
      : { clusterJson: readJson(clusterJson), clusterJsonFile: clusterJson }),
  };
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch (error) {
    throw new LandfallError('input', `${path}: ${error instanceof Error ? error.message : String(error)}`, {
      next: 'mend the file, or leave [EMR] cluster_json out',
    });
  }
}
