/** Raw data full of conflicting records, unusual values and unusual file names. Bad input has its own corpus (bad-input.ts). */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

type Fields = Record<string, unknown>;

const song = (fields: Fields): string =>
  JSON.stringify({
    num_songs: 1,
    artist_id: 'AR1',
    artist_latitude: null,
    artist_longitude: null,
    artist_location: '',
    artist_name: 'Ann',
    song_id: 'SO1',
    title: 'One',
    duration: 100.5,
    year: 2004,
    ...fields,
  });

const TS = 1541106106796;

const play = (fields: Fields): string =>
  JSON.stringify({
    artist: 'Ann',
    auth: 'Logged In',
    firstName: 'Kim',
    gender: 'F',
    itemInSession: 0,
    lastName: 'Lee',
    length: 100.5,
    level: 'free',
    location: 'Oslo',
    method: 'PUT',
    page: 'NextSong',
    registration: 1540919166796.0,
    sessionId: 1,
    song: 'One',
    status: 200,
    ts: TS,
    userAgent: '"Mozilla/5.0 (X11; \\Linux)"',
    userId: '10',
    ...fields,
  });

const lines = (...rows: string[]) => rows.join('\n');
/** A number token that JSON.stringify would not write. */
const token = (text: string, json: string) => json.replace('"TOKEN"', text);

const SONGS: Record<string, string | Buffer> = {
  'A/A/A/TRAAA1.json': song({}),
  'A/A/B/b c+d%20e/[x]{y}/TR ü#=,*?.json': song({
    song_id: 'SO2',
    title: 'Zwei Ü',
    artist_id: 'AR2',
    artist_name: 'Bo & Co',
  }),
  'A/it\'s "q"/TR.json': song({
    song_id: 'SO3',
    title: 'It\'s "three"\\',
    artist_id: 'AR3',
    artist_name: '川',
  }),
  // Conflicting records: a known year wins, then artist_id, title, duration.
  'A/conflict.json': lines(
    song({ song_id: 'SOC', title: 'Aaa', year: 0, artist_id: 'AR4' }),
    song({ song_id: 'SOC', title: 'Mmm', year: 1999, artist_id: 'AR4' }),
    song({ song_id: 'SOC', title: 'Bbb', year: 2001, artist_id: 'AR4', duration: 9.25 }),
    song({ song_id: 'SOC', title: 'Bbb', year: 2001, artist_id: 'AR4', duration: 9.5 }),
    song({ song_id: 'SOC', title: 'Bbb', year: 2001, artist_id: 'AR4', duration: 9.5 }),
  ),
  // Equal in all columns of songs, different in the artist's name.
  'A/names.json': lines(
    song({ song_id: 'SON', title: 'Same', artist_id: 'AR5', artist_name: 'Zed' }),
    song({ song_id: 'SON', title: 'Same', artist_id: 'AR5', artist_name: 'Amy' }),
  ),
  // Two songs that match one play: the lowest song_id wins.
  'A/twins.json': lines(
    song({ song_id: 'SOT2', title: 'Twin', artist_id: 'AR7', artist_name: 'Tia' }),
    song({ song_id: 'SOT1', title: 'Twin', artist_id: 'AR8', artist_name: 'Tia' }),
  ),
  'A/artists.json': lines(
    song({
      song_id: 'SOA1',
      artist_id: 'AR9',
      artist_name: 'No coordinates',
      artist_location: 'Rome',
      year: 2010,
    }),
    song({
      song_id: 'SOA2',
      artist_id: 'AR9',
      artist_name: 'Half',
      artist_latitude: 1.5,
      artist_location: 'Rome',
      year: 2011,
    }),
    song({
      song_id: 'SOA3',
      artist_id: 'AR9',
      artist_name: 'Both',
      artist_latitude: 1.5,
      artist_longitude: -2,
      year: 1990,
    }),
    song({
      song_id: 'SOA4',
      artist_id: 'AR9',
      artist_name: 'All',
      artist_latitude: '40.7',
      artist_longitude: ' -74 ',
      artist_location: ' Rome ',
      year: 1980,
    }),
    song({
      song_id: 'SOA5',
      artist_id: 'ARX',
      artist_name: 'Bad latitude',
      artist_latitude: 'NaN',
      artist_longitude: 'x',
    }),
    song({ song_id: 'SOA6', artist_id: 'ARX', artist_name: 'Far', artist_latitude: 91, artist_longitude: 1 }),
  ),
  'B/years.json': lines(
    song({ song_id: 'SOY1', year: undefined }),
    song({ song_id: 'SOY2', year: null }),
    song({ song_id: 'SOY3', year: 'abc' }),
    song({ song_id: 'SOY4', year: '2001' }),
    token('1999.0', song({ song_id: 'SOY5', year: 'TOKEN' })),
    token('2.003e3', song({ song_id: 'SOY6', year: 'TOKEN' })),
    song({ song_id: 'SOY7', year: 2004.5 }),
    song({ song_id: 'SOY8', year: 3000000000 }),
    song({ song_id: 'SOY9', year: 0 }),
    song({ song_id: 'SOYA', year: ' ' }),
    song({ song_id: 'SOYB', year: -5 }),
  ),
  'B/durations.json': lines(
    song({ song_id: 'SOD1', duration: '182.5' }),
    song({ song_id: 'SOD2', duration: 182 }),
    song({ song_id: 'SOD3', duration: 'abc' }),
    song({ song_id: 'SOD4', duration: undefined }),
    token('1e400', song({ song_id: 'SOD5', duration: 'TOKEN' })),
    song({ song_id: 'SOD6', duration: '1.5d' }),
    song({ song_id: 'SOD7', duration: 'Infinity' }),
    song({ song_id: 'SOD8', duration: true }),
    song({ song_id: 'SOD9', duration: '１５' }),
  ),
  'B/texts.json': lines(
    song({ song_id: 42, title: 7 }),
    song({ song_id: 'SOX1', title: '  padded  ' }),
    song({ song_id: 'SOX2', title: '\t ' }),
    song({ song_id: 'SOX3', title: null }),
    song({ song_id: '', title: 'x' }),
    song({ song_id: 'SOX4', artist_name: { a: [1, 'b'] } }),
    song({ song_id: 'SOX5', title: 'quarter \ud83c\udfb5 note' }),
    song({ song_id: 'SOX6', title: '__HIVE_DEFAULT_PARTITION__' }),
    '{"SONG_ID":"SOX7","title":"case"}',
    '{"song_id":"first","song_id":"SOX8","title":"twice","artist_id":"AR1","artist_name":"Ann","duration":3}',
  ),
  'C/z.json.gz': gzipSync(lines(song({ song_id: 'SOZ1' }), song({ song_id: 'SOZ2' }))),
};

