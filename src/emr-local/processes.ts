/** What the operating system knows about processes: which are alive, and which belong together. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { codeOf } from '../error-code.ts';
import { LandfallError } from '../faults.ts';
import { groupsOf } from '../groups.ts';

const run = promisify(execFile);
const KILL_ROUNDS = 100;

/**
 * A text that is unique to this process for all time: its id, its start time, its user, and a digest of its command
 * line. Undefined when there is no such process, or the system does not show all of this.
 */
export async function identityOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const stat = readStat(pid);
    if (stat === undefined || stat.state === 'Z') return undefined;
    const boot = readProc('sys/kernel/random/boot_id');
    const command = readProc(`${pid}/cmdline`);
    const uid = ownerOf(pid);
    if (boot === undefined || command === undefined || uid === undefined) return undefined;
    return `${pid} ${stat.start}/${boot.trim()} uid ${uid} ${digest(command)}`;
  }
  const found = await askPs(pid);
  return found === undefined
    ? undefined
    : `${pid} ${found.started} uid ${found.uid} ${digest(found.command)}`;
}

/** The text for this process. Throws `input` where the system does not show it. */
export async function ownIdentity(): Promise<string> {
  const identity = await identityOf(process.pid);
  if (identity !== undefined) return identity;
  throw new LandfallError('input', `the system does not show this process (${process.pid})`, {
    why: ['without its start time, no later process can tell it from another one with the same id'],
    next: 'mount /proc; where there is none, install ps',
  });
}

/** True when the process belongs to this user; also where the system has no users. */
export async function isOwnProcess(pid: number): Promise<boolean> {
  const us = process.geteuid?.();
  if (us === undefined) return true;
  const uid = process.platform === 'linux' ? ownerOf(pid) : (await askPs(pid))?.uid;
  return uid === us;
}

/** Its effective user. */
function ownerOf(pid: number): number | undefined {
  const status = readProc(`${pid}/status`);
  const uid = status === undefined ? undefined : /^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1];
  return uid === undefined ? undefined : Number(uid);
}

/** The output of `ps`, in a language and time zone that do not depend on the caller's. */
async function askPs(pid: number): Promise<{ started: string; uid: number; command: string } | undefined> {
  const { stdout } = await run('ps', ['-o', 'lstart=,uid=,command=', '-p', String(pid)], {
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  }).catch(() => ({ stdout: '' }));
  const found = groupsOf(/^(\w+ +\w+ +\d+ +[\d:]+ +\d+) +(\d+) +(\S.*)$/m, stdout.trim(), 3);
  if (found === undefined) return undefined;
  const [started, uid, command] = found;
  return { started, uid: Number(uid), command };
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** True while a process of the group lives; one that has ended and was not collected by its parent does not count. */
export function groupLives(leader: number): boolean {
  if (process.platform !== 'linux') return canSignal(-leader);
  if (!canSignal(-leader)) return false;
  return everyPid().some((pid) => {
    const stat = readStat(pid);
    return stat?.group === leader && stat.state !== 'Z';
  });
}

/**
 * Our processes with a variable in their environment, such as `EMR_STEP_ID=s-...`. Only Linux shows this; elsewhere
 * none.
 */
export function marked(variable: string): number[] {
  if (process.platform !== 'linux') return [];
  const us = process.geteuid?.();
  return everyPid().filter(
    (pid) =>
      pid !== process.pid &&
      readProc(`${pid}/environ`)?.split('\0').includes(variable) === true &&
      ownerOf(pid) === us,
  );
}

/** Sends a signal to every process that carries the variable. */
export function signalMarked(variable: string, name: NodeJS.Signals): void {
  for (const pid of marked(variable)) signal(pid, name);
}

/** Sends a signal to every process of the group; none left is no error. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // The group is gone.
  }
}

/**
 * Kills what an endpoint that died has left of a step, and nothing else. On Linux a process is ours when it carries the
 * step's random id in its environment; elsewhere when the group's leader still is the process that was started at
 * `startedAt` (epoch milliseconds), so that a recycled pid is spared.
 */
export async function killLeftBehind(step: { id: string; pid?: number; startedAt: number }): Promise<void> {
  if (process.platform === 'linux') {
    const variable = `EMR_STEP_ID=${step.id}`;
    // A process that is just being forked is found in the next round.
    for (let round = 0; round < KILL_ROUNDS && marked(variable).length > 0; round += 1) {
      signalMarked(variable, 'SIGKILL');
    }
    return;
  }
  if (step.pid === undefined) return;
  const leader = await askPs(step.pid);
  if (leader === undefined) return;
  const started = Date.parse(`${leader.started} UTC`);
  if (Math.abs(started - step.startedAt) > 5000 || !(await isOwnProcess(step.pid))) return;
  signalGroup(step.pid, 'SIGKILL');
}

function everyPid(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** `/proc/<pid>/stat`: the command in parentheses may itself hold blanks and parentheses. */
function readStat(pid: number): { state: string; group: number; start: string } | undefined {
  const text = readProc(`${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const { 0: state, 2: group, 19: start } = fields;
  return state === undefined || start === undefined ? undefined : { state, group: Number(group), start };
}

/** Synchronously: /proc is memory, and so many promises would cost ten times as much. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return undefined;
  }
}

function canSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}
