/** Which pipeline is chosen: it must be known before the other settings are read, for some of their keys are its own. */
import { isAbsolute, relative } from 'node:path';
import { choose } from './choose.ts';
import { readIni } from './ini-file.ts';
import { isKeyOf, namedSettings } from './schema.ts';
import type { SettingsInput } from './settings-input.ts';

export interface ChosenFolder {
  /** As messages name it: from the working folder where it lies below that, else absolute. */
  name: string;
  /** Absolute. */
  place: string;
}

/**
 * The folder of the chosen pipeline; undefined when none is chosen. `resolveSettings` reports what is wrong with it.
 */
export function pipelinePath(input: Omit<SettingsInput, 'pipeline'>): ChosenFolder | undefined {
  const none = { sources: [], parameters: [] };
  const setting = namedSettings(none).find(({ id }) => id === 'pipeline.path');
  if (setting === undefined) throw new Error('no setting pipeline.path');
  const entries = input.cfg === undefined ? [] : readIni(input.cfg.path, input.cfg.text).entries;
  const entry = entries.find((one) => isKeyOf(setting, one));
  const assigned = entry === undefined ? undefined : { entry, value: entry.value, notices: [] };
  const unheard = { diagnostics: [], placeholders: [] };
  const chosen = choose(setting, assigned, { ...input, pipeline: none }, unheard);
  if (typeof chosen?.value !== 'string') return undefined;
  const { value: place } = chosen;
  const given = setting.flag === undefined ? undefined : input.flags[setting.flag];
  return { name: typeof given === 'string' ? given : shortest(place, input.cwd), place };
}

function shortest(place: string, cwd: string): string {
  const below = relative(cwd, place);
  return below === '' || below.startsWith('..') || isAbsolute(below) ? place : below;
}
