/** Real failures, provoked on purpose: each is explained on one screen, and equally as JSON. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeSparkify } from '../../scripts/sparkify/write.ts';
import { called, root, start, temporaryFolder } from '../support/landfall.ts';
import { privateSparkHome } from '../support/private-spark.ts';
import type { Ended, Running } from '../support/landfall.ts';
import { processes, threadNames } from '../support/processes.ts';

const { folder: cwd, remove } = temporaryFolder();
const SONGS = 'tables/song_transform/songs.sql.hbs';
/** The step writes its tables at the same time; some may not have begun, or be written already. */
const WRITING_SONGS = new RegExp(
  `^while writing (?:table songs, by templates/${SONGS}|tables songs(?:, \\w+)+, by files in templates/${dirname(SONGS)})$`,
);
/** Lines that one screen holds. */
const SCREEN = 25;

interface Failing {
  run: string;
  /** Changes to files of this run's own pipeline. */
  edits?: Record<string, (text: string) => string>;
  /** Changes to files of the engine: the run is submitted by a copy of Landfall. */
  engine?: Record<string, (text: string) => string>;
  cluster?: () => string;
  flags?: string[];
  env?: Record<string, string>;
  /** Done to this run's own input before it starts. */
  before?: (input: string) => void;
  /** The fault of the run. */
  during?: (running: Running, input: string) => Promise<void>;
}

/** A failure as `--output json` prints it. */
interface Told {
  event: string;
  run: string;
  exitCode: number;
  fault: string;
  message: string;
  why: string[];
  stand: string[];
  next: string;
}

const folderOf = (run: string) => join(cwd, run);
const lakeOf = (run: string) => join(folderOf(run), 'lake');
const replacing = (from: string, to: string) => (text: string) => {
  if (!text.includes(from)) throw new Error(`there is no ${from} in the template`);
  return text.replace(from, to);
};
/** A query that counts for many minutes in its first row. */
const busy =
  'aggregate(sequence(1, 200000), 0L, (sum, x) -> sum + ' +
  'aggregate(sequence(1, 200000), 0L, (part, y) -> part + x + y + length(title)))';
const asleep = replacing('    title,\n', `    concat(title, string(${busy})) AS title,\n`);

/** The line of a template that contains this text, as a failure names it. */
function placeOf(run: string, template: string, text: string): string {
  const lines = readFileSync(join(folderOf(run), 'templates', template), 'utf8').split('\n');
  const line = lines.findIndex((one) => one.includes(text)) + 1;
  if (line === 0) throw new Error(`no line of ${template} holds ${text}`);
  return `at templates/${template}:${String(line)}`;
}

const ended = new Map<string, Ended>();
let endpoints: { plain: Running; faulty: Running };
let variables: { plain: Record<string, string>; faulty: Record<string, string> };

function edit(folder: string, edits: Record<string, (text: string) => string>): void {
  for (const [name, change] of Object.entries(edits)) {
    const path = join(folder, name);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
  }
}

const copyOf = (run: string) => join(folderOf(run), 'landfall');

/** A copy of the built CLI whose engine is changed. */
function copyWith(run: string, edits: Record<string, (text: string) => string>): string {
  const copy = copyOf(run);
  for (const name of ['dist', 'spark-templates', 'package.json'])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  edit(join(copy, 'spark-templates/engine'), edits);
  return join(copy, 'dist/cli.js');
}

async function fail(
  { run, edits = {}, engine, cluster, flags = [], env = {}, before, during }: Failing,
  at: 'plain' | 'faulty',
) {
  const folder = folderOf(run);
  const input = join(folder, 'in');
  cpSync(join(root, 'spark-templates/sparkify'), join(folder, 'templates'), { recursive: true });
  cpSync(join(cwd, 'in'), input, { recursive: true });
  edit(join(folder, 'templates'), edits);
  before?.(input);
  const inputs = ['--song-data', join(input, 'song_data'), '--log-data', join(input, 'log_data')];
  const places = ['--run-id', run, '--lake', lakeOf(run), '--templates', 'templates', '--output', 'json'];
  const running = start(['submit', '--cluster', cluster?.() ?? 'new', ...places, ...inputs, ...flags], {
    cwd: folder,
    env: { ...variables[at], ...env },
    ...(engine === undefined ? {} : { program: copyWith(run, engine) }),
  });
  await during?.(running, input);
  ended.set(run, await running.ended);
}

