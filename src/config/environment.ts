/** Environment variables of ours that nobody reads: probably misspelled. */
import type { Env } from '../env.ts';
import type { Diagnostic } from '../faults.ts';
import { nearest } from '../nearest.ts';
import type { NamedSetting } from './schema.ts';

/** A warning for each `LANDFALL_...` variable that is close to one that exists; others may belong to someone else. */
export function unknownVariables(env: Env, settings: readonly NamedSetting[]): Diagnostic[] {
  const known = new Set(settings.flatMap((setting) => setting.env));
  return Object.keys(env)
    .filter((variable) => variable.startsWith('LANDFALL_') && !known.has(variable))
    .flatMap((variable) => {
      const meant = nearest(variable.slice('LANDFALL_'.length), suffixes(known));
      if (meant === undefined) return [];
      const hint = `did you mean LANDFALL_${meant}?`;
      return [{ severity: 'warning' as const, at: variable, message: 'this variable is not read', hint }];
    });
}

function suffixes(variables: Iterable<string>): string[] {
  return [...variables]
    .filter((name) => name.startsWith('LANDFALL_'))
    .map((name) => name.slice('LANDFALL_'.length));
}
