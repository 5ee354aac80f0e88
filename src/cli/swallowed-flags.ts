/** Landfall flags that npm consumed because the `--` was missing, as in `npm run plan --cluster=local`. Pure. */
import type { Options } from 'yargs';
import { LandfallError } from '../faults.ts';
import { advise, command, flagWords } from '../shell-words.ts';
import { isNpmScript } from './invocation.ts';
import { folded, isNpmName } from './npm-names.ts';
import type { Started } from './invocation.ts';
import type { Verb } from './verb.ts';

/** Landfall flags that npm has, too. When npm takes them, our verbs do less, or print more, but never do harm. */
const SHARED = ['yes', 'color', 'verbose', 'help', 'version'];
/** npm expands an abbreviation of one of its own flags. */
const COMPLETED: Readonly<Record<string, string>> = { to: 'token-description' };

interface Swallowed {
  verb: Verb;
  /** The words that reached us, the verb first. */
  argv: readonly string[];
  /** Flags with a declaration: the verb's own and every verb's. */
  options: Readonly<Record<string, Options>>;
  /** The pipeline's sources, as flags; asked for only when npm took what may be one. */
  sources: () => readonly string[];
}

/** A flag without its dashes, and the value that npm has for it. */
interface Taken {
  name: string;
  value: string;
  isSwitch: boolean;
  isList: boolean;
}

/**
 * The mistake of a forgotten `--`; undefined where there is none. npm records the flags that it took in its variables.
 */
export function swallowedFlags(
  started: Started,
  { verb, argv, options, sources }: Swallowed,
): LandfallError | undefined {
  if (!isNpmScript(started)) return undefined;
  const values = npmValues(started.env);
  const given = argv.flatMap((word) => /^--(?:no-)?([^=]+)/.exec(word)?.slice(1).map(folded) ?? []);
  const declared = Object.keys(options);
  const isKnown = (name: string) => isNpmName(name) || declared.some((flag) => folded(flag) === name);
  const names = [
    ...declared.filter((name) => !SHARED.includes(name)),
    ...([...values.keys()].every(isKnown) ? [] : sources().filter((name) => !isKnown(folded(name)))),
  ];
  const taken = names.flatMap((name): Taken[] => {
    const value = values.get(folded(name)) ?? values.get(folded(COMPLETED[name] ?? name));
    if (value === undefined || given.includes(folded(name)) || (value === '' && isNpmName(name))) return [];
    const { type, array } = options[name] ?? {};
    return [{ name, value, isSwitch: type === 'boolean', isList: array === true }];
  });
  if (taken.length === 0) return undefined;
  const words = corrected(verb, argv.slice(1), taken);
  return new LandfallError(
    'input',
    `npm took ${taken.map(({ name }) => `--${name}`).join(', ')} for itself`,
    {
      why: ['npm keeps flags that stand before --, and passes on those after it'],
      stand: ['nothing was started'],
      next:
        words === undefined
          ? advise`write the flags again, after --; ${command(verb.name, '--help')} lists them`
          : command(verb.name, ...words),
    },
  );
}

/** What npm's variables hold, by folded name. */
function npmValues(env: Started['env']): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(env).flatMap(([variable, value]) => {
      const name = /^npm_config_(.+)$/i.exec(variable)?.[1];
      return name === undefined || value === undefined ? [] : [[folded(name), value]];
    }),
  );
}

/**
 * The words as they were meant; undefined where that is not clear. For `--cluster local` npm keeps `--cluster` as
 * true and passes on `local`, so each such word belongs to one such flag.
 */
function corrected(verb: Verb, others: readonly string[], taken: readonly Taken[]): string[] | undefined {
  const cut = taken.filter(({ value, isSwitch }) => value === 'true' && !isSwitch);
  const loose = others.filter((word) => !word.startsWith('-'));
  const most = verb.positional === undefined ? 0 : 1;
  if (cut.length > 1 || (cut.length === 1 && loose.length !== 1 + most && loose.length !== 1))
    return undefined;
  const value = cut.length === 1 ? loose.at(-1) : undefined;
  const rest = value === undefined ? others : others.filter((word) => word !== value);
  const flags = taken.map((one) => wordsOf(one, cut.includes(one) ? value : undefined));
  return flags.every((words) => words !== undefined) ? [...rest, ...flags.flat()] : undefined;
}

/**
 * npm records '' both for `--no-detach` and for `--lake=`. For a flag given twice it records all values, with a blank
 * line between them.
 */
function wordsOf({ name, value, isSwitch, isList }: Taken, loose: string | undefined): string[] | undefined {
  const flag = `--${name}`;
  if (isSwitch) {
    if (value === 'true') return [flag];
    return ['', 'false'].includes(value) ? [`--no-${name}`] : undefined;
  }
  if (loose !== undefined) return flagWords([flag, loose]);
  if (value === '') return undefined;
  return (isList ? value.split('\n\n') : [value]).flatMap((one) => flagWords([flag, one]));
}
