/** What a run rejected, read back from real Parquet of another engine. */
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readQuarantine } from '../../src/lake/read-quarantine.ts';
import { QUARANTINE, keys } from '../../src/lake/layout.ts';
import type { QuarantineQuestion } from '../../src/lake/read-quarantine.ts';
import type { ViewBooks } from '../../src/pipeline/report.ts';
import { formatQuarantine } from '../../src/report/format-quarantine.ts';
import type { RunState } from '../../src/run/state.ts';
import { begin } from '../../src/run/advance.ts';
import { openFolder } from '../../src/store/local-folder.ts';
import { copyTo, duckdb } from './parquet.ts';
import { books, plan, report, RUN, viewBooks } from './plans.ts';

/** Seven lines, those without a field first. */
const REJECTED = `select 'song_data' as source, if(field is null, null, 'titled') as view, * from (values
  ('file:///in/a b%.json', 3::bigint, 'unparsable', null, null, '{"song_id"', 10),
  ('file:///in/a b%.json', 4::bigint, 'unparsable', null, null, 'x' || repeat('y', 5000), 123456),
  ('file:///in/b.json', 1::bigint, 'unparsable', null, null, 'third', 5),
  ('file:///in/b.json', 2::bigint, 'unparsable', null, null, 'fourth', 6),
  ('file:///in/b.json', 12345::bigint, 'type', 'duration', 'lo"ng', '{"duration":"long"}', 19),
  ('file:///in/c.json', 1::bigint, 'missing', 'title', null, '{"title":""}', 12),
  ('file:///in/c.json', 2::bigint, 'missing', 'song_id', null, '{}', 2)
) as rejected(file, line, reason, field, value, raw, bytes)`;

const REJECTIONS: ViewBooks['quarantinedBy'] = [
  { reason: 'missing', field: 'song_id', lines: 1 },
  { reason: 'missing', field: 'title', lines: 1 },
  { reason: 'type', field: 'duration', lines: 1 },
];
/** In the order of counting: lines that no view can use, then lines that a view rejects. */
const BY = [
  { view: null, reason: 'unparsable', field: null, lines: 4 },
  ...REJECTIONS.map((one) => ({ ...one, view: 'titled' })),
];

const STEP = `_landfall/runs/${RUN}/steps/song_transform`;

/** The folder of what an execution rejected. */
const rejectedBy = (key: string) => keys.table(key, QUARANTINE).slice(0, -1);

let lake: string;
beforeAll(async () => {
  lake = await mkdtemp(join(tmpdir(), 'landfall quarantine '));
});
afterAll(() => rm(lake, { recursive: true }));
beforeEach(async () => {
  await rm(lake, { recursive: true });
  await mkdir(lake);
});

const partNames = (files: number) => Array.from({ length: files }, (_, at) => `part-${String(at)}.parquet`);

/** An execution with its report and its rejected lines, in this many files. */
async function execution(attempt: number, name: string, codec = 'gzip', files = 1): Promise<string> {
  const key = `${STEP}/${String(attempt)}/${name}`;
  const folder = join(lake, rejectedBy(key));
  await mkdir(folder, { recursive: true });
  const rejected = {
    ...books(),
    lines: { read: 100, blank: 0, unparsable: 4, quarantined: 7 },
    unparsableBy: [{ reason: 'unparsable', lines: 4 }],
    views: {
      song_data: viewBooks({ kept: 96, filtered: 0, duplicates: 0, quarantined: 0 }, { quarantinedBy: [] }),
      titled: viewBooks(
        { kept: 93, filtered: 0, duplicates: 0, quarantined: 3 },
        { quarantinedBy: REJECTIONS },
      ),
    },
  };
  const its = {
    ...report({}, { song_data: rejected }),
    token: `landfall/${RUN}/song_transform#${String(attempt)}`,
    quarantine: { song_data: partNames(files).map((name) => ({ name, size: 1 })) },
  };
  await mkdir(join(lake, key), { recursive: true });
  await writeFile(join(lake, key, 'report.json'), JSON.stringify(its));
  await duckdb(
    folder,
    partNames(files).map((name, at) =>
      copyTo(
        `select * from (select *, row_number() over () as n from (${REJECTED})) where n % ${String(files)} = ${String(at)}`,
        `$root/${name}`,
        `compression ${codec}`,
      ),
    ),
  );
  return key;
}

