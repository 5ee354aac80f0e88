/** Explanations of findings: fields that no line has, objects of another shape, sources that keep no line. */
import { describe, expect, it } from '@jest/globals';
import { booksFindings } from '../../src/lake/books.ts';
import { emptinessFindings } from '../../src/lake/emptiness.ts';
import { matchedFindings } from '../../src/lake/matched.ts';
import { misshapenSentences } from '../../src/lake/misshapen.ts';
import { unknownFieldSentence } from '../../src/lake/nearest-key.ts';
import type { SourceBooks, ViewBooks } from '../../src/pipeline/report.ts';
import { books, songs, tableReport, viewBooks } from './plans.ts';

const key = (name: string, kind = 'text') => ({ key: name, kind, lines: 5 });
/** Fields that eventsim writes besides those of a play. */
const EVENTSIM = [
  ...['auth', 'city', 'method', 'state'].map((name) => key(name)),
  ...['duration', 'lat', 'lon', 'registration', 'status', 'zip'].map((name) => key(name, 'number')),
  key('success', 'boolean'),
];
const length = { field: 'length', key: 'length', type: 'DOUBLE' as const, occurs: false };

describe('a field that no line has', () => {
  it.each([
    [
      'userId',
      'BIGINT',
      [key('user_id', 'number'), key('ts2', 'number')],
      [],
      'the most similar key is user_id',
    ],
    ['song', 'STRING', [key('track'), key('songTitle')], [], 'the most similar key is songTitle'],
    ['length', 'DOUBLE', EVENTSIM, ['duration'], 'the most similar key is duration'],
    ['length', 'DOUBLE', [key('lengths', 'list')], [], 'and no other key could be it'],
    [
      'labels',
      'ARRAY<STRING>',
      [key('label'), key('labels_', 'list')],
      [],
      'the most similar key is labels_',
    ],
    [
      'public',
      'BOOLEAN',
      [key('publik', 'boolean'), key('pub', 'number')],
      [],
      'the most similar key is publik',
    ],
    [
      'length',
      'DOUBLE',
      EVENTSIM,
      [],
      'keys that no field uses: duration, lat, lon, registration, status and 1 more',
    ],
  ] as const)('is reported with the most similar key: %s %s', (field, type, keys, synonyms, told) => {
    expect(unknownFieldSentence('plays', { field, key: field, type, occurs: false }, keys, synonyms)).toMatch(
      new RegExp(`^no line of plays has ${field}[;,] ${told}$`),
    );
  });

  it('is named by its path', () => {
    const login = { field: 'login', key: 'actor.login', type: 'STRING' as const, occurs: false };
    expect(unknownFieldSentence('s', login, [key('actor.logn')])).toBe(
      'no line of s has actor.login; the most similar key is actor.logn',
    );
  });

  it('is reported differently when its key is present', () => {
    expect(unknownFieldSentence('s', { ...length, occurs: true }, EVENTSIM)).toBe(
      'length is null or blank in every line of s',
    );
  });

  it('is named with the rejections that it causes', () => {
    const its: SourceBooks = {
      ...books(),
      lines: { read: 10, blank: 0, unparsable: 0, quarantined: 10 },
      unparsableBy: [],
      views: {
        plays: viewBooks(
          { kept: 0, filtered: 0, duplicates: 0, quarantined: 10 },
          {
            quarantinedBy: [{ reason: 'missing', field: 'userId', lines: 10 }],
            unknown: [{ field: 'userId', key: 'userId', type: 'BIGINT', occurs: false }, length],
            otherKeys: [key('userID', 'number')],
          },
        ),
      },
    };
    const [finding] = booksFindings('log_data', its, { objects: 4, views: ['plays'], maxQuarantined: 0.01 });
    expect(finding?.sample).toEqual([
      'missing (userId, in the view plays): 10 lines',
      'no line of plays has userId; the most similar key is userID',
    ]);
  });
});

