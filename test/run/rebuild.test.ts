/** What a run makes again, by what changed since the newest publication. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { TableContract, TableDependencies } from '../../src/pipeline/contract.ts';
import { changesOf, difference, isUnchanged } from '../../src/run/difference.ts';
import type { SourceDifference } from '../../src/run/difference.ts';
import { manifestLines } from '../../src/run/input-manifest.ts';
import type { Input, ListedObject } from '../../src/run/input-manifest.ts';
import { madeOf } from '../../src/run/made-of.ts';
import type { PlannedStep, RunPlan } from '../../src/run/plan.ts';
import { decideRebuild, earlierExecutions } from '../../src/run/rebuild.ts';
import type { Base } from '../../src/run/rebuild.ts';
import { present } from '../../src/present.ts';
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

const column = (name: string) => ({ name, type: 'STRING' as const, nullable: false, doc: name });
const table = (name: string, rebuild?: TableContract['rebuild']): TableContract => ({
  ...{ ...songs, name, columns: [column('id'), column('month')], partitionBy: ['month'] },
  ...(rebuild === undefined ? {} : { rebuild }),
});

/**
 * `source`: with a view of that name, with `_rows` at its end. `partial`: tables that can be rebuilt by partition, each with
 * the tables that its rows look up.
 */
const step = (
  name: string,
  source: string | undefined,
  tables: Record<string, TableDependencies>,
  partial: Readonly<Record<string, readonly string[]>> = {},
): PlannedStep => ({
  ...plan().steps[0]!,
  name,
  sources: source === undefined ? [] : [{ name: source, views: [`${source}_rows`] }],
  upstreams: [],
  tables: Object.keys(tables).map((one) => table(one, rebuildWhen(partial[one]))),
  dependencies: tables,
});
const rebuildWhen = (lookedUp: readonly string[] | undefined): TableContract['rebuild'] =>
  lookedUp === undefined
    ? undefined
    : { by: ['month'], when: Object.fromEntries(lookedUp.map((one) => [one, { id: 'song' }])) };
const reading = (...query: string[]): TableDependencies => ({ query, checks: [] });

/** Songs, and plays that look up their song; a step that reads plays, and one that reads only the source of plays. */
const steps = [
  step('song_transform', 'songs_in', {
    songs: reading('songs_in_rows'),
    song_keys: reading('songs_in_rows'),
  }),
  step(
    'log_transform',
    'logs',
    {
      songplays: { query: ['logs_rows', 'song_keys'], checks: ['songs', 'users', 'logs_rows'] },
      users: reading('logs_rows'),
      calendar: reading(),
    },
    { songplays: [] },
  ),
  step('report', undefined, { totals: reading('songplays') }),
  step('audit', 'logs', { sessions: reading('logs_rows') }, { sessions: [] }),
];

/** The same, where songplays names song_keys in `when`. */
const lookingUp = steps.map((one) => ({
  ...one,
  tables: one.tables.map((its) =>
    its.name === 'songplays' ? table('songplays', rebuildWhen(['song_keys'])) : its,
  ),
}));

const digests: RunPlan['digests'] = {
  sources: { songs_in: 's', logs: 'l' },
  tables: Object.fromEntries(steps.flatMap(({ tables }) => tables.map(({ name }) => [name, `${name} 1`]))),
};
const planned: RunPlan = {
  ...plan(),
  sources: ['songs_in', 'logs'].map((name) => ({ ...plan().sources[0]!, name })),
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
  differences: [same('songs_in'), same('logs')],
  lost: new Map(),
};
const changedIn = (...sources: string[]): Base => ({
  ...base,
  differences: base.differences!.map((one) =>
    sources.includes(one.source) ? { ...one, new: { count: 2, first: ['s3://b/1', 's3://b/2'] } } : one,
  ),
});
const withTables = (...names: string[]): Partial<RunPlan> => ({
  digests: {
    ...digests,
    tables: { ...digests.tables, ...Object.fromEntries(names.map((name) => [name, 'other'])) },
  },
});

