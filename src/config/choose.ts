/** One setting's value: from flag, environment, dl.cfg or default, the first that has one. */
import { dirname, resolve } from 'node:path';
import type { Diagnostic } from '../faults.ts';
import type { Assigned } from './assign.ts';
import type { Entry } from './ini-file.ts';
import type { Base } from './value-type.ts';
import { hasQuery } from './misread-place.ts';
import { isPlaceholder, isPlaceholderCredential } from './placeholder.ts';
import type { NamedSetting } from './schema.ts';
import { looksSecret } from './secret.ts';
import type { SettingsInput } from './settings-input.ts';
import { location, path } from './types.ts';

interface Candidate {
  text: string;
  at: string;
  base: Base;
  quotable: boolean;
  /** For dl.cfg: the diagnostics about this value from reading the file. */
  entry?: Entry;
}

export interface Chosen {
  value: unknown;
  at: string;
}

/**
 * The value and its origin. Each text that cannot be read produces a diagnostic, even when a better one outranks it. A
 * placeholder credential is skipped, and its place added to `placeholders`.
 */
export function choose(
  setting: NamedSetting,
  assigned: Assigned | undefined,
  input: SettingsInput,
  { diagnostics, placeholders }: { diagnostics: Diagnostic[]; placeholders: string[] },
): Chosen | undefined {
  let chosen: Chosen | undefined;
  for (const candidate of candidates(setting, assigned, input)) {
    const { entry } = candidate;
    const text = candidate.text.trim();
    if (entry?.doubt !== undefined)
      diagnostics.push({ severity: 'warning', at: entry.at, message: entry.doubt, hint: IN_QUOTES });
    if (setting.secret === true && isPlaceholderCredential(text)) {
      placeholders.push(candidate.at);
      continue;
    }
    const wrong = wrongWith(setting, candidate, text);
    if (wrong !== undefined) {
      const severity = wrong.placeholder === true && chosen !== undefined ? 'warning' : 'error';
      diagnostics.push({ severity, at: shown(setting, candidate), ...said(wrong) });
      continue;
    }
    const parsed = setting.type.parse(text, candidate.base);
    if ('value' in parsed) chosen ??= { value: parsed.value, at: candidate.at };
    else diagnostics.push({ severity: 'error', at: shown(setting, candidate), ...said(parsed) });
  }
  return chosen;
}

const IN_QUOTES = 'put the whole value in quotes';

interface Wrong {
  problem: string;
  hint?: string;
  placeholder?: true;
}

/** In a flag or a variable, a path may contain any characters. */
function isTypedPath({ type }: NamedSetting, entry: Candidate['entry'], text: string): boolean {
  if (entry !== undefined) return false;
  return type === path || (type === location && !/^(?!file:)[a-z][a-z0-9+.-]*:/i.test(text));
}

/** What is wrong with a text, before its type parses it. */
function wrongWith(setting: NamedSetting, { entry }: Candidate, text: string): Wrong | undefined {
  if (entry?.problem !== undefined)
    return { problem: entry.problem, ...(entry.problem.includes('quote') ? { hint: IN_QUOTES } : {}) };
  if (text === '') return { problem: 'is empty' };
  if (text.includes('\n') && setting.type.manyLines !== true && !isTypedPath(setting, entry, text)) {
    const problem =
      entry?.continuedIn === undefined
        ? 'contains a line break'
        : `continues in line ${entry.continuedIn}, because that line is indented`;
    return { problem, hint: 'a value is one line; do not indent the line of a key' };
  }
  if (setting.secret === true || !isPlaceholder(text)) return undefined;
  const put = setting.example ?? setting.default ?? setting.type.name;
  return {
    problem: 'a placeholder, not a value',
    hint: `put the value there, such as ${put}`,
    placeholder: true,
  };
}

function candidates(
  setting: NamedSetting,
  assigned: Assigned | undefined,
  { cfg, env, flags, cwd }: SettingsInput,
): Candidate[] {
  const home = env['HOME'];
  const here = { base: { folder: cwd, home }, quotable: true };
  const found: Candidate[] = [];
  const { flag: name } = setting;
  const flag = name === undefined ? undefined : flags[name];
  if (name !== undefined && flag !== undefined) {
    const text = typeof flag === 'boolean' ? (flag ? 'yes' : 'no') : String(flag);
    found.push({ text, at: `--${name}`, ...here });
  }
  for (const variable of setting.env) {
    const text = env[variable]?.trim();
    if (text !== undefined && text !== '') found.push({ text, at: variable, ...here });
  }
  if (assigned !== undefined) {
    if (cfg === undefined) throw new Error(`${setting.id} is assigned, but there is no dl.cfg`);
    const folder = resolve(cwd, dirname(cfg.path));
    const { entry, value } = assigned;
    const quotable = !entry.confidential;
    found.push({ text: value, at: entry.at, base: { folder, home }, quotable, entry });
  }
  if (setting.default !== undefined) found.push({ text: setting.default, at: 'default', ...here });
  return found;
}

function said({ problem, hint }: { problem: string; hint?: string }): { message: string; hint?: string } {
  return { message: problem, ...(hint === undefined ? {} : { hint }) };
}

/** The place, and the value where it cannot be a secret. */
function shown(setting: NamedSetting, { text, at, quotable, entry }: Candidate): string {
  if (
    !quotable ||
    entry?.problem !== undefined ||
    text.includes('\n') ||
    setting.secret === true ||
    looksSecret(text) ||
    mayHoldSecret(text)
  )
    return at;
  return `${at} = ${JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text)}`;
}

/** A user name in front of an @, or a query. */
function mayHoldSecret(text: string): boolean {
  if (hasQuery(text)) return true;
  const colon = text.indexOf(':');
  if (colon >= 0 && text.includes('@', colon)) return true;
  const web = text.search(/https?:/i);
  return web >= 0 && text.includes('?', web);
}
