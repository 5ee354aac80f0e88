/** Credentials in dl.cfg: supported, because older files have them; discouraged, because there are better places. */
import { CLEAN_CREDENTIAL, wrongCharacters } from '../credential-characters.ts';
import { variableIn } from '../env.ts';
import type { Env } from '../env.ts';
import type { Diagnostic } from '../faults.ts';
import { secret } from './secret.ts';
import type { Secret } from './secret.ts';

export interface Credentials {
  accessKeyId: Secret;
  secretAccessKey: Secret;
  sessionToken: Secret | undefined;
}

interface Chosen {
  credentials: Credentials | undefined;
  diagnostics: Diagnostic[];
  /** Of dl.cfg and the environment: for redaction. */
  secrets: string[];
}

/** With any of these set, the SDK's default chain has credentials from the environment, which outrank dl.cfg. */
const SOURCES = [
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
];
const CONFIDENTIAL = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];
const BETTER =
  'better: a profile (`aws configure sso`), a role, or the environment; they are found without dl.cfg';

/** Diagnostics about placeholders, so that none is sent to AWS by mistake. */
export function tellPlaceholders(places: readonly string[], env: Env, usesAws: boolean): Diagnostic[] {
  const needed = usesAws && !SOURCES.some((variable) => variableIn(env, variable) !== undefined);
  return places.map((at) => ({
    severity: needed ? 'error' : 'warning',
    at,
    message: 'a placeholder, not a credential',
    hint: 'put the credential there, or remove the line to use a profile, a role or the environment',
  }));
}

/**
 * Errors for credentials, from dl.cfg and the environment, whose characters no request can carry; warnings where no
 * request to AWS is known to be needed.
 */
export function checkCharacters(
  values: ReadonlyMap<string, unknown>,
  origins: ReadonlyMap<string, string>,
  env: Env,
  usesAws: boolean,
): Diagnostic[] {
  const ofFile = ['accessKeyId', 'secretAccessKey', 'sessionToken'].map(
    (name) => [origins.get(`aws.${name}`) ?? 'dl.cfg', textOf(values, name)] as const,
  );
  const ofEnvironment = CONFIDENTIAL.map((variable) => [variable, env[variable]] as const);
  return [...ofFile, ...ofEnvironment].flatMap(([at, value = '']): Diagnostic[] => {
    const message = wrongCharacters(value);
    if (message === undefined) return [];
    return [{ severity: usesAws ? 'error' : 'warning', at, message, hint: CLEAN_CREDENTIAL }];
  });
}

/**
 * Takes the three keys of `[AWS]` together; undefined credentials leave the choice to the SDK's default chain.
 * `isMistaken` says whether a key without a value is in the file with a mistake that was already reported.
 */
export function chooseCredentials(
  values: ReadonlyMap<string, unknown>,
  origins: ReadonlyMap<string, string>,
  env: Env,
  isMistaken: (id: string) => boolean,
): Chosen {
  const [id, key, token] = ['accessKeyId', 'secretAccessKey', 'sessionToken'].map((name) =>
    textOf(values, name),
  );
  const secrets = [id, key, token, ...CONFIDENTIAL.map((variable) => env[variable])].filter(
    (value) => value !== undefined && value !== '',
  ) as string[];
  const place = (name: string) => origins.get(`aws.${name}`) ?? 'dl.cfg';
  const nothing = { credentials: undefined, diagnostics: [], secrets };
  if (id === undefined && key === undefined) return nothing;
  if (id === undefined || key === undefined) {
    const [has, lacks] =
      id === undefined ? ['secretAccessKey', 'AWS_ACCESS_KEY_ID'] : ['accessKeyId', 'AWS_SECRET_ACCESS_KEY'];
    if (isMistaken(id === undefined ? 'aws.accessKeyId' : 'aws.secretAccessKey')) return nothing;
    const message = `is not enough: ${lacks} is missing`;
    return { ...nothing, diagnostics: [{ severity: 'error', at: place(has), message, hint: BETTER }] };
  }
  const outranking = SOURCES.find((variable) => variableIn(env, variable) !== undefined);
  if (outranking !== undefined) {
    const message = `these credentials are not used: ${outranking} in the environment outranks them`;
    return {
      ...nothing,
      diagnostics: [{ severity: 'warning', at: place('accessKeyId'), message, hint: BETTER }],
    };
  }
  return {
    credentials: {
      accessKeyId: secret(id),
      secretAccessKey: secret(key),
      sessionToken: token === undefined ? undefined : secret(token),
    },
    diagnostics: [
      {
        severity: 'warning',
        at: place('accessKeyId'),
        message: 'credentials in a file are easily lost',
        hint: BETTER,
      },
    ],
    secrets,
  };
}

function textOf(values: ReadonlyMap<string, unknown>, name: string): string | undefined {
  const value = values.get(`aws.${name}`);
  return typeof value === 'string' ? value : undefined;
}
