/** The command line, parsed: which verb, which flags, or the help that was asked for. Runs nothing, prints nothing. */
import yargs from 'yargs';
import type { Argv } from 'yargs';
import { variableIn } from '../env.ts';
import { LandfallError } from '../faults.ts';
import { groupsOf } from '../groups.ts';
import { messageOf } from '../message-of.ts';
import { nearest } from '../nearest.ts';
import type { Output } from '../report/printer.ts';
import { command } from '../shell-words.ts';
import type { Invocation } from '../shell-words.ts';
import { folderOf, invocationOf, isNpmScript, startOf } from './invocation.ts';
import { swallowedFlags } from './swallowed-flags.ts';
import type { Started } from './invocation.ts';
import { examplesOf } from './examples.ts';
import { flagMistake } from './flag-values.ts';
import { globalOptions } from './global-options.ts';
import type { PlaceFlags } from './run-verbs.ts';
import { verbs } from './verbs.ts';
import type { KnownVerb } from './verbs.ts';
import type { Verb } from './verb.ts';
import { isAboutPipeline, withPipeline } from './pipeline-names.ts';
import type { ReadPipelineNames } from './pipeline-names.ts';
import type { Flags, CliContext } from './context.ts';

interface Form {
  output: Output;
  colours: boolean;
  invocation: Invocation;
  cwd: CliContext['cwd'];
  prefix: CliContext['prefix'];
}

export type Parsed = Form &
  (
    | { kind: 'verb'; verb: KnownVerb; flags: Flags }
    | { kind: 'help'; text: string }
    | { kind: 'mistake'; error: LandfallError }
  );

/**
 * Parses arguments without the program's name. Mistakes come back as values, so that they are printed in the right form.
 * `pipelineNames` is loaded only for help, and when npm may have taken a flag of the pipeline.
 */
export async function parseArguments(
  argv: readonly string[],
  started: Started,
  pipelineNames: () => Promise<ReadPipelineNames>,
): Promise<Parsed> {
  const { complaint, shown, flags } = await readWords(argv, startOf(started), verbs);
  const [name, ...others] = ((flags['_'] as unknown[] | undefined) ?? []).map(String);
  const verb = verbs.find((one) => one.name === name);
  const called = verb === undefined ? undefined : { verb, flags };
  const cwd = folderOf(started);
  const form = {
    ...formOf(argv, started.env),
    invocation: invocationOf(started, verbs, called),
    cwd,
    prefix: cwd === started.cwd ? undefined : started.home,
  };
  const swallowed =
    verb === undefined ? undefined : await swallowedBy(started, { verb, argv, flags, cwd }, pipelineNames);
  if (swallowed !== undefined) return { ...form, kind: 'mistake', error: swallowed };
  if (complaint !== undefined) return { ...form, kind: 'mistake', error: usage(complaint, { _: argv }) };
  if (shown !== '' && verb !== undefined && flags['help'] === true) {
    if (!isAboutPipeline(verb)) return { ...form, kind: 'help', text: withExamples(shown, verb, started) };
    const { cwd: folder, prefix } = form;
    const names = (await pipelineNames())(flags, { cwd: folder, prefix, env: started.env });
    const own = withPipeline(verb, names);
    const known = verbs.map((one) => (one === verb ? own : one));
    const its = await readWords(argv, startOf(started), known);
    return { ...form, kind: 'help', text: withExamples(its.shown, own, started) };
  }
  if (shown !== '') return { ...form, kind: 'help', text: shown };
  if (verb === undefined) return { ...form, kind: 'mistake', error: noVerb(name ?? '', argv) };
  const strange = flagMistake(argv, { ...globalOptions, ...verb.options }, verb.takesSources === true);
  if (strange !== undefined) return { ...form, kind: 'mistake', error: usage(strange, flags) };
  const error =
    others.length > 0
      ? usage(`${verb.name} takes no ${others.map((word) => JSON.stringify(word)).join(', ')}`, flags)
      : verb.takesSources === true
        ? undefined
        : unknownFlags(verb, flags, []);
  if (error !== undefined) return { ...form, kind: 'mistake', error };
  return { ...form, kind: 'verb', verb, flags };
}

const withExamples = (help: string, verb: Verb, started: Started) =>
  `${help.trimEnd()}\n\n${examplesOf(verb, startOf(started))}`;

interface Words {
  complaint?: string;
  /** Help or version, when asked for. */
  shown: string;
  flags: Flags;
}

