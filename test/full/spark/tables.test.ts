import { mkdtemp, rm } from 'node:fs/promises';
import { cpSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { acceptExecution } from '../../../src/lake/accept.ts';
import { inspectTable } from '../../../src/lake/inspect.ts';
import { keys } from '../../../src/lake/layout.ts';
import { openStore } from '../../../src/store/open.ts';
import { expectAllRight, land } from '../../spark/landing.ts';
import type { Landed } from '../../spark/landing.ts';
import { plant } from '../../spark/planted.ts';

const MINUTES = 60_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall spark's ü [1] {2} 100%+ "));
});
afterAll(() => rm(folder, { recursive: true }));

describe('tables of planted data', () => {
  let landed: Landed;
  beforeAll(async () => {
    landed = await land(join(folder, 'planted'), plant(join(folder, 'planted', 'input')));
  }, 5 * MINUTES);

  it('agree with the oracle row by row, and so do books and quarantine', () => {
    expectAllRight(landed);
  });

  it('have every kind of fate, so that the comparison covers them', () => {
    const { books } = landed.judgement;
    expect(books.log_data.views['plays']).toMatchObject({
      lines: { kept: 37, filtered: 5, duplicates: 6, quarantined: 0 },
      conflicts: 3,
    });
    expect(books.song_data.lines).toEqual({ read: 50, blank: 0, unparsable: 0, quarantined: 2 });
    const { lines, quarantinedBy, nulls } = books.song_data.views['song_data']!;
    expect(lines).toEqual({ kept: 48, filtered: 0, duplicates: 0, quarantined: 2 });
    expect(quarantinedBy.map(({ reason, field }) => `${reason} ${field}`)).toEqual(['missing song_id']);
    expect(nulls).toEqual(
      expect.arrayContaining([
        { field: 'title', missing: 1, blank: 1, unfit: 0 },
        { field: 'duration', missing: 1, blank: 0, unfit: 6 },
      ]),
    );
  });

  it('report conflicts that queries resolved, and broken checks', () => {
    expect(landed.song.report.tables).toMatchObject({ songs: { conflicts: 1 }, artists: { conflicts: 4 } });
    expect(landed.log.report.tables['users']!.conflicts).toBe(2);
    const violations = landed.log.report.tables['users']!.violations;
    expect(violations).toHaveLength(1);
    expect(violations[0]).toMatchObject({ check: 'accepted_values', severity: 'warn', count: 1 });
    expect(violations[0]!.sample.map((row): unknown => JSON.parse(row))).toEqual([
      { user_id: 24, first_name: 'Kim', last_name: 'Lee', gender: 'F', level: 'gold' },
    ]);
  });

  it('name the upstream execution that was read, which of two is the one the driver accepts, and log few lines', async () => {
    expect(landed.log.report.upstreams).toEqual({ song_transform: `file://${landed.song.folder}` });
    expect(readdirSync(dirname(landed.song.folder))).toHaveLength(2);
    const attempt = keys.attempt('by-hand', 'song_transform', 1);
    cpSync(dirname(landed.song.folder), join(folder, 'accepting', attempt), { recursive: true });
    const lake = await openStore(`file://${join(folder, 'accepting')}`);
    expect((await acceptExecution(lake, attempt, 'by-hand'))?.key).toBe(
      keys.execution(attempt, basename(landed.song.folder)),
    );
    expect(landed.log.report).toMatchObject({ token: 'by-hand', step: 'log_transform' });
    const lines = landed.stdout.trimEnd().split('\n');
    expect(lines.filter((line) => !line.startsWith('landfall: '))).toEqual([]);
    expect(lines).toContain('landfall: songplays: 37 rows');
  });

  it('are zstd Parquet in partition folders', () => {
    const years = readdirSync(join(landed.log.folder, 'tables/songplays')).filter((name) =>
      name.startsWith('year='),
    );
    expect(years.sort()).toEqual([
      'year=2000',
      'year=2017',
      'year=2018',
      'year=2019',
      'year=2020',
      'year=2021',
      'year=2099',
    ]);
    const files = readdirSync(join(landed.song.folder, 'tables/artists')).filter((name) =>
      name.endsWith('.parquet'),
    );
    expect(files).toEqual([expect.stringMatching(/\.zstd\.parquet$/)]);
  });

  it('report each of their data files, by name and size', async () => {
    for (const { folder: execution, report } of [landed.song, landed.log]) {
      for (const [table, { files }] of Object.entries(report.tables)) {
        const inspected = await inspectTable(await openStore(`file://${execution}`), `tables/${table}/`);
        expect({ table, files }).toEqual({
          table,
          files: inspected.files.map(({ name, size }) => ({ name, size })).sort(byName),
        });
        expect(files.length).toBeGreaterThan(0);
      }
    }
  });
});

const byName = ({ name: a }: { name: string }, { name: b }: { name: string }) => (a < b ? -1 : 1);
