/** The fate of bad input: every case of the corpus, in one Spark application; then the tables, compared with the oracle. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { StepReport } from '../../src/pipeline/report.ts';
import { manifestLines, readListing } from '../../src/run/input-manifest.ts';
import { openStore } from '../../src/store/open.ts';
import { actingJobs, testActing } from './acting.ts';
import { badInput, lay, SOURCES } from './bad-input.ts';
import type { Books, Case, Failure, Source } from './bad-input.ts';
import { runBatch } from './batch.ts';
import type { Job, JobResult } from './batch.ts';
import { brokenContractsJob, describeBrokenContracts } from './broken-contracts.ts';
import { judge, NOTHING } from './oracle.ts';
import type { Judgement } from './oracle.ts';
import { expectSeveralViews, severalViewsJobs } from './several-views.ts';
import { describeTypedFields, typedJob } from './typed-fields.ts';
import { executionOf, renderInto } from './spark.ts';
import { scale } from '../support/scale.ts';
import { exampleJobs, verifyExamples } from './template-examples.ts';

const MINUTES = 60_000;
/** These are landed as large data, all others as small data. */
const LARGE = { shufflePartitions: 4 };
/** The only view of each source. */
const VIEWS = { song_data: 'song_data', log_data: 'plays' } as const;
const STEPS = { song_data: 'song_transform', log_data: 'log_transform' } as const;

/** All sources fail alike on an object that cannot be read. */
const FATAL_SOURCES = scale<readonly Source[]>(['song_data'], SOURCES);

const cases = badInput();
const judged = (source: Source) => cases.filter((one) => one[source] !== undefined && 'lines' in one[source]);
const fatal = (source: Source) => cases.filter((one) => one[source] !== undefined && 'fails' in one[source]);

let folder: string;
/** By source: the files of each case, and those that the driver lists as input. */
const listed: Record<string, { there: string[]; inputs: string[] }> = {};
const results: Record<string, JobResult> = {};
const reports: Record<string, StepReport> = {};
let judgement: Judgement;
let matched: number;

const root = (source: Source, name = '') => join(folder, name, source);

/** The manifest that the driver would stage; returns its URI. */
async function manifest(source: Source, place: string): Promise<string> {
  const store = await openStore(`file://${place}`);
  const there: string[] = [];
  for await (const { key } of store.list('')) there.push(key);
  const input = await readListing(source, `file://${place}`, store.list(''));
  listed[place] = { there, inputs: input.objects.map(({ key }) => key) };
  const path = `${place}.inputs.json.gz`;
  writeFileSync(path, gzipSync([...manifestLines([input])].join('')));
  return `file://${path}`;
}

/** Inputs of which one is changed, or deleted, after it was read. */
const UNSTABLE = ['append', 'remove'] as const;
const unstableInput = (what: (typeof UNSTABLE)[number]) => root('song_data', what);

async function job(source: Source, programs: Record<string, string>, name = ''): Promise<Job> {
  const place = root(source, name);
  return {
    program: programs[STEPS[source]]!,
    arguments: [
      ...['--output', `file://${place}.out`],
      ...['--source', `${source}=file://${place}`],
      ...['--manifest', await manifest(source, place)],
      ...(source === 'log_data' ? ['--upstream', `song_transform=file://${root('song_data')}.out`] : []),
    ],
  };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfall bad [input] 100%+ '));
  const programs = renderInto(join(folder, 'programs'));
  const jobs: { name: string; job: Job }[] = [];
  for (const source of SOURCES) {
    for (const one of judged(source)) lay(one, source, root(source));
    jobs.push({ name: source, job: { ...(await job(source, programs)), ...LARGE } });
  }
  for (const source of FATAL_SOURCES) {
    for (const one of fatal(source)) {
      mkdirSync(root(source, `fatal ${one.name}`), { recursive: true });
      lay(one, source, root(source, `fatal ${one.name}`));
      jobs.push({ name: `${source} ${one.name}`, job: await job(source, programs, `fatal ${one.name}`) });
    }
  }
  jobs.push({ name: 'typed', job: { ...typedJob(folder), ...LARGE } });
  jobs.push({ name: 'broken contracts', job: brokenContractsJob(folder) });
  for (const what of UNSTABLE) {
    mkdirSync(unstableInput(what), { recursive: true });
    for (const name of ['stays', 'does not'])
      writeFileSync(join(unstableInput(what), `${name}.json`), '{"song_id":"SO1"}');
    const plain = await job('song_data', programs, what);
    jobs.push({ name: what, job: { ...plain, [what]: join(unstableInput(what), 'does not.json') } });
  }
  jobs.push(...actingJobs(programs['song_transform']!, join(folder, 'acting')));
  jobs.push(...severalViewsJobs(join(folder, 'several views')));
  const examples = exampleJobs(join(folder, 'examples'));
  jobs.push(...examples);
  const all = await runBatch(
    folder,
    jobs.map(({ job: one }) => one),
    { zone: 'America/St_Johns' },
  );
  jobs.forEach(({ name }, at) => (results[name] = all[at]!));
  for (const name of [...SOURCES, 'typed', 'broken contracts', ...examples.map((one) => one.name)])
    expect([name, results[name]?.failure]).toEqual([name, null]);
  const executions = {
    song: executionOf(`${root('song_data')}.out`),
    log: executionOf(`${root('log_data')}.out`),
  };
  reports['song_data'] = executions.song.report;
  reports['log_data'] = executions.log.report;
  matched = executions.log.report.tables['songplays']!.matched[0]!.rows;
  judgement = await judge(
    { songData: root('song_data'), logData: root('log_data') },
    { song: executions.song.folder, log: executions.log.folder },
  );
}, 10 * MINUTES);
afterAll(() => rm(folder, { recursive: true }));

