/** Finds out why the SDK's chain found no credentials, because the SDK does not say. */
import { readFileSync } from 'node:fs';
import type { Env } from '../env.ts';
import { CLEAN_CREDENTIAL, wrongCharacters } from '../credential-characters.ts';
import { LandfallError } from '../faults.ts';
import { nearest } from '../nearest.ts';
import { shellWord } from '../shell-words.ts';
import { awsFiles } from './aws-profiles.ts';
import type { AwsFile, Profile } from './aws-profiles.ts';
import { processTrouble } from './credential-process.ts';

/** The error that names what is wrong; undefined when all that is known is that there are no credentials. */
export async function whyNoCredentials(
  given: string | undefined,
  env: Env,
): Promise<LandfallError | undefined> {
  const named = given ?? nonEmpty(env['AWS_PROFILE']);
  const files = awsFiles(env);
  const unreadable = files.find(({ problem }) => problem !== undefined);
  if (unreadable !== undefined) return cannotRead(unreadable);
  const token = nonEmpty(env['AWS_WEB_IDENTITY_TOKEN_FILE']);
  if (named === undefined && token !== undefined) return noToken(token, 'AWS_WEB_IDENTITY_TOKEN_FILE');
  return ofProfile(named ?? 'default', { files, chosen: named !== undefined, seen: [] });
}

/** What is wrong with credentials that the chain did find. */
export function wrongIdentity(
  identity: { accessKeyId: string; secretAccessKey?: string; sessionToken?: string | undefined },
  given: string | undefined,
  env: Env,
): LandfallError | undefined {
  const parts = [
    ['access key id', 'AWS_ACCESS_KEY_ID', identity.accessKeyId],
    ['secret access key', 'AWS_SECRET_ACCESS_KEY', identity.secretAccessKey],
    ['session token', 'AWS_SESSION_TOKEN', identity.sessionToken],
  ] as const;
  const profile = given ?? nonEmpty(env['AWS_PROFILE']) ?? 'default';
  for (const [name, variable, value = ''] of parts) {
    const problem = wrongCharacters(value);
    if (problem === undefined) continue;
    const where = env[variable] === value ? variable : `the ${name} of the AWS profile ${quoted(profile)}`;
    return new LandfallError('input', `${where} ${problem}`, { next: CLEAN_CREDENTIAL });
  }
  return undefined;
}

interface Search {
  files: AwsFile[];
  /** True when the profile was named explicitly, so it must exist. */
  chosen: boolean;
  /** Profiles that led to this one by `source_profile`. */
  seen: readonly string[];
}

async function ofProfile(name: string, search: Search): Promise<LandfallError | undefined> {
  const { files, chosen, seen } = search;
  const found = files.flatMap(({ profiles }) => profiles.get(name) ?? []);
  if (found.length === 0) return chosen ? noProfile(name, search) : malformed(files);
  const profile: Profile = new Map(found.flatMap((one) => [...one]));
  const source = profile.get('source_profile');
  if (source !== undefined && source !== name && !seen.includes(source))
    return ofProfile(source, { ...search, chosen: true, seen: [...seen, name] });
  const commandLine = profile.get('credential_process');
  const token = profile.get('web_identity_token_file');
  const has = (key: string) => profile.get(key) !== undefined && profile.get(key) !== '';
  if (commandLine !== undefined) {
    const trouble = await processTrouble(commandLine);
    if (trouble === undefined) return undefined;
    return access(`the credential_process of the AWS profile ${quoted(name)} ${trouble.message}`, {
      why: [...trouble.words, `the profile is in ${placesOf(name, files)}`],
      next: 'run the command by hand and fix it, or name another profile with AWS_PROFILE',
    });
  }
  if (has('sso_session') || has('sso_start_url')) {
    return access(`the SSO sign-in of the AWS profile ${quoted(name)} has expired, or never happened`, {
      why: [`the profile is in ${placesOf(name, files)}`],
      next: `aws sso login --profile ${shellWord(name)}`,
    });
  }
  if (token !== undefined)
    return noToken(token, `web_identity_token_file of the AWS profile ${quoted(name)}`);
  for (const [one, other] of [
    ['aws_access_key_id', 'aws_secret_access_key'],
    ['aws_secret_access_key', 'aws_access_key_id'],
  ] as const) {
    if (has(one) && !has(other))
      return mistake(`the AWS profile ${quoted(name)} has ${one} but no ${other}`, {
        next: `add it in ${placesOf(name, files)}`,
      });
  }
  const usable = ['aws_access_key_id', 'role_arn', 'login_session'].some(has);
  if (usable) return undefined;
  return access(`the AWS profile ${quoted(name)} holds no credentials`, {
    why: [`it is in ${placesOf(name, files)}, without a key, a role, a sign-in or a credential_process`],
    next: 'add them to the profile, or name another with AWS_PROFILE',
  });
}

function noProfile(name: string, { files, seen }: Search): LandfallError {
  const last = seen.at(-1);
  const by = last === undefined ? '' : ` (source_profile of ${quoted(last)})`;
  const meant = nearest(
    name,
    files.flatMap(({ profiles }) => [...profiles.keys()]),
  );
  const broken = malformed(files);
  return mistake(`no AWS profile ${quoted(name)}${by}`, {
    why: [
      ...(meant === undefined ? [] : [`did you mean ${quoted(meant)}?`]),
      `looked in ${files.map(({ path }) => path).join(' and ')}`,
      ...(broken === undefined ? [] : [broken.message]),
    ],
    next: 'correct AWS_PROFILE or [AWS] profile in dl.cfg, or make the profile with `aws configure`',
  });
}

function malformed(files: readonly AwsFile[]): LandfallError | undefined {
  const file = files.find(({ badLines }) => badLines.length > 0);
  if (file === undefined) return undefined;
  const line = String(file.badLines[0]);
  return mistake(`${file.path}:${line}: not a [section], a \`key = value\` or a comment`, {
    next: 'fix that line: the AWS tools skip what they cannot read',
  });
}

function cannotRead({ path, variable, problem = '' }: AwsFile): LandfallError {
  const by = variable === undefined ? '' : `${variable}: `;
  return mistake(`${by}${path} cannot be read: ${problem}`, {
    next: variable === undefined ? 'make it readable' : `correct ${variable}, or unset it`,
  });
}

function noToken(path: string, origin: string): LandfallError | undefined {
  try {
    if (readFileSync(path, 'utf8').trim() !== '') return undefined;
  } catch (error) {
    const { code = 'the system refused' } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'no such file' : code;
    return access(`the web identity token file ${path} cannot be read: ${reason}`, {
      why: [`named by ${origin}`],
      next: `have the token written there, or correct ${origin}`,
    });
  }
  return access(`the web identity token file ${path} is empty`, {
    why: [`named by ${origin}`],
    next: 'have the token written there',
  });
}

function placesOf(name: string, files: readonly AwsFile[]): string {
  const holding = files.filter(({ profiles }) => profiles.has(name));
  return holding.map(({ path }) => path).join(' and ');
}

type Details = ConstructorParameters<typeof LandfallError>[2];
const access = (message: string, details: Details) =>
  new LandfallError('access', message, { ...details, retryable: false });
const mistake = (message: string, details: Details) => new LandfallError('input', message, details);

const quoted = (name: string) => JSON.stringify(name);
const nonEmpty = (text: string | undefined) => (text === undefined || text === '' ? undefined : text);
