/** What `attach` submits of a run in a lake: only what this machine planned, or would plan. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { run as attach } from '../../src/commands/attach.ts';
import { run as retry } from '../../src/commands/retry.ts';
import { checkPlanTrust, rememberOwnPlan } from '../../src/session/plan-trust.ts';
import { digestsOf, prepare, render } from '../../src/session/prepare.ts';
import type { Prepared } from '../../src/session/prepare.ts';
import { sha256 } from '../../src/session/sha256.ts';
import { keys } from '../../src/lake/layout.ts';
import type { Entry } from '../../src/run/entries.ts';
import { createJournal } from '../../src/run/journal.ts';
import { readEntries, readState } from '../../src/run/read-journal.ts';
import type { RunPlan } from '../../src/run/plan.ts';
import { commandWorld } from '../support/command-world.ts';
import { temporaryFolder } from '../support/landfall.ts';
import { writeTinyInputs } from '../support/tiny-inputs.ts';

const { folder, remove } = temporaryFolder();
const world = { ...commandWorld(folder), env: { LANDFALL_HOME: join(folder, 'home') } };
const HOSTILE = 'import os; os.system("touch /tmp/owned")';
let flags: Record<string, unknown>;
let prepared: Prepared;
let runs = 0;

beforeAll(() => writeTinyInputs(folder));
afterAll(remove);

beforeEach(async () => {
  const run = `r${String((runs += 1))}`;
  const places = {
    lake: join(folder, 'lake'),
    'song-data': join(folder, 'song_data'),
    'log-data': join(folder, 'log_data'),
  };
  flags = { ...places, run };
  prepared = await prepare('submit', { ...places, 'run-id': run }, world);
});

const PROGRAM = () => keys.program(prepared.plan.run, 'log_transform', 1);

/** A run with these programs, whose driver died after staging. */
async function staged(plan: RunPlan, programs: Record<string, string>, ...more: Entry[]): Promise<void> {
  const { clock, random } = world;
  const journal = await createJournal(
    { objects: prepared.store, clock, random, driver: 'driver-1' },
    { entry: 'planned', plan },
  );
  for (const [step, text] of Object.entries(programs))
    await prepared.store.put(keys.program(plan.run, step, 1), new TextEncoder().encode(text));
  for (const entry of [{ entry: 'staged' } as const, ...more]) await journal.append(entry);
}

/** The result of the check that `attach` makes before it takes over the run. */
async function checked(trustLake = false, inputs = prepared.settings.sources): Promise<unknown> {
  const { settings, store, plan, configured } = prepared;
  const rendered = () => digestsOf(render(configured));
  const state = await readState(store, plan.run);
  return checkPlanTrust(world, { settings, inputs, store, rendered, trustLake }, state);
}

const forged = (): RunPlan => ({
  ...prepared.plan,
  steps: prepared.plan.steps.map((step) =>
    step.name === 'log_transform' ? { ...step, digest: sha256(HOSTILE) } : step,
  ),
});

describe('a run that this machine planned', () => {
  it('continues, also after a rebase, and whatever the templates render now', async () => {
    rememberOwnPlan(world, prepared.store, forged());
    await staged({ ...forged(), publication: 7 }, { ...prepared.staging.programs, log_transform: HOSTILE });
    await expect(checked()).resolves.toBeUndefined();
  });

  it('is refused by attach if a program was replaced: nothing is written, both digests are named', async () => {
    rememberOwnPlan(world, prepared.store, prepared.plan);
    await staged(prepared.plan, { ...prepared.staging.programs, log_transform: HOSTILE });
    await expect(attach({ ...flags, 'take-over': true }, world)).rejects.toMatchObject({
      fault: 'input',
      message: 'the program of step log_transform is not the one that was planned',
      why: [
        `${prepared.store.uri}/${PROGRAM()} has SHA-256 ${sha256(HOSTILE)}`,
        `the plan names SHA-256 ${String(prepared.plan.steps[1]?.digest)}`,
      ],
      next: expect.arrayContaining([expect.objectContaining({ verb: 'retry' })]),
    });
    await expect(attach({ ...flags, 'take-over': true, 'trust-lake': true }, world)).rejects.toMatchObject({
      message: 'the program of step log_transform is not the one that was planned',
    });
    expect(await readEntries(prepared.store, prepared.plan.run, 0)).toHaveLength(2);
  });

  it('is not recognised if anything in its plan was changed', async () => {
    rememberOwnPlan(world, prepared.store, forged());
    await staged(
      { ...forged(), logUri: 's3://elsewhere/logs' },
      {
        ...prepared.staging.programs,
        log_transform: HOSTILE,
      },
    );
    await expect(checked()).rejects.toMatchObject({ fault: 'input' });
  });
});

