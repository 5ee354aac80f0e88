/** The command line, parsed: which verb, which flags, or the help that was asked for. Runs nothing, prints nothing. */
import yargs from 'yargs';
import type { Argv } from 'yargs';
import { LandfallError } from '../faults.ts';
import type { Output } from '../report/printer.ts';
import { globalOptions, verbs } from './verbs.ts';
import type { Verb } from './verb.ts';
import type { Flags } from './world.ts';

interface Form {
  output: Output;
  colours: boolean;
}

export type Parsed = Form &
  (
    | { kind: 'verb'; verb: Verb; flags: Flags }
    | { kind: 'help'; text: string }
    | { kind: 'mistake'; error: LandfallError }
  );

/** Parses arguments without the program's name. Mistakes come back as values, so that they are said in the right form. */
export async function parseArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Parsed> {
  const { complaint, shown, flags } = await readWords(argv);
  const form = formOf(argv, env);
  if (complaint !== undefined) return { ...form, kind: 'mistake', error: usage(complaint) };
  if (shown !== '') return { ...form, kind: 'help', text: shown };
  const name = (flags['_'] as unknown[] | undefined)?.[0];
  const verb = verbs.find((one) => one.name === name);
  if (verb === undefined)
    return { ...form, kind: 'mistake', error: usage(`there is no verb ${String(name)}`) };
  const unknown = verb.takesSources === true ? [] : unknownFlags(verb, flags, []);
  if (unknown.length > 0)
    return { ...form, kind: 'mistake', error: usage(`unknown flag ${unknown.join(', ')}`, verb) };
  return { ...form, kind: 'verb', verb, flags };
}

interface Words {
  complaint?: string;
  /** Help or version, when asked for. */
  shown: string;
  flags: Flags;
}

async function readWords(argv: readonly string[]): Promise<Words> {
  const parser = verbs.reduce(
    (built, verb) => addVerb(built, verb),
    yargs()
      .scriptName('landfall')
      .usage('$0 VERB [flags]: lands raw JSON as verified, published Parquet tables')
      .options(globalOptions),
  );
  const words: Words = { shown: '', flags: {} };
  try {
    words.flags = await parser
      .parserConfiguration({ 'camel-case-expansion': false, 'parse-positional-numbers': false })
      .help()
      .version('0.1.0')
      .wrap(110)
      .demandCommand(1, 'which verb?')
      .strictCommands()
      .epilogue('Exit codes and examples: README.md, or landfall VERB --help')
      .fail(false)
      .exitProcess(false)
      .parseAsync([...argv], {}, (error: unknown, _argv: unknown, output: string) => {
        if (error instanceof Error) words.complaint = error.message;
        words.shown = output;
      });
  } catch (error) {
    words.complaint = error instanceof Error ? error.message : String(error);
  }
  return words;
}

/** Flags that neither the verb nor Landfall has, with their dashes. `sources` are the pipeline's source names. */
export function unknownFlags(verb: Verb, flags: Flags, sources: readonly string[]): string[] {
  const known = new Set([
    '_',
    '$0',
    'help',
    'version',
    verb.positional?.name,
    ...Object.keys(globalOptions),
    ...Object.entries(verb.options).flatMap(([name, { alias = [] }]) => [name, ...[alias].flat()]),
    ...sources.map((source) => source.replaceAll('_', '-')),
  ]);
  return Object.keys(flags)
    .filter((name) => !known.has(name))
    .map((name) => `--${name}`);
}

export function usage(message: string, verb?: Verb): LandfallError {
  return new LandfallError('input', message, {
    next: `landfall ${verb === undefined ? '' : `${verb.name} `}--help`,
  });
}

function addVerb(parser: Argv, verb: Verb): Argv {
  const { name, summary, positional, options, examples, takesSources } = verb;
  const command = positional === undefined ? name : `${name} [${positional.name}]`;
  return parser.command(command, summary, (its) => {
    const described =
      positional === undefined
        ? its
        : its.positional(positional.name, { type: 'string', describe: positional.summary });
    const sources =
      takesSources === true ? 'Each source of the pipeline has a flag: --song-data URI, --log-data URI.' : '';
    return described
      .options(options)
      .example(examples.map(([line, what]) => [line, what] as [string, string]))
      .epilogue(sources);
  });
}

/** How to speak, decided before anything else, so that even a mistake in the flags is said in the form asked for. */
function formOf(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Form {
  const at = argv.findIndex((word) => word === '--output' || word.startsWith('--output='));
  const word = at < 0 ? 'text' : (argv[at]?.split('=')[1] ?? argv[at + 1]);
  const output = word === 'json' || word === 'ndjson' ? word : 'text';
  const plain = argv.includes('--no-color') || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return { output, colours: !plain };
}
