/** A step's process, in a process group of its own. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { present } from '../present.ts';
import { groupLives, marked, signalGroup, signalMarked } from './processes.ts';
import type { Command } from './step-command.ts';

export type Exit = { code: number } | { signal: string } | { error: string };

export interface RunningProcess {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** The end of the leader; its children may live on. Never rejects. */
  readonly exited: Promise<Exit>;
  /** Signals every process of the group, and those that left it and still carry the step's id. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
  /** Whether any of these processes is left. */
  groupLives(): Promise<boolean>;
}

export type Launch = (command: Command) => RunningProcess;

/** Starts the command as a real process, detached into its own group and session, without standard input. */
export const launch: Launch = (command) => {
  const mark = `EMR_STEP_ID=${present(command.env['EMR_STEP_ID'], 'step id')}`;
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
        resolve(code === null ? { signal: present(signal, 'signal') } : { code }),
      );
    });
    const { pid } = child;
    return {
      pid,
      exited,
      signal: (name) => {
        if (pid === undefined) return;
        signalGroup(pid, name);
        signalMarked(mark, name);
      },
      groupLives: () => Promise.resolve(pid !== undefined && (groupLives(pid) || marked(mark).length > 0)),
    };
  } finally {
    closeSync(out);
    closeSync(err);
  }
};