/** The state of a run whose step had these attempts; an accepted attempt names its execution. */
function state(...attempts: { attempt: number; execution?: string }[]): RunState {
  const first = begin({
    ...{ version: 2, number: 1, driver: 'd', nonce: 'n', at: '2026-11-21T09:30:00.000Z' },
    entry: 'planned',
    plan: plan(),
  });
  const all = attempts.map((one) => {
    const token = `landfall/${RUN}/song_transform#${String(one.attempt)}`;
    return { ...one, token, application: token, clusterId: 'j-1', intendedAt: new Date(0) };
  });
  return { ...first, attempts: { song_transform: all } };
}

const read = (its: RunState, question: Partial<QuarantineQuestion> = {}) =>
  readQuarantine(openFolder(lake), its, { limit: 3, ...question });

describe('the quarantine of a run', () => {
  it.each(['gzip', 'snappy', 'uncompressed'])(
    'counts by reason and field, and shows a few lines of each, from %s',
    async (codec) => {
      const key = await execution(1, 'local-1-aa', codec);
      const found = await read(state({ attempt: 1, execution: key }), { limit: 2 });
      expect(found).toMatchObject({
        run: RUN,
        verdict: 'running',
        total: 7,
        unread: [],
        maxQuarantined: 0.01,
      });
      const [source] = found.sources;
      expect(source).toMatchObject({
        source: 'song_data',
        step: 'song_transform',
        read: 100,
        quarantined: 7,
      });
      expect(source?.folder).toBe(`file://${lake}/${rejectedBy(key)}`);
      expect(source?.by.map(({ samples, ...one }) => ({ ...one, samples: samples.length }))).toEqual(
        BY.map((one) => ({ ...one, samples: Math.min(2, one.lines) })),
      );
      expect(source?.by[3]?.samples).toEqual([
        { file: 'file:///in/b.json', line: 12345, value: 'lo"ng', raw: '{"duration":"long"}', bytes: 19 },
      ]);
      expect(source?.by[0]?.samples[1]).toEqual({
        file: 'file:///in/a b%.json',
        line: 4,
        value: null,
        raw: `x${'y'.repeat(999)}`,
        bytes: 123456,
      });
    },
  );

  it('can be limited to one view: lines that it rejects, and lines that no view can use', async () => {
    const key = await execution(1, 'local-1-aa');
    const of = async (view: string) => {
      const { total, sources } = await read(state({ attempt: 1, execution: key }), { view });
      return { total, by: sources[0]?.by.map(({ samples, ...one }) => [one.view, samples.length]) };
    };
    expect(await of('titled')).toEqual({ total: 7, by: [[null, 3], ...REJECTIONS.map(() => ['titled', 1])] });
    expect(await of('song_data')).toEqual({ total: 4, by: [[null, 3]] });
    for (const view of ['titel', 'constructor'])
      await expect(of(view)).rejects.toMatchObject({
        fault: 'input',
        message: `no step read a view ${view}; the views are song_data, titled`,
      });
    await expect(of('titel')).rejects.toMatchObject({
      next: [{ verb: 'quarantine', words: expect.arrayContaining(['--view', 'titled', '--lake']) }],
    });
  });

  it('combines all its files, and shows all lines of a reason if there are fewer than requested', async () => {
    const key = await execution(1, 'local-1-aa', 'gzip', 3);
    const found = await read(state({ attempt: 1, execution: key }), { limit: 10 });
    const raws = found.sources[0]?.by[0]?.samples.map(({ raw }) => raw.slice(0, 5)).sort();
    expect(raws).toEqual(['fourt', 'third', 'xyyyy', '{"son']);
  });

  it('needs no file for the counts', async () => {
    const key = await execution(1, 'local-1-aa');
    await rm(join(lake, rejectedBy(key)), { recursive: true });
    const found = await read(state({ attempt: 1, execution: key }), { limit: 0 });
    expect(found.sources[0]?.by).toEqual(BY.map((one) => ({ ...one, samples: [] })));
    expect(formatQuarantine(found)).toContain(
      `  some or all of their Parquet is gone: ${lake}/${rejectedBy(key)}`,
    );
  });

  it('shows values of other types as text', async () => {
    const key = await execution(1, 'local-1-aa');
    const folder = join(lake, rejectedBy(key));
    await duckdb(folder, [
      copyTo(
        `select null::varchar as view, 'unparsable' as reason, null::varchar as field, 7::bigint as file, 'x' as line, [1::bigint] as value,
           null::varchar as raw, 5::bigint as bytes`,
        '$root/part-0.parquet',
        'compression gzip',
      ),
    ]);
    const { sources } = await read(state({ attempt: 1, execution: key }));
    const samples = sources[0]!.by.flatMap((one) => one.samples);
    expect(samples).toEqual([{ file: '7', line: Number.NaN, value: '["1"]', raw: 'null', bytes: 5 }]);
    expect(() => JSON.stringify(samples)).not.toThrow();
  });

  it('says that a file is missing if it has fewer lines than were rejected', async () => {
    const key = await execution(1, 'local-1-aa', 'gzip', 3);
    const whole = async () => (await read(state({ attempt: 1, execution: key }))).sources[0]?.isWhole;
    expect(await whole()).toBe(true);
    await rm(join(lake, rejectedBy(key), 'part-1.parquet'));
    expect(await whole()).toBe(false);
  });

  it('is that of the newest attempt with a report, even if the run failed before it accepted one', async () => {
    await execution(1, 'local-1-aa');
    const second = await execution(2, 'local-2-bb');
    await mkdir(join(lake, STEP, '3/local-3-cc'), { recursive: true });
    const found = await read(state({ attempt: 1 }, { attempt: 2 }, { attempt: 3 }));
    expect(found.sources.map(({ folder }) => folder)).toEqual([`file://${lake}/${rejectedBy(second)}`]);
  });

  it('is unknown for a source whose step has not reported', async () => {
    await mkdir(join(lake, STEP, '1/local-1-aa'), { recursive: true });
    expect(await read(state({ attempt: 1 }))).toMatchObject({ total: 0, sources: [], unread: ['song_data'] });
    expect(await read(state())).toMatchObject({ sources: [], unread: ['song_data'] });
  });

  it('names a broken file, and what still works', async () => {
    const key = await execution(1, 'local-1-aa');
    await truncate(join(lake, rejectedBy(key), 'part-0.parquet'), 50);
    await expect(read(state({ attempt: 1, execution: key }))).rejects.toMatchObject({
      fault: 'input',
      message: `the quarantine ${rejectedBy(key)}/part-0.parquet cannot be read`,
      next: '--limit 0 shows the counts alone',
    });
  });

  it('is reported as broken, once, if its file is a FIFO', async () => {
    const key = await execution(1, 'local-1-aa');
    const path = join(lake, rejectedBy(key), 'part-0.parquet');
    await rm(path);
    spawnSync('mkfifo', [path]);
    await expect(read(state({ attempt: 1, execution: key }))).rejects.toMatchObject({ fault: 'input' });
    // A rejection that nobody handles ends the process in the next turns of the event loop.
    await setTimeout(50);
  });
});

