/** The song half of the sample: a catalogue with its planted oddities. */
import { between, pick } from '../../src/dice.ts';
import type { Dice } from '../../src/dice.ts';
import { ADJECTIVES, letters, NOUNS, PLACES, VERBS } from './names.ts';

export interface SongRow {
  num_songs: 1;
  artist_id: string;
  artist_latitude: number | null;
  artist_longitude: number | null;
  artist_location: string | null;
  artist_name: string;
  song_id: string;
  title: string;
  duration: number;
  /** Absent: like 0, unknown. */
  year?: number;
}

export interface Catalogue {
  files: { path: string; text: string }[];
  /** What a play can match: rows as they are in the files. */
  rows: SongRow[];
  expected: { lines: number; kept: number; quarantined: number; songs: number; artists: number };
}

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const HEX = '0123456789ABCDEF';
/** From this many songs on, one unreadable file is less than half a percent. */
const ENOUGH_FOR_A_BAD_ONE = 250;
const ENOUGH_FOR_MANY_FOLDERS = 10_000;
/** Letters of the first folder, and of the two below it. */
const FEW_FOLDERS = ['AB', 'ABC'] as const;
const MANY_FOLDERS = ['A', UPPER] as const;

/**
 * `count` different songs, at least 8, by about two thirds as many artists; unless `clean`, some in more files than one,
 * and some with blanks.
 */
export function sampleSongs(dice: Dice, count: number, clean: boolean): Catalogue {
  const artists = Array.from({ length: Math.max(3, Math.ceil((count * 2) / 3)) }, (_, n) =>
    artist(dice, n, clean ? null : ''),
  );
  const songs = Array.from({ length: count }, (_, n) => song(dice, n, artists[n % artists.length]!));
  const rows = clean ? songs : [...songs, ...plant(songs)];
  const folders = count < ENOUGH_FOR_MANY_FOLDERS ? FEW_FOLDERS : MANY_FOLDERS;
  const files = rows.map((row) => ({ path: trackPath(dice, folders), text: songText(row) }));
  const bad =
    !clean && count >= ENOUGH_FOR_A_BAD_ONE
      ? [{ path: trackPath(dice, folders), text: '{"num_songs": 1, "artist_id": "AR' }]
      : [];
  return {
    files: [...files, ...bad].sort((a, b) => (a.path < b.path ? -1 : 1)),
    rows,
    expected: {
      lines: files.length + bad.length,
      kept: files.length,
      quarantined: bad.length,
      songs: new Set(rows.map((row) => row.song_id)).size,
      artists: new Set(rows.map((row) => row.artist_id)).size,
    },
  };
}

/** Changes some songs and returns rows to add: the cases that a reader of song data has to decide. */
function plant(songs: SongRow[]): SongRow[] {
  const [twice, conflicting, twin, blank, moved, unknownYear] = songs;
  if (!twice || !conflicting || !twin || !blank || !moved || !unknownYear) return [];
  blank.artist_location = '';
  blank.artist_latitude = null;
  blank.artist_longitude = null;
  delete unknownYear.year;
  conflicting.year = 1999;
  return [
    // The same song in two files, alike.
    { ...twice },
    // The same song in two files, of which one does not know the year.
    { ...conflicting, year: 0 },
    // Another song_id for a song that plays cannot tell apart.
    { ...twin, song_id: `SOZ${twin.song_id.slice(3)}` },
    // The same artist under a longer name, elsewhere.
    {
      ...moved,
      song_id: `SOY${moved.song_id.slice(3)}`,
      title: `${moved.title} (Live)`,
      artist_name: `${moved.artist_name} feat. The Others`,
      artist_location: 'Elsewhere',
    },
  ];
}

type Artist = Pick<
  SongRow,
  'artist_id' | 'artist_name' | 'artist_latitude' | 'artist_longitude' | 'artist_location'
>;

function artist(dice: Dice, n: number, blank: '' | null): Artist {
  const place = pick(dice, PLACES);
  const located = dice() < 0.4;
  const base = `${ADJECTIVES[n % 10] ?? ''} ${NOUNS[Math.floor(n / 10) % 10] ?? ''}`;
  return {
    artist_id: `AR${letters(dice, UPPER, 5)}1187B${letters(dice, HEX, 6)}`,
    artist_latitude: located ? place.latitude : null,
    artist_longitude: located ? place.longitude : null,
    artist_location: dice() < 0.7 ? place.name : blank,
    artist_name: n < 100 ? base : `${base} ${Math.floor(n / 100) + 1}`,
  };
}

function song(dice: Dice, n: number, by: Artist): SongRow {
  const title = `${VERBS[n % 8] ?? ''} ${ADJECTIVES[Math.floor(n / 8) % 10] ?? ''} ${NOUNS[Math.floor(n / 80) % 10] ?? ''}`;
  return {
    num_songs: 1,
    ...by,
    song_id: `SO${letters(dice, 'ABCDEFGHIJKLMNOPQRSTUVWX', 5)}12A${letters(dice, HEX, 8)}`,
    title: n < 800 ? title : `${title} No. ${Math.floor(n / 800) + 1}`,
    duration: between(dice, 9_000_000, 45_000_000) / 100_000,
    year: dice() < 0.3 ? 0 : between(dice, 1961, 2011),
  };
}

/** `song_data/A/B/C/TRABC....json`: the folders are the third to fifth letter of the name. */
function trackPath(dice: Dice, [first, others]: readonly [string, string]): string {
  const track = `TR${letters(dice, first, 1)}${letters(dice, others, 2)}${letters(dice, UPPER, 2)}128F${letters(dice, HEX, 7)}`;
  return `song_data/${track.charAt(2)}/${track.charAt(3)}/${track.charAt(4)}/${track}.json`;
}

/** As Python writes JSON: blanks after colons and commas, ASCII only; no newline at the end. */
function songText(row: SongRow): string {
  const fields = Object.entries(row).map(([name, value]) => `"${name}": ${ascii(JSON.stringify(value))}`);
  return `{${fields.join(', ')}}`;
}

function ascii(json: string): string {
  return json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
