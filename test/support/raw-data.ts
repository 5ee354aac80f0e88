/** A dozen conflicting raw lines, so few that a run takes little more than its start. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

type Fields = Record<string, unknown>;

const song = (fields: Fields) => ({
  num_songs: 1,
  artist_id: 'AR1',
  artist_name: 'Ida',
  artist_location: 'Turku',
  artist_latitude: null,
  artist_longitude: null,
  duration: 201.5,
  year: 1998,
  ...fields,
});

const play = (fields: Fields) => ({
  artist: 'Ida',
  auth: 'Logged In',
  firstName: 'Noor',
  gender: 'F',
  lastName: 'Ek',
  length: 201.5,
  level: 'free',
  location: 'Turku, FI',
  page: 'NextSong',
  song: 'North',
  userAgent: 'Mozilla/5.0',
  userId: '7',
  sessionId: 1,
  ...fields,
});

const NOON = Date.UTC(2018, 10, 3, 12);

const SONGS = [
  song({ song_id: 'S1', title: 'North' }),
  // One song twice: the known year wins. One artist twice: the one with coordinates wins.
  song({ song_id: 'S2', title: 'South', year: 0 }),
  song({ song_id: 'S2', title: 'South', year: 2001, artist_latitude: 60.4, artist_longitude: 22.2 }),
  song({ song_id: 'S3', title: 'West', artist_id: 'AR2', artist_name: 'Öl', year: 2001 }),
];

const DAYS = {
  '2018-11-03': [
    play({ ts: NOON, itemInSession: 0 }),
    play({ ts: NOON, itemInSession: 1, song: 'South' }),
    // The same event twice, with different content.
    play({ ts: NOON + 1, itemInSession: 2, song: 'South' }),
    play({ ts: NOON + 1, itemInSession: 2, song: 'Nowhere' }),
    play({ ts: NOON + 2, itemInSession: 3, page: 'Home', song: null, artist: null, length: null }),
  ],
  '2018-12-01': [
    // The user now has the paid level.
    play({ ts: NOON + 28 * 86_400_000, itemInSession: 0, sessionId: 2, level: 'paid' }),
    play({
      ts: NOON + 28 * 86_400_000,
      itemInSession: 1,
      sessionId: 3,
      userId: '8',
      song: 'West',
      artist: 'Öl',
    }),
  ],
};

/** Writes it below a folder; returns the two sources. */
export function writeRawData(folder: string): { song_data: string; log_data: string } {
  const sources = { song_data: join(folder, 'song_data'), log_data: join(folder, 'log_data') };
  for (const [index, one] of SONGS.entries())
    save(join(sources.song_data, `A/TR${String(index)}.json`), [one]);
  for (const [day, events] of Object.entries(DAYS)) {
    save(join(sources.log_data, `${day.slice(0, 4)}/${day.slice(5, 7)}/${day}-events.json`), events);
  }
  return sources;
}

function save(path: string, objects: readonly Fields[]): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, objects.map((one) => JSON.stringify(one)).join('\n'));
}
