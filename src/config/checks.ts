/** Checks between settings. */
import type { Diagnostic } from '../faults.ts';
import { bucketNameOf, relation } from '../store/uri.ts';
import type { NamedSetting, SourceSetting } from './schema.ts';

type Origins = ReadonlyMap<string, string>;
type Places = Readonly<Record<string, string>>;

/**
 * All sources or none, because no run is possible with only some. A source that a diagnostic in `found` already
 * names is not reported again.
 */
export function checkSources(
  sources: Places,
  origins: Origins,
  wanted: readonly SourceSetting[],
  found: readonly Diagnostic[],
): Diagnostic[] {
  const given = wanted.filter(({ key }) => Object.hasOwn(sources, key));
  const first = given[0];
  if (first === undefined) return [];
  return wanted
    .filter((setting) => !given.includes(setting) && !found.some((one) => isAbout(one, setting)))
    .map(({ key, flag, example }) => ({
      severity: 'error',
      at: origins.get(first.id) ?? first.key,
      message: `gives ${first.key}, but nothing gives ${key}`,
      hint: `add \`${key} = ${example}\` under [INPUT], or --${flag}`,
    }));
}

/** Whether the mistake is in the setting's value, or in the name under which the user meant to set it. */
export function isAbout({ severity, at, hint = '' }: Diagnostic, { key, flag, env }: NamedSetting): boolean {
  const names = [key, ...(flag === undefined ? [] : [`--${flag}`]), ...env];
  const words = [...at.split(' '), ...(hint.startsWith('did you mean ') ? hint.split(/[ ?]/) : [])];
  return severity === 'error' && names.some((name) => words.includes(name));
}

/** A lake that is, lies in, or holds an input would be read as input, or written into it. */
export function checkPlaces(
  { lake, sources }: { lake: { path: string; logs: string }; sources: Places },
  origins: Origins,
  real: (uri: string) => string = (uri) => uri,
): Diagnostic[] {
  const at = (id: string) => origins.get(id) ?? id;
  const diagnostics: Diagnostic[] = [];
  for (const [name, place] of Object.entries(sources)) {
    const how = relation(real(lake.path), real(place));
    if (how !== 'apart') {
      diagnostics.push({
        severity: 'error',
        at: at('lake.path'),
        message: `the lake ${lake.path} ${LIES[how]} the input ${name} ${place} (${at(`sources.${name}`)})`,
        hint: 'give the lake a folder of its own',
      });
    } else if (
      ['inside', 'equal'].includes(relation(real(lake.logs.replace(/(?<!\/)\/+$/, '')), real(place)))
    ) {
      const message = `the logs ${lake.logs} would lie inside the input ${name} ${place}`;
      diagnostics.push({ severity: 'error', at: at('lake.logs'), message });
    }
    for (const [other, otherPlace] of Object.entries(sources)) {
      const between = relation(real(place), real(otherPlace));
      if (name === other || (between !== 'equal' && between !== 'inside')) continue;
      if (between === 'equal' && name > other) continue;
      const severity = between === 'equal' ? 'error' : 'warning';
      const message = `${name} ${LIES[between]} ${other}: the same objects would be read as both`;
      diagnostics.push({ severity, at: at(`sources.${name}`), message });
    }
  }
  return diagnostics;
}

const LIES = { equal: 'is also', inside: 'lies inside', around: 'lies around' } as const;

/**
 * Credentials are chosen by the bucket: a step that read an input without any could not write a lake in the same bucket.
 */
export function checkAnonymousInput(
  settings: { lake: { path: string }; s3: { anonymousInput: boolean }; sources: Places },
  origins: Origins,
): Diagnostic[] {
  const { lake, s3, sources } = settings;
  const bucket = bucketNameOf(lake.path);
  if (!s3.anonymousInput || bucket === undefined) return [];
  return Object.entries(sources)
    .filter(([, place]) => bucketNameOf(place) === bucket)
    .map(([name, place]) => ({
      severity: 'error',
      at: origins.get('s3.anonymousInput') ?? 's3.anonymousInput',
      message: `the input ${name} ${place} lies in the bucket of the lake ${lake.path}, which cannot be written without credentials`,
      hint: 'set anonymous_input = no, and the input is read with the credentials of the lake; or give the lake another bucket',
    }));
}

/**
 * Names what the file lacks and a default replaces, with the key to add. `unnamed` are settings that the file does not
 * mention.
 */
export function tellDefaults(file: string, origins: Origins, unnamed: readonly string[]): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  if (unnamed.includes('lake.path') && origins.get('lake.path') === 'default') {
    const hint = 'add `path = s3://my-bucket/lake` under [LAKE]';
    diagnostics.push({ severity: 'notice', at: file, message: 'names no lake: ./lake is used', hint });
  }
  const sources = unnamed.filter((id) => id.startsWith('sources.') && !origins.has(id));
  if (sources.length > 0 && ![...origins.keys()].some((id) => id.startsWith('sources.'))) {
    const names = sources.map((id) => id.slice('sources.'.length));
    const hint = `add ${names.map((name) => `\`${name} = s3://my-bucket/${name}\``).join(' and ')} under [INPUT]`;
    diagnostics.push({ severity: 'notice', at: file, message: 'names no input', hint });
  }
  return diagnostics;
}
