/** What the lines of an existing project's dl.cfg mean here. */
import { splitRoot } from '../store/uri.ts';
import { foldName, isCredentialKey } from './ini-file.ts';
import type { Entry } from './ini-file.ts';
import { isSource, wordsOf } from './legacy-words.ts';
import type { Words } from './legacy-words.ts';
import { hasQuery } from './misread-place.ts';

/** What a line of an existing file means. */
export type Meaning =
  | ({ meaning: 'value'; id: string; value: string } & About)
  /** A folder with all sources below it. */
  | ({ meaning: 'input-root'; value: string } & About)
  /** Known, and not needed here. */
  | { meaning: 'needless' };

interface About {
  /** Set when the name says which of two places it is. */
  where?: 'local' | 'remote' | undefined;
  /** The pattern that was cut off: everything below the folder is read. */
  pattern?: string | undefined;
}

/** The words of the course projects that these files come from. */
const PROJECT = { noMeaning: ['sparkify', 'udacity'], data: ['songs?', 'logs?'] };

const ID = 'aws.accessKeyId';
const SECRET = 'aws.secretAccessKey';
const TOKEN = 'aws.sessionToken';
const NAMES: Readonly<Record<string, string>> = {
  aws_access_key_id: ID,
  aws_access_key: ID,
  access_key_id: ID,
  access_key: ID,
  aws_key_id: ID,
  aws_key: ID,
  aws_secret_access_key: SECRET,
  aws_secret_key: SECRET,
  aws_access_secret: SECRET,
  secret_access_key: SECRET,
  secret_key: SECRET,
  aws_secret: SECRET,
  aws_session_token: TOKEN,
  session_token: TOKEN,
  aws_security_token: TOKEN,
  region: 'emr.region',
  aws_region: 'emr.region',
  aws_default_region: 'emr.region',
  default_region: 'emr.region',
  region_name: 'emr.region',
  aws_profile: 'aws.profile',
  profile_name: 'aws.profile',
};

/** Sections of the Redshift project that shares its configuration file with this one. */
const REDSHIFT = new Set(['cluster', 'iam_role', 'dwh', 'redshift', 'db']);

/**
 * Undefined when the line means nothing to Landfall. `entries` are those of its section; `sourceNames` as in Settings.
 */
export function readLegacy(
  entry: Entry,
  entries: readonly Entry[],
  sourceNames: readonly string[],
): Meaning | undefined {
  const key = foldName(entry.key);
  const id = idOf(key, entries) ?? idOfSection(entry, entries);
  if (id !== undefined) return { meaning: 'value', id, value: entry.value };
  if (isCredentialKey(key) || /json_?paths?$/.test(key)) return { meaning: 'needless' };
  const place = readPlace(entry, sourceNames);
  return place ?? (REDSHIFT.has(foldName(entry.section)) ? { meaning: 'needless' } : undefined);
}

/** `KEY` and `SECRET` are credentials where both are present. */
function idOf(key: string, entries: readonly Entry[]): string | undefined {
  if (key !== 'key' && key !== 'secret') return NAMES[key];
  const keys = entries.map((entry) => foldName(entry.key));
  if (!keys.includes('key') || !keys.includes('secret')) return undefined;
  return key === 'key' ? ID : SECRET;
}

/** `[AWS_ACCESS_KEY_ID]` with one key below it. */
function idOfSection({ section }: Entry, entries: readonly Entry[]): string | undefined {
  const id = NAMES[foldName(section)];
  return entries.length === 1 && isCredentialKey(section) ? id : undefined;
}

function readPlace(entry: Entry, sourceNames: readonly string[]): Meaning | undefined {
  const ofKey = wordsOf(entry.key, PROJECT);
  const ofSection = wordsOf(entry.section, PROJECT);
  const role = ofKey.role ?? ofSection.role;
  // `[S3]` is where such files keep all their places, local ones among them.
  const where = ofKey.where ?? (/s3/i.test(entry.section) ? undefined : ofSection.where);
  const { place, pattern } = cutPattern(withScheme(entry.value, ofKey));
  const about = { where, pattern };
  const source = sourceOf(place, ofKey, role, sourceNames);
  if (source !== undefined) return { meaning: 'value', id: `sources.${source}`, value: place, ...about };
  if (role === undefined || !ofKey.rest.every((word) => word === 'data')) return undefined;
  if (ofKey.role === undefined && !ofSection.rest.every((word) => word === 'data')) return undefined;
  if (place !== '' && !isPlace(place) && !ofKey.folder && !ofKey.bucket) return undefined;
  if (role === 'input') return { meaning: 'input-root', value: place, ...about };
  return { meaning: 'value', id: 'lake.path', value: place, ...about };
}

/** A URI that ends in a source's name is that source, whatever its key is called. A pattern may follow. */
function sourceOf(
  place: string,
  { rest }: Words,
  role: Words['role'],
  sourceNames: readonly string[],
): string | undefined {
  const folders = place
    .replace(/^[a-z0-9]+:\/\/[^/]*/i, '')
    .split('/')
    .filter((folder) => folder !== '');
  const candidates = role === 'output' ? folders.slice(-1) : folders;
  const named = candidates.map((folder) => sourceNames.find((name) => foldName(name) === foldName(folder)));
  const inPlace = isPlace(place) ? named.findLast((name) => name !== undefined) : undefined;
  if (inPlace !== undefined || role === 'output') return inPlace;
  return (
    sourceNames.find((name) => isSource(name, rest)) ??
    (role === 'input'
      ? sourceNames.find((name) => isSource(name, [...rest.filter((word) => word !== 'data'), 'data']))
      : undefined)
  );
}

/** A bucket named without `s3://`, under a key that says it is one. */
function withScheme(value: string, { bucket }: Words): string {
  return bucket && /^[A-Za-z0-9][\w.-]+(\/|$)/.test(value) ? `s3://${value}` : value;
}

/**
 * Cuts a path to the folder before its first pattern: `cats/A/*.json` becomes `cats/A`. The `?` of a query is
 * not a pattern.
 */
export function cutPattern(value: string): { place: string; pattern?: string } {
  if (hasQuery(value)) return { place: value };
  const [root, path] = splitRoot(value);
  const folders = path.split('/');
  const first = folders.findIndex((folder) => /[*?[{]/.test(folder));
  if (first === -1) return { place: value };
  const place = `${root}${folders.slice(0, first).join('/')}`;
  return { place: place || (path.startsWith('/') ? '/' : '.'), pattern: folders.slice(first).join('/') };
}

function isPlace(value: string): boolean {
  return /[/\\]|^[.~]|^[a-z0-9]+:/i.test(value);
}
