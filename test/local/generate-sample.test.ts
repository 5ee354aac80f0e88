/** Samples as sample.yaml describes them. */
import { describe, expect, it } from '@jest/globals';
import { formatDiagnostic } from '../../src/faults.ts';
import { generateSample } from '../../src/local/generate-sample.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { readSample } from '../../src/pipeline/read-sample.ts';
import { readPipelineFolder, SHIPPED } from '../../src/session/pipeline-folder.ts';

/** The files of a described sample, by path. */
function generate(text: string, sources: readonly string[] = ['events']): Map<string, string> {
  const { sample, diagnostics } = readSample({ path: 'sample.yaml', text }, sources);
  if (sample === undefined) throw new Error(diagnostics.map(formatDiagnostic).join('\n'));
  return new Map(generateSample(sample).map((file) => [file.path, file.text]));
}

const linesOf = (files: ReadonlyMap<string, string>) =>
  [...files.values()]
    .flatMap((text) => text.split('\n'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** The fields of `count` rows with these values. */
const rows = (count: number, fields: string, hidden = '{}') =>
  linesOf(
    generate(`doc: Rows.
rows:
  cats: { count: ${count}, hidden: ${hidden}, fields: ${fields} }
files: [{ source: events, rows: cats, path: a.json }]
`),
  );

describe('a value', () => {
  it('is a constant, a sequence, a number in a range, or a choice', () => {
    const made = rows(
      200,
      '{ c: x, n: null, s: { sequence: 5 }, d: { number: { from: 1, below: 2 }, digits: 2 }, e: { choice: [a, true, null] } }',
    );
    expect(made.map(({ c, n }) => [c, n])).toEqual(made.map(() => ['x', null]));
    expect(made.map(({ s }) => s)).toEqual(made.map((_, index) => 5 + index));
    const numbers = made.map(({ d }) => Number(d));
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...numbers)).toBeLessThan(2);
    expect(numbers.every((one) => Math.round(one * 100) / 100 === one)).toBe(true);
    expect(new Set(numbers).size).toBeGreaterThan(50);
    expect(new Set(made.map(({ e }) => e))).toEqual(new Set(['a', true, null]));
  });

  it('is chosen in proportion to its weight', () => {
    const made = rows(1000, '{ level: { choice: [free, paid, never], weights: [3, 1, 0] } }');
    const free = made.filter(({ level }) => level === 'free').length;
    expect(free).toBeGreaterThan(690);
    expect(free).toBeLessThan(810);
    expect(made.some(({ level }) => level === 'never')).toBe(false);
  });

  it('is a list of some values, each once, in their order', () => {
    const made = rows(100, '{ labels: { some_of: [a, b, c], count: { from: 0, below: 3 } } }');
    const lists = new Set(made.map(({ labels }) => (labels as string[]).join('')));
    expect([...lists].sort()).toEqual(['', 'a', 'ab', 'ac', 'b', 'bc', 'c']);
  });

  it('is a text of other values, a code, or a time in any format', () => {
    const hidden = '{ at: { walk: { from: 2015-01-01T15:00:00Z, step: { from: 60, below: 60.001 } } } }';
    const [first, second] = rows(
      2,
      "{ id: { code: 'A[BC]{2}-[0]' }, t: { text: 'is {id}' }, ms: { time: at, as: epoch_millis }, s: { time: at, as: epoch_seconds }, iso: { time: at, as: '%Y-%m-%dT%H:%M:%SZ' } }",
      hidden,
    );
    expect(first?.['id']).toMatch(/^A[BC]{2}-0$/);
    expect(first?.['t']).toBe(`is ${String(first?.['id'])}`);
    expect(first).toMatchObject({ ms: 1420124460000, s: 1420124460, iso: '2015-01-01T15:01:00Z' });
    expect(second).toMatchObject({ iso: '2015-01-01T15:02:00Z' });
  });

  it('makes a text null if a value in it is null', () => {
    expect(rows(1, "{ a: null, b: { text: 'x{a}' } }")).toEqual([{ a: null, b: null }]);
  });
});

