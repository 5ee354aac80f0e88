/** Runs that carry tables over from the newest publication, from `plan` to gc, without Spark. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { run as attach } from '../../src/commands/attach.ts';
import { run as gc } from '../../src/commands/gc.ts';
import { run as plan } from '../../src/commands/plan.ts';
import { run as publishVerb } from '../../src/commands/publish.ts';
import { run as quarantine } from '../../src/commands/quarantine.ts';
import { run as retry } from '../../src/commands/retry.ts';
import { run as rollback } from '../../src/commands/rollback.ts';
import { run as status } from '../../src/commands/status.ts';
import { run as submit } from '../../src/commands/submit.ts';
import { run as verify } from '../../src/commands/verify.ts';
import type { Command, Flags } from '../../src/cli/context.ts';
import { keys } from '../../src/lake/layout.ts';
import { newestPublication } from '../../src/lake/publication.ts';
import type { Publication } from '../../src/lake/publication.ts';
import { prepare } from '../../src/session/prepare.ts';
import { openFolder } from '../../src/store/local-folder.ts';
import { emrAccount } from '../hostile/emr-account.ts';
import type { EmrAccount, StepEnd } from '../hostile/emr-account.ts';
import { fastClock } from '../hostile/fast-clock.ts';
import { folderFiles } from '../hostile/lake-files.ts';
import { landStep, rowFiles, writeLogs } from '../hostile/landed-step.ts';
import type { RowFiles } from '../hostile/landed-step.ts';
import { plainPaths } from '../lake/publishing.ts';
import { advising } from '../support/advice.ts';
import { commandWorld, outcomeOf } from '../support/command-world.ts';
import { root, temporaryFolder } from '../support/landfall.ts';
import { seededRandom } from '../support/seeded-random.ts';

const { folder, remove } = temporaryFolder();
const at = (name: string) => join(folder, name);
const store = openFolder(at('lake'));
const files = folderFiles(at('lake'));
const random = seededRandom(5);
let emr: EmrAccount;
let rows: RowFiles | undefined;
/** The arguments of each step that was submitted since the last look. */
let submitted: (readonly string[])[] = [];
let ending: (step: string) => StepEnd = () => 'COMPLETED';

const world = () => ({
  ...commandWorld(folder),
  clock: fastClock,
  random,
  env: { LANDFALL_HOME: at('home'), PATH: '', AWS_ENDPOINT_URL_EMR: emr.endpoint, AWS_REGION: 'eu-west-1' },
});

const does = async (verb: Command, more: Flags = {}) => {
  submitted = [];
  return outcomeOf(verb, { lake: at('lake'), ...more }, world());
};
const sources = () => ({
  templates: at('templates'),
  'song-data': at('song_data'),
  'log-data': at('log_data'),
});
const submitting = (run: string, more: Flags = {}) =>
  does(submit, { ...sources(), cluster: 'new', 'run-id': run, ...more });
