/** `landfall verify`: every kind of change to a landed lake is found and named. */
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { run as rollback } from '../../src/commands/rollback.ts';
import { run as verify } from '../../src/commands/verify.ts';
import type { Entry } from '../../src/run/entries.ts';
import { openJournal } from '../../src/run/journal.ts';
import { tokens } from '../../src/run/plan.ts';
import { songs } from '../lake/plans.ts';
import { QUARANTINE } from '../../src/lake/layout.ts';
import {
  acceptedRun,
  dataFile,
  executionOf,
  keysFile,
  landedRun,
  planOf,
  rejectedFile,
  tableOf,
} from '../lake/accepted-run.ts';
import { commandWorld, outcomeOf } from '../support/command-world.ts';
import { cwd, files, store } from './own-lake.ts';
import { advising, said } from '../support/advice.ts';

beforeEach(async () => {
  await landedRun(store, files, { run: 'r1', publication: 1, years: [2001, 2002] });
  await landedRun(store, files, { run: 'r2', publication: 2, years: [2003, 2004] });
});

const verifying = (run?: string) =>
  outcomeOf(verify, { ...(run === undefined ? {} : { run }), lake: cwd }, commandWorld(cwd));

/** The findings, as `subject: message (sample)`. */
async function findings(run?: string): Promise<string[]> {
  const { failure } = await verifying(run);
  expect(failure?.fault ?? 'none').toBe('tables');
  const told = failure!.more['findings'] as { subject: string; message: string; sample?: string[] }[];
  return told.map(({ subject, message, sample = [] }) => `${subject}: ${message} (${sample.join(', ')})`);
}

const DATA = dataFile('r2', 2004);
const FOLDER = tableOf('r2', 'songs');
const PLAIN = 'songs/year=2004/r2-2-part-0-u.zstd.parquet';
const COUNTS = (rows: number) =>
  `songs: its row counts differ: 4 written by the step, ${String(rows)} in the Parquet footers, 4 read back ()`;

function swap(one: string, other: string): void {
  renameSync(join(cwd, one), join(cwd, 'aside'));
  renameSync(join(cwd, other), join(cwd, one));
  renameSync(join(cwd, 'aside'), join(cwd, other));
}

const move = (from: string, to: string) => {
  mkdirSync(dirname(join(cwd, to)), { recursive: true });
  renameSync(join(cwd, from), join(cwd, to));
};

