/** Steps are sent only to a cluster that the run launched, that its user named, or that fits for reuse. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { run as attach } from '../../src/commands/attach.ts';
import { whyNotUse } from '../../src/session/cluster-trust.ts';
import { rememberOwnPlan } from '../../src/session/plan-trust.ts';
import { prepare } from '../../src/session/prepare.ts';
import { keys } from '../../src/lake/layout.ts';
import { createJournal } from '../../src/run/journal.ts';
import type { ClusterChoice } from '../../src/run/plan.ts';
import type { Clock } from '../../src/run/ports.ts';
import { commandWorld } from '../support/command-world.ts';
import { temporaryFolder } from '../support/landfall.ts';
import { emrCluster, runEmr } from '../support/run-emr.ts';
import type { RunEmr } from '../support/run-emr.ts';
import { systemClock } from '../../src/system-clock.ts';
import { writeTinyInputs } from '../support/tiny-inputs.ts';

const UNNAMED = 'its name in EMR is not a token of this run, and the plan does not name it';

describe('a cluster without a token of the run', () => {
  it.each<[ClusterChoice, string[], string | undefined]>([
    [{ kind: 'id', id: 'j-THEIRS' }, ['it is RUNNING'], undefined],
    [{ kind: 'id', id: 'j-OTHER' }, [], UNNAMED],
    [{ kind: 'new' }, [], UNNAMED],
    [{ kind: 'local' }, [], UNNAMED],
    [{ kind: 'reuse' }, [], undefined],
    [{ kind: 'reuse' }, ['it lacks Spark', 'it is another pool'], 'it lacks Spark; it is another pool'],
  ])('under a plan of %j, with %j against reuse, is refused for: %s', async (choice, against, why) => {
    const asked: string[] = [];
    const whyNotReuse = (id: string) => {
      asked.push(id);
      return Promise.resolve(against);
    };
    expect(await whyNotUse(choice, 'j-THEIRS', { whyNotReuse })).toBe(why);
    expect(asked).toEqual(choice.kind === 'reuse' ? ['j-THEIRS'] : []);
  });
});

describe('a journal that says that the run has a cluster', () => {
  const { folder, remove } = temporaryFolder();
  const clock: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 20), signal) };
  let emr: RunEmr;
  let runs = 0;

  beforeAll(() => writeTinyInputs(folder));
  afterAll(remove);
  beforeEach(async () => {
    emr = await runEmr();
    writeFileSync(join(folder, 'dl.cfg'), `${emr.config}pool = ci\n`);
  });
  afterEach(() => emr.close());

  /** Attaches to a run of ours whose driver died when the journal named j-THEIRS; returns the outcome. */
  async function attached(choice: string, flags: Record<string, unknown> = {}): Promise<unknown> {
    const run = `r${String((runs += 1))}`;
    const home = join(folder, 'home');
    const world = { ...commandWorld(folder), clock, env: { LANDFALL_HOME: home } };
    const places = {
      lake: join(folder, 'lake'),
      'song-data': join(folder, 'song_data'),
      'log-data': join(folder, 'log_data'),
    };
    const { plan, store, staging } = await prepare(
      'submit',
      { ...places, 'run-id': run, cluster: choice },
      world,
    );
    rememberOwnPlan(world, store, plan);
    const { random } = world;
    const journal = await createJournal(
      { objects: store, clock, random, driver: 'driver-1' },
      { entry: 'planned', plan },
    );
    await store.put(keys.inputs(run), staging.manifest);
    for (const [step, text] of Object.entries(staging.programs))
      await store.put(keys.program(run, step, 1), new TextEncoder().encode(text));
    await journal.append({ entry: 'staged' });
    await journal.append({ entry: 'cluster-intent', n: 1, token: `landfall/${run}/cluster#1` });
    await journal.append({ entry: 'cluster', n: 1, id: 'j-THEIRS', how: 'launched' });
    return attach({ ...places, run, 'take-over': true, ...flags }, world).catch((error: unknown) => error);
  }

  it.each<[string, string]>([
    ['new', UNNAMED],
    ['j-ANOTHER', UNNAMED],
    ['reuse', 'its tag landfall:pool is missing, not ci'],
  ])('with --cluster %s is not trusted: no step is submitted, nothing is ended', async (choice, why) => {
    emr.clusters['j-THEIRS'] = emrCluster('j-THEIRS');
    expect(await attached(choice)).toMatchObject({
      fault: 'input',
      message: expect.stringContaining('may not use cluster j-THEIRS, though its journal says so'),
      why: [why],
    });
    expect([...emr.inputs('AddJobFlowSteps'), ...emr.inputs('TerminateJobFlows')]).toEqual([]);
  });

  it.each<[string, object, Record<string, unknown>]>([
    ['new', {}, { 'trust-lake': true }],
    ['j-THEIRS', {}, {}],
    ['reuse', { Tags: [{ Key: 'landfall:pool', Value: 'ci' }] }, {}],
  ])('with --cluster %s, %j, is trusted with %j: its steps go there', async (choice, more, flags) => {
    emr.clusters['j-THEIRS'] = emrCluster('j-THEIRS', { ...more });
    expect(await attached(choice, flags)).toMatchObject({ fault: 'tables' });
    expect(emr.inputs('AddJobFlowSteps')).toMatchObject([{ JobFlowId: 'j-THEIRS' }]);
    expect(emr.inputs('TerminateJobFlows')).toEqual([]);
  });
});