describe('rows', () => {
  const events = `doc: Events.
rows:
  users: { given: [{ name: ann, team: red }, { name: bob, team: blue }] }
  sessions:
    count: 3
    hidden: { user: { row_of: users }, start: { moment: { from: 2020-01-01, below: 2020-01-02 } } }
    fields: { id: { sequence: 1 } }
  events:
    for_each: sessions
    count: { from: 2, below: 4 }
    hidden: { at: { walk: { from: sessions.start, step: { from: 1, below: 2 } } } }
    fields:
      session: { from: sessions.id }
      n: { sequence: 0 }
      actor.login: { from: sessions.user.name }
      actor.team.name: { from: sessions.user.team }
      page: Home
    cases:
      - { weight: 1, fields: { page: Help } }
      - { weight: 1, fields: {} }
files:
  - { source: events, rows: events, path: '{session}/day.json.gz', repeats: [{ every: 2 }, { every: 3, with: { page: Other } }, { every: 5, cut: true }] }
`;
  const files = generate(events);
  const lines = [...files.values()].flatMap((text) => text.split('\n'));

  it('are made for each row of another kind, with sequences restarting for each', () => {
    expect([...files.keys()].sort()).toEqual([
      'events/1/day.json.gz',
      'events/2/day.json.gz',
      'events/3/day.json.gz',
    ]);
    for (const text of files.values()) expect(JSON.parse(text.split('\n')[0] ?? '')).toMatchObject({ n: 0 });
  });

  it('have nested objects, and values that belong together', () => {
    for (const line of lines.filter((one) => one.endsWith('}'))) {
      const { actor } = JSON.parse(line) as { actor: unknown };
      expect([
        { login: 'ann', team: { name: 'red' } },
        { login: 'bob', team: { name: 'blue' } },
      ]).toContainEqual(actor);
    }
  });

  it('are repeated, changed and cut as often as described', () => {
    const whole = lines.filter((line) => line.endsWith('}'));
    const made = new Set(whole.filter((line) => !line.includes('Other'))).size;
    expect(whole).toHaveLength(made + Math.floor(made / 2) + Math.floor(made / 3));
    expect(whole.filter((line) => line.includes('Other'))).toHaveLength(Math.floor(made / 3));
    expect(lines.length - whole.length).toBe(Math.floor(made / 5));
  });

  it('are the same for the same description, and different for another seed', () => {
    expect(generate(events)).toEqual(files);
    expect(generate(`seed: 2\n${events}`)).not.toEqual(files);
  });

  it.each(['../x', '.hidden', '_x', 'a//b', 'a\\b', '/x', 'a/./b'])(
    'are never written outside their folder: %j',
    (name) => {
      const text = `doc: D.
rows: { cats: { count: 1, fields: { name: ${JSON.stringify(name)} } } }
files: [{ source: events, rows: cats, path: '{name}/a.json' }]
`;
      expect(() => generate(text)).toThrow('the sample has a file with the path');
    },
  );

  it('are limited in number', () => {
    const text = `doc: D.
rows:
  a: { count: 3, fields: { x: 1 } }
  b: { for_each: a, count: 90000, fields: { x: 1 } }
files: [{ source: events, rows: b, path: a.json }]
`;
    expect(() => generate(text)).toThrow('the sample has more than 200000 rows');
  });
});

describe('the sample of the pipeline that comes with Landfall', () => {
  const { pipeline } = loadPipeline(readPipelineFolder(SHIPPED).files);
  if (pipeline?.sample === undefined) throw new Error('there is no sample');
  const files = generateSample(pipeline.sample);
  const parsed = (source: string) =>
    files
      .filter(({ path }) => path.startsWith(`${source}/`))
      .flatMap(({ text }) => text.split('\n'))
      .map((line) => {
        try {
          return JSON.parse(line) as Record<string, unknown>;
        } catch {
          return undefined;
        }
      });
  const songs = parsed('song_data').filter((song) => song !== undefined);
  const events = parsed('log_data');
  const plays = events.filter((event) => event?.['page'] === 'NextSong').map((one) => one ?? {});

  it('has plays that match songs, and more that do not', () => {
    const known = new Set(
      songs.map((song) => [song['title'], song['artist_name'], song['duration']].join('\n')),
    );
    const found = plays.filter((play) =>
      known.has([play['song'], play['artist'], play['length']].join('\n')),
    );
    expect(found.length).toBeGreaterThan(plays.length / 10);
    expect(found.length).toBeLessThan(plays.length / 2);
  });

  it('has logged-out users, levels, pages, and artists without coordinates', () => {
    const of = (name: string) => new Set(events.map((event) => event?.[name]));
    expect(
      events.filter((event) => event?.['userId'] === '').every((event) => event?.['page'] !== 'NextSong'),
    ).toBe(true);
    expect(of('userId').has('')).toBe(true);
    expect(of('level')).toEqual(new Set(['free', 'paid', undefined]));
    expect(of('page').size).toBeGreaterThan(6);
    expect(songs.some((song) => song['artist_latitude'] === null)).toBe(true);
    expect(songs.some((song) => song['artist_latitude'] !== null)).toBe(true);
    expect(songs.some((song) => song['artist_location'] === '')).toBe(true);
  });

  it('has duplicates, conflicts and bad lines, but fewer bad lines than a run accepts', () => {
    const keys = plays.map((play) =>
      ['ts', 'userId', 'sessionId', 'itemInSession'].map((name) => play[name]).join(),
    );
    expect(keys.length - new Set(keys).size).toBeGreaterThan(5);
    expect(new Set(songs.map((song) => song['song_id'])).size).toBeLessThan(songs.length);
    const bad = events.filter((event) => event === undefined || Number(event['ts']) < 1e12).length;
    expect(bad).toBeGreaterThan(1);
    expect(bad / events.length).toBeLessThan(0.006);
  });

  it('has files like the real data', () => {
    for (const { path } of files)
      expect(path).toMatch(
        /^(?:song_data\/(\w)\/(\w)\/(\w)\/TR\1\2\3\w+|log_data\/2018\/11\/2018-11-0\d-events)\.json$/,
      );
  });
});
