/** Reads the AWS configuration files to find out what is wrong with them. The SDK ignores what it cannot read. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { variableIn } from '../env.ts';
import type { Env } from '../env.ts';

export interface AwsFile {
  path: string;
  /** The environment variable that names it, when one does. */
  variable: string | undefined;
  /** Why it cannot be read. */
  problem?: string;
  /** The numbers of lines that are neither a section, nor a key with a value, nor a comment. */
  badLines: number[];
  profiles: Map<string, Profile>;
}

/** A profile's keys, in lower case, and their values. */
export type Profile = ReadonlyMap<string, string>;

const MOST_BYTES = 1_000_000;

/** The two files in which profiles are looked for. */
export function awsFiles(env: Env): AwsFile[] {
  return [
    { variable: 'AWS_CONFIG_FILE', name: 'config' },
    { variable: 'AWS_SHARED_CREDENTIALS_FILE', name: 'credentials' },
  ].map(({ variable, name }) => {
    const given = variableIn(env, variable);
    const path = given ?? join(env['HOME'] ?? homedir(), '.aws', name);
    return readAwsFile(path, given === undefined ? undefined : variable, name === 'config');
  });
}

function readAwsFile(path: string, variable: string | undefined, isConfig: boolean): AwsFile {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.length <= MOST_BYTES) return { path, variable, ...parse(text, isConfig) };
    return { path, variable, problem: 'it is too large', badLines: [], profiles: new Map() };
  } catch (error) {
    const { code = 'the system refused' } = error as NodeJS.ErrnoException;
    const isUsual = code === 'ENOENT' && variable === undefined;
    const problem = isUsual ? {} : { problem: REASONS[code] ?? code };
    return { path, variable, ...problem, badLines: [], profiles: new Map() };
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  ENOTDIR: 'a part of its path is not a folder',
};

/** In the config file a profile's section is `[profile NAME]`, save `[default]`; in the credentials file it is `[NAME]`. */
function parse(text: string, isConfig: boolean): Pick<AwsFile, 'badLines' | 'profiles'> {
  const badLines: number[] = [];
  const profiles = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    const plain = line.trim();
    if (plain === '' || /^[#;]/.test(plain)) continue;
    const header = /^\[([^\]]+)\]\s*(?:[#;].*)?$/.exec(plain)?.[1]?.trim();
    const equals = plain.indexOf('=');
    if (header !== undefined && header !== '') section = open(profiles, header, isConfig);
    else if (equals > 0 && section !== undefined)
      section.set(plain.slice(0, equals).trim().toLowerCase(), plain.slice(equals + 1).trim());
    // Indented lines belong to the key above them.
    else if (!/^\s/.test(line)) badLines.push(at + 1);
  }
  return { badLines, profiles };
}

function open(profiles: Map<string, Map<string, string>>, header: string, isConfig: boolean) {
  const name = isConfig ? (profileName(header) ?? (header === 'default' ? header : undefined)) : header;
  // A section of another kind, such as [sso-session x], has keys that are no profile's.
  if (name === undefined) return new Map<string, string>();
  const found = profiles.get(name) ?? new Map<string, string>();
  profiles.set(name, found);
  return found;
}

/** Of `profile NAME`, where NAME may stand in quotes. */
function profileName(header: string): string | undefined {
  if (!/^profile\s/.test(header)) return undefined;
  const name = header.slice('profile'.length).trim().replace(/^["']/, '').replace(/["']$/, '');
  return name === '' ? undefined : name;
}
