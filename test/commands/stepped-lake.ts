/** A lake, and verbs on it whose steps end as the test says, without Spark: they write rows that no query made. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from '@jest/globals';
import { run as plan } from '../../src/commands/plan.ts';
import { run as submit } from '../../src/commands/submit.ts';
import { run as verify } from '../../src/commands/verify.ts';
import type { CliContext, Command, Flags } from '../../src/cli/context.ts';
import { newestPublication } from '../../src/lake/publication.ts';
import type { Publication } from '../../src/lake/publication.ts';
import { prepare } from '../../src/session/prepare.ts';
import { openFolder } from '../../src/store/local-folder.ts';
import { emrAccount } from '../hostile/emr-account.ts';
import type { StepEnd } from '../hostile/emr-account.ts';
import { fastClock } from '../hostile/fast-clock.ts';
import { folderFiles } from '../hostile/lake-files.ts';
import { landStep, rowFiles, writeLogs } from '../hostile/landed-step.ts';
import type { RowFiles } from '../hostile/landed-step.ts';
import { plainPaths } from '../lake/publishing.ts';
import { commandWorld, outcomeOf } from '../support/command-world.ts';
import { root, temporaryFolder } from '../support/landfall.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { runPrograms } from '../support/step-arguments.ts';

/** The step that a program with these arguments is. */
export const stepOf = (args: readonly string[]) => /\/steps\/(\w+)\//.exec(args.join(' '))?.[1] ?? '';

export type SteppedLake = Awaited<ReturnType<typeof steppedLake>>;

export async function steppedLake() {
  const { folder, remove } = temporaryFolder();
  const at = (name: string) => join(folder, name);
  const store = openFolder(at('lake'));
  const files = folderFiles(at('lake'));
  const random = seededRandom(5);
  const emr = await emrAccount();
  emr.remember();
  let rows: RowFiles | undefined;
  let submitted: (readonly string[])[] = [];
  let ending: (args: readonly string[]) => StepEnd = () => 'COMPLETED';
  let landed: (args: readonly string[], execution: string) => void = () => undefined;
  emr.onStep((args, clusterId, stepId) => {
    const end = runPrograms(args, (its) => {
      submitted.push(its);
      const ended = ending(its);
      if (ended === 'COMPLETED') landed(its, landStep(files, its, rows!, random.hex(4)));
      return ended;
    });
    if (end !== 'RUNNING')
      writeLogs(files, clusterId, stepId, end === 'FAILED' ? 'no such column' : undefined);
    return end;
  });
  const world = () => ({
    ...commandWorld(folder),
    clock: fastClock,
    random,
    env: {
      ...{ LANDFALL_HOME: at('home'), PATH: '', AWS_ENDPOINT_URL_EMR: emr.endpoint, AWS_REGION: 'eu-west-1' },
    } as CliContext['env'],
  });
  const does = (verb: Command, more: Flags = {}) => {
    submitted = [];
    return outcomeOf(verb, { lake: at('lake'), ...more }, world());
  };
  const sources = () => ({
    templates: at('templates'),
    'song-data': at('song_data'),
    'log-data': at('log_data'),
  });
  const write = (name: string, text: string) => {
    mkdirSync(dirname(at(name)), { recursive: true });
    writeFileSync(at(name), text);
  };
  const newest = async () => (await newestPublication(store))!;
  return {
    ...{ at, store, files, emr, does, write, newest },
    close: async () => {
      await emr.close();
      remove();
    },
    /** Removes everything. Then there are an empty lake, the shipped templates, and one object of each source. */
    begin: async () => {
      for (const name of ['lake', 'templates', 'song_data', 'log_data', 'home'])
        rmSync(at(name), { recursive: true, force: true });
      mkdirSync(at('lake'), { recursive: true });
      mkdirSync(at('home'), { recursive: true, mode: 0o700 });
      emr.restore();
      ending = () => 'COMPLETED';
      write('dl.cfg', '[AWS]\nAWS_ACCESS_KEY_ID = AKIDEXAMPLE\nAWS_SECRET_ACCESS_KEY = wJalrXUtnFEMI\n');
      cpSync(join(root, 'spark-templates/sparkify'), at('templates'), { recursive: true });
      write('song_data/one.json', '{"a":1}\n');
      write('log_data/one.json', '{"a":1}\n');
      const planned = async () => prepare('plan', { ...sources(), lake: at('lake') }, world());
      rows ??= await rowFiles((await planned()).plan.steps.flatMap(({ tables }) => tables));
    },
    submitting: (run: string, more: Flags = {}) =>
      does(submit, { ...sources(), cluster: 'new', 'run-id': run, ...more }),
    planning: (more: Flags = {}) => does(plan, { ...sources(), cluster: 'new', ...more }),
    /** The arguments of each step that the last verb submitted. */
    submitted: () => submitted,
    steps: () => submitted.map(stepOf),
    /** How steps end from now on. Called before a step that ends well writes its tables. */
    endsSteps: (how: typeof ending) => {
      ending = how;
    },
    /** Called with each execution that ended well. */
    whenLanded: (how: typeof landed) => {
      landed = how;
    },
    changeQuery: (path = 'tables/log_transform/users.sql.hbs') => {
      const name = join('templates', path);
      write(name, readFileSync(at(name), 'utf8').replace('SELECT', 'SELECT '));
    },
    /** `verify` finds nothing wrong, and the plain paths show the newest publication and nothing else. */
    isIntact: async () => {
      for (const run of [undefined, (await newest()).run]) {
        const { failure, value } = await does(verify, run === undefined ? {} : { run });
        const { findings } = (value ?? failure?.more) as { findings: { severity: string }[] };
        expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
        expect(failure).toBeUndefined();
      }
      const shown = (await newest()).tables.flatMap(({ files: its }) => its.map(({ mirror }) => mirror));
      expect(Object.keys(await plainPaths(store)).sort()).toEqual(shown.sort());
    },
  };
}

/** By table: the runs that wrote its files. */
export function writers({ tables }: Publication): Record<string, string> {
  return Object.fromEntries(
    tables.map(({ table, files: its }) => [
      table,
      [...new Set(its.map(({ key }) => key.split('/')[2]!.replace(/\..*$/, '')))].join(),
    ]),
  );
}
