/** One setting's value: the first of flag, environment, dl.cfg and default that says something. */
import { dirname, resolve } from 'node:path';
import type { Diagnostic } from '../faults.ts';
import type { Assigned } from './assign.ts';
import type { Base } from './location.ts';
import type { NamedSetting } from './schema.ts';
import { looksSecret } from './secret.ts';
import type { SettingsInput } from './settings.ts';

interface Candidate {
  text: string;
  at: string;
  base: Base;
  quotable: boolean;
}

/** The value and its origin. Each text that cannot be read is a diagnostic, also when a better one outranks it. */
export function choose(
  setting: NamedSetting,
  assigned: Assigned | undefined,
  input: SettingsInput,
  diagnostics: Diagnostic[],
): { value: unknown; at: string } | undefined {
  let chosen: { value: unknown; at: string } | undefined;
  for (const candidate of candidates(setting, assigned, input)) {
    const text = candidate.text.trim();
    const parsed = text === '' ? { problem: 'is empty' } : setting.type.parse(text, candidate.base);
    if ('value' in parsed) {
      chosen ??= { value: parsed.value, at: candidate.at };
    } else {
      diagnostics.push({ severity: 'error', at: shown(setting, candidate), ...said(parsed) });
    }
  }
  return chosen;
}

function candidates(
  setting: NamedSetting,
  assigned: Assigned | undefined,
  { cfg, env, flags, cwd }: SettingsInput,
): Candidate[] {
  const home = env['HOME'];
  const here = { base: { folder: cwd, home }, quotable: true };
  const found: Candidate[] = [];
  const flag = setting.flag === undefined ? undefined : flags[setting.flag];
  if (flag !== undefined) {
    const text = typeof flag === 'boolean' ? (flag ? 'yes' : 'no') : String(flag);
    found.push({ text, at: `--${setting.flag ?? ''}`, ...here });
  }
  for (const variable of setting.env) {
    const text = env[variable]?.trim() ?? '';
    if (text !== '') found.push({ text, at: variable, ...here });
  }
  if (assigned !== undefined) {
    const folder = resolve(cwd, dirname(cfg?.path ?? ''));
    const quotable = !assigned.confidential;
    found.push({ text: assigned.value, at: assigned.at, base: { folder, home }, quotable });
  }
  if (setting.default !== undefined) found.push({ text: setting.default, at: 'default', ...here });
  return found;
}

function said({ problem, hint }: { problem: string; hint?: string }): { message: string; hint?: string } {
  return { message: problem, ...(hint === undefined ? {} : { hint }) };
}

/** The place, and the value where it cannot be a secret. */
function shown(setting: NamedSetting, { text, at, quotable }: Candidate): string {
  if (!quotable || setting.secret === true || looksSecret(text) || /:\/*[^/]*@|https?:.*\?/i.test(text))
    return at;
  return `${at} = ${JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text)}`;
}
