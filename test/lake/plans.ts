/** A plan and reports about two small tables, for tests of what landed. */
import type { TableContract } from '../../src/pipeline/contract.ts';
import type { SourceBooks, StepReport, TableReport, ViewBooks } from '../../src/pipeline/report.ts';
import { madeOf as madeOfPlan } from '../../src/run/made-of.ts';
import type { RunPlan } from '../../src/run/plan.ts';

const column = (name: string, type: TableContract['columns'][number]['type'], nullable = false) => ({
  name,
  type,
  nullable,
  doc: name,
});

export const songs: TableContract = {
  name: 'songs',
  doc: 'songs',
  columns: [
    column('song_id', 'STRING'),
    column('title', 'STRING', true),
    column('artist_id', 'STRING'),
    column('year', 'INT'),
    column('duration', 'DOUBLE'),
  ],
  key: ['song_id'],
  partitionBy: ['year'],
  sortBy: ['song_id'],
  mayBeEmpty: false,
  internal: false,
  checks: [],
};

export const songKeys: TableContract = {
  ...songs,
  name: 'song_keys',
  columns: [column('song_id', 'STRING')],
  partitionBy: [],
  internal: true,
};

export const RUN = '20261121-0930-abc123';
export const EXECUTION = `_landfall/runs/${RUN}/steps/song_transform/1/local-1-ff`;

export function plan(tables: readonly TableContract[] = [songs, songKeys]): RunPlan {
  return {
    version: 1,
    run: RUN,
    pipeline: 'sparkify',
    plannedAt: '2026-11-21T09:30:00.000Z',
    lake: 'file:///lake',
    logUri: 'file:///lake/_landfall/logs',
    sources: [{ name: 'song_data', uri: 'file:///in', objects: 4, bytes: 100, skipped: 0 }],
    inputsDigest: 'x',
    digests: {
      sources: { song_data: 'x' },
      tables: Object.fromEntries(tables.map(({ name }) => [name, 'x'])),
    },
    steps: [
      {
        name: 'song_transform',
        digest: 'x',
        sources: [{ name: 'song_data', views: ['song_data'] }],
        upstreams: [],
        tables,
        dependencies: Object.fromEntries(
          tables.map(({ name }) => [name, { query: ['song_data'], checks: [] }]),
        ),
      },
    ],
    applications: 'joined',
    cluster: { kind: 'local' },
    release: 'emr-7.13.0',
    publication: 1,
    keepAlive: false,
    settleSeconds: 60,
    idleTimeoutSeconds: 600,
    stepTimeoutSeconds: 0,
    maxQuarantined: 0.01,
    origin: { folder: 'spark-templates/sparkify', variables: {} },
  };
}

/** What publications of such plans are made of. */
export const madeOf = madeOfPlan(plan(), {});

/** The books of a source with one view, which has its name unless another is given. */
export function books(
  lines: Partial<ViewBooks['lines'] & SourceBooks['lines']> = {},
  objects: Partial<SourceBooks['objects']> = {},
  view = 'song_data',
): SourceBooks {
  const { read = 1000, blank = 2, unparsable = 3, ...fates } = lines;
  const its = viewBooks(fates);
  return {
    objects: { manifest: 4, read: 3, empty: 1, unaccounted: [], ...objects },
    lines: { read, blank, unparsable, quarantined: its.lines.quarantined + unparsable },
    unparsableBy: [{ reason: 'unparsable', lines: 3 }],
    misshapen: [],
    views: { [view]: its },
  };
}

/** By default for the 997 parsed lines of `books`. */
export function viewBooks(
  lines: Partial<ViewBooks['lines']> = {},
  more: Partial<Omit<ViewBooks, 'lines'>> = {},
): ViewBooks {
  return {
    lines: { kept: 900, filtered: 80, duplicates: 15, quarantined: 2, ...lines },
    conflicts: 0,
    quarantinedBy: [{ reason: 'type', field: 'ts', lines: 2 }],
    nulls: [],
    unknown: [],
    otherKeys: [],
    ...more,
  };
}

export function tableReport(rows: number, more: Partial<TableReport> = {}): TableReport {
  return {
    files: [],
    made: { kind: 'whole' },
    rows,
    readBack: rows,
    conflicts: null,
    checks: 3,
    violations: [],
    matched: [],
    ...more,
  };
}

export function report(
  tables: StepReport['tables'],
  sources: StepReport['sources'] = { song_data: books() },
): StepReport {
  return {
    version: 4,
    step: 'song_transform',
    token: `landfall/${RUN}/song_transform#1`,
    applicationId: 'local-1',
    sparkVersion: '3.5.6',
    startedAt: 0,
    endedAt: 1,
    sources,
    quarantine: {},
    sourceTables: {},
    upstreams: {},
    tables,
  };
}
