import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { classArchive, makeClassArchive } from '../../src/local/class-archive.ts';
import type { Ready } from '../../src/local/ready.ts';
import type { Run } from '../../src/local/run-command.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landfall-classes-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ready = (javaHome: string): Ready => ({
  version: 1,
  spark: '3.5.6',
  folder,
  sparkHome: join(folder, 'spark'),
  python: 'python',
  javaHome,
});

/** A Spark that writes the requested archive, and then ends with `code`. */
function fakeSpark(code: number): { run: Run; calls: string[] } {
  const calls: string[] = [];
  const run: Run = (file, args) => {
    calls.push([file, ...args].join(' '));
    const draft = /ArchiveClassesAtExit=([^"]+)"/.exec(args.join(' '))?.[1];
    if (draft !== undefined) writeFileSync(draft, '');
    return Promise.resolve({ code, output: '' });
  };
  return { run, calls };
}

describe('the archive of classes', () => {
  it('exists after Spark has ended, and leaves no other file', async () => {
    expect(classArchive(ready('/usr/java'))).toBeUndefined();
    expect(await makeClassArchive(ready('/usr/java'), fakeSpark(0).run, { env: {} })).toBe(true);
    expect(classArchive(ready('/usr/java'))).toBe(join(folder, 'classes.jsa'));
    expect(readdirSync(folder)).toEqual(['classes.jsa']);
  });

  it('is not kept if Spark failed while it was made', async () => {
    expect(await makeClassArchive(ready('/usr/java'), fakeSpark(1).run, { env: {} })).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is based on a base archive, which is made only for our own Java', async () => {
    const [ours, another] = [fakeSpark(0), fakeSpark(0)];
    await makeClassArchive(ready(join(folder, 'java')), ours.run, { env: {} });
    expect(ours.calls[0]).toBe(`${join(folder, 'java/bin/java')} -Xshare:dump`);
    await makeClassArchive(ready('/usr/java'), another.run, { env: {} });
    expect(another.calls.filter((call) => call.includes('-Xshare:dump'))).toEqual([]);
  });

  it('is not used if its path contains a separator', () => {
    const divided = { folder: join(folder, 'a:b') };
    mkdirSync(divided.folder);
    writeFileSync(join(divided.folder, 'classes.jsa'), '');
    expect(existsSync(join(divided.folder, 'classes.jsa'))).toBe(true);
    expect(classArchive(divided)).toBeUndefined();
  });
});