/** One of the objects that Spark reads. */
function someObject(input: string): string {
  const [name = ''] = readdirSync(join(input, 'song_data'), { recursive: true, encoding: 'utf8' })
    .filter((one) => one.endsWith('.json'))
    .sort();
  return join(input, 'song_data', name);
}

/** What is directly in a folder, or nothing if the folder does not exist. */
const foldersIn = (folder: string) =>
  existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];

/** Resolves once the program of a run has begun its first query; the endpoint keeps what a step says in its folder. */
async function firstQueryOf(run: string, running: Running): Promise<void> {
  const state = { over: false };
  void running.ended.then(() => (state.over = true));
  while (!state.over) {
    const said = foldersIn(join(cwd, 'plain/clusters'))
      .flatMap((cluster) => foldersIn(join(cluster, 'steps')))
      .filter((step) => existsSync(join(step, 'controller')))
      .filter((step) => readFileSync(join(step, 'controller'), 'utf8').includes(`/runs/${run}/steps/`))
      .map((step) => readFileSync(join(step, 'stdout'), 'utf8'));
    if (said.some((text) => text.includes('songs: begun'))) return;
    await delay(200);
  }
  throw new Error(`run ${run} ended before its first query:\n${(await running.ended).stderr}`);
}

/** The JVM of a run's step. */
const driverOf = (run: string) =>
  processes('SparkSubmit').flatMap(({ pid, line }) => (line.includes(lakeOf(run)) ? [pid] : []));

/** Kills the executor of a run during its tasks; an executor without tasks at that moment is replaced. */
async function killExecutor(running: Running): Promise<void> {
  await firstQueryOf('executor', running);
  const over = running.ended.then(() => true);
  let application = 'none';
  for (;;) {
    if (await Promise.race([over, delay(1_000, false)])) break;
    const drivers = driverOf('executor');
    for (const { pid, parent, line } of processes('CoarseGrainedExecutorBackend')) {
      if (!drivers.includes(parent) || !threadNames(pid).includes('Executor task l')) continue;
      application = / --app-id (\S+) /.exec(line)?.[1] ?? application;
      process.kill(pid, 'SIGKILL');
    }
  }
  // A cluster within one JVM gives its executors a folder below Spark's own.
  rmSync(join(privateSparkHome(), 'work', application), { recursive: true });
}

const onSpark: Failing[] = [
  {
    run: 'sql',
    edits: {
      [SONGS]: replacing('  title,\n  artist_id,\n  year,', '  title title title,\n  artist_id,\n  year,'),
    },
    flags: ['--keep-alive'],
  },
  {
    run: 'traceback',
    engine: { 'run.py': replacing('arguments.output.rstrip', 'arguments.output.rstrp') },
    cluster: () => clusterOf('sql'),
  },
  {
    run: 'column',
    edits: { [SONGS]: replacing('    duration,\n    row', '    durration,\n    row') },
  },
  {
    run: 'memory',
    edits: {
      [SONGS]: replacing(
        '    title,\n',
        '    repeat(title, size(sequence(1L, 1500000000L + year))) AS title,\n',
      ),
    },
  },
  {
    run: 'input',
    during: async (running, input) => {
      await running.says(/song_transform {2}s-\w+ {2}(PENDING|RUNNING)/);
      rmSync(someObject(input));
    },
  },
  { run: 'denied', before: (input) => chmodSync(someObject(input), 0o000) },
  {
    run: 'executor',
    edits: { [SONGS]: asleep },
    engine: {
      // An executor of its own process; the first task that is lost fails the job.
      'session.py': replacing(
        '.config("spark.speculation", "false")',
        '.config("spark.master", "local-cluster[1,2,1024]").config("spark.task.maxFailures", "1")',
      ),
    },
    during: killExecutor,
  },
  {
    run: 'driver',
    edits: { [SONGS]: asleep },
    during: async (running) => {
      await firstQueryOf('driver', running);
      for (const pid of driverOf('driver')) process.kill(pid, 'SIGKILL');
    },
  },
  { run: 'timeout', edits: { [SONGS]: asleep }, env: { LANDFALL_EMR_STEP_TIMEOUT: '6' } },
];

