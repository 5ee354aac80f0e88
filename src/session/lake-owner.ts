/** Refuses to work on another user's local lake without consent: its owner can change what would be run or deleted. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { LandfallError } from '../faults.ts';
import { keys } from '../lake/layout.ts';
import { advise, place } from '../shell-words.ts';
import { codeOf } from '../error-code.ts';
import type { Store } from '../store/store.ts';
import { parseUri } from '../store/uri.ts';
import type { CliContext } from '../cli/context.ts';
import type { SubmitFlags } from '../cli/run-verbs.ts';

/**
 * Throws `input` when the folder of a local lake, or what Landfall keeps in it, belongs to another user. A lake
 * that root owns is always trusted; under sudo, so is the calling user's. `--trust-lake` trusts any lake.
 */
export function refuseForeignLake(
  store: Store,
  flags: Pick<SubmitFlags, 'trust-lake'>,
  { env, user }: CliContext,
): void {
  const root = parseUri(store.uri, '/');
  if (user === undefined || root.scheme !== 'file' || flags['trust-lake'] === true) return;
  const ours = join(root.path, keys.landfall);
  if (ownerOf(ours) === undefined) return;
  const folders = [keys.runs, keys.publications, keys.data].map((folder) => join(root.path, folder));
  for (const path of [root.path, ours, ...folders]) {
    const owner = ownerOf(path);
    if (owner === undefined || isTrusted(owner, user, env['SUDO_UID'])) continue;
    throw new LandfallError('input', `the lake ${place(store.uri)} belongs to another user`, {
      why: [`${path} belongs to user ${String(owner)}, and this process runs as user ${String(user)}`],
      stand: ['nothing was started, published or removed'],
      next: advise`add --trust-lake if you trust that user to decide what is run, published and removed there; or use a lake of your own`,
    });
  }
}

/**
 * Whether `us` may work on what `owner` can change. `sudoUser` counts only for root, because anybody can set SUDO_UID.
 */
export function isTrusted(owner: number, us: number, sudoUser = ''): boolean {
  return owner === us || owner === 0 || (us === 0 && /^\d+$/.test(sudoUser) && owner === Number(sudoUser));
}

/** Undefined where nothing exists, as below a file. */
function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
    throw error;
  }
}
