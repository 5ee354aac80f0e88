/** A pipeline other than the shipped one, over files in the format of GH Archive: landed and compared with DuckDB. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunSummary } from '../../src/report/summary.ts';
import { writeGithubEvents } from '../support/github-events.ts';
import { landfall, root, temporaryFolder } from '../support/landfall.ts';
import type { Ended } from '../support/landfall.ts';
import { testPython } from '../support/python.ts';

const TEMPLATES = join(root, 'test/fixtures/pipelines/github-events');
const { folder: cwd, remove } = temporaryFolder();
const [events, lake] = [join(cwd, 'events'), join(cwd, 'lake')];

interface Judgement {
  lines: Record<string, number>;
  views: Record<string, Record<string, number>>;
  quarantinedBy: Record<string, unknown[]>;
  rows: Record<string, number>;
  /** Pushes that break the condition few_messages. */
  fewMessages: number;
  types: Record<string, Record<string, string>>;
  differences: Record<string, { missing: string[]; unexpected: string[] }>;
}

let ended: Ended;
let summary: RunSummary;
let judgement: Judgement;

beforeAll(async () => {
  mkdirSync(cwd, { recursive: true });
  writeGithubEvents(events, { seed: 5, hours: 3, eventsPerHour: 120 });
  ended = await landfall(
    [
      ...['submit', '--cluster', 'local', '--templates', TEMPLATES, '--output', 'json'],
      ...['--github-events', events, '--lake', lake, '--pushes-partition-by', 'year,month,day'],
    ],
    { cwd, env: { LANDFALL_CHECKS_MAX_QUARANTINED: '25%' } },
  );
  summary = JSON.parse(ended.stdout || '{}') as RunSummary;
  const script = join(import.meta.dirname, 'github_oracle.py');
  const oracle = spawnSync(testPython(), [script, events, lake], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (oracle.status !== 0) throw new Error(`${ended.stderr}\n${oracle.stderr}`);
  judgement = JSON.parse(oracle.stdout) as Judgement;
}, 300_000);
afterAll(remove);

describe('a second pipeline', () => {
  it('lands through its source’s flag', () => {
    expect({ code: ended.code, stderr: ended.code === 0 ? '' : ended.stderr }).toEqual({
      code: 0,
      stderr: '',
    });
    const tooManyMessages = {
      severity: 'warn',
      subject: 'pushes',
      message: 'condition: few_messages does not hold: size(messages) <= commits',
      count: judgement.fewMessages,
    };
    expect(judgement.fewMessages).toBeGreaterThan(0);
    expect(summary).toMatchObject({ verdict: 'succeeded', publication: 1, findings: [tooManyMessages] });
  });

  it('lands the rows that DuckDB finds in the raw JSON', () => {
    const equal = { missing: [], unexpected: [] };
    expect(judgement.differences).toEqual({ pushes: equal, active_days: equal });
    expect(Object.fromEntries(summary.tables.map(({ table, rows }) => [table, rows]))).toEqual(
      judgement.rows,
    );
  });

  it('keeps books of each view', () => {
    const { lines, unparsableBy, views } = summary.books['github_events']!;
    const { read, blank, array, unparsable } = judgement.lines;
    expect({ read: lines.read, blank: lines.blank, unparsableBy }).toEqual({
      read,
      blank,
      unparsableBy: [
        { reason: 'array', lines: array },
        { reason: 'unparsable', lines: unparsable },
      ],
    });
    const stated = Object.entries(views).map(([view, books]) => [
      view,
      { ...books.lines, conflicts: books.conflicts },
    ]);
    expect(Object.fromEntries(stated)).toEqual(judgement.views);
    const reasons = Object.entries(views).map(([view, books]) => [view, books.quarantinedBy]);
    expect(Object.fromEntries(reasons)).toEqual(judgement.quarantinedBy);
  });

  it('has every fate in each view, so that the comparison covers them', () => {
    for (const [view, fates] of Object.entries(judgement.views))
      expect({ view, none: Object.keys(fates).filter((fate) => fates[fate] === 0) }).toEqual({
        view,
        none: [],
      });
  });

  it('writes the types of its contracts', () => {
    expect(judgement.types).toEqual({
      pushes: {
        event_id: 'DECIMAL(20,0)',
        pushed_at: 'TIMESTAMP WITH TIME ZONE',
        pushed_on: 'DATE',
        actor: 'VARCHAR',
        repo: 'VARCHAR',
        branch: 'VARCHAR',
        commits: 'INTEGER',
        distinct_share: 'DECIMAL(5,4)',
        messages: 'VARCHAR[]',
        is_public: 'BOOLEAN',
        year: 'BIGINT',
        month: 'BIGINT',
        day: 'BIGINT',
      },
      active_days: {
        happened_on: 'DATE',
        repo: 'VARCHAR',
        events: 'BIGINT',
        push_share: 'DECIMAL(7,6)',
        types: 'VARCHAR[]',
        topics: 'VARCHAR[]',
        actors: 'BIGINT',
        first_at: 'TIMESTAMP WITH TIME ZONE',
        last_at: 'TIMESTAMP WITH TIME ZONE',
      },
    });
  });

  it('is verified without Spark', async () => {
    const verified = await landfall(['verify', '--lake', lake], { cwd });
    expect({ code: verified.code, stderr: verified.stderr }).toEqual({ code: 0, stderr: '' });
  });
});
