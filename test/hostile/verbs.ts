/** Every verb that uses a lake, as it is called on a run inside the test. */
import { verbBodies } from '../../src/verb-bodies.ts';
import { verbs } from '../../src/cli/verbs.ts';
import type { Verb } from '../../src/cli/verb.ts';
import type { Command, Flags } from '../../src/cli/context.ts';

export interface LakeVerb {
  /** As typed, without the flags for the lake and its inputs. */
  name: string;
  call: Command;
  flags: Flags;
}

/** Calls that change nothing in the lake. */
const LOOKING: readonly string[] = [
  'status RUN',
  'status',
  'runs',
  'logs --run RUN',
  'quarantine RUN',
  'verify RUN',
  'verify',
  'publications',
  'rollback --dry-run',
  'rollback 1 --dry-run',
  'gc',
  'plan',
  'render',
];

/** Calls that may change the lake, or send requests to EMR. */
const CHANGING: readonly string[] = [
  'attach RUN',
  'attach RUN --take-over',
  'retry RUN',
  'cancel RUN',
  'publish RUN',
  'publish RUN --rebase',
  'rollback',
  'rollback 1',
  'rollback 3',
  'gc --yes',
  'submit --run-id RUN',
];

/** Flags that every call has whose verb has such an option. `timeout` is in seconds of the fast clock. */
const WHEN_LOOKING: Flags = { keep: 1 };
const WHEN_CHANGING: Flags = { keep: 1, timeout: 50 };

const lakeVerbs = verbs.filter(({ options }) => 'lake' in options);

/** A verb that the lists above do not name is called with its positional, and treated as one that changes the lake. */
const UNNAMED = lakeVerbs
  .filter(({ name }) => ![...LOOKING, ...CHANGING].some((line) => line.split(' ')[0] === name))
  .map(({ name, positional }) => (positional?.name === 'run' ? `${name} RUN` : name));

export const lookingVerbs = (run: string): LakeVerb[] =>
  LOOKING.map((line) => called(line, run, WHEN_LOOKING));

export const changingVerbs = (run: string): LakeVerb[] =>
  [...CHANGING, ...UNNAMED].map((line) => called(line, run, WHEN_CHANGING));

export const allVerbs = (run: string): LakeVerb[] => [...lookingVerbs(run), ...changingVerbs(run)];

function called(line: string, run: string, always: Flags): LakeVerb {
  const [name = '', ...words] = line.split(' ');
  const verb = lakeVerbs.find((one) => one.name === name);
  if (verb === undefined) throw new Error(`there is no verb ${name} that has to do with a lake`);
  return {
    name: line.replace('RUN', () => run),
    call: async (flags, world) => (await verbBodies[verb.name]()).run(flags, world),
    flags: { ...defaultsOf(verb, always), ...flagsOf(verb, words, run) },
  };
}

function defaultsOf({ options }: Verb, always: Flags): Flags {
  return Object.fromEntries(
    Object.entries(options)
      .map(([name, option]) => [name, always[name] ?? (option.default as unknown)])
      .filter(([, value]) => value !== undefined),
  ) as Flags;
}

function flagsOf({ name, options, positional }: Verb, words: readonly string[], run: string): Flags {
  const flags: Record<string, unknown> = {};
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const flag = /^--(.+)$/.exec(word)?.[1] ?? '';
    const to = flag === '' ? positional?.name : flag;
    if (to === undefined || (flag !== '' && !(flag in options)))
      throw new Error(`${name} does not take ${word}`);
    const value = flag !== '' && options[flag]?.type !== 'boolean' ? rest.shift() : word;
    flags[to] = value === 'RUN' ? run : value === `--${flag}` ? true : value;
  }
  return flags;
}
