/** The dl.cfg shapes of existing Sparkify projects: what their keys mean here. */
import { foldName, isCredentialKey } from './ini-file.ts';
import type { Entry } from './ini-file.ts';

/** What a line of an older file means. */
export type Meaning =
  | { meaning: 'value'; id: string; value: string }
  /** A folder with all sources below it. */
  | { meaning: 'input-root'; value: string }
  | { meaning: 'needless'; because: string };

const INPUT = /^(s3_|bucket_)*(input|source|src)(_(s3|data|path|bucket|dir|folder|uri|url))*$/;
const OUTPUT = /^(s3_|bucket_)*(output|dest|destination|target)(_(s3|data|path|bucket|dir|folder|uri|url))*$/;

const NAMES: Readonly<Record<string, string>> = {
  aws_access_key_id: 'aws.accessKeyId',
  aws_secret_access_key: 'aws.secretAccessKey',
  aws_session_token: 'aws.sessionToken',
  region: 'emr.region',
  aws_region: 'emr.region',
  aws_default_region: 'emr.region',
  region_name: 'emr.region',
  aws_profile: 'aws.profile',
};

/** Sections of the Redshift project that shares its configuration file with this one. */
const REDSHIFT = new Set(['cluster', 'iam_role', 'dwh']);

/** Undefined when the line says nothing to us. `sourceNames` as in Settings. */
export function readLegacy(entry: Entry, sourceNames: readonly string[]): Meaning | undefined {
  const key = foldName(entry.key);
  const section = foldName(entry.section);
  if (REDSHIFT.has(section))
    return { meaning: 'needless', because: `[${entry.section}] belongs to Redshift` };
  if (/^(log_)?json_?path$/.test(key))
    return { meaning: 'needless', because: 'log_data needs no JSONPaths file' };
  const named = NAMES[key] ?? (section === 'aws' ? shortNames(key) : undefined);
  if (named !== undefined) return { meaning: 'value', id: named, value: entry.value };
  return isCredentialKey(key) ? undefined : readPlace(key, entry.value, sourceNames);
}

function shortNames(key: string): string | undefined {
  if (key === 'key') return 'aws.accessKeyId';
  return key === 'secret' ? 'aws.secretAccessKey' : undefined;
}

/** A URI that ends in a source's name is that source, whatever its key says. */
function readPlace(key: string, written: string, sourceNames: readonly string[]): Meaning | undefined {
  const bare =
    key.includes('bucket') && /^[a-z0-9][a-z0-9.-]+(\/|$)/.test(written) && !written.startsWith('.');
  const value = bare ? `s3://${written}` : written;
  const place = value.replace(/(\/\*[^/]*)*\/*$/, '');
  const last = foldName(place.slice(place.lastIndexOf('/') + 1));
  const source =
    sourceNames.find((name) => foldName(name) === last) ?? sourceNames.find((name) => foldName(name) === key);
  const isPlace = INPUT.test(key) || OUTPUT.test(key) || value.includes('/') || source !== undefined;
  if (source !== undefined && isPlace) return { meaning: 'value', id: `sources.${source}`, value: place };
  if (INPUT.test(key)) return { meaning: 'input-root', value: place };
  return OUTPUT.test(key) ? { meaning: 'value', id: 'lake.path', value } : undefined;
}
