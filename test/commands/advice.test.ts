/** Every command that a message advises can be pasted as it is, and uses the same lake, configuration and templates. */
import '../support/one-realm.ts';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseArguments } from '../../src/cli/arguments.ts';
import { startOf } from '../../src/cli/invocation.ts';
import type { Started } from '../../src/cli/invocation.ts';
import { run as plan } from '../../src/commands/plan.ts';
import { prepare } from '../../src/session/prepare.ts';
import type { Flags } from '../../src/cli/context.ts';
import type { Fault } from '../../src/faults.ts';
import { failureFrom } from '../../src/faults.ts';
import { oneLine } from '../../src/report/harmless.ts';
import type { Entry } from '../../src/run/entries.ts';
import { createJournal } from '../../src/run/journal.ts';
import { place, spoken } from '../../src/shell-words.ts';
import { openFolder } from '../../src/store/local-folder.ts';
import { verbBodies } from '../../src/verb-bodies.ts';
import { commandsIn, commandsOf, marked, wordsInBash } from '../support/advised.ts';
import { pipelineNamesLoaded, startedAsLandfall } from '../support/advice.ts';
import { commandWorld } from '../support/command-world.ts';
import { root, temporaryFolder } from '../support/landfall.ts';

const { folder: cwd, remove } = temporaryFolder(`-l 'a' "b" $(touch x)\n{c,d} !e`);
const LAKE = `lake's ##[x] $(touch x)\n!`;
const CONFIG = '-c ##[x] $(touch x).cfg';
const TEMPLATES = '-t `touch x`';
const SONGS = '-s $(touch x)';
const LOGS = `log's`;

/** By run: the further entries of its journal. */
const JOURNALS: Record<string, Entry[]> = {
  running: [],
  asked: [{ entry: 'cancel-requested', by: 'me' }],
  step: [failed('step', ['ValueError: no such column'])],
  inputs: [failed('step', ['1 input object (x) of song_data: no longer there'])],
  tables: [failed('tables', [])],
  quarantined: [
    {
      entry: 'verified',
      tables: [],
      findings: [{ severity: 'error', subject: 's', message: 'too many', limit: 'max_quarantined' }],
    },
    failed('tables', []),
  ],
  foreign: [
    {
      entry: 'verified',
      tables: [],
      findings: [{ severity: 'error', subject: 's', message: 'a stranger', foreign: true }],
    },
    failed('tables', []),
  ],
  cluster: [failed('cluster', [])],
  overtaken: [failed('overtaken', [])],
  input: [failed('input', [])],
  internal: [failed('internal', [])],
  access: [failed('access', [])],
  cancelled: [{ entry: 'finished', verdict: 'cancelled', fault: 'cancelled', message: 'cancelled' }],
  published: [
    { entry: 'verified', tables: [], findings: [] },
    { entry: 'published', publication: 1 },
    { entry: 'finished', verdict: 'succeeded' },
  ],
};

function failed(fault: Fault, why: string[]): Entry {
  return { entry: 'finished', verdict: 'failed', fault, message: 'it failed', why };
}

beforeAll(async () => {
  for (const folder of [SONGS, LOGS, 'empty']) mkdirSync(join(cwd, folder), { recursive: true });
  writeFileSync(join(cwd, SONGS, '1.json'), '{"song_id":"S","artist_id":"A","title":"T"}');
  writeFileSync(join(cwd, LOGS, '1.json'), '{"ts":1,"userId":"8","sessionId":1,"itemInSession":0}');
  writeFileSync(join(cwd, CONFIG), '[EMR]\nregion = us-east-1\n');
  cpSync(join(root, 'spark-templates/sparkify'), join(cwd, TEMPLATES), { recursive: true });
  const world = commandWorld(cwd);
  const lake = join(cwd, LAKE);
  const flags = { lake, cluster: 'local', templates: TEMPLATES, config: CONFIG };
  const prepared = await prepare('submit', { ...flags, 'song-data': SONGS, 'log-data': LOGS }, world);
  for (const [run, entries] of Object.entries(JOURNALS)) {
    const writer = { objects: openFolder(lake), clock: world.clock, random: world.random, driver: 'd' };
    const journal = await createJournal(writer, { entry: 'planned', plan: { ...prepared.plan, run } });
    for (const entry of entries) await journal.append(entry);
  }
});
afterAll(() => remove());

