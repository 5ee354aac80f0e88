/** Steps that take tables, partitions and rows of sources over from the execution before, from the report to gc, without Spark. */
import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { run as gc } from '../../src/commands/gc.ts';
import { run as publishVerb } from '../../src/commands/publish.ts';
import { run as retry } from '../../src/commands/retry.ts';
import { run as rollback } from '../../src/commands/rollback.ts';
import { run as verify } from '../../src/commands/verify.ts';
import { keys } from '../../src/lake/layout.ts';
import type { Publication } from '../../src/lake/publication.ts';
import type { ReportedFile, StepReport } from '../../src/pipeline/report.ts';
import { steppedLake, writers } from './stepped-lake.ts';
import type { SteppedLake } from './stepped-lake.ts';

let lake: SteppedLake;
beforeAll(async () => {
  lake = await steppedLake();
});
afterAll(() => lake.close());

const TIME = 'templates/tables/log_transform/time.sql.hbs';

/** A lake with publication 1; then its table `time` may be rebuilt by partition, and there is a new object of log_data. */
beforeEach(async () => {
  await lake.begin();
  expect((await lake.submitting('r1')).failure).toBeUndefined();
  const text = readFileSync(lake.at(TIME), 'utf8').replace(/^rebuild:.*\n/m, '');
  const partitioned = 'partition_by: [year, month]\n';
  lake.write(TIME, text.replace(partitioned, `${partitioned}rebuild: { by: [year, month] }\n`));
  lake.write('log_data/two.json', '{"a":2}\n');
});

const filesOf = ({ tables, kept }: Publication, name: string): string[] =>
  [...tables, ...kept]
    .filter(({ table }) => table === name)
    .flatMap(({ files }): string[] => files.map(({ key }: { key: string }) => key));

/** Edits each report of log_transform as it is written. */
const changeReport = (edit: (report: StepReport, execution: string) => void) =>
  lake.whenLanded((_, execution) => {
    if (!execution.includes('log_transform')) return;
    const key = keys.report(execution);
    const report = JSON.parse(lake.files.read(key).toString()) as StepReport;
    edit(report, execution);
    lake.files.write(key, JSON.stringify(report));
  });

describe('a step that builds on an earlier execution', () => {
  it('makes partitions of one table again, then carries it over; each publication names all files', async () => {
    expect((await lake.planning()).text).toContain(
      'rebuild partitions of time, songplays, by year, month: objects of log_data: 1 new, 1 unchanged',
    );
    const second = await lake.submitting('r2');
    expect(second.failure).toBeUndefined();
    expect(lake.submitted()[0]!.join(' ')).toMatch(/ --partitions time( |$)/);
    expect(second.text).toMatch(/time .* 1 partition made again\n/);
    expect(writers(await lake.newest())).toMatchObject({ users: 'r2', songs: 'r1' });
    const after = await lake.newest();
    for (const name of ['time', 'log_data'])
      expect(
        filesOf(after, name)
          .map((key) => key.split('/')[2]!.slice(0, 2))
          .sort(),
      ).toEqual(['r1', 'r2']);
    await lake.isIntact();
    lake.changeQuery();
    const third = await lake.submitting('r3');
    expect(lake.submitted()[0]!.join(' ')).toMatch(/ --carry-over time( |$)/);
    expect(third.text).toMatch(/time .* carried over from runs r\d, r\d\n/);
    expect(third.value).toMatchObject({
      tables: expect.arrayContaining([
        expect.objectContaining({
          table: 'time',
          carriedOverFrom: expect.arrayContaining(['r1', 'r2']) as unknown,
        }),
      ]) as unknown,
    });
    expect(filesOf(await lake.newest(), 'time')).toEqual(filesOf(after, 'time'));
    await lake.isIntact();
    expect((await lake.does(rollback, { number: '1' })).failure).toBeUndefined();
    await lake.isIntact();
    expect((await lake.does(rollback, { number: '3' })).failure).toBeUndefined();
    await lake.isIntact();
  });

  it('says that a table is carried over if none of its partitions is affected', async () => {
    changeReport((report, execution) => {
      const before = new Map<string, ReportedFile>();
      for (const file of report.tables['time']!.files)
        before.set(file.name, { ...file, in: file.in ?? first.split('/').slice(2, 3).join() });
      for (const file of report.tables['time']!.files.filter((one) => one.in === undefined))
        rmSync(lake.at(`lake/${keys.reported(execution, 'time', file)}`));
      report.tables['time']!.files = [...before.values()];
      report.tables['time']!.made = { kind: 'partitions', partitions: [] };
    });
    const [first = ''] = filesOf(await lake.newest(), 'time');
    const { failure, text } = await lake.submitting('r2');
    lake.whenLanded(() => undefined);
    expect(failure).toBeUndefined();
    expect(text).toMatch(/time .* carried over from run r1\n/);
  });

  it('keeps what it took over from gc, which removes the runs of which nothing is needed any more', async () => {
    for (const run of ['r2', 'r3', 'r4', 'r5']) {
      lake.write(`log_data/${run}.json`, '{"a":3}\n');
      expect((await lake.submitting(run)).failure).toBeUndefined();
    }
    const entry = await lake.newest();
    for (const key of lake.files.keys().filter((one) => one.startsWith(keys.runs))) lake.files.age(key, 9);
    expect((await lake.does(gc, { keep: 1, yes: true })).failure).toBeUndefined();
    const left = new Set(lake.files.keys());
    const named = ['time', 'log_data', 'song_data', 'song_keys'].flatMap((name) => filesOf(entry, name));
    expect(named.filter((key) => !left.has(key))).toEqual([]);
    const runs = new Set(named.map((key) => key.split('/')[2]!.slice(0, 2)));
    for (const run of ['r2', 'r3', 'r4'])
      expect([run, left.has(keys.entry(run, 1))]).toEqual([run, runs.has(run)]);
    expect(runs.size).toBeLessThan(5);
    await lake.isIntact();
  });

  it('is made whole again when a file that it took over is lost; verify names the file', async () => {
    await lake.submitting('r2');
    const lost = filesOf(await lake.newest(), 'time').find((key) => key.includes('/r1.'))!;
    await lake.store.remove([lost]);
    const { failure } = await lake.does(verify, {});
    expect(failure?.more).toMatchObject({
      findings: expect.arrayContaining([
        expect.objectContaining({ message: 'a data file that its step reported is gone', sample: [lost] }),
        expect.objectContaining({ message: 'a published file is gone', sample: [lost] }),
      ]) as unknown,
    });
    expect((await lake.submitting('r3')).failure).toBeUndefined();
    expect(lake.submitted()[0]).not.toContain('--partitions');
    expect(writers(await lake.newest())).toMatchObject({ time: 'r3', users: 'r3' });
    await lake.isIntact();
  });

  it('keeps what it took over in a retry of some of its steps while its own publication is the newest', async () => {
    expect((await lake.submitting('r2')).failure).toBeUndefined();
    const before = writers(await lake.newest());
    expect((await lake.does(retry, { run: 'r2', from: 'log_transform' })).failure).toBeUndefined();
    expect(lake.steps()).toEqual(['log_transform']);
    expect((await lake.newest()).number).toBe(3);
    expect(writers(await lake.newest())).toMatchObject({ songs: before['songs'] });
    await lake.isIntact();
    lake.changeQuery();
    expect((await lake.submitting('r3')).failure).toBeUndefined();
    expect((await lake.does(retry, { run: 'r2', from: 'log_transform' })).failure).toMatchObject({
      fault: 'overtaken',
    });
  });

  it('is neither rebased nor published when it was overtaken, even if it took over nothing but rows of a source', async () => {
    lake.changeQuery(TIME.slice('templates/'.length));
    lake.changeQuery();
    lake.endsSteps(() => {
      const entry = JSON.parse(lake.files.read(keys.publication(1)).toString()) as Publication;
      lake.files.write(keys.publication(2), JSON.stringify({ ...entry, number: 2, run: 'other' }));
      return 'COMPLETED';
    });
    expect((await lake.submitting('r2')).failure).toMatchObject({ fault: 'overtaken' });
    expect(lake.submitted()[0]).toContain('--base');
    expect((await lake.does(publishVerb, { run: 'r2', rebase: true })).failure).toMatchObject({
      fault: 'overtaken',
      message: 'run r2 builds on publication 1, which is no longer the newest',
    });
  });
});

