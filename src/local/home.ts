/** Where what belongs to this machine lives: the private Spark, local endpoints, the sample. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { LandfallError } from '../faults.ts';

/**
 * LANDFALL_HOME, else landfall/ in XDG_CACHE_HOME, else in ~/.cache: absolute, made if it is not there, readable by its
 * owner alone. Throws `input` when it cannot be made or written to.
 */
export function landfallHome(env: Readonly<Record<string, string | undefined>>): string {
  const own = env['LANDFALL_HOME'] ?? '';
  const cache = env['XDG_CACHE_HOME'] ?? '';
  const user = env['HOME'] ?? '';
  const home =
    own !== ''
      ? resolve(own)
      : join(cache.startsWith('/') ? cache : join(user === '' ? homedir() : user, '.cache'), 'landfall');
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    accessSync(home, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'refused';
    throw new LandfallError('input', `the folder ${home} cannot be written to (${code})`, {
      next: 'set LANDFALL_HOME to a folder of yours, with about 1 GB free',
      cause,
    });
  }
  return home;
}
