/** Whether this user may read the input files. Checks each local file's permissions, and reads none. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { atOnce } from '../at-once.ts';
import { LandfallError } from '../faults.ts';
import type { Input } from '../run/input-manifest.ts';
import { place } from '../shell-words.ts';
import { codeOf } from '../error-code.ts';

const AT_ONCE = 256;
const SHOWN = 10;

/** Throws `access` when there are local files that may not be read; names the first of them. */
export async function refuseUnreadable(inputs: readonly Input[], mayRead = isReadable): Promise<void> {
  const local = inputs.filter(({ uri }) => uri.startsWith('file://'));
  const ifRefused = async (path: string) => ((await mayRead(path)) ? undefined : path);
  const refused = (await atOnce(AT_ONCE, pathsOf(local), ifRefused)).filter((path) => path !== undefined);
  const files = local.reduce((sum, { objects }) => sum + objects.length, 0);
  if (refused.length === 0) return;
  const more = refused.length - SHOWN;
  throw new LandfallError(
    'access',
    `this user may not read ${String(refused.length)} of ${String(files)} input files`,
    {
      why: [...refused.slice(0, SHOWN), ...(more > 0 ? [`and ${String(more)} more`] : [])],
      stand: ['nothing was started'],
      next: 'give this user permission to read them, or choose other inputs',
    },
  );
}

function* pathsOf(inputs: readonly Input[]): Iterable<string> {
  for (const { uri, objects } of inputs) for (const { key } of objects) yield join(place(uri), key);
}

/** A file that is gone is not refused: the step names it. */
async function isReadable(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK);
    return true;
  } catch (error) {
    return !['EACCES', 'EPERM'].includes(codeOf(error));
  }
}
