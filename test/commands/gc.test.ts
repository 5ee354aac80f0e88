/** `landfall gc`: what it removes, what it keeps and why, and what it leaves when killed. */
import { execFileSync } from 'node:child_process';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { run as gc } from '../../src/commands/gc.ts';
import { run as publish } from '../../src/commands/publish.ts';
import { run as rollback } from '../../src/commands/rollback.ts';
import { run as runs } from '../../src/commands/runs.ts';
import { run as verify } from '../../src/commands/verify.ts';
import { removeRun } from '../../src/lake/remove-run.ts';
import { neededBy, planGc } from '../../src/lake/gc-plan.ts';
import type { Entry } from '../../src/run/entries.ts';
import { createJournal, openJournal } from '../../src/run/journal.ts';
import { readState } from '../../src/run/read-journal.ts';
import { keys, parseDataFile, QUARANTINE } from '../../src/lake/layout.ts';
import { publish as publishEntry, readPublication } from '../../src/lake/publication.ts';
import { tokens } from '../../src/run/plan.ts';
import { shellWord } from '../../src/shell-words.ts';
import { temporaryName } from '../../src/store/local-writing.ts';
import type { Store } from '../../src/store/store.ts';
import {
  acceptedRun,
  dataFile,
  executionOf,
  landedRun,
  landRun,
  planOf,
  plainSongs,
  tableOf,
} from '../lake/accepted-run.ts';
import { watched } from '../lake/publishing.ts';
import { commandWorld } from '../support/command-world.ts';
import { memoryStore } from '../support/memory-store.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { systemClock } from '../../src/system-clock.ts';
import { cwd, files, store } from './own-lake.ts';
import { madeOf } from '../lake/plans.ts';

const text = (value: string) => new TextEncoder().encode(value);
const clock = systemClock;
const open = (run: string, driver = 'd9', its = store) =>
  openJournal({ objects: its, clock, random: seededRandom(9), driver }, run);

/** Runs r1 to r`count`, published as 1 to `count`. */
async function landedRuns(count: number, its = store): Promise<void> {
  for (let n = 1; n <= count; n += 1) {
    await landedRun(its, files, { run: `r${String(n)}`, publication: n, years: [2000 + n] });
  }
}

interface Report {
  removed: boolean;
  runs: { run: string; objects: number; bytes: number }[];
  executions: { execution: string }[];
  kept: { run: string; why: string }[];
  strange: string[];
  next?: string;
}

async function collecting(flags: Record<string, unknown> = {}): Promise<Report> {
  const world = commandWorld(cwd);
  await gc({ lake: cwd, ...flags }, world);
  return world.results[0]!.value as Report;
}

async function listed(prefix = '', its = store): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of its.list(prefix)) found.push(key);
  return found.sort();
}

/** What accepted runs write below `delta/`. */
const WRITTEN = /^delta\/[a-z_]+\/(.+)\.local-1-ff\/(.+\/)?part-0-[a-z]/;
const isOf = (run: string, key: string) =>
  key.startsWith(`${keys.run(run)}/`) || WRITTEN.exec(key)?.[1] === run;

const why = ({ kept }: Report, run: string) => kept.find((one) => one.run === run)?.why;

