/** How the bench measures a command: scripts/bench/measure.py. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Taken } from '../../scripts/bench/results.ts';

const script = join(import.meta.dirname, '../../scripts/bench/measure.py');
const MIB = 2 ** 20;

let cwd: string;

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'landfall-measure-'));
});

afterAll(() => rmSync(cwd, { recursive: true }));

function measure(...command: readonly string[]): Taken & { status: number } {
  const { stderr } = spawnSync('python3', [script, ...command], { cwd, encoding: 'utf8' });
  return JSON.parse(stderr.trimEnd().split('\n').at(-1)!) as Taken & { status: number };
}

/** Leaves a process behind that has its own session, and whose parent has ended, as the local endpoint does. */
const DETACHES = `
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() > 0:
        os._exit(0)
    block = b"x" * (150 << 20)
    while time.process_time() < 0.5:
        pass
    with open("detached.new", "w") as file:
        file.write(str(os.getpid()))
    os.rename("detached.new", "detached")
    time.sleep(20)
while not os.path.exists("detached"):
    time.sleep(0.05)
time.sleep(0.5)
`;

describe('measure.py', () => {
  it('reports the exit code and the time of a command, however it ends', () => {
    const failed = measure('sh', '-c', 'sleep 0.2; exit 7');
    expect(failed.status).toBe(7);
    expect(failed.wall).toBeGreaterThan(0.2);
    expect(measure('sh', '-c', 'kill -9 $$').status).toBe(-9);
  });

  it('counts a process that has detached itself, and ends it; on other systems than Linux it says that it cannot', () => {
    const found = measure('python3', '-c', DETACHES);
    expect(found.status).toBe(0);
    if (process.platform !== 'linux') {
      expect(found).toMatchObject({ cpu: null, peak: null, others: null });
      return;
    }
    expect(found.cpu).toBeGreaterThan(0.5);
    expect(found.cpu).toBeLessThan(found.wall * 2);
    expect(found.peak).toBeGreaterThan(150 * MIB);
    expect(found.peak).toBeLessThan(250 * MIB);
    const pid = Number(readFileSync(join(cwd, 'detached'), 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});