describe('the quarantine as text', () => {
  it('begins with the most frequent reason, names line and value, shortens long lines and ends with the sum', async () => {
    const key = await execution(1, 'local-1-aa');
    const text = formatQuarantine(await read(state({ attempt: 1, execution: key })));
    expect(text.split('\n')).toEqual([
      `run ${RUN}  running`,
      'song_data: 7 of 100 lines quarantined (7 %; at most 1 % may be)',
      '  unparsable: 4 lines',
      '    /in/a b%.json, line 3',
      '      {"song_id"',
      '    /in/a b%.json, line 4',
      `      x${'y'.repeat(99)}... (123.5 kB)`,
      '    /in/b.json, line 1',
      '      third',
      '  missing song_id in titled: 1 line',
      '    /in/c.json, line 2',
      '      {}',
      '  missing title in titled: 1 line',
      '    /in/c.json, line 1',
      '      {"title":""}',
      '  type duration in titled: 1 line',
      '    /in/b.json, line 12345: duration is "lo\\"ng"',
      '      {"duration":"long"}',
      `  as Parquet: ${lake}/${rejectedBy(key)}`,
      '7 lines quarantined in all',
    ]);
  });

  it('says so if nothing was rejected, or nothing is known', () => {
    const nothing = {
      ...{ run: 'r', verdict: 'succeeded' as const, maxQuarantined: 0.01, total: 0, unread: ['log_data'] },
      sources: [
        {
          source: 'song_data',
          step: 's',
          read: 71,
          quarantined: 0,
          folder: 'file:///f',
          isWhole: true,
          by: [],
        },
      ],
    };
    expect(formatQuarantine(nothing).split('\n').slice(1)).toEqual([
      'song_data: none of 71 lines is quarantined',
      'log_data: not known; no step has reported about it',
      '0 lines quarantined in all',
    ]);
  });
});
