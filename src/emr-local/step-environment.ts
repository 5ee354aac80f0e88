/**
 * The environment of a step, and of everything else that starts Spark: a list of variables that may pass, plus fixed
 * values. Variables of another Spark, Hadoop, Java or Python on this machine are not on the list.
 */
import { accessSync, constants } from 'node:fs';
import { isAbsolute } from 'node:path';
import { variableIn } from '../env.ts';
import type { Env } from '../env.ts';

/**
 * Proxies and certificates are not on the list. S3A gets them from its configuration and from Java's trust store,
 * because the SDK below it would send requests to this machine through a proxy, too. Profiles are not on it either:
 * steps get the credentials that a profile resolves to.
 */
const PASSING = [
  'PATH',
  'USER',
  'LOGNAME',
  'SHELL',
  'JAVA_HOME',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_S3',
  'AWS_EC2_METADATA_DISABLED',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
];

/** Where Spark and Python find the programs they call when PATH is not set. */
const USUAL_PATH = '/usr/local/bin:/usr/bin:/bin';

export interface OwnFolders {
  /** Replaces the home folder if the user has no writable one. */
  home: string;
  /** For temporary files. */
  scratch: string;
}

/** The variables of `env` that may pass, and the fixed ones: a UTF-8 locale, UTC, temporary files in their own folder. */
export function stepEnvironment(env: Env, { home, scratch }: OwnFolders): Record<string, string> {
  const passed = PASSING.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(passed),
    PATH: variableIn(env, 'PATH') ?? USUAL_PATH,
    HOME: usableHome(env) ?? home,
    LANG: LOCALE,
    LC_ALL: LOCALE,
    PYTHONUTF8: '1',
    PYTHONNOUSERSITE: '1',
    TZ: 'UTC',
    TMPDIR: scratch,
    TMP: scratch,
    TEMP: scratch,
    // For the short-lived JVM that only builds the command.
    SPARK_LAUNCHER_OPTS: '-XX:-UsePerfData',
  };
}

/** macOS has no C.UTF-8. */
const LOCALE = process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8';

function usableHome({ HOME: home }: Env): string | undefined {
  if (home === undefined || !isAbsolute(home)) return undefined;
  try {
    accessSync(home, constants.W_OK | constants.X_OK);
    return home;
  } catch {
    return undefined;
  }
}