/** The commands that one command line advises. */
async function advised(argv: readonly string[], started: Started): Promise<string[]> {
  const parsed = await parseArguments(argv, started, pipelineNamesLoaded);
  const { invocation } = parsed;
  if (parsed.kind === 'help') return [];
  if (parsed.kind === 'mistake') return commandsOf(parsed.error.next, invocation);
  const telling = marked(invocation);
  const world = { ...commandWorld(parsed.cwd), invocation: telling };
  const { run } = await verbBodies[parsed.verb.name]();
  const failure = await run(parsed.flags, world).then(
    () => undefined,
    (error: unknown) => failureFrom(error),
  );
  if (failure?.fault === 'internal') throw failure;
  const texts = [...world.said, ...world.results.map(({ text }) => text)];
  return [...commandsOf(failure?.next, invocation), ...texts.flatMap((text) => commandsIn(text, telling))];
}

const lakeFlags = [`--lake=${LAKE}`, `--config=${CONFIG}`];
const templates = `--templates=${TEMPLATES}`;
const sources = [`--song-data=${SONGS}`, `--log-data=${LOGS}`];
/** Command lines, each with something to advise. */
const MESSAGES: string[][] = [
  ...Object.keys(JOURNALS).map((run) => ['status', run, ...lakeFlags]),
  ...['publish', 'verify'].map((verb) => [verb, 'step', ...lakeFlags]),
  ...['publish', 'verify'].map((verb) => [verb, 'running', ...lakeFlags]),
  ['logs', '--run', 'step', ...lakeFlags],
  ...['step', 'inputs', 'cancelled'].map((run) => ['attach', run, ...lakeFlags, templates]),
  ['retry', 'running', ...lakeFlags, '--cluster', 'new', '--trust-lake'],
  ['status', 'nowhere', ...lakeFlags],
  ['rollback', ...lakeFlags],
  ['verify', ...lakeFlags],
  ['gc', ...lakeFlags, '--keep', '1'],
  ['status', '--lake=empty', `--config=${CONFIG}`],
  ['submit', '--cluster', 'new', ...lakeFlags, templates, ...sources],
  ['plan', '--clster', 'new', ...lakeFlags, templates, ...sources],
  ['statsu', 'step', ...lakeFlags],
  ['status', '--lakee', LAKE, `--config=${CONFIG}`],
  ['gc', 'x', ...lakeFlags],
];

/** The flags parsed from the words after the program's own. */
async function readBack(words: readonly string[]): Promise<{ verb: string; flags: Flags }> {
  const parsed = await parseArguments(words, { ...startedAsLandfall, cwd }, pipelineNamesLoaded);
  if (parsed.kind === 'help') return { verb: 'help', flags: {} };
  if (parsed.kind === 'verb') return { verb: parsed.verb.name, flags: parsed.flags };
  throw new Error(`${JSON.stringify(words)}: ${parsed.error.message}`);
}

const at = (flag: unknown) => (typeof flag === 'string' ? resolve(cwd, place(flag)) : undefined);
const TAKE_TEMPLATES = ['submit', 'plan', 'attach', 'retry'];

/** Compares the parsed command of a message with the command line that produced the message. */
function checkCarried(argv: readonly string[], { verb, flags }: { verb: string; flags: Flags }): void {
  const has = (flag: string) => argv.find((word) => word.startsWith(`--${flag}=`))?.slice(flag.length + 3);
  expect([verb, at(flags['lake'])]).toEqual([verb, join(cwd, has('lake') ?? LAKE)]);
  expect([verb, at(flags['config'])]).toEqual([verb, join(cwd, CONFIG)]);
  const folder = has('templates');
  if (folder !== undefined && TAKE_TEMPLATES.includes(verb)) expect(at(flags['templates'])).toBeDefined();
  if (argv.includes('--trust-lake')) expect([verb, flags['trust-lake']]).toEqual([verb, true]);
}