/** In the order of the clusters that `faults` affects. */
const onFaults: Failing[] = [
  { run: 'bootstrap' },
  { run: 'bootstrap-unlogged', env: { LANDFALL_EMR_LOG_WAIT: '1' } },
  { run: 'validation' },
  { run: 'fleet' },
  { run: 'spot' },
  {
    run: 'unlogged',
    engine: { 'run.py': replacing('started = time.time()', 'started = tyme.time()') },
    env: { LANDFALL_EMR_LOG_WAIT: '1' },
  },
];
const faults = {
  events: [
    {
      event: 'bootstrap-failure',
      nth: 1,
      stderr: '+ pip install polars\nERROR: No matching distribution for polars\n',
    },
    { event: 'bootstrap-failure', nth: 2 },
    { event: 'logs-never', nth: 2 },
    { event: 'validation-error', nth: 3 },
    { event: 'fleet-timeout', nth: 4 },
    { event: 'spot-loss', nth: 5, step: 1, after: 1 },
    { event: 'logs-never', nth: 6 },
  ],
};

/** As for a normal user: root may read every file, unless that capability is dropped. */
const unprivileged =
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'] : [];

async function startEndpoint(name: string, flags: string[]): Promise<[Running, Record<string, string>]> {
  const endpoint = start(['emr-local', '--state', join(cwd, name), '--small-data', ...flags], {
    cwd,
    through: unprivileged,
  });
  let printed = '';
  endpoint.process.stdout?.on('data', (text: string) => (printed += text));
  await endpoint.says(/^export .*\n/m);
  const pairs = [...printed.matchAll(/ ([A-Z_]+)=(\S+)/g)].map(([, key = '', value = '']) => [key, value]);
  return [endpoint, Object.fromEntries(pairs) as Record<string, string>];
}

/** One after the other. */
async function inTurn(cases: Iterable<Failing>, at: 'plain' | 'faulty'): Promise<void> {
  for (const one of cases) await fail(one, at);
}

beforeAll(async () => {
  mkdirSync(cwd, { recursive: true });
  writeSparkify(join(cwd, 'in'), { songs: 8, days: 1, eventsPerDay: 10 });
  writeFileSync(join(cwd, 'faults.json'), JSON.stringify(faults));
  const [plain, faulty] = await Promise.all([
    startEndpoint('plain', ['--log-delay', '20']),
    startEndpoint('faulty', ['--faults', join(cwd, 'faults.json')]),
  ]);
  endpoints = { plain: plain[0], faulty: faulty[0] };
  variables = { plain: plain[1], faulty: faulty[1] };
  const wrong = { ...variables.faulty, AWS_SECRET_ACCESS_KEY: 'guessed' };
  await fail({ run: 'key', env: wrong }, 'faulty');
  // Two queues that share the cases: two Sparks at a time. The first two use one cluster.
  const cases = onSpark.slice(2).values();
  await Promise.all([
    inTurn(onSpark.slice(0, 2), 'plain').then(() => inTurn(cases, 'plain')),
    inTurn(cases, 'plain'),
    inTurn(onFaults, 'faulty'),
  ]);
}, 600_000);

afterAll(async () => {
  for (const { process, ended: gone } of Object.values(endpoints)) {
    process.kill('SIGTERM');
    await gone;
  }
  remove();
});

function outcome(run: string): Ended {
  const found = ended.get(run);
  if (found === undefined) throw new Error(`run ${run} was never started`);
  return found;
}

const told = (run: string) => JSON.parse(outcome(run).stdout) as Told;
/** The lines of stderr about the failure. */
const screen = (run: string) =>
  outcome(run)
    .stderr.split(/^(?=error {2})/m)
    .at(-1)
    ?.trimEnd()
    .split('\n') ?? [];