/** The tables that are made again, by step that runs; those of which only partitions are made end with an asterisk. */
function again(now: Partial<RunPlan>, from: Base = base): Record<string, string> {
  const running = decideRebuild({ ...planned, ...now }, from).filter(({ runs }) => runs);
  const marks = { 'carry over': undefined, 'rebuild partitions': '*', 'rebuild whole': '' };
  return Object.fromEntries(
    running.map(({ step: name, tables }) => [
      name,
      tables
        .flatMap((one) => (marks[one.decision] === undefined ? [] : `${one.table}${marks[one.decision]}`))
        .join(' '),
    ]),
  );
}

describe('what a run makes again', () => {
  it('is nothing where nothing changed: each table is carried over from the execution that made it', () => {
    const decisions = decideRebuild(planned, base);
    expect(earlierExecutions(decisions)).toEqual({
      carried: Object.fromEntries(steps.map(({ name }) => [name, execution(name)])),
    });
    expect(new Set(decisions.flatMap(({ tables }) => tables.map(({ decision }) => decision)))).toEqual(
      new Set(['carry over']),
    );
  });

  const everything = {
    song_transform: 'songs song_keys',
    log_transform: 'songplays users calendar',
    report: 'totals',
    audit: 'sessions',
  };

  it.each<[string, Partial<RunPlan>, Base, Record<string, string>]>([
    [
      'new objects: whole tables, but for those that can be made by partition; what reads them is whole',
      {},
      changedIn('logs'),
      { log_transform: 'songplays* users', report: 'totals', audit: 'sessions*' },
    ],
    [
      'a table that a query reads: then no partition is as before',
      {},
      changedIn('songs_in'),
      { song_transform: 'songs song_keys', log_transform: 'songplays', report: 'totals' },
    ],
    [
      'a table whose rows are looked up: only partitions with rows that look up a changed one',
      { steps: lookingUp },
      changedIn('songs_in'),
      { song_transform: 'songs song_keys', log_transform: 'songplays*', report: 'totals' },
    ],
    [
      'such a table and new objects',
      { steps: lookingUp },
      changedIn('songs_in', 'logs'),
      {
        ...{ song_transform: 'songs song_keys', log_transform: 'songplays* users' },
        ...{ report: 'totals', audit: 'sessions*' },
      },
    ],
    [
      'the query or contract of such a table: its columns may mean something else now',
      { ...withTables('song_keys'), steps: lookingUp },
      base,
      { song_transform: 'song_keys', log_transform: 'songplays', report: 'totals' },
    ],
    [
      'the contract of the source of such a table: its columns are the same',
      {
        steps: lookingUp,
        digests: { ...digests, sources: { ...digests.sources, songs_in: 'other' } },
      },
      base,
      { song_transform: 'songs song_keys', log_transform: 'songplays*', report: 'totals' },
    ],
    [
      'such a table whose files are lost: its rows cannot be compared',
      { steps: lookingUp },
      { ...base, lost: new Map([['song_transform', 'gone']]) },
      { song_transform: 'songs song_keys', log_transform: 'songplays', report: 'totals' },
    ],
    [
      'both',
      {},
      changedIn('songs_in', 'logs'),
      {
        ...{ song_transform: 'songs song_keys', log_transform: 'songplays users' },
        ...{ report: 'totals', audit: 'sessions*' },
      },
    ],
    [
      'a table that only a check looks at: the check is made again, and no partition has to be',
      withTables('songs'),
      base,
      { song_transform: 'songs', log_transform: 'songplays*' },
    ],
    [
      'a table of the same step that a check looks at, though it comes later',
      withTables('users'),
      base,
      { log_transform: 'songplays* users' },
    ],
    ['a query that nothing depends on', withTables('calendar'), base, { log_transform: 'calendar' }],
    ['the query of the last table', withTables('totals'), base, { report: 'totals' }],
    [
      'the contract of a source',
      { digests: { ...digests, sources: { ...digests.sources, logs: 'other' } } },
      base,
      { log_transform: 'songplays users', report: 'totals', audit: 'sessions' },
    ],
    [
      'a table that is new in its step',
      {
        steps: [
          ...steps.slice(0, 3),
          { ...step('audit', 'logs', { sessions: reading('logs_rows'), more: reading() }) },
        ],
      },
      base,
      { audit: 'more' },
    ],
    [
      'a table that its step no longer writes: the step runs, because its report would name it',
      {
        steps: [
          step('song_transform', 'songs_in', { song_keys: reading('songs_in_rows') }),
          ...steps.slice(1),
        ],
      },
      base,
      { song_transform: '' },
    ],
    [
      'a table that another step made before',
      {
        steps: [
          step('song_transform', 'songs_in', {
            songs: reading('songs_in_rows'),
            song_keys: reading('songs_in_rows'),
            sessions: reading(),
          }),
        ],
      },
      base,
      { song_transform: 'sessions' },
    ],
    [
      'a lost file: nothing of that execution is taken over',
      {},
      { ...base, lost: new Map([['log_transform', 'gone']]) },
      { log_transform: 'songplays users calendar', report: 'totals' },
    ],
    [
      'a step that is new',
      {},
      { ...base, madeOf: { ...made, steps: made.steps.slice(0, 3) } },
      { audit: 'sessions' },
    ],
    [
      'a table of which it is not known how it was made',
      {},
      { ...base, madeOf: { ...made, tables: { ...made.tables, calendar: undefined } as never } },
      { log_transform: 'calendar' },
    ],
    [
      'inputs that cannot be compared: everything that reads a source',
      {},
      { ...base, differences: undefined },
      { ...everything, log_transform: 'songplays users' },
    ],
  ])('follows from %s', (_, now, from, expected) => {
    expect(again(now, from)).toEqual(expected);
  });

  it('includes a step whose sources changed, though no table depends on them: its report counts their lines', () => {
    const idle = step('idle', 'logs', { fixed: reading() });
    const now = { ...planned, steps: [idle], digests: { ...digests, tables: { fixed: 'f' } } };
    const from = { ...changedIn('logs'), madeOf: madeOf(now, { idle: execution('idle') }) };
    expect(decideRebuild(now, from)).toEqual([
      {
        step: 'idle',
        runs: true,
        reason: 'objects of logs: 2 new, 3 unchanged',
        tables: [expect.objectContaining({ table: 'fixed', decision: 'carry over' })],
        base: { execution: execution('idle'), carryOver: ['fixed'], partitions: [] },
      },
    ]);
  });

  it('builds on the previous execution, and names what is taken over from it', () => {
    const bases = (now: Partial<RunPlan>, from: Base = base) =>
      earlierExecutions(decideRebuild({ ...planned, ...now }, from)).bases;
    const on = (name: string, carryOver: string[] = [], partitions: string[] = []) => ({
      [name]: { execution: execution(name), carryOver, partitions },
    });
    expect(bases(withTables('users'))).toEqual(on('log_transform', ['calendar'], ['songplays']));
    expect(bases({}, changedIn('logs'))).toEqual({
      ...on('log_transform', ['calendar'], ['songplays']),
      ...on('audit', [], ['sessions']),
    });
    expect(bases({}, { ...base, lost: new Map([['log_transform', 'gone']]) })).toEqual(on('log_transform'));
    const other = { ...digests, sources: { ...digests.sources, logs: 'other' } };
    expect(bases({ digests: other })).toEqual(on('log_transform', ['calendar']));
    expect(bases({}, { ...base, madeOf: { ...made, steps: made.steps.slice(0, 3) } })).toBeUndefined();
  });

  it('has a reason for each table', () => {
    const reasons = (now: Partial<RunPlan>, from: Base = base) =>
      new Map(
        decideRebuild({ ...planned, ...now }, from).flatMap(({ tables }) =>
          tables.map((one) => [one.table, one.reason]),
        ),
      );
    expect(Object.fromEntries(reasons(withTables('users')))).toMatchObject({
      users: 'its query or contract changed',
      songplays: 'it depends on users, which changes',
      calendar: 'inputs, queries and contracts are those of publication 4',
      totals: 'inputs, queries and contracts are those of publication 4',
    });
    expect(reasons({}, changedIn('songs_in')).get('songs')).toBe('objects of songs_in: 2 new, 3 unchanged');
  });
});

