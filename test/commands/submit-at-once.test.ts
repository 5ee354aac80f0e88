/** Several `landfall submit` of one `--run-id` at the same moment: one run, one cluster, one step each. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { run as submit } from '../../src/commands/submit.ts';
import { createJournal } from '../../src/run/journal.ts';
import { readEntries } from '../../src/run/read-journal.ts';
import { prepare } from '../../src/session/prepare.ts';
import { openFolder } from '../../src/store/local-folder.ts';
import type { LandfallError } from '../../src/faults.ts';
import { claimRun } from '../../src/run/ownership.ts';
import type { Clock } from '../../src/run/ports.ts';
import { commandWorld } from '../support/command-world.ts';
import type { CommandWorld } from '../support/command-world.ts';
import { root, temporaryFolder } from '../support/landfall.ts';
import { runEmr } from '../support/run-emr.ts';
import type { RunEmr } from '../support/run-emr.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { systemClock } from '../../src/system-clock.ts';

const { folder, remove } = temporaryFolder();
const clock: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 20), signal) };
let emr: RunEmr;
let run = '';
let runs = 0;

beforeAll(() => {
  for (const source of ['song_data', 'log_data']) mkdirSync(join(folder, source), { recursive: true });
  writeFileSync(join(folder, 'song_data/one.json'), '{"song_id":"S","artist_id":"A"}\n');
  writeFileSync(join(folder, 'log_data/one.json'), '{"ts":1,"userId":"8","page":"Home"}\n');
  cpSync(join(root, 'spark-templates/sparkify'), join(folder, 'changed'), { recursive: true });
});
afterAll(remove);
beforeEach(async () => {
  run = `at-once-${String((runs += 1))}`;
  emr = await runEmr();
  writeFileSync(join(folder, 'dl.cfg'), `${emr.config}[INPUT]\nsong_data = song_data\nlog_data = log_data\n`);
});
afterEach(() => emr.close());

/** The worlds of drivers with different names. */
function worlds(count: number): CommandWorld[] {
  return Array.from({ length: count }, (_, at) => ({
    ...commandWorld(folder),
    env: { LANDFALL_HOME: join(folder, 'home') },
    clock,
    random: seededRandom(runs * 100 + at),
  }));
}

const lake = () => join(folder, `lake of ${run}`);
const flagsOf = (more: Record<string, unknown> = {}) => ({
  'run-id': run,
  lake: lake(),
  cluster: 'new',
  ...more,
});

/** How each ends: with its fault, or "succeeded". */
function submitAll(each: readonly Record<string, unknown>[]): Promise<(LandfallError | undefined)[]> {
  const there = worlds(each.length);
  return Promise.all(
    there.map((world, at) =>
      submit(flagsOf(each[at]), world).then(
        () => undefined,
        (error: unknown) => error as LandfallError,
      ),
    ),
  );
}

async function expectOneOfEach(): Promise<void> {
  expect(emr.inputs('RunJobFlow')).toHaveLength(1);
  expect(emr.submitted()).toEqual([`landfall/${run}/song_transform#1..log_transform#1`]);
  const kinds = (await readEntries(openFolder(lake()), run, 0)).map(({ entry }) => entry);
  for (const once of ['planned', 'staged', 'cluster', 'finished'])
    expect([once, kinds.filter((kind) => kind === once).length]).toEqual([once, 1]);
  expect(kinds).not.toContain('taken-over');
}

describe('submits of one run id at the same moment', () => {
  it('are one run, and all report the same failure if its tables are refused', async () => {
    const ends = await submitAll([{}, {}, {}]);
    expect(ends.map((end) => [end?.fault, end?.message])).toEqual(
      Array(3).fill(['tables', '14 findings against the landed tables']),
    );
    await expectOneOfEach();
  });

  it('with different settings run once; the other is refused with the difference', async () => {
    const ends = await submitAll([{ 'retry-infrastructure': 1 }, { 'retry-infrastructure': 2 }]);
    expect(ends.map((end) => end?.fault).sort()).toEqual(['input', 'tables']);
    expect(ends.find((end) => end?.fault === 'input')).toMatchObject({
      message: `run ${run} exists and was planned differently`,
      why: [expect.stringMatching(/^--retry-infrastructure: (1 before, 2|2 before, 1) now$/)],
      stand: ['nothing was started'],
    });
    await expectOneOfEach();
  });
});

describe('a submit whose templates changed', () => {
  it('does not follow the live run of its id, and names the program that differs', async () => {
    const path = join(folder, 'changed/tables/log_transform/users.sql.hbs');
    writeFileSync(path, `${readFileSync(path, 'utf8')}\n`);
    const [driving, late] = worlds(2) as [CommandWorld, CommandWorld];
    const { plan, store } = await prepare('submit', flagsOf(), driving);
    const { random } = driving;
    const journal = await createJournal(
      { objects: store, clock, random, driver: 'driver-1' },
      { entry: 'planned', plan },
    );
    const { release } = await claimRun(
      store,
      systemClock,
      { driver: 'driver-1', ...driving.process },
      journal,
    );
    const again = submit(flagsOf({ templates: join(folder, 'changed') }), late);
    await expect(again).rejects.toMatchObject({
      fault: 'input',
      message: `run ${run} exists and was planned differently`,
      why: ['the program of step log_transform changed'],
    });
    await release();
    expect(emr.requests).toEqual([]);
  });
});
