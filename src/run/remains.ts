/** What is left of a run while gc removes it, or after a gc that was killed. */
import { LandfallError } from '../faults.ts';
import { advise, commandAt } from '../shell-words.ts';
import { keys } from '../lake/layout.ts';
import type { Objects } from './ports.ts';

/**
 * A journal is removed from its first entry on; a new run among the remaining entries would be taken for the old one.
 */
export async function refuseRemains(objects: Objects, run: string): Promise<void> {
  let remains = 0;
  for await (const { key } of objects.list(keys.journal(run))) {
    if (key === keys.entry(run, 1)) return;
    remains += 1;
  }
  if (remains > 0) throw beingRemoved(objects, run);
}

export function beingRemoved({ uri }: Objects, run: string): LandfallError {
  return new LandfallError('input', `run ${run} is being removed`, {
    next: advise`${commandAt(uri, 'gc', '--yes')}, which finishes that`,
  });
}