describe('a run that another machine planned', () => {
  it('continues if these templates and settings make the same plan', async () => {
    await staged(prepared.plan, prepared.staging.programs);
    await expect(checked()).resolves.toBeUndefined();
  });

  it('is refused by attach, even if its programs match their digests, unless the lake is trusted', async () => {
    await staged(forged(), { ...prepared.staging.programs, log_transform: HOSTILE });
    await expect(attach({ ...flags, 'take-over': true }, world)).rejects.toMatchObject({
      fault: 'input',
      message: `run ${prepared.plan.run} was not planned on this machine, which would plan it differently`,
      why: ['step log_transform: the templates here render a different program'],
      next: expect.arrayContaining([
        expect.objectContaining({ words: expect.arrayContaining(['--trust-lake']) }),
      ]),
    });
    expect(await readEntries(prepared.store, prepared.plan.run, 0)).toHaveLength(2);
    await expect(checked(true)).resolves.toBeUndefined();
  });

  it.each<[string, (plan: RunPlan) => RunPlan, string]>([
    [
      'on a cluster that only it names',
      (plan) => ({ ...plan, cluster: { kind: 'id', id: 'j-VICTIM' } }),
      "cluster j-VICTIM is named only by the run's plan",
    ],
    [
      'with logs outside the lake',
      (plan) => ({ ...plan, logUri: 'file:///etc/cron.d' }),
      'logs would be written to file:///etc/cron.d',
    ],
    [
      'with a key pair that is not ours',
      (plan) => ({ ...plan, launch: { ...plan.launch!, keyName: 'theirs' } }),
      `the cluster's keyName: "theirs" in the plan, none here`,
    ],
    [
      'of another release',
      (plan) => ({ ...plan, release: 'emr-7.0.0' }),
      `the cluster's release: "emr-7.0.0" in the plan, "emr-7.13.0" here`,
    ],
  ])('%s is refused', async (_, change, why) => {
    await staged(change(prepared.plan), prepared.staging.programs);
    await expect(checked()).rejects.toMatchObject({ fault: 'input', why: [why] });
    await expect(checked(true)).resolves.toBeUndefined();
  });

  it('for another lake is refused even if the lake is trusted, because the checked programs would not be the ones that run', async () => {
    const elsewhere = `file://${folder}/elsewhere`;
    await staged({ ...prepared.plan, lake: elsewhere }, prepared.staging.programs);
    await expect(checked(true)).rejects.toMatchObject({
      fault: 'input',
      message: `run ${prepared.plan.run} was planned for another lake`,
      why: [`its plan names ${elsewhere}`, `it is in ${prepared.store.uri}`],
    });
  });

  it('with files of this machine as input that only the plan names is refused', async () => {
    await staged(prepared.plan, prepared.staging.programs);
    await expect(checked(false, {})).rejects.toMatchObject({
      why: [
        expect.stringMatching(/^song_data would be read from file:/),
        expect.stringMatching(/^log_data /),
      ],
    });
    await expect(checked(true, {})).resolves.toBeUndefined();
  });

  it('needs no trust if nothing is left to submit', async () => {
    const accepted = (step: string, at: string): Entry[] => [
      { entry: 'step-intent', step, attempt: 1, token: '', clusterId: 'j-1' },
      { entry: 'step-submitted', step, attempt: 1, id: at, how: 'accepted' },
    ];
    await staged(forged(), {}, ...accepted('song_transform', 's-1'), ...accepted('log_transform', 's-2'));
    await expect(checked()).resolves.toBeUndefined();
  });
});

describe('a retry of a run that another machine planned', () => {
  const failed: Entry = {
    entry: 'finished',
    verdict: 'failed',
    fault: 'step',
    message: 'it failed',
    why: [],
  };
  const retrying = (more: Record<string, unknown> = {}) =>
    retry({ lake: String(flags['lake']), run: prepared.plan.run, ...more }, world);

  it('is refused on a cluster that only the plan names, and with files of this machine as input', async () => {
    const plan: RunPlan = { ...prepared.plan, cluster: { kind: 'id', id: 'j-VICTIM' } };
    await staged(plan, prepared.staging.programs, failed);
    const uriOf = (name: string) => plan.sources.find((source) => source.name === name)!.uri;
    await expect(retrying()).rejects.toMatchObject({
      fault: 'input',
      message: `run ${plan.run} was not planned on this machine`,
      why: [
        "cluster j-VICTIM is named only by the run's plan",
        `song_data would be read from ${uriOf('song_data')}, which only the run's plan names`,
        `log_data would be read from ${uriOf('log_data')}, which only the run's plan names`,
      ],
      next: expect.arrayContaining([
        expect.objectContaining({ words: expect.arrayContaining(['--trust-lake']) }),
      ]),
    });
    expect(await readEntries(prepared.store, plan.run, 0)).toHaveLength(3);
  });

  it('reads no configuration or templates that the plan names', async () => {
    const config = join(folder, 'planted.cfg');
    writeFileSync(config, '[EMR]\nnonsense = 1\n');
    const plan = { ...prepared.plan, origin: { ...prepared.plan.origin, config } };
    await staged(plan, prepared.staging.programs, failed);
    const error: unknown = await retrying().catch((thrown: unknown) => thrown);
    expect(JSON.stringify(error)).not.toContain('nonsense');
    await expect(retrying({ 'trust-lake': true })).rejects.toMatchObject({
      why: [expect.stringContaining('nonsense')],
    });
  });
});
