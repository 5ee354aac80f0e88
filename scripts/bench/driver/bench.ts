/** Measures the driver in a process of its own, and writes what it took. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { machineOf } from '../conditions.ts';
import type { Measured } from './measure.ts';
import { driverPage } from './report.ts';
import type { Sizes } from './sizes.ts';

/** Writes driver.md and driver.json into `folder`; returns the page. */
export function benchDriver(sizes: Sizes, { folder, command }: { folder: string; command: string }): string {
  const [load = 0] = loadavg();
  const main = join(import.meta.dirname, 'main.ts');
  const { stdout, status, error } = spawnSync(
    process.execPath,
    ['--import', 'tsx', main, JSON.stringify(sizes)],
    {
      env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  if (error) throw error;
  if (status !== 0) throw new Error(`the measured process ended with exit code ${String(status)}`);
  const operations = JSON.parse(stdout) as Measured[];
  const date = new Date().toISOString().slice(0, 10);
  const result = { command, date, machine: machineOf(), load, sizes, operations };
  const page = driverPage(result);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'driver.json'), `${JSON.stringify(result, undefined, 2)}\n`);
  writeFileSync(join(folder, 'driver.md'), page);
  return page;
}
