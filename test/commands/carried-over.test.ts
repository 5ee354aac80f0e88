/** Runs that carry tables over from the newest publication, from `plan` to gc, without Spark. */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { run as attach } from '../../src/commands/attach.ts';
import { run as gc } from '../../src/commands/gc.ts';
import { run as logs } from '../../src/commands/logs.ts';
import { run as publishVerb } from '../../src/commands/publish.ts';
import { run as quarantine } from '../../src/commands/quarantine.ts';
import { run as retry } from '../../src/commands/retry.ts';
import { run as rollback } from '../../src/commands/rollback.ts';
import { run as status } from '../../src/commands/status.ts';
import { keys } from '../../src/lake/layout.ts';
import type { Publication } from '../../src/lake/publication.ts';
import type { RunSummary } from '../../src/report/summary.ts';
import { advising } from '../support/advice.ts';
import { steppedLake, writers } from './stepped-lake.ts';
import type { SteppedLake } from './stepped-lake.ts';

let lake: SteppedLake;
beforeAll(async () => {
  lake = await steppedLake();
});
afterAll(() => lake.close());

/** A lake with publication 1, of run r1. */
beforeEach(async () => {
  await lake.begin();
  expect((await lake.submitting('r1')).failure).toBeUndefined();
  expect(lake.steps()).toEqual(['song_transform', 'log_transform']);
});

const SONGS = ['songs', 'artists'];
/** The shipped tables of which only partitions are made again. */
const PARTIAL = ['time', 'songplays'];

/** The execution that a step builds on, according to its arguments. */
const baseOf = (args: readonly string[]) => args[args.indexOf('--base') + 1 || args.length];

