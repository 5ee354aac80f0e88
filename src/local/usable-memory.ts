/** The memory that this process may use: the machine's, or less where a container or a limit says so. */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { groupsOf } from '../groups.ts';

/** The text of a file; undefined when it cannot be read. */
export type Read = (path: string) => string | undefined;

/** Bytes. The smallest of the machine's memory, the limits of every control group around us, and `ulimit -v`. */
export function usableMemory(total = totalmem(), read: Read = readText): number {
  return Math.min(total, ...groupLimits(read), ...addressSpace(read));
}

/**
 * A group's limit applies to all groups below it, so every group from ours up to the root is checked (cgroup v2, then
 * v1).
 */
function groupLimits(read: Read): number[] {
  const lines = read('/proc/self/cgroup')?.split('\n') ?? [];
  return lines.flatMap((line) => {
    const group = groupsOf(/^\d+:([^:]*):(\/.*)$/, line, 2);
    if (group === undefined) return [];
    const [controllers, path] = group;
    if (controllers === '') return upwards(path, '/sys/fs/cgroup', 'memory.max', read);
    if (!controllers.split(',').includes('memory')) return [];
    return upwards(path, '/sys/fs/cgroup/memory', 'memory.limit_in_bytes', read);
  });
}

function upwards(path: string, mount: string, file: string, read: Read): number[] {
  const limits = [];
  for (let group = path; ; group = dirname(group)) {
    limits.push(...bytes(read(join(mount, group, file))));
    if (group === '/') return limits;
  }
}

function addressSpace(read: Read): number[] {
  const limits = read('/proc/self/limits');
  return limits === undefined ? [] : bytes(/^Max address space\s+(\S+)/m.exec(limits)?.[1]);
}

/** None for `max` or `unlimited`. */
function bytes(text: string | undefined): number[] {
  const digits = text?.trim();
  return digits !== undefined && /^\d+$/.test(digits) && Number(digits) > 0 ? [Number(digits)] : [];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
