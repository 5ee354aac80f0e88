/** Detached work: submitted by one process, landed by another, also after the endpoint was killed. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readEndpointFile } from '../../src/local/endpoint-file.ts';
import { landfallHome } from '../../src/local/landfall-home.ts';
import { writeSparkify } from '../../scripts/sparkify/write.ts';
import type { RunSummary } from '../../src/report/summary.ts';
import type { Submission } from '../../src/run/detach.ts';
import type { Stamped } from '../../src/run/entries.ts';
import { landfall, temporaryFolder } from '../support/landfall.ts';
import { equalTables, judge } from '../support/oracle.ts';
import { commandLines } from '../support/processes.ts';

const { folder: cwd, remove } = temporaryFolder();
const lake = join(cwd, 'lake');
const sample = join(cwd, 'in');
const [songs, logs] = [join(sample, 'song_data'), join(sample, 'log_data')];
const asked = ['--cluster', 'local', '--lake', lake, '--song-data', songs, '--log-data', logs];
const json = ['--output', 'json'];

beforeAll(() => {
  mkdirSync(cwd, { recursive: true });
  writeSparkify(sample, { songs: 8, days: 1, eventsPerDay: 10 });
});
afterAll(remove);

const STEP = /^s-\w+$/;

async function submitDetached(run: string, ...more: string[]): Promise<Submission> {
  const { code, stdout, stderr } = await landfall(
    ['submit', '--detach', '--full', '--run-id', run, ...asked, ...json, ...more],
    { cwd },
  );
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Submission;
}

function entriesOf(run: string): Stamped[] {
  const folder = join(lake, '_landfall/runs', run, 'journal');
  return readdirSync(folder)
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Stamped);
}

/** Kills the run's endpoint, and nothing else, once its first step has a process. */
async function killEndpoint(run: string): Promise<void> {
  while (commandLines(`/runs/${run}/steps/song_transform/1`).length === 0) await delay(50);
  const home = join(landfallHome(process.env), 'emr-local');
  const state = readdirSync(home).find((name) => name.startsWith(`${run}-`)) ?? '';
  process.kill(readEndpointFile(join(home, state))?.pid ?? Number.NaN, 'SIGKILL');
}

describe('submit --detach', () => {
  it('exits 0 once its application is submitted, and leaves it running', async () => {
    const left = await submitDetached('left');
    expect(left).toMatchObject({
      state: 'submitted',
      run: 'left',
      cluster: { where: 'local', idleTimeoutSeconds: 600 },
      steps: [
        { step: 'song_transform', attempt: 1, id: expect.stringMatching(STEP), state: 'submitted' },
        { step: 'log_transform', attempt: 1, id: expect.stringMatching(STEP), state: 'submitted' },
      ],
      next: expect.stringMatching(/^node \S+cli\.js attach left --lake /),
    });
    expect(commandLines('emr-local/left')).not.toEqual([]);
    expect(entriesOf('left').at(-1)).toMatchObject({ entry: 'step-submitted', step: 'song_transform' });
  }, 100_000);

  it('submits nothing more when it is repeated', async () => {
    const before = entriesOf('left').length;
    const again = await submitDetached('left');
    expect(again.steps.map(({ state }) => state)).toEqual(['submitted', 'submitted']);
    expect(entriesOf('left').slice(before)).toMatchObject([{ entry: 'taken-over' }]);
  }, 100_000);

  it('is followed, verified and published by attach in another process', async () => {
    const { code, stdout, stderr } = await landfall(['attach', 'left', '--lake', lake, ...json], { cwd });
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout) as RunSummary).toMatchObject({ verdict: 'succeeded', publication: 1 });
    expect(judge(songs, logs, lake).differences).toEqual(equalTables);
    expect(commandLines('emr-local/left')).toEqual([]);
  }, 900_000);

  it('shows its single request in plan --requests', async () => {
    const { stdout } = await landfall(
      ['plan', '--detach', '--full', '--requests', '--run-id', 'p', ...asked, ...json],
      {
        cwd,
      },
    );
    const { requests, actions } = JSON.parse(stdout) as {
      requests: { AddJobFlowSteps: unknown[] };
      actions: { action: string }[];
    };
    const attempt = (step: string) => `file://${lake}/_landfall/runs/p/steps/${step}/1`;
    expect(requests.AddJobFlowSteps).toMatchObject([
      {
        Steps: [
          {
            Name: 'landfall/p/song_transform#1..log_transform#1',
            ActionOnFailure: 'CANCEL_AND_WAIT',
            HadoopJarStep: {
              Args: expect.arrayContaining([`song_transform=${attempt('song_transform')}`]),
            },
          },
        ],
      },
    ]);
    expect(actions.map(({ action }) => action)).toContain('submit all of them in one request, and exit');
  }, 100_000);
});

describe('--retry-infrastructure', () => {
  it('lands a detached run whose endpoint was killed during its first step: attach runs both steps on a new cluster', async () => {
    await submitDetached('lost', '--retry-infrastructure', '1');
    await killEndpoint('lost');
    const { code, stderr } = await landfall(['attach', 'lost', '--lake', lake], { cwd });
    expect(stderr).toContain(
      'continuing on a new cluster, song_transform, log_transform again; infrastructure retries left: 0 of 1',
    );
    expect(code).toBe(0);
    const entries = entriesOf('lost');
    expect(entries.filter(({ entry }) => entry === 'step-ended')).toMatchObject([
      { step: 'song_transform', attempt: 1, state: 'FAILED' },
      { step: 'log_transform', attempt: 1, state: 'CANCELLED' },
    ]);
    expect(entries.filter(({ entry }) => entry === 'step-accepted')).toMatchObject([
      { step: 'song_transform', attempt: 2 },
      { step: 'log_transform', attempt: 2 },
    ]);
    expect(judge(songs, logs, lake).differences).toEqual(equalTables);
    expect(commandLines('/runs/lost/')).toEqual([]);
    expect(commandLines('emr-local/lost')).toEqual([]);
  }, 400_000);
});