describe('a run of which one step is to run', () => {
  it('is planned so, and plan says why, table by table', async () => {
    lake.changeQuery();
    const { text, value } = await lake.planning({ requests: true });
    expect(text).toContain('carry over songs, artists, song_keys: song_transform does not run');
    expect(text).toContain('rebuild users whole: its query or contract changed');
    expect(text).toContain(
      'rebuild partitions of songplays, by year, month: it depends on users, which changes',
    );
    expect(text).toContain('carry over time: inputs, queries and contracts are those of publication 1');
    expect(text).toContain('run log_transform: writes users, songplays');
    expect(text).toContain('unchanged objects are not parsed again: run r1 has their rows');
    expect(text).not.toContain('read song_data');
    expect(text.match(/"Name": "landfall\//g)).toHaveLength(2);
    expect(text).toMatch(/song_transform=file:\/\/.*\/runs\/r1\/steps\/song_transform\/1\/application_/);
    expect(value).toMatchObject({
      rebuild: {
        publication: 1,
        sources: [
          { source: 'song_data', unchanged: 1 },
          { source: 'log_data', unchanged: 1 },
        ],
        steps: [
          { step: 'song_transform', runs: false },
          { step: 'log_transform', runs: true },
        ],
      },
    });
    expect(lake.submitted()).toEqual([]);
  });

  it('does not promise that objects are not parsed again if the contract of their source changed', async () => {
    const change = (name: string, edit: (text: string) => string) => {
      const path = `templates/${name}`;
      lake.write(path, edit(readFileSync(lake.at(path), 'utf8')));
    };
    const query =
      'SELECT 1L AS user_id, title AS first_name, title AS last_name, title AS gender, title AS level FROM songs';
    change('tables/log_transform/users.sql.hbs', (text) =>
      text.replace(/^resolves: .*\n/m, '').replace(/(?<=\n---\n)[^]*$/, `${query}\n`),
    );
    expect((await lake.submitting('r2')).failure).toBeUndefined();
    change('sources/log_data.yaml', (text) => text.replace('min: 946684800000, ', ''));
    const { text } = await lake.planning();
    expect(text).toContain('the contract of log_data changed');
    expect(text).toContain('carry over users');
    expect(text).not.toContain('not parsed again');
  });

  it('submits that step alone, on the tables that it carries over, and publishes both', async () => {
    const first = await lake.newest();
    lake.write('log_data/two.json', '{"a":2}\n');
    expect((await lake.planning()).text).toContain(
      `since publication 1: 1 new, 1 unchanged\n    new: file://${lake.at('log_data/two.json')}`,
    );
    const { failure, value, text } = await lake.submitting('r2');
    expect({ failure, value }).toMatchObject({ failure: undefined, value: { publication: 2 } });
    const { tables } = value as RunSummary;
    expect(new Map(tables.map(({ table, carriedOverFrom: from }) => [table, from])).get('songs')).toEqual([
      'r1',
    ]);
    expect(text).toMatch(/songs .*\/songs +carried over from run r1\n/);
    expect(text).not.toMatch(/users .*carried over/);
    expect(lake.steps()).toEqual(['log_transform']);
    const [args] = lake.submitted();
    const upstream = args![args!.indexOf('--upstream') + 1]!;
    expect(upstream).toMatch(
      /^song_transform=.*\/_landfall\/runs\/r1\/steps\/song_transform\/1\/application_[^/]+$/,
    );
    expect(baseOf(args!)).toMatch(/\/_landfall\/runs\/r1\/steps\/log_transform\/1\/application_[^/]+$/);
    const second = await lake.newest();
    for (const [table, writer] of Object.entries(writers(second)))
      expect([table, writer]).toEqual([
        table,
        SONGS.includes(table) ? 'r1' : PARTIAL.includes(table) ? 'r2,r1' : 'r2',
      ]);
    const shown = (entry: Publication) => entry.tables.filter(({ table }) => SONGS.includes(table));
    expect(shown(second)).toEqual(shown(first));
    await lake.isIntact();
    const status2 = await lake.does(status, { run: 'r2' });
    expect(status2.text).toMatch(/song_transform +carried over/);
    const { failure: noLogs } = await lake.does(logs, { step: 'song_transform', run: 'r2' });
    expect(noLogs?.message).toBe('step song_transform of run r2 did not run: its tables are those of run r1');
    expect(noLogs?.next).toEqual(advising(/^landfall logs song_transform --run r1 /));
    const rejected = await lake.does(quarantine, { run: 'r2' });
    expect(rejected.value).toMatchObject({
      unread: [],
      sources: [{ source: 'song_data' }, { source: 'log_data' }],
    });
    expect((await lake.planning()).text).toContain('nothing changed since publication 2');
  });

  it('carries on what was carried over; gc keeps what it needs, and a rollback brings back the rest', async () => {
    lake.write('log_data/two.json', '{"a":2}\n');
    await lake.submitting('r2');
    lake.changeQuery();
    expect((await lake.submitting('r3')).failure).toBeUndefined();
    expect(lake.steps()).toEqual(['log_transform']);
    expect(writers(await lake.newest())).toMatchObject({ songs: 'r1', users: 'r3' });
    await lake.isIntact();
    expect((await lake.does(rollback, { number: '1' })).failure).toBeUndefined();
    expect(writers(await lake.newest())).toMatchObject({ songs: 'r1', users: 'r1' });
    expect((await lake.does(rollback, { number: '3' })).failure).toBeUndefined();
    await lake.isIntact();
    for (const run of ['r1', 'r2', 'r3'])
      for (const key of lake.files.keys().filter((one) => one.startsWith(`_landfall/runs/${run}/`)))
        lake.files.age(key, 9);
    expect((await lake.does(gc, { keep: 1, yes: true })).failure).toBeUndefined();
    const left = new Set(
      lake.files.keys().flatMap((key) => /^_landfall\/runs\/([^/]+)/.exec(key)?.[1] ?? []),
    );
    // Of r2 the rows of log_data are left, in a file that r3 took over.
    expect([...left].sort()).toEqual(['r1', 'r2', 'r3']);
    await lake.isIntact();
    lake.write('log_data/three.json', '{"a":3}\n');
    expect((await lake.submitting('r4')).failure).toBeUndefined();
    expect(lake.steps()).toEqual(['log_transform']);
    expect(baseOf(lake.submitted()[0]!)).toContain('/_landfall/runs/r3/');
    await lake.isIntact();
  });

  it('runs everything where its inputs are new, where a file is lost, and with --full', async () => {
    lake.write('song_data/two.json', '{"a":2}\n');
    expect((await lake.submitting('r2')).failure).toBeUndefined();
    expect(lake.steps()).toEqual(['song_transform', 'log_transform']);
    const [key] = (await lake.newest()).madeOf.steps;
    const lost = lake.files.keys().find((one) => one.startsWith('delta/song_keys/r2.'))!;
    expect(key!.writes).toContain('song_keys');
    await lake.store.remove([lost]);
    expect((await lake.planning()).text).toContain(
      `rebuild songs, artists, song_keys whole: ${lost} is gone`,
    );
    expect((await lake.submitting('r3')).failure).toBeUndefined();
    expect(lake.steps()).toEqual(['song_transform', 'log_transform']);
    expect((await lake.submitting('r4', { full: true })).failure).toBeUndefined();
    expect(lake.steps()).toEqual(['song_transform', 'log_transform']);
    expect(lake.submitted().map(baseOf)).toEqual([undefined, undefined]);
    expect(writers(await lake.newest())).toMatchObject({ songs: 'r4', users: 'r4' });
    await lake.isIntact();
  });

  it.each(['new', 'local'])('starts nothing where only a limit changed: --cluster %s', async (cluster) => {
    lake.write('dl.cfg', `${readFileSync(lake.at('dl.cfg'), 'utf8')}[CHECKS]\nmax_quarantined = 99%\n`);
    expect((await lake.planning({ cluster })).text).not.toContain('cluster');
    lake.emr.restore();
    expect((await lake.submitting('r2', { cluster })).failure).toBeUndefined();
    expect(lake.emr.touched()).toEqual([]);
    expect(lake.submitted()).toEqual([]);
    expect(existsSync(lake.at('home/emr-local'))).toBe(false);
    expect(writers(await lake.newest())).toMatchObject({ songs: 'r1', users: 'r1' });
    await lake.isIntact();
  });

  it('can be left to attach, on this machine as well, if no step runs', async () => {
    lake.write('dl.cfg', `${readFileSync(lake.at('dl.cfg'), 'utf8')}[CHECKS]\nmax_quarantined = 99%\n`);
    const { text } = await lake.submitting('r2', { cluster: 'local', detach: true });
    expect(text).toMatch(/step song_transform +carried over\nstep log_transform +carried over/);
    expect((await lake.newest()).number).toBe(1);
    expect((await lake.does(attach, { run: 'r2' })).failure).toBeUndefined();
    expect(await lake.newest()).toMatchObject({ number: 2, run: 'r2' });
    expect(existsSync(lake.at('home/emr-local'))).toBe(false);
    await lake.isIntact();
  });

  it('can be detached and attached', async () => {
    lake.write('log_data/two.json', '{"a":2}\n');
    expect((await lake.submitting('r2', { detach: true })).failure).toBeUndefined();
    expect(lake.steps()).toEqual(['log_transform']);
    expect((await lake.does(attach, { run: 'r2' })).failure).toBeUndefined();
    expect(writers(await lake.newest())).toMatchObject({ songs: 'r1', users: 'r2' });
    await lake.isIntact();
  });

  it('can be retried: what it carries over stays, unless that is broken by then', async () => {
    lake.write('log_data/two.json', '{"a":2}\n');
    lake.endsSteps(() => 'FAILED');
    expect((await lake.submitting('r2')).failure).toMatchObject({ fault: 'step' });
    lake.endsSteps(() => 'COMPLETED');
    expect((await lake.does(retry, { run: 'r2' })).failure).toBeUndefined();
    expect(lake.steps()).toEqual(['log_transform']);
    expect(writers(await lake.newest())).toMatchObject({ songs: 'r1', users: 'r2' });
    await lake.isIntact();
    lake.changeQuery();
    let spoilt = '';
    lake.endsSteps(() => {
      spoilt = lake.files.keys().find((one) => one.startsWith('delta/songs/r1.'))!;
      lake.files.write(spoilt, 'no Parquet');
      return 'COMPLETED';
    });
    expect((await lake.submitting('r3')).failure).toMatchObject({ fault: 'tables' });
    lake.endsSteps(() => 'COMPLETED');
    expect((await lake.does(retry, { run: 'r3' })).failure).toBeUndefined();
    expect(lake.steps()).toEqual(['song_transform', 'log_transform']);
    expect(writers(await lake.newest())).toMatchObject({ songs: 'r3', users: 'r3' });
    await lake.isIntact();
  });
});

it('a run that carries tables over and is overtaken is neither rebased nor retried: it must be planned again', async () => {
  lake.write('log_data/two.json', '{"a":2}\n');
  lake.endsSteps(() => {
    const entry = JSON.parse(lake.files.read(keys.publication(1)).toString()) as Publication;
    lake.files.write(keys.publication(2), JSON.stringify({ ...entry, number: 2, run: 'other' }));
    return 'COMPLETED';
  });
  const again = { fault: 'overtaken', next: advising(/^landfall submit /) };
  expect((await lake.submitting('r2')).failure).toMatchObject(again);
  lake.endsSteps(() => 'COMPLETED');
  for (const failure of [
    (await lake.does(publishVerb, { run: 'r2' })).failure,
    (await lake.does(publishVerb, { run: 'r2', rebase: true })).failure,
    (await lake.does(retry, { run: 'r2' })).failure,
  ])
    expect(failure).toMatchObject(again);
  expect(lake.submitted()).toEqual([]);
  expect((await lake.newest()).number).toBe(2);
  expect((await lake.submitting('r3')).failure).toBeUndefined();
  expect(await lake.newest()).toMatchObject({ number: 3, run: 'r3' });
  await lake.isIntact();
});
