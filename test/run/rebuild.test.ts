/** What a run makes again, by what changed since the newest publication. */
import { describe, expect, it } from '@jest/globals';
import { changesOf, difference, isUnchanged } from '../../src/run/difference.ts';
import type { SourceDifference } from '../../src/run/difference.ts';
import { manifestLines } from '../../src/run/input-manifest.ts';
import type { Input, ListedObject } from '../../src/run/input-manifest.ts';
import { madeOf } from '../../src/run/made-of.ts';
import type { PlannedStep, RunPlan } from '../../src/run/plan.ts';
import { decideRebuild, earlierExecutions } from '../../src/run/rebuild.ts';
import type { Base } from '../../src/run/rebuild.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { plan, songs } from '../lake/plans.ts';

const none = { count: 0, first: [] };

const object = (key: string, etag = 'e', size = 1): ListedObject => ({
  ...{ key, etag, size },
  modified: 0,
});

const input = (source: string, objects: readonly ListedObject[], uri = `s3://b/${source}`): Input => ({
  ...{ source, uri, objects, bytes: 0, skipped: 0, skippedBy: {} },
});

async function* linesOf(inputs: readonly Input[]): AsyncGenerator<string> {
  for (const line of manifestLines(inputs)) yield await Promise.resolve(line.trimEnd());
}

describe('the difference of inputs', () => {
  it('is by object: new, changed, gone, unchanged', async () => {
    const before = [
      input(
        'songs',
        ['a', 'c', 'd', 'e', 'f', 'g'].map((key) => object(key)),
      ),
      input('events', [object('x')]),
    ];
    const now = [
      input('events', [object('x')]),
      input('songs', [
        object('a'),
        object('b'),
        object('c', 'other'),
        object('d', 'e', 2),
        object('g'),
        object('h'),
      ]),
    ];
    expect(await difference(linesOf(before), now)).toEqual([
      {
        source: 'events',
        ...{ new: none, changed: none, gone: none },
        unchanged: 1,
      },
      {
        source: 'songs',
        new: { count: 2, first: ['s3://b/songs/b', 's3://b/songs/h'] },
        changed: { count: 2, first: ['s3://b/songs/c', 's3://b/songs/d'] },
        gone: { count: 2, first: ['s3://b/songs/e', 's3://b/songs/f'] },
        unchanged: 2,
      },
    ]);
  });

  it('names the first few, and counts all', async () => {
    const many = Array.from({ length: 9 }, (_, at) => object(`o${String(at)}`));
    const [found] = await difference(linesOf([input('songs', [])]), [input('songs', many)]);
    expect(found!.new).toEqual({ count: 9, first: ['o0', 'o1', 'o2'].map((key) => `s3://b/songs/${key}`) });
  });

  it('sees a moved source, a source that is one object, and one that is new', async () => {
    const before = [input('songs', [object('a')]), input('one', [object('')])];
    const found = await difference(linesOf(before), [
      input('songs', [object('a')], 's3://other/songs'),
      input('one', [object('')]),
      input('added', [object('a')]),
    ]);
    expect(
      found.map(({ changed, unchanged, new: added }) => [changed.count, unchanged, added.count]),
    ).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
  });

  it('has the objects of a source that is not listed any more as gone', async () => {
    const found = await difference(linesOf([input('songs', [object('a')])]), [input('events', [])]);
    expect(found.map(({ source, gone }) => [source, gone])).toEqual([
      ['events', none],
      ['songs', { count: 1, first: ['s3://b/songs/a'] }],
    ]);
  });

  it('can be told as a line for each of the first objects, and a count of all', async () => {
    const before = ['a', 'b', 'c', 'd'].map((key) => object(key));
    const now = [object('c', 'other'), object('d'), object('e'), object('f')];
    const found = await difference(linesOf([input('songs', before)]), [input('songs', now)], 1);
    expect(changesOf(found)).toEqual({
      first: ['s3://b/songs/a is gone', 's3://b/songs/c changed', 's3://b/songs/e is new'],
      count: 5,
    });
  });

  it('agrees with a comparison of sets, for any two listings', async () => {
    const random = seededRandom(3);
    const some = () =>
      ['', 'a', 'a/b', 'a.json', 'b', 'ä', '😀', '\uffff', 'Z'].flatMap((key) =>
        random.fraction() < 0.5 ? [] : [object(key, random.fraction() < 0.7 ? 'e' : 'f')],
      );
    const sorted = (objects: ListedObject[]) => objects.sort((x, y) => (x.key < y.key ? -1 : 1));
    for (let round = 0; round < 300; round += 1) {
      const [before, now] = [sorted(some()), sorted(some())];
      const [found] = await difference(linesOf([input('s', before)]), [input('s', now)]);
      const [old, current] = [before, now].map((all) => new Map(all.map(({ key, etag }) => [key, etag])));
      const both = [...current!].filter(([key]) => old!.has(key));
      expect([found!.new.count, found!.changed.count, found!.gone.count, found!.unchanged]).toEqual([
        now.length - both.length,
        both.filter(([key, etag]) => old!.get(key) !== etag).length,
        before.length - both.length,
        both.filter(([key, etag]) => old!.get(key) === etag).length,
      ]);
      expect(isUnchanged(found!)).toBe(JSON.stringify(before) === JSON.stringify(now));
    }
  });
});

const step = (
  name: string,
  source: string | undefined,
  upstreams: readonly string[],
  tables: string[],
): PlannedStep => ({
  ...plan().steps[0]!,
  name,
  sources: source === undefined ? [] : [{ name: source, views: [`${source}_rows`] }],
  upstreams,
  tables: tables.map((table) => ({ ...songs, name: table })),
});