const clusterOf = (run: string) => /cluster (j-\w+) {2}/.exec(outcome(run).stderr)?.[1] ?? 'none';
const retry = (run: string) =>
  `${called} retry ${run} --lake '${lakeOf(run).replaceAll("'", `'\\''`)}' --templates templates`;

describe.each([...onSpark, ...onFaults].map(({ run }) => run))('run %s', (run) => {
  it('is reported on one screen, and as JSON, without a stack trace', () => {
    const { exitCode, fault, message, why, stand, next, ...more } = told(run);
    expect(more).toEqual({ event: 'failed', run });
    expect({ exitCode, fault }).toEqual(
      onSpark.some((one) => one.run === run) || run === 'unlogged'
        ? { exitCode: 4, fault: 'step' }
        : { exitCode: 3, fault: 'cluster' },
    );
    expect(outcome(run).code).toBe(exitCode);
    // A line of a log that looks like one of ours is marked.
    const marked = why.map((line) => line.replace(/^(?=error\b)/i, '| '));
    const details = [...marked, ...stand, `next: ${next}`].map((line) => `  ${line}`);
    expect(screen(run)).toEqual([`error  ${message}`, ...details]);
    expect(details.length).toBeLessThan(SCREEN);
    expect(details.join('\n')).not.toMatch(/Traceback|^\s+at [\w.$]+\(|^\s+File "|\.java:\d|\.scala:\d/m);
    expect(new Set(why).size).toBe(why.length);
  });

  it('published nothing, and says so', () => {
    expect(told(run).stand.join('\n')).toContain('; nothing was published');
    expect(readdirSync(lakeOf(run)).filter((name) => name !== 'delta')).toEqual(['_landfall']);
    expect(readdirSync(join(lakeOf(run), '_landfall'))).not.toContain('published');
  });
});

describe('a step that failed', () => {
  it.each(onSpark.map(({ run }) => run).filter((run) => run !== 'sql' && run !== 'traceback'))(
    'reports what is done, what costs money, and the next command: %s',
    (run) => {
      expect(told(run).stand).toEqual([
        'song_transform FAILED; log_transform CANCELLED; nothing was published',
        `cluster ${clusterOf(run)}: termination requested, not yet confirmed`,
      ]);
      if (run === 'input')
        expect(told(run).next).toMatch(
          /cli\.js submit --cluster \S+ --song-data .+, for a run on the inputs as they are now$/,
        );
      else
        expect(told(run).next.replace('node landfall/dist/cli.js', called)).toBe(
          `fix the cause, then ${retry(run)}`,
        );
    },
  );

  it('on a cluster that is kept alive says until when that costs money', () => {
    const [, line = ''] = told('sql').stand;
    const [, id, hour = '', minute = ''] =
      /^cluster (j-\w+) costs money until it has been idle for 10 min, about (\d\d):(\d\d) UTC$/.exec(line) ??
      [];
    expect(id).toBe(clusterOf('sql'));
    expect(Number(hour) * 60 + Number(minute)).toBeLessThan(24 * 60);
  });

  it('on someone else’s cluster says that the cluster continues', () => {
    expect(told('traceback').stand[1]).toBe(
      `cluster ${clusterOf('sql')} is not this run's: it keeps running`,
    );
  });

  it('is explained by late logs, once they arrive', () => {
    expect(outcome('sql').stderr).toContain("waiting for the step's logs, up to 600 s");
    expect(told('sql').why[0]).toContain('[PARSE_SYNTAX_ERROR]');
  });

  it('whose logs never arrive says that they are not uploaded yet, and where they will be', () => {
    const logs = `${lakeOf('unlogged')}/_landfall/logs/${clusterOf('unlogged')}/steps/s-`;
    expect(told('unlogged').why).toEqual([
      expect.stringContaining(`the step's logs are not uploaded yet (waited 1 s): file://${logs}`),
    ]);
  });
});

describe('the lines of the cause and of the template', () => {
  it('are Spark’s message and the line of the query: a missing column', () => {
    const [error, place] = told('column').why;
    expect(error).toMatch(/^\[UNRESOLVED_COLUMN\.WITH_SUGGESTION\] .*`durration` cannot be resolved/);
    expect(place).toBe(`${placeOf('column', SONGS, 'durration')} (table songs)`);
  });

  it('are Spark’s message and the line of the query: SQL that cannot be parsed', () => {
    const [error, place] = told('sql').why;
    expect(error).toBe("[PARSE_SYNTAX_ERROR] Syntax error at or near 'title'.");
    expect(place).toBe(`${placeOf('sql', SONGS, 'title title title')} (table songs)`);
  });

  it('are the Python exception and the line in its module', () => {
    const [error, place] = told('traceback').why;
    expect(error).toBe("AttributeError: 'str' object has no attribute 'rstrp'");
    const text = readFileSync(join(copyOf('traceback'), 'spark-templates/engine/run.py'), 'utf8');
    const line = text.split('\n').findIndex((one) => one.includes('rstrp')) + 1;
    expect(place).toBe(`at spark-templates/engine/run.py:${String(line)}`);
  });

  it('are the messages of EMR and the JVM, and the query that was running: out of memory', () => {
    const [words, error, query] = told('memory').why;
    expect([words, error]).toEqual(['Out of memory.', 'OutOfMemoryError: Java heap space']);
    // Whether the program outlives its JVM long enough to report this is a matter of milliseconds.
    if (query !== `at templates/${SONGS} (table songs)`) expect(query).toMatch(WRITING_SONGS);
  });

  it('name the object that has vanished', () => {
    const [error] = told('input').why;
    expect(error).toContain(
      `1 input object (file://${someObject(join(cwd, 'in')).replace(cwd, folderOf('input'))})`,
    );
    expect(error).toMatch(/ of song_data: no longer there$/);
  });

  it('name the object that may not be read', () => {
    const [error] = told('denied').why;
    expect(error).toContain('song_data in file:///');
    expect(error).toContain(`${someObject(join(folderOf('denied'), 'in'))} (Permission denied)`);
  });

  it('are Spark’s reason and the query that was running: a killed executor', () => {
    const [error, query] = told('executor').why;
    expect(error).toMatch(
      /^writing \w+: ExecutorLostFailure \(executor \d+ exited .*\) Reason: Command exited with code 137/,
    );
    expect(query).toMatch(WRITING_SONGS);
  });

  it('are the exit code and the query that was running: a killed driver', () => {
    const [error, query] = told('driver').why;
    expect(error).toBe(
      'its program ended with exit code 137: it was killed (SIGKILL), most often for lack of memory',
    );
    expect(query).toMatch(WRITING_SONGS);
  });

  it('name the step timeout', () => {
    expect(told('timeout').why[0]).toBe('the step took longer than its timeout of 6 seconds');
  });
});

