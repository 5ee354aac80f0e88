/** How this program was started, as far as that is visible; advised commands start the same way. Pure. */
import { basename, delimiter, dirname, isAbsolute, relative } from 'node:path';
import type { Env } from '../env.ts';
import { shellWord } from '../shell-words.ts';
import type { GivenFlag, Invocation } from '../shell-words.ts';
import type { Verb } from './verb.ts';
import type { Flags } from './context.ts';

export interface Started {
  env: Env;
  cwd: string;
  /** The running Node. */
  node: string;
  /** The script as Node was given it, absolute; a link to `cli.js` is not followed. */
  script: string;
  /** The folder of our package.json. */
  home: string;
}

/** The words that start this program from the shell it was started from, quoted. */
export function startOf(started: Started): string {
  const { env, cwd, script, node, home } = started;
  if (isNpmScript(started)) {
    const prefix = folderOf(started) === home ? '' : `--prefix ${shellWord(home)} `;
    return `npm ${prefix}run -s landfall --`;
  }
  const inBin = basename(dirname(script)) === '.bin';
  if (env['npm_command'] === 'exec' || (inBin && env['npm_lifecycle_event'] !== undefined))
    return 'npx landfall';
  const isOnPath = (file: string) => env['PATH']?.split(delimiter).includes(dirname(file)) === true;
  if (basename(script) === 'landfall') return isOnPath(script) ? 'landfall' : shellWord(script);
  const path = isWithin(cwd, script) ? relative(cwd, script).replace(/^(?=-)/, './') : script;
  return `${isOnPath(node) ? 'node' : shellWord(node)} ${shellWord(path)}`;
}

/** True when one of our own npm scripts started this. */
export function isNpmScript({ env, cwd, home }: Started): boolean {
  const { npm_command: command, npm_lifecycle_script: script } = env;
  return (
    (command === 'run' || command === 'run-script') &&
    cwd === home &&
    script?.includes('scripts/landfall.js') === true
  );
}

/**
 * The folder that relative paths start from: the user's. npm runs our scripts in our package's folder; a command with
 * `npm --prefix` was typed elsewhere.
 */
export function folderOf(started: Started): string {
  const { env, cwd, home } = started;
  const from = env['INIT_CWD'];
  const isElsewhere = from !== undefined && isAbsolute(from) && !isWithin(home, from);
  return isNpmScript(started) && isElsewhere ? from : cwd;
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}

/** Flags that name places to read from. Further commands about the same work need them again. */
const PLACES = ['config', 'templates', 'lake', 'trust-lake'];
/** Flags that a new run needs as well. For a retry they would mean a change. */
const OF_A_NEW_RUN = ['cluster', 'keep-alive'];

/** The invocation of a command line. Its flags about places are passed on to the commands that it advises. */
export function invocationOf(
  started: Started,
  verbs: readonly Verb[],
  called?: { verb: Verb; flags: Flags },
): Invocation {
  const start = startOf(started);
  if (called === undefined) return { start, carried: {} };
  const carried = verbs.map((verb) => [verb.name, carriedTo(verb, called)] as const);
  return { start, carried: Object.fromEntries(carried) };
}

function carriedTo(to: Verb, { verb, flags }: { verb: Verb; flags: Flags }): GivenFlag[] {
  const own = Object.keys(verb.options);
  const isSource = (name: string) =>
    verb.takesSources === true && !own.includes(name) && !NOT_SOURCES.includes(name);
  const isNew = to.name === 'submit' || to.name === 'plan';
  return Object.entries(flags).flatMap(([name, value]): GivenFlag[] => {
    const wanted =
      name === 'config' ||
      (PLACES.includes(name) && name in to.options) ||
      (isNew && (OF_A_NEW_RUN.includes(name) || isSource(name)));
    if (!wanted || value === verb.options[name]?.default) return [];
    if (value === true) return [[`--${name}`]];
    return typeof value === 'string' || typeof value === 'number' ? [[`--${name}`, String(value)]] : [];
  });
}

/** Entries in the parser's result that are not a pipeline's sources. */
const NOT_SOURCES = ['_', '$0', 'help', 'h', 'version', 'config', 'output', 'verbose', 'color', 'run'];
