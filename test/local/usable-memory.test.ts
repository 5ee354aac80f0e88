import { describe, expect, it } from '@jest/globals';
import { usableMemory } from '../../src/local/usable-memory.ts';

const GIB = 2 ** 30;
const memoryWith = (files: Record<string, string>) => usableMemory(64 * GIB, (path) => files[path]);

describe('the memory that this process may use', () => {
  it('is the machine’s if nothing limits it', () => {
    expect(memoryWith({})).toBe(64 * GIB);
    expect(memoryWith({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': 'max\n' })).toBe(
      64 * GIB,
    );
  });

  it('is the limit of the container', () => {
    const files = { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': `${2 * GIB}\n` };
    expect(memoryWith(files)).toBe(2 * GIB);
  });

  it('is the smallest limit of the enclosing groups', () => {
    const files = {
      '/proc/self/cgroup': '0::/user.slice/job\n',
      '/sys/fs/cgroup/user.slice/memory.max': `${3 * GIB}\n`,
      '/sys/fs/cgroup/user.slice/job/memory.max': 'max\n',
    };
    expect(memoryWith(files)).toBe(3 * GIB);
  });

  it('is the limit of cgroups version 1, where a huge number means no limit', () => {
    const files = {
      '/proc/self/cgroup': '9:cpu:/x\n7:hugetlb,memory:/docker/1\n',
      '/sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes': `${GIB}\n`,
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    };
    expect(memoryWith(files)).toBe(GIB);
  });

  it('is at most what ulimit -v allows', () => {
    const row = (soft: string) =>
      `Limit  Soft  Hard  Units\nMax address space         ${soft}   unlimited  bytes\n`;
    expect(memoryWith({ '/proc/self/limits': row(String(4 * GIB)) })).toBe(4 * GIB);
    expect(memoryWith({ '/proc/self/limits': row('unlimited') })).toBe(64 * GIB);
  });
});
