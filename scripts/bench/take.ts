/** Runs a contestant's command in a process that measures it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Taken } from './results.ts';

export interface Surroundings {
  /** The working folder of the command: empty, so that it finds no settings. */
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/** What the command took; throws with the end of its stderr when it fails. */
export function take(command: readonly string[], { cwd, env }: Surroundings): Taken {
  rmSync(cwd, { recursive: true, force: true });
  mkdirSync(cwd, { recursive: true });
  const { stderr, error } = spawnSync('python3', [join(import.meta.dirname, 'measure.py'), ...command], {
    cwd,
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (error) throw error;
  const lines = stderr.trimEnd().split('\n');
  const { status, ...taken } = JSON.parse(lines.pop() ?? '') as Taken & { status: number };
  if (status !== 0)
    throw new Error(`exit code ${status} of ${command.join(' ')}\n${lines.slice(-20).join('\n')}`);
  return taken;
}