const LOGS: Record<string, string | Buffer> = {
  '2018/11/2018-11-01-events.json': lines(
    play({ itemInSession: 0 }),
    play({ itemInSession: 1, song: 'Zwei Ü', artist: 'Bo & Co' }),
    play({ itemInSession: 2, song: 'It\'s "three"\\', artist: '川' }),
    play({ itemInSession: 3, song: 'Bbb', artist: 'Ann', length: 9.25 }),
    play({ itemInSession: 4, song: 'Bbb', artist: 'Ann', length: 9.5 }),
    play({ itemInSession: 5, song: 'Same', artist: 'Amy' }),
    play({ itemInSession: 6, song: 'Same', artist: 'Zed' }),
    play({ itemInSession: 7, song: 'Twin', artist: 'Tia' }),
    play({ itemInSession: 8, song: 'one' }),
    play({ itemInSession: 9, length: '100.5' }),
    play({ itemInSession: 10, length: 'abc' }),
    play({ itemInSession: 11, song: null, artist: '', length: undefined }),
    play({ itemInSession: 12, length: 100.50000001 }),
    play({ itemInSession: 13, location: '  ', userAgent: null, firstName: 'Zoë', lastName: "O'Neil" }),
  ),
  // Equal events: identical, with other content, and with a different spelling of the key.
  '2018/11/duplicates + 100%.json': lines(
    play({ sessionId: 2, itemInSession: 0 }),
    play({ sessionId: 2, itemInSession: 0 }),
    play({ sessionId: 2, itemInSession: 1, location: 'Turku' }),
    play({ sessionId: 2, itemInSession: 1, location: 'Bergen' }),
    play({ sessionId: 2, itemInSession: 1, location: null }),
    play({ sessionId: 2, itemInSession: 2, userId: 10 }),
    play({ sessionId: 2, itemInSession: '2' }),
    token(`${TS}.0`, play({ sessionId: 2, itemInSession: 3, ts: 'TOKEN', location: 'float' })),
    play({ sessionId: 2, itemInSession: 3, location: 'integer' }),
  ),
  '2018/11/[again]/{x}.json.gz': gzipSync(play({ sessionId: 2, itemInSession: 0 })),
  '2018/11/users.json': lines(
    play({ userId: '20', level: 'free', ts: TS + 5 }),
    play({ userId: '20', level: 'paid', ts: TS + 6, firstName: 'Later' }),
    play({ userId: '21', level: 'free', sessionId: 9, itemInSession: 1 }),
    play({ userId: '21', level: 'paid', sessionId: 10, itemInSession: 0 }),
    play({ userId: '22', level: 'free', sessionId: 9, itemInSession: 9 }),
    play({ userId: '22', level: 'paid', sessionId: 9, itemInSession: 10 }),
    play({ userId: '23', gender: null, firstName: ' ', lastName: 'only' }),
    play({ userId: '24', level: 'gold' }),
    play({ userId: '-7' }),
    play({ userId: '9223372036854775807' }),
  ),
  '2018/11/times.json': lines(
    play({ userId: 30, ts: 946684800000 }),
    play({ userId: 30, ts: 4102444799999 }),
    play({ userId: 30, ts: Date.UTC(2021, 0, 1) }),
    play({ userId: 30, ts: Date.UTC(2019, 11, 30, 23, 59, 59, 999) }),
    play({ userId: 30, ts: Date.UTC(2020, 1, 29, 12) }),
    play({ userId: 30, ts: '1542326457796' }),
    play({ userId: 30, ts: ' 1542326457797 ' }),
    token('1.5E12', play({ userId: 30, ts: 'TOKEN' })),
    token('1542326457798.0', play({ userId: 30, ts: 'TOKEN' })),
  ),
  '2018/11/filtered.json': lines(
    play({ page: 'Home' }),
    play({ page: 'Home', userId: '', auth: 'Logged Out', level: 'free' }),
    play({ page: 'nextsong' }),
    play({ page: ' NextSong' }),
    play({ page: 'Login', ts: 'bad', userId: '' }),
  ),
};

/** Writes the planted inputs below `root`; returns their two roots. */
export function plant(root: string): { songData: string; logData: string } {
  const songData = join(root, 'song data [1]');
  const logData = join(root, 'log_data');
  for (const [folder, files] of [
    [songData, SONGS],
    [logData, LOGS],
  ] as const)
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
  return { songData, logData };
}
