/** `landfall emr-local` as a separate command: the driver uses it as EMR, and so does boto3. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunJobFlowInput, StepConfig } from '@aws-sdk/client-emr';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HIDDEN } from '../../src/emr/hidden-values.ts';
import { writeSparkify } from '../../scripts/sparkify/write.ts';
import type { WrittenSparkify } from '../../scripts/sparkify/write.ts';
import type { RunSummary } from '../../src/report/summary.ts';
import type { RunStatus } from '../../src/run/status-of.ts';
import type { Seen } from '../support/emr-process.ts';
import { landfall, root, start, temporaryFolder } from '../support/landfall.ts';
import type { Ended, Running } from '../support/landfall.ts';
import { commandLines } from '../support/processes.ts';
import { testPython } from '../support/python.ts';

const { folder: cwd, remove } = temporaryFolder();
const state = join(cwd, 'state of emr');
const templates = join(cwd, 'one step');
const lakeOf = (run: string) => join(cwd, `lake of ${run}`);

let sample: WrittenSparkify;
let endpoint: Running;
/** What the endpoint has written to stdout. */
let printed = '';
let variables: Record<string, string>;
/** By the run's name. */
const runs = new Map<string, Ended>();
/** The cluster that its run keeps alive. */
let kept: string;
/** What `plan --requests` says before that run. */
let planned: { requests: { RunJobFlow: RunJobFlowInput; AddJobFlowSteps: { Steps: StepConfig[] }[] } };
/** What boto3 sees after all runs. */
let seen: Seen[];
let modes: { folder: number; file: number };
/** Processes of the step that runs at the endpoint's end, before and after it. */
let children: { before: string[]; after: string[] };
let ended: Ended;

/** The pipeline without its second step: one Spark application per run. */
function writePipeline(): void {
  cpSync(join(root, 'spark-templates/sparkify'), templates, { recursive: true });
  rmSync(join(templates, 'tables/log_transform'), { recursive: true });
  rmSync(join(templates, 'sources/log_data.yaml'));
  rmSync(join(templates, 'sample.yaml'));
  const text = readFileSync(join(templates, 'pipeline.yaml'), 'utf8')
    .replace(/ {2}songplay_id:\n( {4}.*\n)+/, '')
    .replace('[song_data, log_data]', '[song_data]')
    .replace(/\n {2}- name: log_transform\n[^]*$/, '');
  writeFileSync(join(templates, 'pipeline.yaml'), text);
}

async function submit(run: string, cluster: string, more: string[] = [], env = variables): Promise<void> {
  const args = ['submit', '--cluster', cluster, ...namesOf(run), ...more];
  runs.set(run, await landfall(args, { cwd, env }));
}
const namesOf = (run: string) => [
  ...['--run-id', run, '--lake', lakeOf(run)],
  ...['--templates', templates, '--output', 'json'],
];

