/**
 * Keys of dl.cfg that no setting uses. In one of our files such a key is a mistake; in an existing file it is for
 * another program.
 */
import type { Diagnostic } from '../faults.ts';
import { nearest } from '../nearest.ts';
import { firstWord, foldName, isCredentialKey, shownKey } from './ini-file.ts';
import type { Entry } from './ini-file.ts';
import type { NamedSetting } from './schema.ts';

interface UnknownInput {
  /** Lines without a meaning. */
  unread: readonly Entry[];
  /** Lines of existing files that are known to be of no use here. */
  needless: readonly Entry[];
  /** All lines. */
  entries: readonly Entry[];
  settings: readonly NamedSetting[];
  /** The file has lines that only an existing project would have. */
  existing: boolean;
}

interface Unknown {
  errors: Diagnostic[];
  needless: Entry[];
}

/** At most this many letters differ in a misspelled key, wherever it stands. */
const SLIP = 2;
const MOST_NAMED = 20;

/** Sections that existing files have too, each with keys of its own. */
const SHARED_SECTIONS = new Set(['s3', 'aws', 'emr', 'input']);

/**
 * A key is a mistake when it is nearly one of ours, when its section has other keys that only we have, or when nothing in the
 * file shows that it is an existing project's. In a section that existing files have too, only a key that resembles one of
 * ours is a mistake. A key without a value is never one, nor is a key that a section inherits from [DEFAULT].
 */
export function unknownKeys({ unread, needless, entries, settings, existing }: UnknownInput): Unknown {
  const result: Unknown = { errors: [], needless: [] };
  const reported = new Set<string>();
  const isMistake = (entry: Entry, siblings: readonly NamedSetting[]) => {
    const shared = SHARED_SECTIONS.has(foldName(entry.section));
    const resembles = nearest(entry.key, keysOf(siblings)) !== undefined;
    if (shared && !resembles && (existing || isEmpty(entry))) return false;
    return !existing || isSectionOfOurs(entry, entries, settings);
  };
  for (const entry of [...unread, ...needless]) {
    if (entry.inherited && entry.section !== 'DEFAULT') continue;
    if (entry.named) continue;
    const isNeedless = needless.includes(entry);
    const siblings = siblingsOf(entry, settings);
    const slip = slipOf(entry, siblings, settings);
    const mistaken = slip !== undefined || (!isNeedless && isMistake(entry, siblings));
    if (!mistaken) result.needless.push(entry);
    else if (siblings.length > 0 || entry.section === '' || slip?.secret === true)
      result.errors.push(unknownKey(entry, siblings, settings));
    else if (!reported.has(foldName(entry.section))) {
      reported.add(foldName(entry.section));
      result.errors.push(unknownSection(entry, settings));
    }
  }
  return result;
}

/** One notice that lists them, each by its leading word. */
export function needlessKeys(file: string, entries: readonly Entry[]): Diagnostic[] {
  const lines = [...new Map(entries.map((entry) => [entry.line, entry])).values()];
  if (lines.length === 0) return [];
  const named = lines.slice(0, MOST_NAMED).map(({ place, key }) => {
    const section = place.endsWith(']') && place.includes('[') ? place.slice(place.indexOf('[')) : undefined;
    return [section, shownKey(key) ?? '...'].filter(Boolean).join(' ');
  });
  const more = lines.length > named.length ? ` and ${lines.length - named.length} more` : '';
  const message = `not needed, and not used: ${named.join(', ')}${more}`;
  return [{ severity: 'notice', at: file, message }];
}

function isEmpty({ value, problem }: Entry): boolean {
  return value === '' && problem === undefined;
}

function siblingsOf({ section }: Entry, settings: readonly NamedSetting[]): NamedSetting[] {
  return settings.filter((one) => foldName(one.section) === foldName(section));
}

/** The key that was meant, where there is hardly a doubt. */
function slipOf(
  { key, section }: Entry,
  siblings: readonly NamedSetting[],
  settings: readonly NamedSetting[],
): NamedSetting | undefined {
  if (isCredentialKey(key)) {
    const credentials = settings.filter(({ secret }) => secret === true);
    return find(nearest(key, keysOf(credentials), SLIP), credentials);
  }
  const sections = [...new Set(settings.map((one) => one.section))];
  const meant = siblings.length > 0 ? undefined : nearest(section, sections, SLIP);
  if (meant === undefined) return find(nearest(key, keysOf(siblings), SLIP), siblings);
  return settings.find((one) => one.section === meant && foldName(one.key) === foldName(key));
}

/** Whether the section has keys that no existing file has. */
function isSectionOfOurs(
  { section }: Entry,
  entries: readonly Entry[],
  settings: readonly NamedSetting[],
): boolean {
  const shared = (one: NamedSetting) =>
    one.secret === true || one.key === 'region' || one.id.startsWith('sources.');
  return entries.some(
    (entry) =>
      !entry.inherited &&
      foldName(entry.section) === foldName(section) &&
      siblingsOf(entry, settings).some((one) => !shared(one) && foldName(one.key) === foldName(entry.key)),
  );
}

function unknownKey(
  entry: Entry,
  siblings: readonly NamedSetting[],
  settings: readonly NamedSetting[],
): Diagnostic {
  const word = firstWord(entry.key);
  const meant =
    find(nearest(word, keysOf(siblings)), siblings) ?? find(nearest(word, keysOf(settings)), settings);
  // Without a key that it resembles, what stands there may be a secret in the wrong place.
  const at = entry.confidential && meant === undefined ? entry.place : entry.at;
  const known = keysOf(siblings.filter(({ secret }) => secret !== true));
  const hint =
    meant === undefined
      ? `known here: ${known.join(', ')}`
      : `did you mean ${meant.key} under [${meant.section}]?`;
  const said = meant === undefined && known.length === 0 ? {} : { hint };
  return { severity: 'error', at, message: 'unknown key', ...said };
}

function unknownSection({ section, place }: Entry, settings: readonly NamedSetting[]): Diagnostic {
  const sections = [...new Set(settings.map((one) => one.section))];
  const meant = nearest(section, sections);
  const hint =
    meant === undefined
      ? `the sections are ${sections.map((name) => `[${name}]`).join(', ')}`
      : `did you mean [${meant}]?`;
  return { severity: 'error', at: place, message: 'unknown section', hint };
}

function keysOf(settings: readonly NamedSetting[]): string[] {
  return settings.map(({ key }) => key);
}

function find(key: string | undefined, settings: readonly NamedSetting[]): NamedSetting | undefined {
  return settings.find((one) => one.key === key);
}