const planning = (more: Flags = {}) => does(plan, { ...sources(), cluster: 'new', ...more });
const steps = () => submitted.map((args) => /\/steps\/(\w+)\//.exec(args.join(' '))?.[1]);
const newest = async () => (await newestPublication(store))!;

function write(name: string, text: string): void {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
}

function changeQuery(path = 'tables/log_transform/users.sql.hbs'): void {
  const name = join('templates', path);
  write(name, readFileSync(at(name), 'utf8').replace('SELECT', 'SELECT '));
}

/** By table: the runs that wrote its files. */
function writers({ tables }: Publication): Record<string, string> {
  return Object.fromEntries(
    tables.map(({ table, files: its }) => [
      table,
      [...new Set(its.map(({ key }) => key.split('/')[2]!.replace(/\..*$/, '')))].join(),
    ]),
  );
}

async function isIntact(): Promise<void> {
  for (const run of [undefined, (await newest()).run]) {
    const { failure, value } = await does(verify, run === undefined ? {} : { run });
    const { findings } = (value ?? failure?.more) as { findings: { severity: string }[] };
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(failure).toBeUndefined();
  }
  const shown = (await newest()).tables.flatMap(({ files: its }) => its.map(({ mirror }) => mirror));
  expect(Object.keys(await plainPaths(store)).sort()).toEqual(shown.sort());
}

beforeAll(async () => {
  emr = await emrAccount();
  emr.remember();
  emr.onStep((args, clusterId, stepId) => {
    submitted.push(args);
    const step = /\/steps\/(\w+)\//.exec(args.join(' '))?.[1] ?? '';
    const end = ending(step);
    if (end === 'COMPLETED') landStep(files, args, rows!, random.hex(4));
    if (end !== 'RUNNING')
      writeLogs(files, clusterId, stepId, end === 'FAILED' ? 'no such column' : undefined);
    return end;
  });
});
afterAll(async () => {
  await emr.close();
  remove();
});

/** A lake with publication 1, of run r1. */
beforeEach(async () => {
  for (const name of ['lake', 'templates', 'song_data', 'log_data'])
    rmSync(at(name), { recursive: true, force: true });
  mkdirSync(at('lake'), { recursive: true });
  mkdirSync(at('home'), { recursive: true, mode: 0o700 });
  emr.restore();
  ending = () => 'COMPLETED';
  write('dl.cfg', '[AWS]\nAWS_ACCESS_KEY_ID = AKIDEXAMPLE\nAWS_SECRET_ACCESS_KEY = wJalrXUtnFEMI\n');
  cpSync(join(root, 'spark-templates/sparkify'), at('templates'), { recursive: true });
  write('song_data/one.json', '{"a":1}\n');
  write('log_data/one.json', '{"a":1}\n');
  rows ??= await rowFiles(
    (await prepare('plan', { ...sources(), lake: at('lake') }, world())).plan.steps.flatMap(
      ({ tables }) => tables,
    ),
  );
  const { failure } = await submitting('r1');
  expect(failure).toBeUndefined();
  expect(steps()).toEqual(['song_transform', 'log_transform']);
});

const SONGS = ['songs', 'artists'];

describe('a run of which one step is to run', () => {
  it('is planned so, and plan says why, table by table', async () => {
    changeQuery();
    const { text, value } = await planning({ requests: true });
    expect(text).toContain('carry over songs, artists, song_keys: song_transform does not run');
    expect(text).toContain('rebuild users whole: its query or contract changed');
    expect(text).toContain('its step makes users again');
    expect(text).not.toContain('read song_data');
    expect(text.match(/"Name": "landfall\//g)).toHaveLength(2);
    expect(text).toMatch(/song_transform=file:\/\/.*\/runs\/r1\/steps\/song_transform\/1\/application_/);
    expect(value).toMatchObject({
      rebuild: {
        publication: 1,
        sources: [
          { source: 'song_data', unchanged: 1 },
          { source: 'log_data', unchanged: 1 },
        ],
        steps: [
          { step: 'song_transform', runs: false },
          { step: 'log_transform', runs: true },
        ],
      },
    });
    expect(submitted).toEqual([]);
  });

  it('submits that step alone, on the tables that it carries over, and publishes both', async () => {
    const first = await newest();
    write('log_data/two.json', '{"a":2}\n');
    expect((await planning()).text).toContain(
      `since publication 1: log_data: 1 new object(s), 1 as before\n    new: file://${at('log_data/two.json')}`,
    );
    const { failure, value } = await submitting('r2');
    expect({ failure, value }).toMatchObject({ failure: undefined, value: { publication: 2 } });
    expect(steps()).toEqual(['log_transform']);
    const [args] = submitted;
    const upstream = args![args!.indexOf('--upstream') + 1]!;
    expect(upstream).toMatch(
      /^song_transform=.*\/_landfall\/runs\/r1\/steps\/song_transform\/1\/application_[^/]+$/,
    );
    const second = await newest();
    for (const [table, writer] of Object.entries(writers(second)))
      expect([table, writer]).toEqual([table, SONGS.includes(table) ? 'r1' : 'r2']);
    const shown = (entry: Publication) => entry.tables.filter(({ table }) => SONGS.includes(table));
    expect(shown(second)).toEqual(shown(first));
    await isIntact();
    const status2 = await does(status, { run: 'r2' });
    expect(status2.text).toMatch(/song_transform +carried over/);
    const rejected = await does(quarantine, { run: 'r2' });
    expect(rejected.value).toMatchObject({
      unread: [],
      sources: [{ source: 'song_data' }, { source: 'log_data' }],
    });
    expect((await planning()).text).toContain('nothing changed since publication 2');
  });

  it('carries on what was carried over; gc keeps what it needs, and a rollback brings back the rest', async () => {
    write('log_data/two.json', '{"a":2}\n');
    await submitting('r2');
    changeQuery();
    expect((await submitting('r3')).failure).toBeUndefined();
    expect(steps()).toEqual(['log_transform']);
    expect(writers(await newest())).toMatchObject({ songs: 'r1', users: 'r3' });
    await isIntact();
    expect((await does(rollback, { number: '1' })).failure).toBeUndefined();
    expect(writers(await newest())).toMatchObject({ songs: 'r1', users: 'r1' });
    expect((await does(rollback, { number: '3' })).failure).toBeUndefined();
    await isIntact();
    for (const run of ['r1', 'r2', 'r3'])
      for (const key of files.keys().filter((one) => one.startsWith(`_landfall/runs/${run}/`)))
        files.age(key, 9);
    expect((await does(gc, { keep: 1, yes: true })).failure).toBeUndefined();
    const left = new Set(files.keys().flatMap((key) => /^_landfall\/runs\/([^/]+)/.exec(key)?.[1] ?? []));
    expect([...left].sort()).toEqual(['r1', 'r3']);
    await isIntact();
    write('log_data/three.json', '{"a":3}\n');
    expect((await submitting('r4')).failure).toBeUndefined();
    expect(steps()).toEqual(['log_transform']);
    await isIntact();
  });

  it('runs everything where its inputs are new, where a file is lost, and with --full', async () => {
    write('song_data/two.json', '{"a":2}\n');
    expect((await submitting('r2')).failure).toBeUndefined();
    expect(steps()).toEqual(['song_transform', 'log_transform']);
    const [key] = (await newest()).madeOf.steps;
    const lost = files.keys().find((one) => one.startsWith('delta/song_keys/r2.'))!;
    expect(key!.writes).toContain('song_keys');
    await store.remove([lost]);
    expect((await planning()).text).toContain(`rebuild songs, artists, song_keys whole: ${lost} is gone`);
    expect((await submitting('r3')).failure).toBeUndefined();
    expect(steps()).toEqual(['song_transform', 'log_transform']);
    expect((await submitting('r4', { full: true })).failure).toBeUndefined();
    expect(steps()).toEqual(['song_transform', 'log_transform']);
    expect(writers(await newest())).toMatchObject({ songs: 'r4', users: 'r4' });
    await isIntact();
  });

  it('needs no cluster where only a limit changed', async () => {
    write('dl.cfg', `${readFileSync(at('dl.cfg'), 'utf8')}[CHECKS]\nmax_quarantined = 99%\n`);
    const planned = await planning();
    expect(planned.text).not.toContain('cluster');
    emr.restore();
    expect((await submitting('r2')).failure).toBeUndefined();
    expect(emr.touched()).toEqual([]);
    expect(submitted).toEqual([]);
    expect(writers(await newest())).toMatchObject({ songs: 'r1', users: 'r1' });
    await isIntact();
  });

  it('can be detached and attached', async () => {
    write('log_data/two.json', '{"a":2}\n');
    expect((await submitting('r2', { detach: true })).failure).toBeUndefined();
    expect(steps()).toEqual(['log_transform']);
    expect((await does(attach, { run: 'r2' })).failure).toBeUndefined();
    expect(writers(await newest())).toMatchObject({ songs: 'r1', users: 'r2' });
    await isIntact();
  });

  it('can be retried: what it carries over stays, unless that is broken by then', async () => {
    write('log_data/two.json', '{"a":2}\n');
    ending = () => 'FAILED';
    expect((await submitting('r2')).failure).toMatchObject({ fault: 'step' });
    ending = () => 'COMPLETED';
    expect((await does(retry, { run: 'r2' })).failure).toBeUndefined();
    expect(steps()).toEqual(['log_transform']);
    expect(writers(await newest())).toMatchObject({ songs: 'r1', users: 'r2' });
    await isIntact();
    changeQuery();
    let spoilt = '';
    ending = () => {
      spoilt = files.keys().find((one) => one.startsWith('delta/songs/r1.'))!;
      files.write(spoilt, 'no Parquet');
      return 'COMPLETED';
    };
    expect((await submitting('r3')).failure).toMatchObject({ fault: 'tables' });
    ending = () => 'COMPLETED';
    expect((await does(retry, { run: 'r3' })).failure).toBeUndefined();
    expect(steps()).toEqual(['song_transform', 'log_transform']);
    expect(writers(await newest())).toMatchObject({ songs: 'r3', users: 'r3' });
    await isIntact();
  });
});

it('a run that carries tables over and is overtaken is neither rebased nor retried: it must be planned again', async () => {
  write('log_data/two.json', '{"a":2}\n');
  ending = () => {
    const entry = JSON.parse(files.read(keys.publication(1)).toString()) as Publication;
    files.write(keys.publication(2), JSON.stringify({ ...entry, number: 2, run: 'other' }));
    return 'COMPLETED';
  };
  const again = { fault: 'overtaken', next: advising(/^landfall submit /) };
  expect((await submitting('r2')).failure).toMatchObject(again);
  ending = () => 'COMPLETED';
  for (const failure of [
    (await does(publishVerb, { run: 'r2' })).failure,
    (await does(publishVerb, { run: 'r2', rebase: true })).failure,
    (await does(retry, { run: 'r2' })).failure,
  ])
    expect(failure).toMatchObject(again);
  expect(submitted).toEqual([]);
  expect((await newest()).number).toBe(2);
  expect((await submitting('r3')).failure).toBeUndefined();
  expect(await newest()).toMatchObject({ number: 3, run: 'r3' });
  await isIntact();
});
