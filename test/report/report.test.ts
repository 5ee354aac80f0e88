import { describe, expect, it } from '@jest/globals';
import { failureFrom, LandfallError } from '../../src/faults.ts';
import { failureValue, formatFailure, formatInterruption, painter } from '../../src/report/failure.ts';
import { narrate } from '../../src/report/narrate.ts';
import { count } from '../../src/counted.ts';
import { bytes, columns, duration } from '../../src/report/quantities.ts';
import { place } from '../../src/shell-words.ts';
import { checksLine } from '../../src/report/checks-line.ts';
import { checksMade } from '../../src/pipeline/checks-made.ts';
import { collect, emptySummary, formatSummary } from '../../src/report/summary.ts';
import { formatSubmission } from '../../src/report/submission.ts';
import { command, PLAIN } from '../../src/shell-words.ts';
import type { Submission } from '../../src/run/detach.ts';
import type { StepReport } from '../../src/pipeline/report.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { plan } from '../support/fake-run.ts';

const plain = painter(false);

describe('quantities', () => {
  it('are formatted for people', () => {
    expect([count(6820), count(0)]).toEqual(['6,820', '0']);
    expect([bytes(0), bytes(999), bytes(1000), bytes(312_400), bytes(5e12)]).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '312.4 kB',
      '5.0 TB',
    ]);
    expect([400, 9_999, 14_000, 200_000, 600_000, 7_500_000, 86_400_000].map(duration)).toEqual([
      '0.4 s',
      '10.0 s',
      '14 s',
      '3 min 20 s',
      '10 min',
      '2 h 05 min',
      '24 h',
    ]);
    expect([place('file:///a b'), place('s3://b/c')]).toEqual(['/a b', 's3://b/c']);
  });

  it('are aligned in columns, numbers to the right', () => {
    expect(
      columns(
        [
          ['table', 'rows'],
          ['songs', '71'],
        ],
        [false, true],
      ),
    ).toEqual(['table  rows', 'songs    71']);
  });
});

describe('a submission', () => {
  const left: Submission = {
    run: 'r1',
    lake: 'file:///lake',
    cluster: { id: 'j-1', where: 'ours', idleTimeoutSeconds: 600 },
    steps: [
      { step: 'song_transform', attempt: 2, id: 's-1', state: 'accepted' },
      { step: 'log_transform', attempt: 1, id: 's-2', state: 'submitted' },
    ],
    next: [command('attach', 'r1')],
  };

  it('says what was submitted, what it costs until when, and the next command', () => {
    expect(formatSubmission(left, 'landfall attach r1')).toBe(
      [
        'step song_transform  attempt 2  s-1  accepted',
        'step log_transform              s-2  submitted',
        'cluster j-1 costs money until attach terminates it, or 600 s after its last step',
        'run r1 is submitted; nothing is verified or published until attach does it',
        'lake /lake',
        'next: landfall attach r1',
      ].join('\n'),
    );
  });

  it('reports no costs of someone else’s cluster, or of this machine', () => {
    const [others, local] = (['not ours', 'local'] as const).map((where) =>
      formatSubmission({ ...left, cluster: { id: 'j-1', where, idleTimeoutSeconds: 600 } }, ''),
    );
    expect(others).toContain('cluster j-1 was not launched by this run, which never terminates it');
    expect(local).toContain('cluster j-1 is this machine: the steps continue while it is on');
  });
});

describe('a failure', () => {
  const error = new LandfallError('step', 'step log_transform ended FAILED', {
    why: ['[UNRESOLVED_COLUMN] no column x', 'at spark-templates/tables/log_transform/users.sql.hbs:31'],
    stand: ['nothing was published'],
    next: command('retry', 'r1'),
  });

  it('is reported once: what failed, why, the state of the run, the next command', () => {
    expect(formatFailure(error, plain, PLAIN)).toBe(
      [
        'error  step log_transform ended FAILED',
        '  [UNRESOLVED_COLUMN] no column x',
        '  at spark-templates/tables/log_transform/users.sql.hbs:31',
        '  nothing was published',
        '  next: landfall retry r1',
      ].join('\n'),
    );
  });

  it('is the same as JSON', () => {
    expect(failureValue(error, 4, PLAIN)).toMatchObject({
      exitCode: 4,
      fault: 'step',
      next: 'landfall retry r1',
    });
  });

  it('after an interruption reports the state of the run, and the next command', () => {
    const left = { run: 'r1', stand: ['nothing was published'], next: command('attach', 'r1') };
    expect(formatInterruption(left, PLAIN)).toBe('  nothing was published\n  next: landfall attach r1');
  });

  it('that is not a LandfallError is reported as our bug, with its stack', () => {
    const bug = failureFrom(new TypeError('x is undefined'));
    expect(bug.fault).toBe('internal');
    expect(bug.why[0]).toMatch(/^TypeError: x is undefined\n\s+at /);
    expect(failureFrom(error)).toBe(error);
  });
});

describe('narrating a run', () => {
  const step = (state: string, elapsedMs: number): RunEvent => ({
    event: 'step',
    step: 's',
    attempt: 1,
    id: 's-1',
    state,
    elapsedMs,
  });

  it('makes a permanent line of each change and a transient one of each repetition', () => {
    const first = narrate({}, step('RUNNING', 0), plain);
    const second = narrate(first.said, step('RUNNING', 14_000), plain);
    const third = narrate(second.said, step('COMPLETED', 15_000), plain);
    expect([first, second, third].map(({ line }) => line)).toEqual([
      {
        text: 'step s  s-1  RUNNING  0.0 s',
        transient: false,
        clock: { text: 'step s  s-1  RUNNING', elapsedMs: 0 },
      },
      {
        text: 'step s  s-1  RUNNING  14 s',
        transient: true,
        clock: { text: 'step s  s-1  RUNNING', elapsedMs: 14_000 },
      },
      { text: 'step s  s-1  COMPLETED  15 s', transient: false },
    ]);
  });

  it('shows an unknown state as EMR sent it', () => {
    expect(narrate({}, step('HIBERNATING', 0), plain).line?.text).toContain('HIBERNATING');
  });
});

