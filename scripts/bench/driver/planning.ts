/** The plan of the run that is to land, made by the driver itself. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configure } from '../../../src/session/configure.ts';
import { planRun } from '../../../src/session/plan-run.ts';
import type { Settings } from '../../../src/config/settings.ts';
import type { CliContext } from '../../../src/cli/context.ts';
import type { RunPlan } from '../../../src/run/plan.ts';
import { commandWorld } from '../../../test/support/command-world.ts';

const FLAGS = {
  cluster: 'local',
  'run-id': 'next',
  lake: 's3://lake',
  'song-data': 's3://raw/song_data',
  'log-data': 's3://raw/log_data',
};

export interface Planning {
  cli: CliContext;
  settings: Settings;
  plan: RunPlan;
}

/** What `landfall plan` does. `folder`: where its dl.cfg is written. */
export async function planNext(endpoint: string, folder: string): Promise<Planning> {
  mkdirSync(folder, { recursive: true });
  const keys = 'access_key_id = testing\nsecret_access_key = testing\n';
  writeFileSync(join(folder, 'dl.cfg'), `[AWS]\n${keys}[S3]\nendpoint = ${endpoint}\nregion = us-east-1\n`);
  const cli = commandWorld(folder);
  const { plan } = await planRun(FLAGS, cli);
  return { cli, settings: configure('plan', FLAGS, cli).settings, plan };
}