/** Pipelines of some steps and tables, and what changes in them. */
const histories = fc
  .record({
    tables: fc.array(fc.nat(2), { minLength: 1, maxLength: 6 }),
    bits: fc.infiniteStream(fc.nat(99)),
  })
  .map(({ tables, bits }) => {
    const chance = (percent: number) => (bits.next().value ?? 0) < percent;
    const sources = ['a', 'b'];
    const stepOf = tables.toSorted((x, y) => x - y);
    const names = stepOf.map((_, at) => `t${String(at)}`);
    const pick = (all: readonly string[], percent = 30) => all.filter(() => chance(percent));
    /** Some of those that are tables of earlier steps. */
    const some = (read: readonly string[], percent: number, earlier: readonly string[]) =>
      pick(
        read.filter((name) => earlier.includes(name)),
        percent,
      );
    const all = [...new Set(stepOf)].map((number): PlannedStep => {
      const own = names.filter((_, at) => stepOf[at] === number);
      const earlier = names.filter((_, at) => stepOf[at]! < number);
      const its = Object.fromEntries(
        own.map((name) => [
          name,
          { query: pick([...sources, ...earlier]), checks: pick([...sources, ...earlier, ...own]) },
        ]),
      );
      return {
        ...step(
          `s${String(number)}`,
          undefined,
          its,
          Object.fromEntries(pick(own).map((name) => [name, some(its[name]!.query, 60, earlier)])),
        ),
        sources: sources.map((name) => ({ name, views: [name] })),
      };
    });
    return { steps: all, objects: pick(sources), contracts: pick(sources), queries: pick(names) };
  });