/** Songs, and events that read them; a step that reads both, and one that reads only events' source. */
const steps = [
  step('song_transform', 'song_data', [], ['songs', 'song_keys']),
  step('log_transform', 'log_data', ['song_transform'], ['songplays', 'time']),
  step('report', undefined, ['log_transform'], ['totals']),
  step('audit', 'log_data', [], ['sessions']),
];

const digests: RunPlan['digests'] = {
  sources: { song_data: 's', log_data: 'l' },
  tables: Object.fromEntries(steps.flatMap(({ tables }) => tables.map(({ name }) => [name, `${name} 1`]))),
};
const planned: RunPlan = {
  ...plan(),
  sources: ['song_data', 'log_data'].map((name) => ({ ...plan().sources[0]!, name })),
  steps,
  digests,
};
const execution = (name: string) => `_landfall/runs/r1/steps/${name}/1/local-1-ff`;
const made = madeOf(planned, Object.fromEntries(steps.map(({ name }) => [name, execution(name)])));
const same = (source: string): SourceDifference => ({
  ...{ source, new: none, changed: none, gone: none, unchanged: 3 },
});
const base: Base = {
  publication: 4,
  madeOf: made,
  differences: [same('song_data'), same('log_data')],
  lost: new Map(),
};
const changedIn = (source: string): Base => ({
  ...base,
  differences: base.differences!.map((one) =>
    one.source === source ? { ...one, new: { count: 2, first: ['s3://b/1', 's3://b/2'] } } : one,
  ),
});
const running = (now: Partial<RunPlan>, from: Base = base) =>
  decideRebuild({ ...planned, ...now }, from).flatMap(({ step: name, runs }) => (runs ? [name] : []));
const withTable = (name: string): Partial<RunPlan> => ({
  digests: { ...digests, tables: { ...digests.tables, [name]: 'other' } },
});

describe('what a run makes again', () => {
  it('is nothing where nothing changed: each table is carried over from the execution that made it', () => {
    const decisions = decideRebuild(planned, base);
    expect(earlierExecutions(decisions)).toEqual({
      carried: Object.fromEntries(steps.map(({ name }) => [name, execution(name)])),
    });
    expect(decisions.flatMap(({ tables }) => tables.map(({ decision }) => decision))).toEqual(
      Array.from({ length: 6 }, () => 'carry over'),
    );
  });

  it.each<[string, Partial<RunPlan>, Base, string[]]>([
    ['new events', {}, changedIn('log_data'), ['log_transform', 'report', 'audit']],
    ['new songs', {}, changedIn('song_data'), ['song_transform', 'log_transform', 'report']],
    ['the query of songs', withTable('songs'), base, ['song_transform', 'log_transform', 'report']],
    ['the query of songplays', withTable('songplays'), base, ['log_transform', 'report']],
    ['the query of the last table', withTable('totals'), base, ['report']],
    [
      'the contract of a source',
      { digests: { ...digests, sources: { ...digests.sources, log_data: 'other' } } },
      base,
      ['log_transform', 'report', 'audit'],
    ],
    [
      'the views that a step reads',
      { steps: [...steps.slice(0, 3), { ...steps[3]!, sources: [{ name: 'log_data', views: ['more'] }] }] },
      base,
      ['audit'],
    ],
    [
      'what is written by which step',
      { steps: [steps[0]!, steps[1]!, { ...steps[2]!, tables: [] }, steps[3]!] },
      base,
      ['report'],
    ],
    ['a lost file', {}, { ...base, lost: new Map([['log_transform', 'gone']]) }, ['log_transform', 'report']],
    ['a step that is new', {}, { ...base, madeOf: { ...made, steps: made.steps.slice(0, 3) } }, ['audit']],
    [
      'a table of which it is not known how it was made',
      {},
      { ...base, madeOf: { ...made, tables: { ...made.tables, time: undefined } as never } },
      ['log_transform', 'report'],
    ],
    [
      'inputs that cannot be compared',
      {},
      { ...base, differences: undefined },
      steps.map(({ name }) => name),
    ],
  ])('follows from %s', (_, now, from, expected) => {
    expect(running(now, from)).toEqual(expected);
  });

  it('builds on the previous execution, except where the contract of its source changed', () => {
    const bases = (now: Partial<RunPlan>, from: Base = base) =>
      earlierExecutions(decideRebuild({ ...planned, ...now }, from)).bases;
    const log = { log_transform: execution('log_transform') };
    expect(bases(withTable('songplays'))).toEqual(log);
    expect(bases({}, changedIn('log_data'))).toEqual({ ...log, audit: execution('audit') });
    expect(bases({}, { ...base, differences: undefined })).toEqual({
      ...{ song_transform: execution('song_transform'), audit: execution('audit') },
      ...log,
    });
    const other = { ...digests, sources: { ...digests.sources, log_data: 'other' } };
    expect(bases({ digests: other })).toBeUndefined();
    expect(bases({}, { ...base, madeOf: { ...made, steps: made.steps.slice(0, 3) } })).toBeUndefined();
  });

  it('has a reason for each table', () => {
    const [, log] = decideRebuild({ ...planned, ...withTable('songplays') }, base);
    expect(log!.tables).toEqual([
      { table: 'songplays', decision: 'rebuild whole', reason: 'its query or contract changed' },
      { table: 'time', decision: 'rebuild whole', reason: 'its step makes songplays again' },
    ]);
    const [song, events] = decideRebuild(planned, changedIn('song_data'));
    expect(song!.tables[0]!.reason).toBe('objects of song_data: 2 new, 3 unchanged');
    expect(events!.tables[0]!.reason).toBe('it reads what song_transform makes again');
  });
});
