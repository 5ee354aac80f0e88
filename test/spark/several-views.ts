/** A pipeline with several views of one source, lines that the views treat differently, and the expected results. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
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

const LINES = [
  '{"ts":1,"userId":7,"page":"NextSong","plays":"long"}',
  '{"ts":1,"userId":7,"page":"NextSong","plays":"long"}',
  '{"ts":1,"userId":8,"page":"NextSong"}',
  '{"ts":2,"userId":"","page":"Home","plays":1}',
  '{"ts":3,"page":"NextSong"}',
  '{"ts":"x","userId":1,"page":"Home"}',
  '{"userId":9}',
  '{"ts":1,',
  ' ',
  '[1]',
];

const unknowns = { unknown: [], otherKeys: [] };

const BOOKS: SourceBooks = {
  objects: { manifest: 1, read: 1, empty: 0, unaccounted: [] },
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

/** Rows of the quarantine: line, view, reason, field and value. */
const REJECTED = [
  [5, 'plays', 'missing', 'userId', null],
  [6, 'events', 'type', 'ts', 'x'],
  [6, 'firsts', 'type', 'ts', 'x'],
  [7, 'events', 'missing', 'ts', null],
  [7, 'firsts', 'missing', 'ts', null],
  [7, 'plays', 'missing', 'page', null],
  [8, null, 'unparsable', null, null],
  [10, null, 'array', null, null],
];

/** Writes the lines below `folder`, and renders the step that reads them. */
export function severalViewsJob(folder: string): Job {
  mkdirSync(join(folder, 'log'), { recursive: true });
  writeFileSync(join(folder, 'log/events.json'), LINES.join('\n'));
  const programs = renderInto(join(folder, 'programs'), {}, { ...templates(), files: SEVERAL_VIEWS });
  const [source, output] = [join(folder, 'log'), join(folder, 'out')];
  return {
    program: programs['look']!,
    arguments: ['--output', `file://${output}`, '--source', `log=file://${source}`],
  };
}

/** Checks that each view has its own books and quarantined rows, and that lines are parsed once. */
export async function expectSeveralViews(folder: string, result: JobResult | undefined): Promise<void> {
  expect(result).toMatchObject({ failure: null, parsed: { log: 1 } });
  const { folder: execution, report } = executionOf(join(folder, 'out'));
  expect(report.sources).toEqual({ log: BOOKS });
  const planned = { objects: 1, views: Object.keys(BOOKS.views) };
  expect(booksFindings('log', BOOKS, { ...planned, maxQuarantined: 5 / 9 })).toEqual([]);
  expect(booksFindings('log', BOOKS, { ...planned, maxQuarantined: 0.5 })).toMatchObject([
    { limit: 'max_quarantined', count: 5 },
  ]);
  const rejected = await rowsBelow(join(execution, 'tables/quarantine/source=log'));
  expect(
    rejected.map(({ line, view, reason, field, value }) => [Number(line), view, reason, field, value]),
  ).toEqual(REJECTED);
  expect(report.tables['seen']!.violations).toEqual([]);
  expect(report.tables['seen']!.rows).toBe(3);
}

/** The rows of the only Parquet file in a folder of the quarantine. */
async function rowsBelow(folder: string): Promise<Record<string, unknown>[]> {
  const [name, ...more] = readdirSync(folder).filter((one) => one.endsWith('.parquet'));
  expect(more).toEqual([]);
  const bytes = new Uint8Array(readFileSync(join(folder, name!)));
  const decompress = { GZIP: (packed: Uint8Array) => new Uint8Array(gunzipSync(packed)) };
  return parquetReadObjects({ file: bytes.buffer, compressors: decompress });
}