describe('a matched check', () => {
  const check = {
    check: 'matched' as const,
    severity: 'warn' as const,
    column: 'title',
    found: 'its title',
    warnBelow: 0.5,
    needs: { plays: ['song', 'length'], song_data: ['title', 'duration'] },
  };
  const found = (rows: number, of: number, log: Partial<ViewBooks> = {}) =>
    matchedFindings(
      { ...songs, checks: [check] },
      tableReport(of, { matched: [{ column: 'title', found: 'its title', rows, warnBelow: 0.5 }] }),
      { plays: { ...viewBooks(), ...log }, song_data: viewBooks() },
    ).map(({ severity, message }) => `${severity} ${message}`);

  it('warns if no row found its counterpart, with the missing field and the most similar key', () => {
    expect(found(0, 5, { unknown: [length], otherKeys: EVENTSIM })).toEqual([
      'warn none of 5 rows found its title: no line of plays has length; the most similar key is duration',
    ]);
    expect(found(0, 5)).toEqual(['warn none of 5 rows found its title: title is null in all of them']);
  });

  it('is not a finding if some rows did, or if there are no rows', () => {
    expect(found(1, 5)).toEqual([]);
    expect(found(0, 0)).toEqual([]);
  });
});

describe('a file without one object per line', () => {
  it.each([
    [
      'array',
      'file:///in/a b.json',
      "/in/a b.json is a JSON array; Landfall reads one object per line: jq -c '.[]' '/in/a b.json' > lines.json",
    ],
    [
      'array',
      's3://raw/x.json.gz',
      "s3://raw/x.json.gz is a JSON array; Landfall reads one object per line: aws s3 cp s3://raw/x.json.gz - | gzip -dc | jq -c '.[]' > lines.json",
    ],
    [
      'object',
      'file:///x.json.gz',
      '/x.json.gz holds an object that spans several lines; Landfall reads one object per line: gzip -dc /x.json.gz | jq -c . > lines.json',
    ],
  ] as const)('is named, with the command that converts it: %s %s', (shape, uri, told) => {
    expect(misshapenSentences([{ shape, objects: 1, sample: [uri] }])).toEqual([told]);
    expect(misshapenSentences([{ shape, objects: 3, sample: [uri] }])[0]).toContain(' and 2 more ');
  });

  it('is a warning if few lines are bad, and explains the error once if many are', () => {
    const misshapen = [{ shape: 'array' as const, objects: 1, sample: ['file:///x.json'] }];
    const of = (maxQuarantined: number) =>
      booksFindings('s', { ...books(), misshapen }, { objects: 4, views: ['song_data'], maxQuarantined });
    expect(of(1)).toEqual([expect.objectContaining({ severity: 'warn', subject: 's' })]);
    expect(of(0)).toEqual([
      expect.objectContaining({
        severity: 'error',
        sample: expect.arrayContaining([expect.stringContaining('/x.json is a JSON array')]) as unknown,
      }),
    ]);
  });
});

describe('a view that keeps no line', () => {
  const step = (name: string, sources: string[], upstreams: string[] = []) => ({
    ...{ name, digest: 'd', upstreams, tables: [], dependencies: {} },
    sources: sources.map((source) => ({ name: source, views: [] })),
  });
  const steps = [step('one', ['a']), step('two', ['b'], ['one'])];
  const table = (name: string) => ({ ...songs, name });
  const empty = new Map([
    ['one', [table('x'), table('y')]],
    ['two', [table('z')]],
  ]);
  const kept = (view: string, lines: number) =>
    books({ read: 9, unparsable: 1, kept: lines, filtered: 8 - lines, quarantined: 0 }, {}, view);
  const told = (a: number, b: number, { view = 'a', blamed = [] as string[] } = {}) =>
    emptinessFindings(
      steps,
      empty,
      new Map([
        ['one', { a: kept(view, a) }],
        ['two', { b: kept('b', b) }],
      ]),
      new Set(blamed),
    ).map(({ subject, message }) => `${subject}: ${message}`);

  it('is reported once, with every table that is empty because of it', () => {
    expect(told(0, 5)).toEqual([
      'a: none of its 9 lines is kept (8 filtered, 1 quarantined), so x, y, z are empty',
    ]);
    expect(told(0, 5, { view: 'plays' })).toEqual([
      'a: its view plays keeps none of 9 lines (8 filtered, 1 quarantined), so x, y, z are empty',
    ]);
  });

  it('is not reported again when another finding explains it', () => {
    expect(told(0, 5, { blamed: ['a'] })).toEqual([]);
  });

  it('is not blamed for tables that are empty although there are lines', () => {
    expect(told(3, 0)).toEqual([
      'b: none of its 9 lines is kept (8 filtered, 1 quarantined), so z is empty',
      'x: it is empty, and may not be',
      'y: it is empty, and may not be',
    ]);
  });
});
