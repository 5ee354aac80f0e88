/** One endpoint a state folder: each puts a file of its own into it and looks for others that are still alive. */
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LandfallError } from '../faults.ts';
import { identityOf, ownIdentity } from './processes.ts';
import type { Random } from '../run/ports.ts';

const OWNER = /^owner-(\d+)-[0-9a-f]+$/;

/**
 * Claims the folder; the answer gives it back. Throws LandfallError when another endpoint has it. Files of
 * endpoints that died are cleared away. If two claim it at the same instant, both may be refused, but never both
 * accepted.
 */
export async function claim(folder: string, random: Random): Promise<() => Promise<void>> {
  const name = `owner-${process.pid}-${random.hex(8)}`;
  const path = join(folder, name);
  const release = () => rm(path, { force: true });
  await writeFile(`${path}.tmp`, await ownIdentity(), { mode: 0o600 });
  await rename(`${path}.tmp`, path);
  for (const other of await readdir(folder)) {
    const pid = OWNER.exec(other)?.[1];
    if (pid === undefined || other === name) continue;
    if (await isAlive(join(folder, other), Number(pid))) {
      await release();
      throw new LandfallError(
        'input',
        `the state folder ${folder} is in use by another endpoint (process ${pid})`,
        {
          next: 'use that endpoint, end it, or name another folder with --state',
        },
      );
    }
    await rm(join(folder, other), { force: true });
  }
  return release;
}

async function isAlive(path: string, pid: number): Promise<boolean> {
  const claimed = await readFile(path, 'utf8').catch(() => undefined);
  return claimed !== undefined && claimed === (await identityOf(pid));
}
