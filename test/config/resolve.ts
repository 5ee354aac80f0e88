/** What the tests of config/ share: resolving a dl.cfg text as the program would. */
import { pipelineKeys } from '../../src/session/pipeline-keys.ts';
import { resolveSettings } from '../../src/config/settings.ts';
import type { Resolved, Settings } from '../../src/config/settings.ts';
import type { SettingsInput } from '../../src/config/settings-input.ts';
import { formatDiagnostic } from '../../src/faults.ts';

export const CWD = '/home/ann/work';
export const PIPELINE = pipelineKeys({}, { cwd: CWD, prefix: undefined, env: {} });

/** Resolves a file's text with an empty environment and no flags, unless told otherwise. */
export function resolveText(text: string, given: Partial<SettingsInput> = {}): Resolved {
  const cfg = { path: 'dl.cfg', text };
  return resolveSettings({ cfg, env: {}, flags: {}, pipeline: PIPELINE, cwd: CWD, ...given });
}

/** The settings of a file that must have no errors. */
export function settingsOf(text: string, given: Partial<SettingsInput> = {}): Settings {
  const resolved = resolveText(text, given);
  if (resolved.settings === undefined) throw new Error(linesOf(resolved, 'error').join('\n'));
  return resolved.settings;
}

/** The diagnostics of one severity, as they would be shown. */
export function linesOf({ diagnostics }: Resolved, severity: 'error' | 'warning' | 'notice'): string[] {
  return diagnostics.filter((diagnostic) => diagnostic.severity === severity).map(formatDiagnostic);
}
