import { describe, expect, it } from '@jest/globals';
import { acceptExecution } from '../../src/lake/accept.ts';
import { keys, mostBytes } from '../../src/lake/layout.ts';
import type { StepReport } from '../../src/pipeline/report.ts';
import { openFolder } from '../../src/store/local-folder.ts';
import { temporaryFolder } from '../support/landfall.ts';
import { memoryStore } from '../support/memory-store.ts';
import { books, report, RUN, tableReport } from './plans.ts';

const ATTEMPT = `_landfall/runs/${RUN}/steps/song_transform/1`;
const TOKEN = `landfall/${RUN}/song_transform#1`;
const text = (value: string) => new TextEncoder().encode(value);
const store = () => memoryStore('s3://lake', () => new Date());
const body = (change: Partial<StepReport> = {}) => text(JSON.stringify({ ...report({}), ...change }));

const sourceTable = (files: StepReport['sourceTables'][string]['files']) => ({
  ...{ digest: 'd', rows: 1, parsed: 1 },
  files,
});

describe('accepting an execution', () => {
  it('accepts one that names data files of earlier executions', async () => {
    const lake = store();
    const files = [{ name: 'year=1/a.parquet', size: 1, in: 'r.0.application_1_2-ff' }];
    const its = {
      tables: { songs: tableReport(1, { files }) },
      sourceTables: { song_data: sourceTable(files) },
    };
    await lake.put(`${ATTEMPT}/local-1-ff/report.json`, body(its));
    expect((await acceptExecution(lake, ATTEMPT, TOKEN))!.report).toMatchObject(its);
  });

  it('accepts the one whose report is complete', async () => {
    const lake = store();
    await lake.put(`${ATTEMPT}/step.py`, text('program'));
    await lake.put(`${keys.table(`${ATTEMPT}/local-1-ff`, 'songs')}a.parquet`, text('x'));
    await lake.put(`${ATTEMPT}/local-1-ff/report.json`, body());
    expect(await acceptExecution(lake, ATTEMPT, TOKEN)).toEqual({
      step: 'song_transform',
      key: `${ATTEMPT}/local-1-ff`,
      report: report({}),
    });
  });

  it('accepts none while there is no report', async () => {
    const lake = store();
    expect(await acceptExecution(lake, ATTEMPT, TOKEN)).toBeUndefined();
    await lake.put(`${keys.table(`${ATTEMPT}/local-1-ff`, 'songs')}a.parquet`, text('x'));
    expect(await acceptExecution(lake, ATTEMPT, TOKEN)).toBeUndefined();
  });

  it.each([
    ['empty', text('')],
    ['cut', text(JSON.stringify(report({})).slice(0, -5))],
    ['of another shape', text('{"version": 1}')],
    ['of another step', body({ step: 'log_transform' })],
    ['with a table named as a path', body({ tables: { '../songs': tableReport(1) } })],
    ['with a table named as a folder of the lake', body({ tables: { delta: tableReport(1) } })],
    [
      'with rejected lines in a file elsewhere',
      body({ quarantine: { song_data: [{ name: '../../x.parquet', size: 1 }] } }),
    ],
    [
      'with rejected lines in a file of an earlier execution',
      text(
        JSON.stringify({
          ...report({}),
          quarantine: { song_data: [{ name: 'a.parquet', size: 1, in: 'r0.local-1-ff' }] },
        }),
      ),
    ],
    ...['a.txt', '_temporary/a.parquet', 'x/a.parquet'].map((name): [string, Uint8Array] => [
      `with ${JSON.stringify(name)} of its own, which is no data file`,
      body({ sourceTables: { song_data: sourceTable([{ name, size: 1 }]) } }),
    ]),
    ['with a source named as a path', body({ sources: { '../x': books() } })],
    ...['../../x.parquet', '/x.parquet', 'year=1/../x.parquet', '', 'a\0b'].map(
      (name): [string, Uint8Array] => [
        `with a file named ${JSON.stringify(name)}`,
        body({ tables: { songs: tableReport(1, { files: [{ name, size: 1 }] }) } }),
      ],
    ),
    ...[
      '',
      '..',
      'r0',
      'r0.else',
      'r0.local-1-ff/year=1',
      '../songs/r0.local-1-ff',
      '.local-1-ff',
      `${RUN}.local-1-ff`,
    ].map((writer): [string, Uint8Array] => [
      `with a file in ${JSON.stringify(writer)}, which is no folder of an earlier execution`,
      body({ tables: { songs: tableReport(1, { files: [{ name: 'a.parquet', size: 1, in: writer }] }) } }),
    ]),
    ...['../x.parquet', 'a.txt', '_temporary/a.parquet', 'x/a.parquet'].map((name): [string, Uint8Array] => [
      `with ${JSON.stringify(name)} of an earlier execution, which is no data file`,
      body({ sourceTables: { song_data: sourceTable([{ name, size: 1, in: 'r0.local-1-ff' }]) } }),
    ]),
    [
      'with two files of one name, which would have one plain path',
      body({
        tables: {
          songs: tableReport(1, {
            files: [
              { name: 'a.parquet', size: 1 },
              { name: 'a.parquet', size: 1, in: 'r0.local-1-ff' },
            ],
          }),
        },
      }),
    ],
    ['of another token', body({ token: `landfall/${RUN}/song_transform#2` })],
  ])('ignores a report that is %s, and continues with the next', async (_, broken) => {
    const lake = store();
    await lake.put(`${ATTEMPT}/local-1-ff/report.json`, broken);
    expect(await acceptExecution(lake, ATTEMPT, TOKEN)).toBeUndefined();
    await lake.put(`${ATTEMPT}/local-2-ff/report.json`, body());
    expect((await acceptExecution(lake, ATTEMPT, TOKEN))!.key).toBe(`${ATTEMPT}/local-2-ff`);
  });

  it('ignores one that is too large to be a report', async () => {
    const { folder, remove } = temporaryFolder();
    try {
      const lake = openFolder(folder);
      for (const [name, spaces] of [
        ['local-1-ff', mostBytes.report],
        ['local-2-ff', 0],
      ] as const)
        await lake.put(`${ATTEMPT}/${name}/report.json`, Buffer.concat([body(), Buffer.alloc(spaces, ' ')]));
      expect((await acceptExecution(lake, ATTEMPT, TOKEN))!.key).toBe(`${ATTEMPT}/local-2-ff`);
    } finally {
      remove();
    }
  });

  it('accepts the one of several that completed first, like a step that was given their folder', async () => {
    const lake = store();
    for (const [name, endedAt] of [
      ['application_1_9999-aa', 2_000],
      ['application_1_10000-bb', 3_000],
      ['application_1_10001-cc', 1_000],
    ] as const)
      await lake.put(`${ATTEMPT}/${name}/report.json`, body({ endedAt }));
    expect((await acceptExecution(lake, ATTEMPT, TOKEN))!.key).toBe(`${ATTEMPT}/application_1_10001-cc`);
  });

  it('accepts the lowest name of several that completed at once', async () => {
    const lake = store();
    for (const name of ['local-3-aa', 'local-1-bb', 'local-2-cc'])
      await lake.put(`${ATTEMPT}/${name}/report.json`, body());
    expect((await acceptExecution(lake, ATTEMPT, TOKEN))!.key).toBe(`${ATTEMPT}/local-1-bb`);
  });

  it('does not take a file of a table or of another attempt for a report', async () => {
    const lake = store();
    await lake.put(`${keys.table(`${ATTEMPT}/local-1-ff`, 'songs')}report.json`, body());
    await lake.put(`${ATTEMPT}/report.json`, body());
    await lake.put(`${ATTEMPT}0/local-1-ff/report.json`, body());
    expect(await acceptExecution(lake, ATTEMPT, TOKEN)).toBeUndefined();
  });

  it('does not list the data files of the accepted one', async () => {
    const lake = store();
    await lake.put(`${ATTEMPT}/local-1-ff/report.json`, body());
    for (let n = 0; n < 100; n += 1)
      await lake.put(`${keys.table(`${ATTEMPT}/local-1-ff`, 'songs')}${String(n)}`, text('x'));
    const blind = {
      ...lake,
      list: () => {
        throw new Error('listed');
      },
    };
    expect(await acceptExecution(blind, ATTEMPT, TOKEN)).toBeDefined();
  });
});