describe('each command that a message advises', () => {
  const told: { argv: string[]; command: string }[] = [];
  beforeAll(async () => {
    for (const argv of MESSAGES)
      for (const command of await advised(argv, { ...startedAsLandfall, cwd })) told.push({ argv, command });
  });

  it('reaches bash unchanged, and bash runs nothing inside its words', async () => {
    const words = wordsInBash(
      told.map(({ command }) => command),
      cwd,
    );
    expect(words).toHaveLength(told.length);
    expect(MESSAGES.filter((argv) => !told.some((one) => one.argv === argv))).toEqual([]);
    for (const [index, { argv }] of told.entries()) {
      const read = await readBack(words[index]?.slice(1) ?? []);
      if (read.verb !== 'help') checkCarried(argv, read);
    }
    expect(readdirSync(cwd)).not.toContain('x');
    expect(readdirSync(root)).not.toContain('x');
  });

  it('is shown as it is', () => {
    for (const { command } of told) expect(oneLine(command)).toBe(command);
  });

  it('plans the same run if it submits one', async () => {
    const submits = [...new Set(told.map(({ command }) => command))].filter((one) =>
      one.includes(' --song-data '),
    );
    expect(submits.length).toBeGreaterThan(0);
    for (const words of wordsInBash(submits, cwd)) {
      const { verb, flags } = await readBack(words.slice(1));
      expect([verb, flags['cluster']]).toEqual(['submit', 'local']);
      const world = commandWorld(join(cwd, 'empty'));
      await plan(flags, world);
      expect(world.results[0]?.text).toContain(join(cwd, LAKE).split('\n')[0]);
    }
  });
});

describe.each<[string, Started]>([
  [
    'by its file',
    { ...startedAsLandfall, cwd, script: join(cwd, '-d $x/cli.js'), env: { PATH: '/usr/bin' } },
  ],
  [
    'by npm, from elsewhere',
    {
      ...startedAsLandfall,
      home: join(cwd, 'its home'),
      cwd: join(cwd, 'its home'),
      env: { npm_command: 'run', npm_lifecycle_script: 'exec node scripts/landfall.js', INIT_CWD: cwd },
    },
  ],
])('a program that was started %s', (_, started) => {
  it('is named by its commands as the user named it', async () => {
    const [command = ''] = await advised(['status', 'step', ...lakeFlags], started);
    const [words = []] = wordsInBash([command], cwd);
    const verb = words.indexOf('retry');
    expect(words.slice(0, verb)).toEqual(
      started.env['npm_command'] === undefined
        ? ['node', './-d $x/cli.js']
        : ['npm', '--prefix', started.home, 'run', '-s', 'landfall', '--'],
    );
    checkCarried(lakeFlags, await readBack(words.slice(verb)));
  });
});

it('npm passes on the words of a command as bash had them', () => {
  const home = join(cwd, 'its home');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'told.cjs'), 'process.stdout.write(JSON.stringify(process.argv.slice(2)))');
  writeFileSync(join(home, 'package.json'), '{"scripts":{"landfall":"exec node told.cjs"}}');
  const started = {
    ...startedAsLandfall,
    home,
    cwd: home,
    env: { npm_command: 'run', npm_lifecycle_script: 'exec node scripts/landfall.js', INIT_CWD: cwd },
  };
  const words = ['--lake', LAKE, '--run', "a'b", `--to=-x "y"`, `--from=!z`];
  const line = spoken([{ verb: 'status', words }], { start: startOf(started), carried: {} });
  const output = execFileSync('bash', ['-c', line], { cwd, encoding: 'utf8' });
  expect(JSON.parse(output)).toEqual(['status', ...words]);
});
