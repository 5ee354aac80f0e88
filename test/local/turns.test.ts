import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { identityOf } from '../../src/emr-local/processes.ts';
import { takeTurn } from '../../src/local/turns.ts';
import { clock } from './fakes.ts';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'landfall-turns-')), 'turns');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

describe('a turn', () => {
  it('is held by one process at a time, and by every process in the end', async () => {
    let inside = 0;
    let most = 0;
    const visit = async () => {
      const end = await takeTurn({ folder, clock });
      most = Math.max(most, (inside += 1));
      await clock.sleep(1);
      inside -= 1;
      await end();
    };
    await Promise.all(Array.from({ length: 12 }, visit));
    expect(most).toBe(1);
    expect(readdirSync(folder)).toEqual(['12']);
  });

  it('is waited for while its holder is alive, and taken over once the holder was killed', async () => {
    const holder = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(holder, 'spawn');
    mkdirSync(folder);
    writeFileSync(join(folder, '1'), (await identityOf(holder.pid ?? 0)) ?? '');
    const waited: number[] = [];
    let had = false;
    const turn = takeTurn({ folder, clock, waiting: (pid) => waited.push(pid) }).then((end) => {
      had = true;
      return end;
    });
    for (let look = 0; look < 500 && waited.length === 0; look += 1) await clock.sleep(20);
    await clock.sleep(20);
    expect([had, waited]).toEqual([false, [holder.pid]]);
    holder.kill('SIGKILL');
    await (
      await turn
    )();
    expect(had).toBe(true);
  });

  it('is not held by a process that only has the pid of the earlier holder', async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, '4'), `${process.pid} of another boot`);
    const end = await takeTurn({ folder, clock });
    expect(readdirSync(folder)).toEqual(['5']);
    await end();
  });
});