describe('gc', () => {
  it('removes nothing without --yes, and shows what it would remove, what it keeps and why, and the next command', async () => {
    await landedRuns(3);
    const before = await listed();
    const report = await collecting({ keep: 2 });
    expect(await listed()).toEqual(before);
    expect(report).toMatchObject({
      removed: false,
      runs: [{ run: 'r1', objects: before.filter((key) => isOf('r1', key)).length }],
      kept: [{ run: 'r3' }, { run: 'r2' }],
      strange: [],
      next: expect.stringMatching(/^landfall gc --keep 2 --yes --lake /),
    });
  });

  it('removes old runs completely, also from the list of runs, and nothing else', async () => {
    await landedRuns(3);
    const before = await listed();
    expect(await collecting({ keep: 1, yes: true })).toMatchObject({
      removed: true,
      runs: [{ run: 'r1' }, { run: 'r2' }],
    });
    const gone = before.filter((key) => isOf('r1', key) || isOf('r2', key));
    expect(gone.length).toBeGreaterThan(20);
    expect(await listed()).toEqual(before.filter((key) => !gone.includes(key)));
    const world = commandWorld(cwd);
    await runs({ lake: cwd }, world);
    expect((world.results[0]!.value as { run: string }[]).map(({ run }) => run)).toEqual(['r3']);
    await verify({ lake: cwd }, commandWorld(cwd));
    expect(await collecting({ keep: 1, yes: true })).toMatchObject({ runs: [], executions: [] });
  });

  it('keeps ten runs and publications by default', async () => {
    await landedRuns(2);
    expect((await collecting({ yes: true })).runs).toEqual([]);
    await expect(collecting({ keep: 0, yes: true })).rejects.toMatchObject({ fault: 'input' });
  });

  it('keeps what the last publications name, so that rollback reaches each of them', async () => {
    await landedRuns(3);
    await rollback({ lake: cwd, number: '1' }, commandWorld(cwd));
    const report = await collecting({ keep: 1, yes: true });
    expect(report.runs.map(({ run }) => run)).toEqual(['r2']);
    expect(why(report, 'r1')).toBe('publication 4 names its files');
    await rollback({ lake: cwd, number: '3' }, commandWorld(cwd));
    expect(await plainSongs(store)).toEqual(['2003 r3-5']);
    await expect(rollback({ lake: cwd, number: '2' }, commandWorld(cwd))).rejects.toMatchObject({
      fault: 'tables',
      why: [expect.stringMatching(/is gone$/)],
    });
  });

  it.each<[string, string, () => Promise<unknown>]>([
    [
      'has no verdict',
      'it has no verdict',
      async () => (await open('r1')).append({ entry: 'rebased', publication: 9 }),
    ],
    [
      'has a driver that lives',
      'its driver was active a moment ago',
      () => store.put(keys.owner('r1'), text('{"driver":"r1-2","host":"h","boot":"b","pid":1}')),
    ],
    [
      'is about to be rolled back to',
      'a rollback to it was begun, as publication 4',
      async () => (await open('r1')).append({ entry: 'rollback-intent', publication: 4 }),
    ],
    [
      'was written by a newer version',
      'its journal cannot be read',
      async () => {
        const { length } = await readState(store, 'r1');
        const entry = {
          version: 9,
          number: length + 1,
          driver: 'd',
          nonce: 'n',
          at: clock.now(),
          entry: 'x',
        };
        await store.put(keys.entry('r1', length + 1), text(JSON.stringify(entry)));
      },
    ],
  ])('keeps a run that %s', async (_, reason, make) => {
    await landedRuns(3);
    await make();
    const report = await collecting({ keep: 1, yes: true });
    expect({ gone: report.runs.map(({ run }) => run), why: why(report, 'r1') }).toEqual({
      gone: ['r2'],
      why: expect.stringContaining(reason),
    });
    expect(await store.head(dataFile('r1', 2001))).toBeDefined();
  });

  it('removes a run to which a rollback began that lost its number', async () => {
    await landedRuns(3);
    await (await open('r1')).append({ entry: 'rollback-intent', publication: 3 });
    expect((await collecting({ keep: 1, yes: true })).runs.map(({ run }) => run)).toEqual(['r1', 'r2']);
  });

  it('removes executions of a kept run that were never accepted, and no other', async () => {
    const other = `${keys.attempt('r1', 'song_transform', 1)}/local-2-aa`;
    await landedRuns(1);
    const written = `${keys.table(other, 'songs')}part-a.parquet`;
    for (const key of [`${other}/report.json`, `${other}/notes.txt`, written])
      await store.put(key, text('x'));
    const before = await listed();
    const report = await collecting({ yes: true });
    expect(report).toMatchObject({
      executions: [{ run: 'r1', execution: 'local-2-aa', objects: 2, bytes: 2 }],
      strange: [`${other}/notes.txt`],
    });
    expect(await collecting()).toMatchObject({ executions: [], strange: [`${other}/notes.txt`] });
    const gone = [`${other}/report.json`, written];
    expect(await listed()).toEqual(before.filter((key) => !gone.includes(key)));
    await verify({ lake: cwd }, commandWorld(cwd));
  });

  it('removes what an execution of a kept run wrote that died before its report, and what it left half written', async () => {
    await landedRuns(1);
    const before = await listed();
    const died = keys.execution(keys.attempt('r1', 'song_transform', 1), 'local-3-bb');
    const wrote = [
      `${keys.table(died, 'songs')}year=2001/part-0.zstd.parquet`,
      `${keys.table(died, 'songs')}_temporary/0/_temporary/attempt_1/year=1/part-0.parquet`,
      `${keys.table(died, 'songs')}.spark-staging-1/year=1/part-0.parquet`,
      `${keys.table(died, QUARANTINE)}part-0.gz.parquet`,
    ];
    for (const key of wrote) await store.put(key, text('x'));
    const report = await collecting({ yes: true });
    expect(report).toMatchObject({
      executions: [{ run: 'r1', execution: 'local-3-bb', objects: 4, bytes: 4 }],
      strange: [],
    });
    expect(await listed()).toEqual(before);
  });

  it('takes a run for no other whose id begins like its own', async () => {
    const failed: Entry = { entry: 'finished', verdict: 'failed', fault: 'step', message: 'x' };
    for (const run of ['r1', 'r1.local-1-ff', 'r1.x', 'r11', 'last']) {
      const its = { run, publication: 1, years: [2001] };
      await acceptedRun(store, files, run === 'r1' ? { ...its, entries: [failed] } : its);
    }
    const before = await listed();
    expect((await collecting({ keep: 1, yes: true })).runs.map(({ run }) => run)).toEqual(['r1']);
    expect(await listed()).toEqual(before.filter((key) => !isOf('r1', key)));
  });

  it('keeps a run as long as a kept publication names any file that it wrote, whoever published it', async () => {
    await landedRuns(2);
    const carried = (await readPublication(store, 1))!.tables[0]!.files[0]!;
    const { tables } = (await readPublication(store, 2))!;
    const mirror = keys.plainFile('songs', { run: 'r3', publication: 3 }, parseDataFile(carried.key)!.name);
    const mixed = tables.map((table) => ({ ...table, files: [{ ...carried, mirror }] }));
    await publishEntry(store, { number: 3, run: 'r3', driver: 'd', kept: [], madeOf, tables: mixed });
    const report = await collecting({ keep: 1, yes: true });
    expect(why(report, 'r1')).toBe('publication 3 names its files');
    expect(await store.head(carried.key)).toBeDefined();
  });

  it('keeps the runs that a kept publication was made from, though it names no file of theirs', async () => {
    await landedRuns(3);
    const { tables } = (await readPublication(store, 3))!;
    const made = { step: 'song_transform', execution: executionOf('r1'), reads: [], writes: ['song_keys'] };
    const from = { ...madeOf, steps: [made], inputs: { ...madeOf.inputs, run: 'r2' } };
    await publishEntry(store, { number: 4, run: 'r3', driver: 'd', kept: [], tables, madeOf: from });
    const report = await collecting({ keep: 1, yes: true });
    expect(report.runs).toEqual([]);
    expect([why(report, 'r1'), why(report, 'r2')]).toEqual(Array(2).fill('publication 4 names its files'));
  });

  it('keeps every execution of a run that may continue, and those that an earlier attempt had accepted', async () => {
    await acceptedRun(store, files, { run: 'r1', publication: 1, years: [2001] });
    await store.put(`${keys.attempt('r1', 'song_transform', 1)}/local-2-aa/report.json`, text('x'));
    expect((await collecting({ yes: true })).executions).toEqual([]);
    const journal = await open('r1');
    const again = { step: 'song_transform', attempt: 2 };
    const plan = planOf({ run: 'r1', publication: 1, years: [] }, store.uri);
    await journal.append({ entry: 'replanned', plan, rerun: ['song_transform'], elsewhere: false });
    const token = tokens.step('r1', 'song_transform', 2);
    await journal.append({ entry: 'step-intent', ...again, token, clusterId: 'j-1' });
    await journal.append({ entry: 'finished', verdict: 'failed', fault: 'step', message: 'x' });
    const { executions } = await collecting({ yes: true });
    expect(executions.map(({ execution }) => execution)).toEqual(['local-2-aa']);
    expect(await store.head(`${executionOf('r1')}/report.json`)).toBeDefined();
  });

  it('leaves files that are not Landfall’s in place, and lists them', async () => {
    await landedRuns(2);
    const strange = [
      'notes.txt',
      'journal/notes.json',
      'steps/song_transform/1/mine/report.json',
      'steps/song_transform/1/local-1-ff/mine.csv',
      'steps/song_transform/1/local-1-ff/tables/songs/part-0.parquet',
      'steps/song_transform/x/step.py',
    ].map((name) => `${keys.run('r1')}/${name}`);
    const strangeData = [
      'delta/notes.txt',
      'delta/songs/theirs.parquet',
      'delta/songs/theirs/part-0.parquet',
      'delta/Songs/r1.local-1-ff/part-0.parquet',
      'delta/songs/r1.local-1-ff/notes.txt',
      'delta/songs/r1.local-1-ff/year=2001/theirs.parquet',
      'delta/songs/r2.local-1-ff/notes.txt',
      'delta/songs/theirs.local-1-ff/part-0.parquet',
    ];
    const elsewhere = [
      '_landfall/runs/theirs/notes.txt',
      '_landfall/runs/theirs/journal/000002.json',
      '_landfall/runs/r1.txt',
    ];
    for (const key of [...strange, ...strangeData, ...elsewhere]) await store.put(key, text('x'));
    const ofSpark = ['_temporary/0/_temporary/attempt_1/year=1/part-0.parquet', '_SUCCESS', '._SUCCESS.crc'];
    for (const name of ofSpark) await store.put(`${tableOf('r1', 'songs')}${name}`, text('x'));
    const report = await collecting({ keep: 1, yes: true });
    expect(report.runs.map(({ run }) => run)).toEqual(['r1']);
    expect([...report.strange].sort()).toEqual([...strange, ...strangeData].sort());
    expect(await listed(`${keys.run('r1')}/`)).toEqual([...strange].sort());
    const left = (await listed(keys.data)).filter((key) => !isOf('r2', key));
    expect(left).toEqual([...strangeData].sort());
    for (const key of elsewhere) expect(await store.head(key)).toBeDefined();
  });

  it('lists temporary files of crashed writers in a local lake, and says how to remove them', async () => {
    await landedRuns(1);
    const old = new Date(Math.floor(Date.now() / 1000 - 7200) * 1000);
    const path = join(cwd, 'songs', temporaryName());
    writeFileSync(path, 'half');
    utimesSync(path, old, old);
    const world = commandWorld(cwd);
    await gc({ lake: cwd }, world);
    const end = `find -H ${shellWord(cwd)} -type f -name '.landfall-tmp-*' -mmin +60 -delete`;
    expect(world.results[0]).toMatchObject({
      value: { uploads: { count: 1, oldest: old.toISOString(), end } },
      text: expect.stringContaining(
        `1 temporary file of crashed writers, the oldest of ${old.toISOString()}`,
      ),
    });
    execFileSync('sh', ['-c', end]);
    expect(await collecting()).not.toHaveProperty('uploads');
    expect(await plainSongs(store)).toEqual(['2001 r1-1']);
  });

  it.each([
    { entry: 'rollback-intent', publication: 3 } as const,
    { entry: 'rebased', publication: 3 } as const,
  ])(
    'does not remove a run that someone continues between the look and the removal: $entry',
    async (entry) => {
      await landedRuns(2);
      const needed = await neededBy(store, 1);
      const before = await listed();
      let appended = false;
      const slow = watched(store, async (call) => {
        if (call !== 'createIfAbsent' || appended) return;
        appended = true;
        await (await open('r1', 'another')).append(entry);
      });
      const gcOf = { store: slow, clock, random: seededRandom(1), needed, isDead: () => false };
      expect(await removeRun(gcOf, 'r1')).toBe('run r1 was taken over by driver another');
      expect(await listed()).toEqual(
        [...before, keys.entry('r1', (await readState(store, 'r1')).length)].sort(),
      );
    },
  );

  it('looks again before it removes a run, and leaves it alone if a driver has started by then', async () => {
    await landedRuns(2);
    const needed = await neededBy(store, 1);
    await (await open('r1', 'another')).append({ entry: 'rebased', publication: 3 });
    const before = await listed();
    const gcOf = { store, clock, random: seededRandom(1), needed, isDead: () => false };
    expect(await removeRun(gcOf, 'r1')).toBe('it has no verdict');
    expect(await listed()).toEqual(before);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'a run that was overtaken landed meanwhile',
      () => publish({ run: 'old', rebase: true, lake: cwd }, commandWorld(cwd)),
      'publication 3 names its files',
    ],
    [
      'a run landed meanwhile, and another after it',
      async () => {
        await publish({ run: 'old', rebase: true, lake: cwd }, commandWorld(cwd));
        await landedRun(store, files, { run: 'r4', publication: 4, years: [2004] });
      },
      'publication 3 names its files',
    ],
  ])('does not remove a listed run if %s', async (_, meanwhile, reason) => {
    await landedRuns(1);
    await acceptedRun(store, files, { run: 'old', publication: 1, years: [2000] });
    await expect(landRun(store, 'old')).rejects.toMatchObject({ fault: 'overtaken' });
    await landedRun(store, files, { run: 'r2', publication: 2, years: [2002] });
    const needed = await neededBy(store, 1);
    const isDead = () => true;
    const { runs: going } = await planGc(store, needed, { keep: 1, isDead });
    expect(going.map(({ run }) => run)).toContain('old');
    await meanwhile();
    const before = await listed();
    const gcOf = { store, clock, random: seededRandom(1), needed, isDead };
    expect(await removeRun(gcOf, 'old')).toBe(reason);
    expect(await listed()).toEqual(before);
    await verify({ lake: cwd }, commandWorld(cwd));
  });

  it('does not remove a run that a rollback made current meanwhile', async () => {
    await landedRuns(3);
    const needed = await neededBy(store, 1);
    await rollback({ lake: cwd, number: '1' }, commandWorld(cwd));
    const before = await listed();
    const gcOf = { store, clock, random: seededRandom(1), needed, isDead: () => true };
    expect(await removeRun(gcOf, 'r1')).toBe('a rollback to it was begun, as publication 4');
    expect(await listed()).toEqual(before);
  });

  it('is noticed by a driver that tries to continue the run at the same time', async () => {
    await landedRuns(2);
    const driver = await open('r1', 'another');
    await (await open('r1')).append({ entry: 'removing' });
    for (const entry of [
      { entry: 'rollback-intent', publication: 3 } as const,
      { entry: 'rebased', publication: 3 } as const,
    ])
      await expect(driver.append(entry)).rejects.toMatchObject({
        fault: 'input',
        message: 'run r1 is being removed',
      });
    await expect(rollback({ lake: cwd }, commandWorld(cwd))).rejects.toMatchObject({ fault: 'input' });
    expect((await collecting({ yes: true })).runs.map(({ run }) => run)).toEqual(['r1']);
  });
});