it('a table is carried over only if nothing that it depends on changed, and made in part only if nothing but objects and rows that it looks up did', () => {
  fc.assert(
    fc.property(histories, ({ steps: all, objects, contracts, queries }) => {
      const names = all.flatMap(({ tables }) => tables.map(({ name }) => name));
      const before = {
        sources: { a: 'a', b: 'b' },
        tables: Object.fromEntries(names.map((name) => [name, name])),
      };
      const changed = (old: Record<string, string>, those: readonly string[]) =>
        Object.fromEntries(
          Object.entries(old).map(([name, one]) => [name, those.includes(name) ? 'other' : one]),
        );
      const now = { sources: changed(before.sources, contracts), tables: changed(before.tables, queries) };
      const executions = Object.fromEntries(all.map(({ name }) => [name, execution(name)]));
      const decided = decideRebuild(
        { steps: all, digests: now },
        {
          publication: 1,
          madeOf: madeOf(
            {
              ...planned,
              sources: ['a', 'b'].map((name) => ({ ...planned.sources[0]!, name })),
              steps: all,
              digests: before,
            },
            executions,
          ),
          differences: ['a', 'b'].map((source) => ({
            ...same(source),
            new: objects.includes(source) ? { count: 1, first: [] } : none,
          })),
          lost: new Map(),
        },
      );
      const decisions = new Map(
        decided.flatMap(({ tables }) => tables.map((one) => [one.table, one.decision] as const)),
      );
      const dependencies = Object.assign(
        {},
        ...all.map((one) => one.dependencies),
      ) as PlannedStep['dependencies'];
      const isTable = (one: string) => Object.hasOwn(dependencies, one);
      const contractOf = (wanted: string) =>
        present(
          all.flatMap(({ tables }) => tables).find((one) => one.name === wanted),
          wanted,
        );
      /** Everything that a table depends on, however indirectly; `checks`: what its own checks look at, too. */
      const reach = (name: string, withChecks: boolean, met = new Set<string>()): Set<string> => {
        const { query, checks } = dependencies[name]!;
        for (const one of [...query, ...(withChecks ? checks : [])]) {
          if (met.has(one)) continue;
          met.add(one);
          if (isTable(one)) reach(one, false, met);
        }
        return met;
      };
      for (const [name, decision] of decisions) {
        const content = new Set([name, ...reach(name, false)]);
        const isOther = (one: string) => contracts.includes(one) || queries.includes(one);
        if (decision === 'carry over')
          expect(
            [...content, ...reach(name, true)].filter((one) => isOther(one) || objects.includes(one)),
          ).toEqual([]);
        if (decision === 'rebuild partitions') {
          const { when = {} } = present(contractOf(name).rebuild, `rebuild of ${name}`);
          const { query } = dependencies[name]!;
          expect([name, ...query].filter(isOther)).toEqual([]);
          const upstream = query.filter((one) => isTable(one) && !Object.hasOwn(when, one));
          expect(
            upstream
              .flatMap((one) => [one, ...reach(one, false)])
              .filter((one) => isOther(one) || objects.includes(one)),
          ).toEqual([]);
        }
      }
    }),
    { numRuns: 500 },
  );
});
