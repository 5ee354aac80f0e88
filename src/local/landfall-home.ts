/** The folder of what belongs to this machine: the private Spark, local endpoints, the sample. */
import { randomUUID } from 'node:crypto';
import { accessSync, constants, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { variableIn } from '../env.ts';
import type { Env } from '../env.ts';
import { codeOf } from '../error-code.ts';
import { LandfallError } from '../faults.ts';

const NEXT = 'set LANDFALL_HOME to a folder of yours, with about 1 GB free';

/**
 * LANDFALL_HOME, else landfall/ in XDG_CACHE_HOME, else in ~/.cache: absolute, made if it is not there, readable by its
 * owner alone. Throws `input` when there is no such place, when it cannot be made or written to, or when others could
 * change what we run from it.
 */
export function landfallHome(env: Env, us = process.geteuid?.()): string {
  const own = variableIn(env, 'LANDFALL_HOME');
  const home = own === undefined ? join(cacheFolder(env), 'landfall') : resolve(own);
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    accessSync(home, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const code = codeOf(cause) || 'refused';
    throw new LandfallError('input', `the folder ${home} cannot be written to (${code})`, {
      next: NEXT,
      cause,
    });
  }
  refuseShared(home, us);
  return home;
}

/**
 * Throws `input` for a folder on a file system that is mounted noexec: neither a Java nor the libraries that Spark
 * unpacks for itself can be loaded from there. `setting` moves the folder elsewhere.
 */
export function refuseNoexec(folder: string, setting: string): void {
  const probe = join(folder, `.program-${String(process.pid)}-${randomUUID()}`);
  try {
    writeFileSync(probe, '', { mode: 0o700 });
    // Linux answers for the mount too: of a file, not of a folder.
    accessSync(probe, constants.X_OK);
  } catch (cause) {
    if (codeOf(cause) !== 'EACCES') throw cause;
    throw new LandfallError('input', `no program can be run from the folder ${folder} (mounted noexec?)`, {
      why: ['Spark loads libraries from it'],
      next: `set ${setting} to a folder on another file system`,
      cause,
    });
  } finally {
    rmSync(probe, { force: true });
  }
}

/** It holds programs and keys, so only this user may write to it. */
function refuseShared(home: string, us: number | undefined): void {
  if (us === undefined) return;
  const { uid, mode } = statSync(home);
  if (uid !== us)
    throw unsafe(
      home,
      `belongs to user ${String(uid)}, and this process runs as user ${String(us)}`,
      `to a folder of yours`,
    );
  if ((mode & 0o022) === 0) return;
  throw unsafe(home, 'can be written to by other users', `to another folder, or chmod go-w ${home}`);
}

function unsafe(home: string, why: string, way: string): LandfallError {
  return new LandfallError('input', `the folder ${home} ${why}`, {
    why: ['Landfall runs programs from it and keeps keys in it'],
    next: `set LANDFALL_HOME ${way}`,
  });
}

function cacheFolder(env: Env): string {
  const cache = env['XDG_CACHE_HOME'];
  if (cache !== undefined && isAbsolute(cache)) return cache;
  const user = env['HOME'];
  try {
    return join(user !== undefined && isAbsolute(user) ? user : userInfo().homedir, '.cache');
  } catch (cause) {
    throw new LandfallError('input', 'this user has no home folder: HOME is not set', { next: NEXT, cause });
  }
}
