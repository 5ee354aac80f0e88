/** A pipeline with several views of one source, lines that the views treat differently, and the expected results. */
import { mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect } from '@jest/globals';
import { parquetReadObjects } from 'hyparquet';
import { booksFindings } from '../../src/lake/books.ts';
import type { SourceBooks } from '../../src/pipeline/report.ts';
import type { TemplateFile } from '../../src/pipeline/template-file.ts';
import type { Job, JobResult } from './batch.ts';
import { executionOf, renderInto, templates } from './spark.ts';

const SEVERAL_VIEWS: readonly TemplateFile[] = [
  {
    path: 'pipeline.yaml',
    text: `name: several_views
sources: [log]
steps:
  - { name: look, doc: Reads three of four views., reads: [plays, events, firsts], writes: [seen] }
`,
  },
  {
    path: 'sources/log.yaml',
    text: `name: log
doc: Events.
fields:
  - { name: ts, type: BIGINT, doc: When. }
  - { name: userId, type: BIGINT, doc: Who. }
  - { name: page, type: STRING, doc: Where. }
  # Fields and views may have the same name.
  - { name: plays, type: DOUBLE, doc: How long. }
views:
  - name: plays
    doc: Songs played.
    keep: { field: page, equals: NextSong }
    required: [ts, userId]
    event_key: [ts, userId]
  - { name: events, doc: Everything that has a time., required: [ts], event_key: [ts] }
  - { name: firsts, doc: What happened first., keep: { field: ts, equals: 1 } }
  - { name: unread, doc: No step reads it., required: [page] }
`,
  },
  {
    path: 'tables/look/seen.sql.hbs',
    text: `---
doc: Events, whoever caused them.
key: [ts]
columns:
  - { name: ts, type: BIGINT, nullable: false, doc: When. }
  - { name: user_id, type: BIGINT, doc: Who. }
  - { name: firsts, type: BIGINT, nullable: false, doc: How many events happened first. }
checks:
  - { check: row_count, equals: events }
  - { check: condition, name: somebody_is_known_at_first_only, sql: (user_id IS NULL) = (ts > 1) }
  - { check: condition, name: three_events_came_first, sql: firsts = 3 }
---
SELECT ts, userId AS user_id, (SELECT count(*) FROM firsts) AS firsts
FROM events
`,
  },
];

/** By object: its lines. */
const OBJECTS = {
  'first.json.gz': [
    '{"ts":1,"userId":8,"page":"NextSong"}',
    '{"ts":2,"userId":"","page":"Home","plays":1}',
    '{"ts":3,"page":"NextSong"}',
    '{"ts":"x","userId":1,"page":"Home"}',
  ],
  'last.json': [
    '{"ts":1,"userId":7,"page":"NextSong","plays":"long"}',
    '{"userId":9}',
    '{"ts":1,',
    ' ',
    '{"ts":1,"userId":7,"page":"NextSong","plays":"long"}',
    '[1]',
  ],
};

/**
 * Lines of the changed and the removed object in an earlier execution. Each would show if it stayed: an event that wins, an event
 * of its own, and lines that are rejected or cannot be parsed.
 */
const EARLIER = [
  '{"ts":1,"userId":6,"page":"NextSong"}',
  '{"ts":9,"userId":5,"page":"NextSong"}',
  '{"userId":1}',
  '{',
];

const unknowns = { unknown: [], otherKeys: [] };

const BOOKS: SourceBooks = {
  objects: { manifest: 2, read: 2, empty: 0, unaccounted: [] },
  lines: { read: 9, blank: 1, unparsable: 2, quarantined: 5 },
  unparsableBy: [
    { reason: 'array', lines: 1 },
    { reason: 'unparsable', lines: 1 },
  ],
  misshapen: [],
  views: {
    plays: {
      lines: { kept: 2, filtered: 2, duplicates: 1, quarantined: 2 },
      conflicts: 0,
      quarantinedBy: [
        { reason: 'missing', field: 'page', lines: 1 },
        { reason: 'missing', field: 'userId', lines: 1 },
      ],
      nulls: [{ field: 'plays', missing: 1, blank: 0, unfit: 1 }],
      ...unknowns,
    },
    events: {
      lines: { kept: 3, filtered: 0, duplicates: 2, quarantined: 2 },
      conflicts: 1,
      quarantinedBy: [
        { reason: 'missing', field: 'ts', lines: 1 },
        { reason: 'type', field: 'ts', lines: 1 },
      ],
      nulls: [
        { field: 'userId', missing: 1, blank: 1, unfit: 0 },
        { field: 'plays', missing: 1, blank: 0, unfit: 1 },
      ],
      ...unknowns,
    },
    firsts: {
      lines: { kept: 3, filtered: 2, duplicates: 0, quarantined: 2 },
      conflicts: 0,
      quarantinedBy: [
        { reason: 'missing', field: 'ts', lines: 1 },
        { reason: 'type', field: 'ts', lines: 1 },
      ],
      nulls: [{ field: 'plays', missing: 1, blank: 0, unfit: 2 }],
      ...unknowns,
    },
  },
};

