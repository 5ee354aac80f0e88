/** A step's process, in a process group of its own. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { groupLives, signalGroup } from './processes.ts';
import type { Command } from './step-command.ts';

export type Exit = { code: number } | { signal: string } | { error: string };

export interface RunningProcess {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** The end of the leader; its children may live on. Never rejects. */
  readonly exited: Promise<Exit>;
  /** To every process of the group. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
  groupLives(): Promise<boolean>;
}

export type Launch = (command: Command) => RunningProcess;

/** Starts the command as a real process, detached into its own group and session, without standard input. */
export const launch: Launch = (command) => {
  const out = openSync(command.stdout, 'a', 0o600);
  const err = openSync(command.stderr, 'a', 0o600);
  try {
    const child = spawn(command.file, command.args, {
      cwd: command.cwd,
      env: command.env,
      detached: true,
      stdio: ['ignore', out, err],
    });
    const exited = new Promise<Exit>((resolve) => {
      child.once('error', (error) => resolve({ error: error.message }));
      child.once('exit', (code, signal) =>
        resolve(code === null ? { signal: signal ?? 'unknown' } : { code }),
      );
    });
    const { pid } = child;
    return {
      pid,
      exited,
      signal: (name) => pid !== undefined && signalGroup(pid, name),
      groupLives: async () => pid !== undefined && (await groupLives(pid)),
    };
  } finally {
    closeSync(out);
    closeSync(err);
  }
};