describe('a report that takes over what the plan does not allow', () => {
  const file = { name: 'year=2018/month=2018/part-00000-u.zstd.parquet', size: 1, in: 'r1.local-1-ff' };
  it.each<[string, string, (report: StepReport) => void]>([
    [
      'a table that is to be made again',
      'its step carried it over, which the plan does not allow',
      ({ tables }) => (tables['users']!.made = { kind: 'carried over' }),
    ],
    [
      'partitions of a table that is to be made whole',
      'its step made only some of its partitions, which the plan does not allow',
      ({ tables }) => (tables['users']!.made = { kind: 'partitions', partitions: [] }),
    ],
    [
      'a file of a table that it made whole',
      'its step took over a data file of an earlier execution, which the plan does not allow',
      ({ tables }) => tables['users']!.files.push({ ...file, name: 'part-1-u.zstd.parquet' }),
    ],
    [
      'a file in a partition that it made again',
      'an earlier data file is in a partition that its step made again',
      ({ tables }) => (tables['time']!.made = { kind: 'partitions', partitions: [['2018', '2018']] }),
    ],
    [
      'nothing, but made another partition than it says',
      'a new data file is in a partition that its step did not make again',
      ({ tables }) => (tables['time']!.made = { kind: 'partitions', partitions: [['2018', '2018']] }),
    ],
    [
      'no partition, and left out a file of the others',
      'its step left out a data file of the execution before',
      ({ tables }) => {
        const { files } = tables['time']!;
        const [first] = files.filter((one) => one.in === undefined);
        tables['time']!.files = files.filter((one) => one === first);
      },
    ],
    [
      'a file that the execution before does not have',
      'its step took over a data file that the execution before does not have',
      ({ tables }) => {
        const { files } = tables['time']!;
        tables['time']!.files = files.map((one) => ({ ...one, size: one.size + 1 }));
      },
    ],
    [
      'a file of a source that the execution before does not have',
      'its step took over a data file that the execution before does not have',
      ({ sourceTables }) => sourceTables['log_data']!.files.push({ ...file, name: 'part-1-u.zstd.parquet' }),
    ],
  ])('breaks the run: %s', async (_, message, edit) => {
    changeReport(edit);
    const { failure } = await lake.submitting('r2');
    lake.whenLanded(() => undefined);
    expect(failure).toMatchObject({ fault: 'tables' });
    expect(failure!.why.join('\n')).toContain(message);
    expect((await lake.newest()).number).toBe(1);
  });

  it('breaks the run: files of an execution whose report is gone', async () => {
    const { execution } = (await lake.newest()).madeOf.steps.find(({ step }) => step === 'log_transform')!;
    changeReport(() => rmSync(lake.at(`lake/${keys.report(execution)}`)));
    const { failure } = await lake.submitting('r2');
    lake.whenLanded(() => undefined);
    expect(failure!.why.join('\n')).toContain(
      'its step took over data files, but the report of the execution that has them is gone or broken',
    );
    expect((await lake.newest()).number).toBe(1);
  });
});
