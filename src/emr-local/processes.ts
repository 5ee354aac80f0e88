/** What the operating system knows of processes: who is alive, and which of them belong together. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * A text that no other process has, before or after: its id and when it started. Undefined when there is no such process.
 */
export async function identityOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const stat = await readStat(pid);
    if (stat === undefined || stat.state === 'Z') return undefined;
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
    return `${pid} ${stat.start} ${boot.trim()}`;
  }
  const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.trim() === '' ? undefined : `${pid} ${stdout.trim()}`;
}

/** True while a process of the group lives; one that has ended and was not collected by its parent does not count. */
export async function groupLives(leader: number): Promise<boolean> {
  if (process.platform !== 'linux') return canSignal(-leader);
  if (!canSignal(-leader)) return false;
  for (const pid of await everyPid()) {
    const stat = await readStat(pid);
    if (stat?.group === leader && stat.state !== 'Z') return true;
  }
  return false;
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
    for (const pid of await pidsMarked(`EMR_STEP_ID=${step.id}`)) signal(pid, 'SIGKILL');
    return;
  }
  if (step.pid === undefined) return;
  const identity = await identityOf(step.pid);
  const started = Date.parse(identity?.slice(String(step.pid).length + 1) ?? '');
  if (Math.abs(started - step.startedAt) <= 5000) signalGroup(step.pid, 'SIGKILL');
}

async function pidsMarked(variable: string): Promise<number[]> {
  const pids = await everyPid();
  const marked = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return environment.split('\0').includes(variable) && pid !== process.pid;
    }),
  );
  return pids.filter((_, index) => marked[index]);
}

async function everyPid(): Promise<number[]> {
  const names = await readdir('/proc');
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** `/proc/<pid>/stat`: the command in parentheses may itself hold blanks and parentheses. */
async function readStat(pid: number): Promise<{ state: string; group: number; start: string } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', group: Number(fields[2]), start: fields[19] ?? '' };
}

function canSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}
