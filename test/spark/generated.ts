/** Generated raw data: many small data sets without common keys, each full of conflicting records. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Random } from '../../src/run/ports.ts';
import { seededRandom } from '../support/seeded-random.ts';

/** Raw lines of the two sources. */
export interface RawLines {
  songs: string[];
  plays: string[];
}

const RECORDS = 12;
const EVENTS = 25;

/** Ends and beginnings of years, months and ISO weeks, to the millisecond; the first and the last time there may be. */
const EDGES = [
  '2000-01-01T00:00:00.000Z',
  '2012-12-31T23:59:59.999Z',
  '2016-02-29T12:00:00.000Z',
  '2016-12-31T23:30:00.000Z',
  '2017-01-01T00:30:00.000Z',
  '2018-10-31T23:59:59.999Z',
  '2018-11-01T00:00:00.000Z',
  '2018-12-30T23:59:59.999Z',
  '2018-12-31T00:00:00.000Z',
  '2018-12-31T15:00:00.000Z',
  '2018-12-31T23:59:59.999Z',
  '2019-01-01T00:00:00.000Z',
  '2019-01-01T07:59:59.999Z',
  '2020-03-08T10:00:00.000Z',
  '2020-12-31T16:00:00.001Z',
  '2021-01-01T00:00:00.000Z',
  '2021-01-03T23:59:59.999Z',
  '2021-01-04T00:00:00.000Z',
  '2099-12-31T23:59:59.999Z',
].map((time) => Date.parse(time));

/** A value as JSON, or a verbatim number token. */
type Value = string | number | boolean | null | { token: string };
const token = (text: string) => ({ token: text });

/** `count` data sets; keys of the n-th begin with `d<n>-`, its users with n. */
export function generate(seed: number, count: number): RawLines {
  const sets = Array.from({ length: count }, (_, n) => dataSet(seededRandom(seed * 100_003 + n), n));
  return { songs: sets.flatMap(({ songs }) => songs), plays: sets.flatMap(({ plays }) => plays) };
}

/** Records of `songs` songs by `artists` artists. The last artist is known by the last song alone, whose title is blank. */
export function songsWithABlankTitle(songs: number, artists: number): string[] {
  return Array.from({ length: songs }, (_, n) => {
    const isLast = n === songs - 1;
    const artist = String(isLast ? artists - 1 : n % (artists - 1));
    return written({
      song_id: `S${String(n)}`,
      title: isLast ? ' ' : `Title ${String(n)}`,
      artist_id: `A${artist}`,
      artist_name: `Artist ${artist}`,
      duration: 100 + n / 8,
      year: 1950 + (n % 60),
    });
  });
}

function dataSet(random: Random, n: number): RawLines {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random.fraction() * values.length)]!;
  const own = (name: string) => `d${String(n)}-${name}`;
  /** Sometimes an unusual value. */
  const mostly = <T>(usual: readonly T[], odd: readonly T[]): T =>
    random.fraction() < 0.9 ? pick(usual) : pick(odd);
  const titles = [own('Ü'), own('Ü '), own('ü'), own('Two')];
  const artists = [own('Ann'), own('ann'), own('Bo & Co')];
  const durations: Value[] = [
    1.5,
    '1.5',
    token('1.50'),
    token('15e-1'),
    2,
    token('2.0'),
    100.25,
    0,
    token('-0.0'),
  ];

  const record = (): Record<string, Value | undefined> => ({
    song_id: mostly([own('S1'), own('S2'), own('S3')], ['', null]),
    title: mostly(titles, [' ', undefined]),
    artist_id: mostly([own('A1'), own('A2')], [null]),
    artist_name: mostly(artists, ['', undefined]),
    artist_location: pick([null, '', ' ', 'Oslo', 'Oslo ', 'oslo', undefined]),
    artist_latitude: pick<Value | undefined>([null, 1.5, '1.5', -2, 0, '-0.0', 'x', 'NaN', undefined]),
    artist_longitude: pick<Value | undefined>([null, 3, '3.0', 1e9, undefined]),
    duration: mostly(durations, ['long', null]),
    year: mostly<Value | undefined>(
      [0, 1999, 2001, '2001', token('2001.0')],
      [null, undefined, -1, 'x', 3e9],
    ),
  });
  const event = (): Record<string, Value | undefined> => ({
    page: mostly(['NextSong'], ['Home', 'nextsong', '', undefined]),
    ts: mostly<Value>(EDGES.slice(n % 5, (n % 5) + 4), [
      EDGES[n % EDGES.length]!,
      '1542326457796',
      1,
      'x',
      null,
    ]),
    userId: mostly<Value>([n * 10, String(n * 10), n * 10 + 1], [` ${String(n * 10)} `, '', 'x', null]),
    sessionId: mostly<Value>([1, 2, '2'], [token('2.0'), null]),
    itemInSession: mostly<Value>([0, 1], ['1', 2, true]),
    level: mostly(['free', 'paid'], ['', null]),
    song: mostly(titles, [null, '', undefined]),
    artist: mostly(artists, [null, ' ']),
    length: mostly(durations, [null, 'long', 1.500001]),
    firstName: pick(['Kim', 'kim', null]),
    lastName: pick(['Lee', "O'Neil", undefined]),
    gender: pick(['F', 'M', null]),
    location: pick(['Oslo', 'Tromsø', null]),
    userAgent: pick(['"Mozilla\\5.0"', undefined]),
  });
  const lines = (length: number, make: () => Record<string, Value | undefined>) =>
    Array.from({ length }, () => (random.fraction() < 0.02 ? '{"cut' : written(make())));
  return { songs: lines(RECORDS, record), plays: lines(EVENTS, event) };
}

function written(fields: Record<string, Value | undefined>): string {
  const members = Object.entries(fields).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const text = typeof value === 'object' && value !== null ? value.token : JSON.stringify(value);
    return [`${JSON.stringify(name)}:${text}`];
  });
  return `{${members.join(',')}}`;
}

export interface Layout {
  /** Decides the order of the lines and their files; by default their own order, in one file. */
  seed?: number;
  /** Each file exists twice, the second time under another name. */
  twice?: boolean;
}

/** Writes lines below a folder, each to one file, or to two equal files. */
export function scatter(folder: string, lines: readonly string[], { seed, twice = false }: Layout): void {
  const files = seed === undefined ? [[...lines]] : inSeveralFiles(lines, seededRandom(seed));
  for (const [at, content] of files.entries()) {
    const name = `${seed === undefined ? '' : `${String((at * 7919 + seed) % 97)}/`}${String(at)}`;
    save(join(folder, `${name}.json${at % 3 === 1 ? '.gz' : ''}`), content);
    if (twice) save(join(folder, `again/${name}-Copy1.json`), content);
  }
}

/** The lines in another order, in 5 to 24 files. */
function inSeveralFiles(lines: readonly string[], random: Random): string[][] {
  const files: string[][] = Array.from({ length: 5 + Math.floor(random.fraction() * 20) }, () => []);
  const order = lines.map((line) => ({ line, at: random.fraction() })).sort((a, b) => a.at - b.at);
  for (const { line } of order) files[Math.floor(random.fraction() * files.length)]!.push(line);
  return files;
}

function save(path: string, lines: readonly string[]): void {
  mkdirSync(dirname(path), { recursive: true });
  const text = lines.join('\n');
  writeFileSync(path, path.endsWith('.gz') ? gzipSync(text) : text);
}