/** Rows of the quarantine: object, line, view, reason, field and value. */
const REJECTED = [
  ['first.json.gz', 3, 'plays', 'missing', 'userId', null],
  ['first.json.gz', 4, 'events', 'type', 'ts', 'x'],
  ['first.json.gz', 4, 'firsts', 'type', 'ts', 'x'],
  ['last.json', 2, 'events', 'missing', 'ts', null],
  ['last.json', 2, 'firsts', 'missing', 'ts', null],
  ['last.json', 2, 'plays', 'missing', 'page', null],
  ['last.json', 3, null, 'unparsable', null, null],
  ['last.json', 6, null, 'array', null, null],
];

/**
 * Two executions, the second of which builds on the first. Between them, one object changes and one is removed. The third keeps
 * its size and time, but cannot be read any more.
 */
export function severalViewsJobs(folder: string): { name: string; job: Job }[] {
  const here = (name: string) => join(folder, 'log', name);
  const away = (name: string) => join(folder, 'away', name);
  for (const name of ['log', 'away']) mkdirSync(join(folder, name), { recursive: true });
  const [first, last] = ['first.json.gz', 'last.json'] as const;
  const packed = gzipSync(OBJECTS[first].join('\n'));
  writeFileSync(here(first), packed);
  writeFileSync(away(first), Buffer.alloc(packed.length, 'x'));
  for (const path of [here(first), away(first)]) utimesSync(path, 1.7e9, 1.7e9);
  writeFileSync(away(last), OBJECTS[last].join('\n'));
  for (const name of [last, 'gone.json']) writeFileSync(here(name), EARLIER.join('\n'));
  const programs = renderInto(join(folder, 'programs'), {}, { ...templates(), files: SEVERAL_VIEWS });
  const program = programs['look']!;
  const source = `log=file://${join(folder, 'log')}`;
  const writing = (name: string) => ['--output', `file://${join(folder, name)}`, '--source', source];
  const moves = [
    [here('gone.json'), away('gone.json')],
    [away(last), here(last)],
    [away(first), here(first)],
  ] as const;
  return [
    { name: 'several views before', job: { program, arguments: writing('before') } },
    {
      name: 'several views',
      job: { program, moves, arguments: [...writing('out'), '--base', `file://${join(folder, 'before')}`] },
    },
  ];
}

/**
 * Checks that each view has its own books and quarantined rows, that lines are parsed once, and that an object that is
 * unchanged is not even read again.
 */
export async function expectSeveralViews(folder: string, result: JobResult | undefined): Promise<void> {
  expect(result).toMatchObject({ failure: null, parsed: { log: 1 } });
  const { folder: execution, report } = executionOf(join(folder, 'out'));
  expect(report.sources).toEqual({ log: BOOKS });
  expect(report.sourceTables['log']).toMatchObject({ parsed: 1, rows: 5 });
  const planned = { objects: 2, views: Object.keys(BOOKS.views) };
  expect(booksFindings('log', BOOKS, { ...planned, maxQuarantined: 5 / 9 })).toEqual([]);
  expect(booksFindings('log', BOOKS, { ...planned, maxQuarantined: 0.5 })).toMatchObject([
    { limit: 'max_quarantined', count: 5 },
  ]);
  const rejected = await rowsBelow(join(execution, 'tables/quarantine/source=log'));
  expect(
    rejected
      .map(({ file, line, view, reason, field, value }) => {
        const name = String(file).slice(`file://${join(folder, 'log')}/`.length);
        return [name, Number(line), view, reason, field, value];
      })
      .sort(),
  ).toEqual(REJECTED.toSorted());
  expect(report.tables['seen']!.violations).toEqual([]);
  expect(report.tables['seen']!.rows).toBe(3);
}

/** The rows of the Parquet files in a folder of the quarantine. */
async function rowsBelow(folder: string): Promise<Record<string, unknown>[]> {
  const decompress = { GZIP: (packed: Uint8Array) => new Uint8Array(gunzipSync(packed)) };
  const rows: Record<string, unknown>[] = [];
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.parquet'))) {
    const bytes = new Uint8Array(readFileSync(join(folder, name)));
    rows.push(...(await parquetReadObjects({ file: bytes.buffer, compressors: decompress })));
  }
  return rows;
}