describe('the summary of a run', () => {
  const lines = { read: 10, blank: 1, unparsable: 1, quarantined: 2 };
  const objects = { manifest: 2, read: 1, empty: 1, unaccounted: [] };
  const descriptions = {
    nulls: [
      { field: 'place', missing: 1, blank: 0, unfit: 0 },
      { field: 'title', missing: 1000, blank: 2, unfit: 1 },
    ],
    unknown: [],
    otherKeys: [],
  };
  const plays = { kept: 7, filtered: 1, duplicates: 1, quarantined: 0 };
  const anything = { kept: 8, filtered: 0, duplicates: 0, quarantined: 1 };
  const skippedBy = { 'names starting with _ or .': 1, '.csv': 3 };
  const low = { column: 'x_id', found: 'its x', rows: 1, warnBelow: 0.2 };
  const report: StepReport = {
    version: 4 as const,
    quarantine: {},
    sourceTables: {},
    step: 's',
    token: 'landfall/r1/s#1',
    applicationId: 'a',
    sparkVersion: '3.5.6',
    startedAt: 0,
    endedAt: 1,
    sources: {
      log_data: {
        ...{ objects, lines, unparsableBy: [], misshapen: [] },
        views: {
          plays: { lines: plays, conflicts: 1, quarantinedBy: [], ...descriptions },
          events: { lines: anything, conflicts: 0, quarantinedBy: [], ...descriptions, nulls: [] },
        },
      },
    },
    upstreams: {},
    tables: {
      songs: {
        files: [],
        made: { kind: 'whole' },
        rows: 7,
        readBack: 7,
        conflicts: 2,
        checks: 9,
        violations: [],
        matched: [low],
      },
    },
  };
  const file = { key: 'k', mirror: 'm', size: 1500, etag: 'e', rows: 7 };
  const events: RunEvent[] = [
    { event: 'planned', plan: { ...plan, sources: plan.sources.map((one) => ({ ...one, skippedBy })) } },
    { event: 'phase-ended', phase: 'steps', ms: 14_000 },
    {
      event: 'verified',
      tables: [{ table: 'songs', rows: 7, bytes: 1500, partitionBy: ['year'], files: [file] }],
      reports: [report],
      findings: [{ severity: 'warn', subject: 'songs', message: 'duration is below 0' }],
    },
    { event: 'published', number: 3 },
    { event: 'finished', run: 'r1', verdict: 'succeeded' },
  ];
  const summary = events.reduce(collect, emptySummary);

  it('collects tables, books, findings, times and the publication', () => {
    expect(summary).toEqual({
      run: 'r1',
      verdict: 'succeeded',
      lake: 's3://lake/root',
      publication: 3,
      tables: [
        { table: 'songs', rows: 7, files: 1, bytes: 1500, path: 's3://lake/root/songs', conflicts: 2 },
      ],
      books: report.sources,
      skipped: { song_data: skippedBy },
      matched: [{ table: 'songs', column: 'x_id', found: 'its x', rows: 1, of: 7, isLow: true }],
      checks: { passed: 9, broken: 0 },
      findings: [{ severity: 'warn', subject: 'songs', message: 'duration is below 0' }],
      times: [{ phase: 'steps', ms: 14_000 }],
    });
  });

  it('is a table of what landed, the books, and the time of each phase', () => {
    expect(formatSummary(summary)).toBe(
      [
        'table  rows  files   bytes  path',
        'songs     7      1  1.5 kB  s3://lake/root/songs',
        '',
        'source    objects               view    lines',
        'log_data  2 = 1 read + 1 empty  plays   10 = 7 kept + 1 filtered + 1 duplicates + 1 quarantined  1 of the duplicates differ from the line kept',
        '                                events  10 = 8 kept + 0 filtered + 0 duplicates + 2 quarantined',
        'song_data: not input: 3 .csv, 1 names starting with _ or .',
        'plays: kept without a value: title 1,003 (2 blank, 1 unfit), place 1',
        'warn  songs: 1 of 7 found its x',
        'songs: 2 keys with conflicting rows, one row kept for each key',
        '9 checks passed',
        'warn  songs: duration is below 0',
        '',
        'steps 14 s',
        'run r1 published as number 3',
      ].join('\n'),
    );
  });
});

describe('the number of checks that passed', () => {
  it('leaves out broken checks, and includes the total', () => {
    const broken = { check: 'range', severity: 'warn' as const, detail: 'd', count: 2, sample: [] };
    const whole = { kind: 'whole' as const };
    const table = {
      files: [],
      made: whole,
      rows: 1,
      readBack: 1,
      conflicts: null,
      matched: [],
      checks: 1000,
    };
    const tables = { songs: { ...table, violations: [broken, broken] }, users: { ...table, violations: [] } };
    const made = checksMade([{ tables }]);
    expect(made).toEqual({ passed: 1998, broken: 2 });
    expect(checksLine(made)).toEqual(['1,998 of 2,000 checks passed']);
    expect(checksLine({ passed: 1, broken: 0 })).toEqual(['1 check passed']);
    expect(checksLine({ passed: 0, broken: 0 })).toEqual([]);
  });
});
