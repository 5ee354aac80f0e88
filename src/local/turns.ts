/** One at a time: processes that set up the same thing take turns. */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identityOf } from '../emr-local/processes.ts';
import { codeOf } from '../error-code.ts';
import type { Clock } from '../run/ports.ts';

const LOOK_AGAIN_MS = 250;

export interface Turn {
  /** Made if it is not there; nothing else lives in it. */
  folder: string;
  clock: Clock;
  /** Called once, when another process has the turn. */
  waiting?: (pid: number) => void;
}

/**
 * Waits until it is our turn; call the result to end the turn. A killed holder loses its turn at once. Turn n is the
 * file `n`, which holds its process, or nothing once the turn is over. New files always get the next number, and the
 * highest is never deleted; a process that finds a file with a number higher than its own does not have the turn.
 */
export async function takeTurn(turn: Turn): Promise<() => Promise<void>> {
  const { folder, clock } = turn;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const mine = (await identityOf(process.pid)) ?? String(process.pid);
  let announced = false;
  for (;;) {
    const last = Math.max(0, ...(await numbers(folder)));
    const holder =
      last === 0 ? '' : await readFile(join(folder, String(last)), 'utf8').catch(() => undefined);
    if (holder === undefined) continue;
    if (holder !== '' && holder === (await identityOf(Number.parseInt(holder)))) {
      if (!announced) turn.waiting?.(Number.parseInt(holder));
      announced = true;
      await clock.sleep(LOOK_AGAIN_MS);
      continue;
    }
    const path = join(folder, String(last + 1));
    if (!(await createWhole(path, mine))) continue;
    // While we were slow, others may have had this turn and later ones, and deleted it.
    if (Math.max(...(await numbers(folder))) > last + 1) {
      await rm(path, { force: true });
      continue;
    }
    await Promise.all(
      (await numbers(folder))
        .filter((n) => n <= last)
        .map((n) => rm(join(folder, String(n)), { force: true })),
    );
    return () => replace(path, '');
  }
}

async function numbers(folder: string): Promise<number[]> {
  return (await readdir(folder)).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Creates the file with its content in one move; false when it is there already. */
async function createWhole(path: string, content: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}.tmp`;
  await writeFile(draft, content);
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function replace(path: string, content: string): Promise<void> {
  const draft = `${path}.${randomUUID()}.tmp`;
  await writeFile(draft, content);
  await rename(draft, path);
}
