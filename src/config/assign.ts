/** Assigns each line of dl.cfg to the setting it means, and reports lines that mean nothing. */
import { present } from '../present.ts';
import { grouped } from '../grouped.ts';
import type { Diagnostic } from '../faults.ts';
import { decide } from './claims.ts';
import type { Claim } from './claims.ts';
import { foldName } from './ini-file.ts';
import type { Entry } from './ini-file.ts';
import { cutPattern, readLegacy } from './legacy.ts';
import type { Meaning } from './legacy.ts';
import { isKeyOf } from './schema.ts';
import type { NamedSetting } from './schema.ts';
import { needlessKeys, unknownKeys } from './unknown-keys.ts';

/** What dl.cfg says about one setting. */
export interface Assigned {
  entry: Entry;
  value: string;
  /** A diagnostic to report if this becomes the value. */
  notices: Diagnostic[];
}

export interface Assignment {
  /** By the setting's id. */
  values: Map<string, Assigned>;
  diagnostics: Diagnostic[];
}

export interface AssignInput {
  /** The file's name for messages; undefined where there is none. */
  file: string | undefined;
  entries: readonly Entry[];
  settings: readonly NamedSetting[];
  sourceNames: readonly string[];
  /** With `--cluster local`. */
  local: boolean;
}

/** Sections that no existing file has. A key there is ours, or a mistake. */
const OURS_ALONE = new Set(['lake', 'tables', 'checks', 'emr']);

/** Assigns every line. Unknown and repeated keys are errors, unneeded ones a notice. */
export function assign({ file, entries, settings, sourceNames, local }: AssignInput): Assignment {
  const claims = new Map<string, Claim[]>();
  const claim = (id: string, one: Claim) => void claims.set(id, [...(claims.get(id) ?? []), one]);
  const unread: Entry[] = [];
  const needless: Entry[] = [];
  const bySection = grouped(entries, ({ section }) => foldName(section));
  let existing = false;
  for (const entry of entries) {
    const ours = settings.find((setting) => isKeyOf(setting, entry));
    const section = foldName(entry.section);
    const legacy =
      ours !== undefined || OURS_ALONE.has(section)
        ? undefined
        : readLegacy(entry, present(bySection.get(section), `section ${section}`), sourceNames);
    if (ours !== undefined) claim(ours.id, claimOf(entry, ours, sourceNames));
    else if (legacy === undefined) unread.push(entry);
    else if (legacy.meaning === 'needless') needless.push(entry);
    else for (const id of idsOf(legacy, sourceNames)) claim(id, legacyClaim(entry, legacy, id));
    existing ||= legacy !== undefined || ours?.secret === true;
  }
  const diagnostics: Diagnostic[] = [];
  const values = new Map<string, Assigned>();
  for (const [id, all] of claims) {
    const decided = decide(id, all, local, wayToChoose(settings.find((setting) => setting.id === id)));
    diagnostics.push(...decided.diagnostics);
    if (decided.claim === undefined) continue;
    const { entry, value } = decided.claim;
    values.set(id, { entry, value, notices: decided.notices });
  }
  const used = new Set([...claims.values()].flat().map(({ entry }) => entry.line));
  const unused = (list: readonly Entry[]) => list.filter(({ line }) => !used.has(line));
  const { errors, needless: passed } = unknownKeys({
    unread: unused(unread),
    needless: unused(needless),
    entries,
    settings,
    existing,
  });
  diagnostics.push(...errors);
  if (file !== undefined) diagnostics.push(...needlessKeys(file, passed));
  return { values, diagnostics };
}

/** Existing files write inputs as patterns, also under keys that are ours. */
function claimOf(entry: Entry, { id }: NamedSetting, sourceNames: readonly string[]): Claim {
  const isSource = sourceNames.some((name) => id === `sources.${name}`);
  const isPattern = isSource && /(^|\/)\*+(\.json(\.gz)?)?($|\/)/.test(entry.value);
  const { place, pattern } = isPattern ? cutPattern(entry.value) : { place: entry.value };
  return { value: place, entry, ours: true, derived: false, pattern };
}

function idsOf(legacy: Exclude<Meaning, { meaning: 'needless' }>, sourceNames: readonly string[]): string[] {
  return legacy.meaning === 'value' ? [legacy.id] : sourceNames.map((name) => `sources.${name}`);
}

function legacyClaim(entry: Entry, legacy: Exclude<Meaning, { meaning: 'needless' }>, id: string): Claim {
  const derived = legacy.meaning === 'input-root';
  const root = legacy.value.replace(/(?<!\/)\/+$/, '');
  const value = derived && legacy.value !== '' ? `${root}/${id.slice('sources.'.length)}` : legacy.value;
  return { value, entry, ours: false, derived, where: legacy.where, pattern: legacy.pattern };
}

function wayToChoose(setting: NamedSetting | undefined): string {
  if (setting === undefined) return 'dl.cfg';
  const key = `[${setting.section}] ${setting.key}`;
  return setting.flag === undefined ? key : `--${setting.flag} or ${key}`;
}
