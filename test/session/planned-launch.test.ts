/** The launch settings of clusters: those of the plan, on every machine. */
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { launchSettings, plannedIdleTimeout, plannedLaunch } from '../../src/session/planned-launch.ts';
import type { Settings } from '../../src/config/settings.ts';
import { resolveSettings } from '../../src/config/settings.ts';
import type { ClusterChoice, RunPlan } from '../../src/run/plan.ts';
import { plan as base } from '../support/fake-run.ts';
import { temporaryFolder } from '../support/landfall.ts';

const { folder: cwd, remove } = temporaryFolder();
const file = join(cwd, 'cluster.json');
const TEXT = '{ "AutoTerminationPolicy": { "IdleTimeout": 900 }, "SecurityConfiguration": "s" }\n';
const SHA256 = createHash('sha256').update(TEXT).digest('hex');
const launching: ClusterChoice = { kind: 'new' };

beforeAll(() => {
  mkdirSync(cwd, { recursive: true });
  writeFileSync(file, TEXT);
});
afterAll(remove);

function settingsOf(emr: string): Settings {
  const cfg = { path: 'dl.cfg', text: `[EMR]\n${emr}\n` };
  const { settings, diagnostics } = resolveSettings({
    cfg,
    env: {},
    flags: {},
    pipeline: { sources: [], parameters: [] },
    cwd,
  });
  if (settings === undefined) throw new Error(JSON.stringify(diagnostics));
  return settings;
}

/** The plan of a machine with these settings. */
function planned(emr: string, cluster: ClusterChoice = launching): RunPlan {
  const settings = settingsOf(emr);
  return {
    ...base,
    cluster,
    launch: plannedLaunch(settings, cluster),
    idleTimeoutSeconds: plannedIdleTimeout(settings, cluster),
  };
}
const OURS = `instance_type = m6g.xlarge
core_count = 3
subnet = subnet-0a
key_name = ops
service_role = Own
job_flow_role = Profile
tags = team=data
pool = ci
cluster_json = cluster.json`;
const OTHER = 'instance_type = c5.large\ncore_count = 1\nservice_role = Other\ntags = team=other';

describe('the plan', () => {
  it('has all [EMR] settings of the cluster to launch, and only the name and digest of a cluster_json', () => {
    expect(planned(OURS).launch).toEqual({
      instanceType: 'm6g.xlarge',
      coreCount: 3,
      subnet: 'subnet-0a',
      keyName: 'ops',
      serviceRole: 'Own',
      jobFlowRole: 'Profile',
      tags: { team: 'data' },
      pool: 'ci',
      clusterJson: { file: 'cluster.json', sha256: SHA256 },
    });
  });

  it('has no cluster_json if nothing is launched', () => {
    for (const choice of [{ kind: 'local' }, { kind: 'id', id: 'j-1' }] as const) {
      expect(planned('cluster_json = absent.json', choice).launch).not.toHaveProperty('clusterJson');
    }
    expect(() => planned('cluster_json = absent.json')).toThrow('absent.json cannot be read');
  });

  it('has the idle timeout that the cluster will have', () => {
    expect(planned('idle_timeout = 700').idleTimeoutSeconds).toBe(700);
    expect(planned('idle_timeout = 700\ncluster_json = cluster.json').idleTimeoutSeconds).toBe(900);
    const local = planned('idle_timeout = 700\ncluster_json = cluster.json', { kind: 'local' });
    expect(local.idleTimeoutSeconds).toBe(700);
  });
});

describe('a launch', () => {
  it('is the same on a machine with other settings', () => {
    const plan = planned(OURS);
    const here = launchSettings(settingsOf(OURS), plan);
    const there = launchSettings(settingsOf(`${OTHER}\ncluster_json = cluster.json`), plan);
    expect(here).toMatchObject({ instanceType: 'm6g.xlarge', clusterJson: JSON.parse(TEXT) as object });
    expect(there).toEqual(here);
  });

  it('uses the current settings for a plan of an earlier version', () => {
    const { launch: _, ...plan } = planned(OURS);
    expect(launchSettings(settingsOf(`${OTHER}\ncluster_json = cluster.json`), plan)).toMatchObject({
      instanceType: 'c5.large',
      coreCount: 1,
      serviceRole: 'Other',
      tags: { team: 'other' },
      clusterJson: JSON.parse(TEXT) as object,
    });
  });

  it.each<[string, string, () => void, string]>([
    ['is not named here', OTHER, () => undefined, `names a file that does not exist here; the run was planned with cluster.json of SHA-256 ${SHA256}`],
    ['is not there', OURS, () => rmSync(file), 'ENOENT'],
    ['has changed', OURS, () => writeFileSync(file, TEXT.replace('900', '60')), `is another file, of SHA-256`],
  ])('reports as a problem that its cluster_json %s', (_, emr, change, problem) => {
    const plan = planned(OURS);
    change();
    const { clusterJson, clusterJsonProblem } = launchSettings(settingsOf(emr), plan);
    writeFileSync(file, TEXT);
    expect(clusterJson).toBeUndefined();
    expect(clusterJsonProblem).toContain(problem);
  }); // prettier-ignore

  it('reads a cluster_json that begins with a byte order mark, and reports one that is not JSON', () => {
    const read = (text: string) => {
      writeFileSync(file, text);
      const settings = launchSettings(settingsOf(OURS), planned(OURS));
      writeFileSync(file, TEXT);
      return settings;
    };
    expect(read('\uFEFF{}')).toMatchObject({ clusterJson: {} });
    expect(read('{"Tags": [')).toMatchObject({ clusterJsonProblem: 'is not JSON: line 1' });
  });
});
