/** Gives each line of dl.cfg to the setting it means, and says which lines mean nothing. */
import type { Diagnostic } from '../faults.ts';
import { foldName } from './ini-file.ts';
import type { Entry } from './ini-file.ts';
import { readLegacy } from './legacy.ts';
import type { Meaning } from './legacy.ts';
import { nearest } from '../nearest.ts';
import type { NamedSetting } from './schema.ts';

/** What dl.cfg says about one setting. */
export interface Assigned {
  value: string;
  /** `dl.cfg:14 [EMR] core_count` */
  at: string;
  line: number;
  confidential: boolean;
}

export interface Assignment {
  /** By the setting's id. */
  values: Map<string, Assigned>;
  diagnostics: Diagnostic[];
}

/** Sections whose keys are ours alone: an unknown key there is never an older shape. */
const STRICT = new Set(['lake', 'input', 'emr', 'tables', 'checks']);

interface Context {
  settings: readonly NamedSetting[];
  sourceNames: readonly string[];
  values: Map<string, Assigned>;
  roots: Map<string, Assigned>;
  diagnostics: Diagnostic[];
  /** Unknown sections and reasons that have been told already. */
  told: Set<string>;
}

/** Assigns every line; unknown and repeated keys come back as errors. */
export function assign(
  entries: readonly Entry[],
  settings: readonly NamedSetting[],
  sourceNames: readonly string[],
): Assignment {
  const context: Context = {
    settings,
    sourceNames,
    values: new Map(),
    roots: new Map(),
    diagnostics: [],
    told: new Set(),
  };
  for (const entry of entries) assignEntry(entry, context);
  for (const [id, root] of context.roots) {
    if (!context.values.has(id)) context.values.set(id, root);
  }
  return { values: context.values, diagnostics: context.diagnostics };
}

function assignEntry(entry: Entry, context: Context): void {
  const section = foldName(entry.section);
  const key = foldName(entry.key);
  const ours = context.settings.find((one) => foldName(one.section) === section && foldName(one.key) === key);
  if (ours !== undefined) {
    give(context.values, ours.id, entry, context);
    return;
  }
  const legacy = STRICT.has(section) ? undefined : readLegacy(entry, context.sourceNames);
  if (legacy === undefined) unknown(entry, context);
  else assignLegacy(entry, legacy, context);
}

function assignLegacy(entry: Entry, legacy: Meaning, context: Context): void {
  switch (legacy.meaning) {
    case 'value':
      give(context.values, legacy.id, { ...entry, value: legacy.value }, context);
      break;
    case 'input-root':
      for (const source of context.sourceNames) {
        const value = legacy.value === '' ? '' : `${legacy.value}/${source}`;
        give(context.roots, `sources.${source}`, { ...entry, value }, context);
      }
      break;
    case 'needless':
      if (context.told.has(legacy.because)) return;
      context.told.add(legacy.because);
      context.diagnostics.push({
        severity: 'notice',
        at: entry.at,
        message: `not needed: ${legacy.because}`,
      });
  }
}

function give(values: Map<string, Assigned>, id: string, entry: Entry, { diagnostics }: Context): void {
  if (entry.value === '') return;
  const before = values.get(id);
  if (before === undefined) {
    values.set(id, { value: entry.value, at: entry.at, line: entry.line, confidential: entry.confidential });
    return;
  }
  if (diagnostics.some(({ at }) => at === entry.at)) return;
  diagnostics.push({
    severity: 'error',
    at: entry.at,
    message: `given a second time: it stands in line ${before.line} already`,
    hint: `remove line ${before.line} or line ${entry.line}`,
  });
}

function unknown(entry: Entry, { settings, diagnostics, told }: Context): void {
  const section = foldName(entry.section);
  const siblings = settings.filter((one) => foldName(one.section) === section);
  if (siblings.length > 0 || section === '' || section === 'aws_s3') {
    const meant = nearestKey(entry.key, siblings) ?? nearestKey(entry.key, settings);
    // Without a key that it resembles, what stands there may be a secret in the wrong place.
    const at = entry.confidential && meant === undefined ? entry.place : entry.at;
    const known = siblings.filter(({ secret }) => secret !== true).map(({ key }) => key);
    const hint =
      meant === undefined
        ? `known here: ${known.join(', ')}`
        : `did you mean ${meant.key} under [${meant.section}]?`;
    const said = meant === undefined && known.length === 0 ? {} : { hint };
    diagnostics.push({ severity: 'error', at, message: 'unknown key', ...said });
  } else if (!told.has(section)) {
    told.add(section);
    const sections = [...new Set(settings.map((one) => one.section))];
    const meant = nearest(entry.section, sections);
    const hint =
      meant === undefined
        ? `the sections are ${sections.map((name) => `[${name}]`).join(', ')}`
        : `did you mean [${meant}]?`;
    diagnostics.push({ severity: 'error', at: entry.place, message: 'unknown section', hint });
  }
}

function nearestKey(key: string, settings: readonly NamedSetting[]): NamedSetting | undefined {
  const meant = nearest(
    key,
    settings.map((one) => one.key),
  );
  return settings.find((one) => one.key === meant);
}