/** The result of one case, in the form of its expected outcome. */
function outcomeOf(source: Source, { name }: Case): Books {
  const place = root(source);
  const { there, inputs } = listed[place]!;
  const of = (keys: readonly string[]) => keys.filter((key) => key.startsWith(`${name}/`));
  const counted = results[source]!.counted[VIEWS[source]]!.filter(([file]) =>
    file.replace('file:', '').replace(/^\/+/, '/').startsWith(`${place}/${name}/`),
  );
  const lines = (fate: string) =>
    counted.filter((row) => row[1] === fate).reduce((sum, [, , , , count]) => sum + count, 0);
  const read = new Set(counted.map(([file]) => file)).size;
  const fates = {
    kept: lines('kept'),
    filtered: lines('filtered'),
    duplicates: lines('duplicate'),
    quarantined: lines('quarantined'),
  };
  const rejections = new Map<string, number>();
  for (const [, fate, reason, field, count] of counted) {
    const why = `${reason ?? ''} ${field ?? ''}`;
    if (fate === 'quarantined') rejections.set(why, (rejections.get(why) ?? 0) + count);
  }
  return {
    objects: {
      read,
      empty: of(inputs).length - read,
      skipped: of(there).length - of(inputs).length,
    },
    lines: {
      read: Object.values(fates).reduce((sum, count) => sum + count, 0),
      ...fates,
      blank: lines('blank'),
    },
    quarantined: [...rejections].sort().map(([why, count]) => {
      const [reason = '', field = ''] = why.split(' ');
      return { reason, ...(field === '' ? {} : { field }), lines: count };
    }),
  };
}

describe.each(FATAL_SOURCES)('unreadable %s', (source) => {
  it.each(fatal(source).map((one) => ({ title: one.name, one })))('$title fails the step', ({ one }) => {
    const { names, because } = (one[source] as { fails: Failure }).fails;
    expect(results[`${source} ${one.name}`]?.failure).toEqual({
      kind: 'input',
      error: expect.stringContaining(
        `file://${root(source, `fatal ${one.name}`)}/${one.name}/${names} ${because}`,
      ),
    });
  });
});

describe.each(SOURCES)('bad %s', (source) => {
  it.each(judged(source).map((one) => ({ title: one.name, one })))('$title', ({ one }) => {
    expect(outcomeOf(source, one)).toEqual(one[source]);
  });

  it('is accounted for to the last line', () => {
    const { objects, lines, unparsableBy, views } = reports[source]!.sources[source]!;
    const { lines: fates, quarantinedBy } = views[VIEWS[source]]!;
    const stated = judged(source).map((one) => one[source] as Books);
    const sum = (value: (one: Books) => number) => stated.reduce((total, one) => total + value(one), 0);
    expect({ ...fates, ...lines }).toEqual({
      read: sum((one) => one.lines.read),
      blank: sum((one) => one.lines.blank),
      kept: sum((one) => one.lines.kept),
      filtered: sum((one) => one.lines.filtered),
      duplicates: sum((one) => one.lines.duplicates),
      unparsable: unparsableBy.reduce((total, one) => total + one.lines, 0),
      quarantined: sum((one) => one.lines.quarantined),
    });
    expect(lines.read - lines.unparsable).toBe(
      fates.kept + fates.filtered + fates.duplicates + fates.quarantined,
    );
    expect(quarantinedBy.reduce((total, one) => total + one.lines, 0)).toBe(fates.quarantined);
    expect(objects).toMatchObject({
      read: sum((one) => one.objects.read),
      empty: sum((one) => one.objects.empty),
    });
    expect(objects.manifest).toBe(objects.read + objects.empty);
  });
});

it.each([
  ['changed', 'append', 'changed since they were listed'],
  ['deleted', 'remove', 'no longer there'],
] as const)('an input that is %s after it was read fails the step, which names it', (_, what, why) => {
  expect(results[what]?.failure).toEqual({
    kind: 'input',
    error: `1 input object (file://${unstableInput(what)}/does not.json) of song_data: ${why}`,
  });
});

testActing(results, () => join(folder, 'acting'));

it('has one fate in each view of its source, and is parsed once for all of them', () =>
  expectSeveralViews(join(folder, 'several views'), results['several views']));

describeTypedFields(() => folder);
describeBrokenContracts(() => folder);

it('lands its good lines and quarantines its bad lines, as the oracle does', () => {
  expect(judgement).toMatchObject(NOTHING);
  expect(matched).toEqual(judgement.matched);
  expect({
    song_data: reports['song_data']?.sources['song_data'],
    log_data: reports['log_data']?.sources['log_data'],
  }).toEqual(judgement.books);
});

verifyExamples(() => join(folder, 'examples'));
