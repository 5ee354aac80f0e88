/** Flags of ours that npm took for its own, as `npm run plan --cluster=local` has them without the `--`. Pure. */
import { LandfallError } from '../faults.ts';
import { advise, command, flagWords } from '../shell-words.ts';
import type { GivenFlag } from '../shell-words.ts';
import { isNpmScript } from './invocation.ts';
import type { Started } from './invocation.ts';
import type { Verb } from './verb.ts';

/** Flags whose variables npm, or who configures it, may have set for npm itself. */
const OF_NPM = ['yes', 'color', 'verbose', 'help', 'version'];

interface Swallowed {
  verb: Verb;
  /** The words that did reach us, the verb first. */
  argv: readonly string[];
  /** Every flag that the verb takes. */
  flags: readonly string[];
}

/** The mistake of a forgotten `--`; undefined where there is none. npm leaves such flags in its variables. */
export function swallowedFlags(
  started: Started,
  { verb, argv, flags }: Swallowed,
): LandfallError | undefined {
  if (!isNpmScript(started)) return undefined;
  const isGiven = (flag: string) =>
    argv.some((word) => word === `--${flag}` || word.startsWith(`--${flag}=`));
  const taken = flags.flatMap((flag): GivenFlag[] => {
    const value = started.env[`npm_config_${flag.replaceAll('-', '_')}`];
    return value === undefined || value === '' || OF_NPM.includes(flag) || isGiven(flag)
      ? []
      : [[`--${flag}`, value]];
  });
  if (taken.length === 0) return undefined;
  const names = taken.map(([flag]) => flag).join(', ');
  const words = corrected(verb, argv.slice(1), taken);
  return new LandfallError('input', `npm took ${names} for itself`, {
    why: ['flags of a script stand behind a -- of their own'],
    stand: ['nothing was started'],
    next:
      words === undefined
        ? advise`write the flags again, behind what ${command(verb.name, '--help')} begins with`
        : command(verb.name, ...words),
  });
}

/**
 * The words as they were meant; undefined where that cannot be told. Of `--cluster local` npm keeps `--cluster` as true,
 * and hands on `local`: one such word belongs to one such flag.
 */
function corrected(verb: Verb, others: readonly string[], taken: readonly GivenFlag[]): string[] | undefined {
  const isSwitch = (flag: string) => verb.options[flag.slice(2)]?.type === 'boolean';
  const cut = taken.filter(([flag, value]) => value === 'true' && !isSwitch(flag));
  const loose = others.filter((word) => !word.startsWith('-'));
  const most = verb.positional === undefined ? 0 : 1;
  if (cut.length > 1 || (cut.length === 1 && loose.length !== 1 + most && loose.length !== 1))
    return undefined;
  const value = cut.length === 1 ? loose.at(-1) : undefined;
  const rest = value === undefined ? others : others.filter((word) => word !== value);
  return [
    ...rest,
    ...taken.flatMap(([flag, its]) => {
      if (cut.some(([name]) => name === flag)) return flagWords(value === undefined ? [flag] : [flag, value]);
      return flagWords(isSwitch(flag) && its === 'true' ? [flag] : its === undefined ? [flag] : [flag, its]);
    }),
  ];
}