describe('verify', () => {
  it('finds nothing wrong with landed tables, names the publication, and changes nothing', async () => {
    const list = async () => {
      const all = [];
      for await (const object of store.list('')) all.push(object);
      return all;
    };
    const before = await list();
    const { failure, value, text } = await verifying();
    expect(failure).toBeUndefined();
    expect(value).toMatchObject({
      run: 'r2',
      publication: 2,
      tables: [{ table: 'songs', rows: 4, files: 2 }],
      findings: [],
    });
    expect(value).toHaveProperty('checks', { passed: 6, broken: 0 });
    expect(text).toContain('\n6 checks passed\n');
    expect(text).toMatch(
      /publication 2 \(run r2\) is unchanged since it was verified, at its plain paths too$/,
    );
    expect(await list()).toEqual(before);
  });

  it('checks a named run, also one that was never published', async () => {
    expect((await verifying('r1')).value).toMatchObject({ run: 'r1', tables: [{ rows: 4 }], findings: [] });
    await acceptedRun(store, files, { run: 'r3', publication: 3, years: [2005] });
    expect((await verifying('r3')).value).toMatchObject({ run: 'r3', tables: [{ rows: 2 }], findings: [] });
  });

  it('checks a rolled back publication against the contracts of the run that made it', async () => {
    await rollback({ lake: cwd }, commandWorld(cwd));
    expect((await verifying()).value).toMatchObject({ run: 'r1', publication: 3, findings: [] });
    await store.put(dataFile('r1', 2001), files.float);
    expect(await findings()).toEqual(
      expect.arrayContaining([expect.stringMatching(/column duration is FLOAT/)]),
    );
  });

  it.each<[string, () => unknown, string[]]>([
    ['deleted', () => store.remove([DATA]), [COUNTS(2), `songs: a published file is gone (${DATA})`]],
    [
      'cut',
      () => truncateSync(join(cwd, DATA), 100),
      [
        'songs: a data file is broken: it is truncated: it does not end as Parquet does (year=2004/part-0-u.zstd.parquet)',
        `songs: a published file differs in size from what was published (${DATA})`,
      ],
    ],
    [
      'emptied',
      () => truncateSync(join(cwd, DATA), 0),
      ['songs: a data file is broken: it has zero bytes (year=2004/part-0-u.zstd.parquet)'],
    ],
    [
      'duplicated',
      () => store.copy(DATA, DATA.replace('part-0', 'part-1')),
      [COUNTS(6), `songs: a data file was not published (${DATA.replace('part-0', 'part-1')})`],
    ],
    [
      'moved to another partition',
      () => move(DATA, DATA.replace('2004', '2009')),
      [
        `songs: a published file is gone (${DATA})`,
        `songs: a data file was not published (${DATA.replace('2004', '2009')})`,
      ],
    ],
    [
      'moved to a partition that cannot be',
      () => move(DATA, DATA.replace('2004', 'next')),
      ['songs: "next" is not a valid INT for partition column year (year=next/part-0-u.zstd.parquet)'],
    ],
    [
      'replaced by one with a wrong type',
      () => store.put(DATA, files.float),
      ['songs: column duration is FLOAT, not DOUBLE (DOUBLE) (year=2004/part-0-u.zstd.parquet)'],
    ],
    [
      'replaced by one without rows',
      () => store.put(DATA, files.empty),
      [COUNTS(2), `songs: a published file differs in size from what was published (${DATA})`],
    ],
    [
      'replaced by one of the same shape',
      () => store.put(DATA, files.other),
      [
        expect.stringMatching(
          /^songs: a published file (was rewritten|differs in size)/,
        ) as unknown as string,
      ],
    ],
    [
      'swapped with another',
      () => swap(DATA, dataFile('r2', 2003)),
      [`songs: a published file was rewritten since publication (${dataFile('r2', 2003)}, ${DATA})`],
    ],
    [
      'joined by a temporary one',
      () => store.put(`${FOLDER}_temporary/0/part-9.parquet`, files.songs),
      ['songs: an object among the data files is not data (_temporary/0/part-9.parquet)'],
    ],
    [
      'joined by a stranger’s',
      () => store.put(`${FOLDER}notes.txt`, files.songs),
      ['songs: an object among the data files is not data (notes.txt)'],
    ],
  ])('names a published file that was %s', async (_, spoil, expected) => {
    await spoil();
    expect(await findings()).toEqual(expect.arrayContaining(expected));
    expect(await findings('r2')).toEqual(expect.arrayContaining(expected));
  });

  it.each<[string, (key: string) => unknown, string]>([
    ['gone', (key) => store.remove([key]), '0 ()'],
    [
      'cut',
      (key) => truncateSync(join(cwd, key), 100),
      '0 (source=song_data/part-0-w.gz.parquet: it is truncated: it does not end as Parquet does)',
    ],
  ])('compares the quarantine with the books: its file is %s', async (_, spoil, held) => {
    await spoil(rejectedFile('r2'));
    const expected = [`song_data: the step reports 5 rows of quarantine, but their Parquet holds ${held}`];
    expect(await findings()).toEqual(expected);
    expect(await findings('r2')).toEqual(expected);
  });

  it('names a table whose files are gone, and one whose files have no rows left', async () => {
    await store.remove([DATA, dataFile('r2', 2003)]);
    expect(await findings()).toContain('songs: it has no data file, so not even a schema ()');
    for (const year of [2003, 2004]) await store.put(dataFile('r2', year), files.empty);
    expect(await findings()).toContain('songs: it is empty, and may not be ()');
  });

  it('warns about a lake that was moved or restored, and still finds damage in it', async () => {
    cpSync(cwd, `${cwd} moved`, { recursive: true });
    rmSync(cwd, { recursive: true });
    renameSync(`${cwd} moved`, cwd);
    const warning = 'a published file was copied or rewritten; its size and footer are as published';
    const { failure, value, text } = await verifying();
    expect(failure).toBeUndefined();
    expect(value).toMatchObject({
      findings: [{ severity: 'warn', subject: 'songs', message: warning, count: 2 }],
    });
    expect(text).toContain(`warn  songs: ${warning}`);
    expect((await verifying('r1')).value).toMatchObject({
      findings: [{ severity: 'warn', message: warning }],
    });
    await store.put(DATA, files.songs.with(-20, 1));
    expect(await findings()).toContain(`songs: a published file was rewritten since publication (${DATA})`);
  });

  it('names foreign files among the rejected lines of a step, except folder markers', async () => {
    const folder = tableOf('r2', QUARANTINE);
    for (const name of ['x_$folder$', '_SUCCESS']) await store.put(`${folder}${name}`, new Uint8Array());
    expect((await verifying()).failure).toBeUndefined();
    await store.put(`${folder}part-1.parquet`, files.rejected);
    await store.put(`${folder}notes.txt`, files.songs);
    const message = 'quarantine: its step did not write one of the files (part-1.parquet, notes.txt)';
    expect(await findings()).toEqual([message]);
    expect(await findings('r2')).toEqual([message]);
  });

  it('checks the tables that are not published too', async () => {
    await store.remove([keysFile('r2')]);
    expect(await findings()).toEqual([
      'song_keys: it has no data file, so not even a schema ()',
      'song_keys: a data file that its step reported is gone (part-0-v.zstd.parquet)',
      expect.stringContaining('song_keys: its row counts differ'),
    ]);
  });

  it('names a report that is missing or broken', async () => {
    const report = `${executionOf('r2')}/report.json`;
    const expected = `song_transform: the report of its accepted execution is gone or broken (${report})`;
    await store.put(report, new TextEncoder().encode('{"version": 1'));
    expect(await findings()).toContain(expected);
    await store.remove([report]);
    expect(await findings('r2')).toContain(expected);
  });

  it.each<[string, () => unknown, string]>([
    ['is missing', () => store.remove([PLAIN]), `a published file is missing at its plain path (${PLAIN})`],
    [
      'was cut',
      () => truncateSync(join(cwd, PLAIN), 50),
      `a plain path is not a copy of its published file (${PLAIN})`,
    ],
    [
      'has the same size and another content',
      () => store.put(PLAIN, readFileSync(join(cwd, PLAIN)).with(-20, 1)),
      `a plain path is not a copy of its published file (${PLAIN})`,
    ],
    [
      'is a stranger’s',
      () => store.put('songs/year=2004/theirs.parquet', files.songs),
      'an object at a plain path is not Landfall’s (songs/year=2004/theirs.parquet)',
    ],
    [
      'is of an earlier publication',
      () => store.copy(dataFile('r1', 2001), 'songs/year=2001/r1-1-part-0-u.zstd.parquet'),
      'a file of an earlier publication is left at its plain path (songs/year=2001/r1-1-part-0-u.zstd.parquet)',
    ],
  ])('names an object at a plain path that %s, and only there', async (_, spoil, expected) => {
    await spoil();
    expect(await findings()).toEqual([`songs: ${expected}`]);
    expect(said((await verifying()).failure?.next)).toMatch(
      /landfall publish r2 --lake .* copies the tables again$/,
    );
    expect((await verifying('r2')).failure).toBeUndefined();
  });

  it('reports all findings at once, each with samples, and the next command', async () => {
    await store.remove([PLAIN]);
    await store.put(DATA, files.float);
    const { failure } = await verifying();
    expect(failure).toMatchObject({
      message: expect.stringMatching(/findings against publication 2, of run r2$/),
    });
    expect(failure!.why.join('\n')).toMatch(
      /column duration is FLOAT[^]*\n {2}year=2004[^]*missing at its plain path\n {2}songs/,
    );
  });

  it('does not advise a rollback for a run that is not the current one', async () => {
    await store.remove([dataFile('r1', 2001)]);
    expect(said((await verifying('r1')).failure?.next)).toMatch(
      /landfall verify --lake .* current tables are intact$/,
    );
    expect((await verifying()).failure).toBeUndefined();
    await store.remove([DATA]);
    expect(said((await verifying()).failure?.next)).toMatch(/landfall rollback --lake /);
  });

  it('exits 2 if nothing was published, and for a run that does not exist', async () => {
    const at = (flags: object) => verify({ lake: cwd, ...flags }, commandWorld(cwd));
    await expect(at({ lake: join(cwd, 'empty') })).rejects.toMatchObject({ fault: 'input' });
    await expect(at({ run: 'r9' })).rejects.toMatchObject({
      fault: 'input',
      message: expect.stringContaining('no run r9'),
    });
  });

  const step = { step: 'song_transform', attempt: 1 };
  const token = tokens.step('r3', 'song_transform', 1);
  const intent: Entry = { entry: 'step-intent', ...step, token, clusterId: 'j-1' };
  const why = ['ValueError: x'];
  const failed: Entry = {
    entry: 'finished',
    verdict: 'failed',
    fault: 'step',
    message: 'it ended FAILED',
    why,
  };
  it.each<[string, Entry[], string[], string]>([
    ['has just begun', [], [], 'attach'],
    ['is at work', [intent, { entry: 'step-submitted', ...step, id: 's-1', how: 'accepted' }], [], 'attach'],
    ['failed in a step', [intent, failed], ['it ended FAILED', ...why], 'retry'],
    ['was cancelled', [{ entry: 'finished', verdict: 'cancelled', fault: 'cancelled' }], [], 'retry'],
  ])('exits 2 for a run that %s, with its state and the next command', async (_, entries, cause, verb) => {
    await acceptedRun(store, files, { run: 'r3', publication: 3, years: [2005], entries });
    expect((await verifying('r3')).failure).toMatchObject({
      fault: 'input',
      message: 'run r3 cannot be verified yet: song_transform is not done',
      why: cause,
      stand: expect.arrayContaining([expect.stringMatching(/^song_transform .*; nothing was published$/)]),
      next: advising(new RegExp(`^landfall ${verb} r3 --lake `)),
    });
  });

  it('reports only damage to accepted executions of a run that is still working', async () => {
    await acceptedRun(store, files, { run: 'r3', publication: 3, years: [2005] });
    const { random, clock } = commandWorld(cwd);
    const journal = await openJournal({ objects: store, clock, random, driver: 'd9' }, 'r3');
    const { steps, ...plan } = planOf({ run: 'r3', publication: 3, years: [] }, store.uri);
    const more = { ...steps[0]!, name: 'log_transform', tables: [] };
    const rerun = ['log_transform'];
    await journal.append({
      entry: 'replanned',
      plan: { ...plan, steps: [...steps, more] },
      rerun,
      elsewhere: false,
    });
    expect((await verifying('r3')).failure).toMatchObject({
      fault: 'input',
      message: 'run r3 cannot be verified yet: log_transform is not done',
    });
    await store.remove([`${executionOf('r3')}/report.json`]);
    expect(await findings('r3')).toEqual([
      `song_transform: the report of its accepted execution is gone or broken (${executionOf('r3')}/report.json)`,
    ]);
  });

  it('uses the contracts from when the tables were published', async () => {
    const { random, clock } = commandWorld(cwd);
    const journal = await openJournal({ objects: store, clock, random, driver: 'd9' }, 'r2');
    const changed = { ...songs, columns: songs.columns.filter(({ name }) => name !== 'title') };
    const plan = planOf({ run: 'r2', publication: 3, years: [], tables: [changed] }, store.uri);
    await journal.append({ entry: 'replanned', plan, rerun: ['song_transform'], elsewhere: false });
    expect((await verifying()).failure).toBeUndefined();
  });
});
