/** The error for a journal entry that cannot be trusted. */
import { LandfallError } from '../faults.ts';
import { keys } from '../lake/layout.ts';
import { advise, commandAt } from '../shell-words.ts';
import type { Objects } from './ports.ts';

export interface Damage {
  what: string;
  why: string;
  cause?: unknown;
}

export function damaged({ uri }: Pick<Objects, 'uri'>, run: string, damage: Damage): LandfallError {
  const { what, why, cause } = damage;
  return new LandfallError('input', what, {
    run,
    more: { damaged: run },
    why: [why],
    stand: ['nothing was changed; what the run had submitted continues'],
    next: advise`restore the object from a version or a backup, or start a new run with ${commandAt(uri, 'submit')}`,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The error for an object in the place of an entry that is not one. */
export function notAnEntry({ uri }: Pick<Objects, 'uri'>, run: string, number: number): string {
  return `${uri}/${keys.entry(run, number)} is not entry ${String(number)} of a journal`;
}