it('planning a gc needs one listing of the folder of each run to remove', async () => {
  const made = memoryStore('s3://lake', () => new Date());
  await landedRuns(2, made);
  const listed: string[] = [];
  const counting: Store = { ...made, list: (prefix) => (listed.push(prefix), made.list(prefix)) };
  const { runs } = await planGc(counting, await neededBy(made, 1), { keep: 1, isDead: () => false });
  expect(runs.map(({ run }) => run)).toEqual(['r1']);
  expect(listed.filter((prefix) => prefix === `${keys.run('r1')}/`)).toHaveLength(1);
});

describe('a gc that is killed', () => {
  const choice = { keep: 1, isDead: () => false };

  async function collect(its: Store): Promise<void> {
    const needed = await neededBy(its, 1);
    const gcOf = { store: its, clock, random: seededRandom(3), needed, isDead: choice.isDead };
    for (const { run } of (await planGc(its, needed, choice)).runs) await removeRun(gcOf, run);
  }

  it('before any of its calls leaves each run whole or absent, and the next gc finishes', async () => {
    const made = memoryStore('s3://lake', () => new Date());
    await landedRuns(2, made);
    const whole = made.fork();
    await collect(whole);
    const expected = await listed('', whole);
    expect(expected.some((key) => key.startsWith(keys.run('r1')))).toBe(false);
    let survived = false;
    const seen = new Set<string>();
    for (let n = 1; !survived; n += 1) {
      const its = made.fork();
      const before = await listed('', its);
      let calls = 0;
      const dying = watched(its, async (call) => {
        calls += 1;
        if (calls >= n) await Promise.reject(new Error(`killed before call ${String(n)}: ${call}`));
      });
      survived = await collect(dying).then(
        () => true,
        () => false,
      );
      expect(n).toBeLessThan(300);
      const left = await readState(its, 'r1').then(
        () => 'whole',
        (error: unknown) => (error as Error).message,
      );
      seen.add(left);
      if (left === 'whole') expect(await listed('', its)).toEqual(before);
      else await expect(open('r1', 'd', its)).rejects.toMatchObject({ fault: 'input' });
      if (left.endsWith('is being removed') && (await its.head(keys.entry('r1', 1))) === undefined) {
        const plan = planOf({ run: 'r1', publication: 3, years: [] }, 's3://lake');
        const writer = { objects: its, clock, random: seededRandom(4), driver: 'new' };
        await expect(createJournal(writer, { entry: 'planned', plan })).rejects.toMatchObject({
          fault: 'input',
          message: 'run r1 is being removed',
        });
        seen.add('its name is not free');
      }
      await collect(its);
      expect(await listed('', its)).toEqual(expected);
    }
    expect([...seen]).toEqual([
      'whole',
      'run r1 is being removed',
      'its name is not free',
      'no run r1 in s3://lake',
    ]);
  });
});