describe('a cluster that was lost', () => {
  const lost = ['bootstrap', 'bootstrap-unlogged', 'validation', 'fleet'];
  it.each(lost)('before its first step leaves nothing that costs money: %s', (run) => {
    expect(told(run).stand.slice(-2)).toEqual([
      'song_transform, log_transform not started; nothing was published',
      expect.stringMatching(`^cluster ${clusterOf(run)} (is ending|has ended)$`),
    ]);
  });

  it('in a bootstrap action shows that action’s last lines', () => {
    const { why, next } = told('bootstrap');
    expect(why[0]).toMatch(/^BOOTSTRAP_FAILURE: .*bootstrap action 1 returned a non-zero return code/);
    expect(why).toContain('ERROR: No matching distribution for polars');
    expect(why.at(-1)).toMatch(/^logs: file:.*\/node\/i-\w+\/bootstrap-actions\/1\/stderr\.gz$/);
    expect(next).toBe(`fix the cause, then ${retry('bootstrap')}`);
  });

  it('in a bootstrap action whose logs never arrive says that they are not uploaded yet', () => {
    expect(told('bootstrap-unlogged').why.at(-1)).toMatch(
      /^the bootstrap logs are not uploaded yet \(waited 1 s\): file:.*\/node\/$/,
    );
  });

  it('for a mistake in its configuration shows EMR’s error details', () => {
    const { why, next } = told('validation');
    expect(why[0]).toMatch(/^VALIDATION_ERROR: The key pair name that you provided is invalid/);
    expect(why.join('\n')).toContain('VALIDATION_ERROR_INVALID_SSH_KEY_NAME');
    expect(why.join('\n')).toContain('no-such-key');
    expect(next).toBe(`fix the cause, then ${retry('validation')}`);
  });

  it('for a cause in the infrastructure says that a retry may help', () => {
    for (const run of ['fleet', 'spot']) {
      expect(told(run).stand[0]).toBe('the cause is in the infrastructure: a retry may succeed');
      expect(told(run).next).toBe(retry(run));
    }
    expect(told('fleet').why[0]).toMatch(/^INSTANCE_FLEET_TIMEOUT: /);
  });

  it('during a step says what was lost with it', () => {
    expect(told('spot').why[0]).toMatch(/^INSTANCE_FAILURE: .*Spot/);
    expect(told('spot').stand.slice(1)).toEqual([
      'song_transform, log_transform CANCELLED with its cluster; nothing was published',
      expect.stringMatching(`^cluster ${clusterOf('spot')} (is ending|has ended)$`),
    ]);
  });
});

describe('a key that EMR does not know', () => {
  it('exits 9: no cluster was launched, and attach continues once access is fixed', () => {
    const { exitCode, fault, run, stand, next } = told('key');
    expect({ exitCode, fault, run }).toEqual({ exitCode: 9, fault: 'access', run: 'key' });
    expect(stand).toEqual([
      'song_transform, log_transform not started; nothing was published',
      'no cluster was launched',
    ]);
    expect(next).toMatch(/^check the key pair, .*, then node \S+cli\.js attach key --lake /);
  });
});