async function readWords(argv: readonly string[], start: string, known: readonly Verb[]): Promise<Words> {
  const parser = known.reduce<Argv>(
    (built, verb) => addVerb(built, verb),
    yargs()
      .scriptName(start)
      .usage('$0 VERB [flags]: lands raw JSON as verified, published Parquet tables')
      .options(globalOptions),
  );
  const words: Words = { shown: '', flags: {} };
  try {
    words.flags = await parser
      .parserConfiguration({
        'camel-case-expansion': false,
        'dot-notation': false,
        'parse-positional-numbers': false,
      })
      .help()
      .alias('h', 'help')
      .version('0.1.0')
      .wrap(110)
      .demandCommand(1, 'which verb?')
      .epilogue('Exit codes and examples: README.md, or $0 VERB --help')
      .fail(false)
      .exitProcess(false)
      .parseAsync([...argv], {}, (error: unknown, _argv: unknown, output: string) => {
        if (error instanceof Error) words.complaint = plainComplaint(error.message);
        words.shown = output;
      });
  } catch (error) {
    words.complaint = plainComplaint(messageOf(error));
  }
  return words;
}

/** Turns yargs's table about a value that is not among a flag's choices into one line. */
function plainComplaint(message: string): string {
  const table = groupsOf(/Argument: ([\w-]+), Given: (.*), Choices: (.*)$/, message, 3);
  if (table === undefined) return message;
  const [flag, given, choices] = table;
  return `--${flag} is ${given}, and must be one of ${choices}`;
}

interface Called {
  verb: Verb;
  argv: readonly string[];
  flags: Flags;
  cwd: string;
}

/**
 * The flags that npm kept, including those of the chosen pipeline's sources. npm may have kept the flag that chose the
 * pipeline, too.
 */
async function swallowedBy(
  started: Started,
  { verb, argv, flags, cwd }: Called,
  pipelineNames: () => Promise<ReadPipelineNames>,
) {
  if (!isNpmScript(started)) return undefined;
  const namesOf = await pipelineNames();
  const given = flags as PlaceFlags;
  const templates = given.templates ?? started.env['npm_config_templates'];
  return swallowedFlags(started, {
    verb,
    argv,
    options: { ...globalOptions, ...verb.options },
    sources: () =>
      verb.takesSources === true
        ? namesOf({ ...given, templates }, { cwd, prefix: undefined, env: started.env }).flags.map(
            ({ name }) => name,
          )
        : [],
  });
}

/** For a misspelt verb: the same command with the closest verb. */
function noVerb(name: string, argv: readonly string[]): LandfallError {
  const meant = nearest(
    name,
    verbs.map((verb) => verb.name),
  );
  const message = `unknown verb ${JSON.stringify(name)}`;
  if (meant === undefined) return usage(message);
  const words = argv.filter((_, at) => at !== argv.indexOf(name));
  return new LandfallError('input', message, {
    why: [`did you mean ${meant}?`],
    next: command(meant, ...words),
  });
}

/**
 * The error for flags that neither the verb nor Landfall has; undefined when there are none. `pipeline` holds the
 * flags of the pipeline's keys.
 */
export function unknownFlags(
  verb: Verb,
  flags: Flags,
  pipeline: readonly string[],
): LandfallError | undefined {
  const known = [
    'help',
    'h',
    'version',
    ...Object.keys(globalOptions),
    ...Object.entries(verb.options).flatMap(([name, { alias = [] }]) => [name, ...[alias].flat()]),
    ...pipeline,
  ];
  const ours = new Set(['_', '$0', verb.positional?.name, ...known]);
  const unknown = Object.keys(flags).filter((name) => !ours.has(name));
  if (unknown.length === 0) return undefined;
  const meant = unknown.flatMap((name) => nearest(name, known) ?? []);
  return new LandfallError('input', `unknown flag ${unknown.map((name) => `--${name}`).join(', ')}`, {
    why: meant.map((name) => `did you mean --${name}?`),
    next: command(verb.name, '--help'),
  });
}

/** A mistake on the command line; the next command shows the help of the verb. */
export function usage(message: string, flags: Flags = {}): LandfallError {
  const [name] = [flags['_']].flat();
  const known = verbs.some((one) => one.name === name);
  return new LandfallError('input', message, {
    next: known ? command(String(name), '--help') : command('--help'),
  });
}

function addVerb(parser: Argv, verb: Verb): Argv {
  const { name, summary, positional, options } = verb;
  const words = positional === undefined ? name : `${name} [${positional.name}]`;
  return parser.command(words, summary, (its) => {
    const described =
      positional === undefined
        ? its
        : its.positional(positional.name, { type: 'string', describe: positional.summary });
    return described.options(options).epilogue('');
  });
}

/** The output form, decided before anything else, so that even a mistake in the flags is reported in it. */
function formOf(argv: readonly string[], env: Started['env']): Pick<Form, 'output' | 'colours'> {
  const at = argv.findIndex((word) => word === '--output' || word.startsWith('--output='));
  const word = at < 0 ? 'text' : (argv[at]?.split('=')[1] ?? argv[at + 1]);
  const output = word === 'json' || word === 'ndjson' ? word : 'text';
  const plain =
    argv.includes('--no-color') || variableIn(env, 'NO_COLOR') !== undefined || env['TERM'] === 'dumb';
  return { output, colours: !plain };
}