/** The output of a program that finds endpoint, region and key as after `eval "$(landfall emr-local)"`. */
function inShell(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', `${printed}exec "$0" "$@"`, program, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: cwd },
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** Leaves a step running on a cluster that is found to be reusable: its driver dies. */
async function abandon(run: string): Promise<void> {
  const args = ['submit', '--cluster', 'reuse', ...namesOf(run)];
  const driver = start(args, { cwd, env: variables });
  await driver.says(/song_transform {2}s-\w+ {2}RUNNING/);
  driver.process.kill('SIGKILL');
  await driver.ended;
}

/** Ends the endpoint under that step. */
async function endEndpoint(run: string): Promise<void> {
  const step = `/runs/${run}/steps/`;
  for (let tries = 0; commandLines(step).length === 0 && tries < 100; tries += 1) await delay(100);
  children = { before: commandLines(step), after: [] };
  modes = { folder: modeOf(state), file: modeOf(join(state, 'endpoint.json')) };
  endpoint.process.kill('SIGTERM');
  ended = await endpoint.ended;
  children.after = commandLines(step);
}

const modeOf = (path: string) => statSync(path).mode & 0o777;

beforeAll(async () => {
  mkdirSync(cwd, { recursive: true });
  writePipeline();
  sample = writeSparkify(join(cwd, 'in'), { songs: 8, days: 1, eventsPerDay: 10 });
  const input = JSON.stringify(sample.sources.song_data);
  writeFileSync(
    join(cwd, 'dl.cfg'),
    `[INPUT]\nsong_data = ${input}\n[EMR]\ntags = team=söngs & plays\nidle_timeout = 700\ncluster_json = cluster.json\n`,
  );
  const configurations = [{ classification: 'spark-defaults', properties: { 'spark.executor.cores': 4 } }];
  const SecurityConfiguration = 'at-rest';
  writeFileSync(join(cwd, 'cluster.json'), JSON.stringify({ configurations, SecurityConfiguration }));
  endpoint = start(['emr-local', '--port', '0', '--state', state], { cwd });
  endpoint.process.stdout?.on('data', (text: string) => (printed += text));
  await endpoint.says(/^export .*\n/m);
  variables = Object.fromEntries(
    [...printed.matchAll(/ ([A-Z_]+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
  );
  const { stdout } = await landfall(['plan', '--requests', ...namesOf('ends')], { cwd, env: variables });
  planned = JSON.parse(stdout) as typeof planned;
  await Promise.all([submit('ends', 'new'), submit('keeps', 'new', ['--keep-alive'])]);
  const idOf = (name: string) =>
    look().find(({ cluster }) => cluster.Name === `landfall/${name}/cluster#1`)?.cluster.Id ?? 'none';
  kept = idOf('keeps');
  await submit('named', kept);
  const wrong = { ...variables, AWS_SECRET_ACCESS_KEY: 'guessed' };
  await Promise.all([submit('late', idOf('ends')), submit('denied', 'new', [], wrong)]);
  await abandon('reuses');
  seen = look();
  await endEndpoint('reuses');
}, 900_000);

afterAll(() => {
  endpoint.process.kill('SIGKILL');
  remove();
});

function look(): Seen[] {
  return JSON.parse(inShell(testPython(), [join(import.meta.dirname, '../support/launched.py')])) as Seen[];
}

function clusterOf(run: string): Seen {
  const found = seen.find(({ cluster }) => cluster.Name === `landfall/${run}/cluster#1`);
  if (found === undefined) throw new Error(`boto3 sees no cluster of ${run}`);
  return found;
}

async function statusOf(run: string): Promise<RunStatus> {
  const { stdout } = await landfall(['status', run, '--lake', lakeOf(run), '--output', 'json'], { cwd });
  return JSON.parse(stdout) as RunStatus;
}

/** The moments of a timeline, in milliseconds. */
const moments = (timeline: Record<string, string> = {}, ...names: string[]) =>
  names.map((name) => Date.parse(timeline[`${name}DateTime`] ?? ''));

function inOrder(times: number[]): void {
  expect(times).not.toContain(NaN);
  expect(times).toEqual([...times].sort((a, b) => a - b));
}

describe('landfall emr-local', () => {
  it('prints one line for a shell, and nothing else on stdout', () => {
    expect(printed).toMatch(/^export( [A-Z_]+=[\w:/.-]+){5}\n$/);
    expect(ended.stdout).toBe(printed);
    expect(variables).toMatchObject({
      AWS_ENDPOINT_URL_EMR: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      AWS_REGION: 'us-east-1',
    });
  });

  it('keeps its state and its key private to its owner', () => {
    expect(modes).toEqual({ folder: 0o700, file: 0o600 });
    expect(existsSync(join(state, 'endpoint.json'))).toBe(false);
  });

  it('ends at SIGTERM, together with its running step', () => {
    expect(children.before).not.toEqual([]);
    expect(children.after).toEqual([]);
    expect(ended.code).toBe(143);
    expect(commandLines(state)).toEqual([]);
  });
});

describe('submit to an endpoint named by the environment', () => {
  it.each(['ends', 'keeps', 'named'])('lands the tables of run %s', (run) => {
    const { code, stdout, stderr } = runs.get(run) ?? { code: null, stdout: '', stderr: 'it never ran' };
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const { verdict, tables } = JSON.parse(stdout) as RunSummary;
    const { songs, artists } = sample.expected.rows;
    expect(verdict).toBe('succeeded');
    expect(Object.fromEntries(tables.map(({ table, rows }) => [table, rows]))).toEqual({ songs, artists });
  });

  it('launches the requested cluster, with its own name, tags and idle timeout', () => {
    const { cluster, tags, idle_timeout } = clusterOf('ends');
    expect(tags).toEqual({
      team: 'söngs & plays',
      'landfall:run': 'ends',
      'for-use-with-amazon-emr-managed-policies': 'true',
    });
    expect(idle_timeout).toBe(700);
    expect(cluster).toMatchObject({
      AutoTerminate: false,
      ReleaseLabel: 'emr-7.13.0',
      StepConcurrencyLevel: 1,
      LogUri: `file://${lakeOf('ends')}/_landfall/logs/`,
    });
    expect(clusterOf('keeps').tags).toMatchObject({ 'landfall:pool': 'default', 'landfall:run': 'keeps' });
  });

  it('sends what plan --requests showed, plus the values of cluster_json that the plan hides', () => {
    const { cluster, tags, idle_timeout, steps } = clusterOf('ends');
    const { RunJobFlow: request, AddJobFlowSteps: added } = planned.requests;
    expect(request).toMatchObject({
      Name: cluster.Name,
      AutoTerminationPolicy: { IdleTimeout: idle_timeout },
      Configurations: [{ Classification: 'spark-defaults', Properties: { 'spark.executor.cores': HIDDEN } }],
      SecurityConfiguration: cluster.SecurityConfiguration,
    });
    expect(Object.fromEntries((request.Tags ?? []).map(({ Key, Value }) => [Key, Value]))).toEqual(tags);
    expect(cluster.Configurations).toMatchObject([
      { Classification: 'spark-defaults', Properties: { 'spark.executor.cores': '4' } },
    ]);
    expect(added.map(({ Steps }) => Steps)).toEqual(
      steps.map(({ Name, ActionOnFailure, Config: { Jar, Args } }) => [
        { Name, ActionOnFailure, HadoopJarStep: { Jar, Args } },
      ]),
    );
  });

  it('ends the cluster that it launched, unless --keep-alive is given', async () => {
    const { Status } = clusterOf('ends').cluster;
    expect(Status).toMatchObject({ State: 'TERMINATED', StateChangeReason: { Code: 'USER_REQUEST' } });
    inOrder(moments(Status.Timeline, 'Creation', 'Ready', 'End'));
    expect(clusterOf('keeps').cluster.Status.State).toBe('RUNNING');
    expect((await statusOf('ends')).cluster).toMatchObject({ ours: true, endRequested: true });
    expect((await statusOf('keeps')).cluster).toEqual({ id: kept, ours: true, endRequested: false });
  });

  it('neither launches nor ends a cluster if it uses someone else’s', async () => {
    expect(seen).toHaveLength(2);
    for (const run of ['named', 'reuses'])
      expect((await statusOf(run)).cluster).toEqual({ id: kept, ours: false, endRequested: false });
    expect(clusterOf('keeps').steps.map(({ Name }) => Name)).toEqual(
      ['reuses', 'named', 'keeps'].map((run) => `landfall/${run}/song_transform#1`),
    );
  });

  it('submits its steps with spark-submit and its own arguments', () => {
    for (const { steps } of seen) {
      for (const { Name, ActionOnFailure, Config } of steps) {
        const [, run = ''] = Name.split('/');
        const folder = `file://${lakeOf(run)}/_landfall/runs/${run}`;
        const [spark, mode, client, program = '', ...more] = Config.Args;
        expect([spark, mode, client]).toEqual(['spark-submit', '--deploy-mode', 'client']);
        expect(decodeURIComponent(program)).toBe(`${folder}/steps/song_transform/1/step.py`);
        expect(more).toEqual([
          ...['--output', `${folder}/steps/song_transform/1`],
          ...['--token', Name],
          ...['--manifest', `${folder}/inputs.json.gz`],
          ...['--source', `song_data=file://${sample.sources.song_data}`],
        ]);
        expect([ActionOnFailure, Config.Jar]).toEqual(['CONTINUE', 'command-runner.jar']);
      }
    }
  });

  it('follows its steps one after the other', () => {
    expect(clusterOf('ends').steps.map(({ Status }) => Status.State)).toEqual(['COMPLETED']);
    const { cluster, steps } = clusterOf('keeps');
    expect(steps.map(({ Status }) => Status.State)).toEqual(['RUNNING', 'COMPLETED', 'COMPLETED']);
    const [third, second, first] = steps.map(({ Status }) => Status.Timeline);
    inOrder([
      ...moments(cluster.Status.Timeline, 'Creation', 'Ready'),
      ...moments(first, 'Start', 'End'),
      ...moments(second, 'Creation', 'Start', 'End'),
      ...moments(third, 'Creation', 'Start'),
    ]);
  });

  it('exits 2 and starts nothing if the named cluster has ended', () => {
    const { code, stderr } = runs.get('late') ?? { code: null, stderr: '' };
    expect(stderr).toMatch(/cluster j-\w+ cannot be used\n +it is TERMINAT(ED|ING)\n/);
    expect(code).toBe(2);
    expect(existsSync(lakeOf('late'))).toBe(false);
  });

  it('exits 9 with a wrong key, and shows no key', () => {
    const { code, stderr } = runs.get('denied') ?? { code: null, stderr: '' };
    expect(code).toBe(9);
    expect(stderr).not.toContain('guessed');
  });
});
