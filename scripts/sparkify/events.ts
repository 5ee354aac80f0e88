/** The log half of the sample: people, their sessions, and what an honest log has of dishonest lines. */
import { between, pick } from '../../src/local/dice.ts';
import type { Dice } from '../../src/local/dice.ts';
import { BROWSERS, FIRST_NAMES, LAST_NAMES, PLACES } from './names.ts';
import type { SongRow } from './songs.ts';

export interface LogEvent {
  artist: string | null;
  auth: 'Logged In' | 'Logged Out';
  firstName: string | null;
  gender: 'F' | 'M' | null;
  itemInSession: number;
  lastName: string | null;
  length: number | null;
  level: 'free' | 'paid';
  location: string | null;
  method: 'GET' | 'PUT';
  page: string;
  /** Epoch milliseconds. */
  registration: number | null;
  sessionId: number;
  song: string | null;
  status: number;
  /** Epoch milliseconds. */
  ts: number;
  userAgent: string | null;
  userId: string;
}

interface Person {
  userId: string;
  firstName: string;
  lastName: string | null;
  gender: 'F' | 'M';
  level: 'free' | 'paid';
  location: string;
  registration: number;
  userAgent: string;
}

/** What the events of all days share. */
export interface Stage {
  dice: Dice;
  people: Person[];
  songs: readonly SongRow[];
  nextSession: number;
}

const PAGES = ['Home', 'About', 'Help', 'Settings', 'Downgrade', 'Error'] as const;
const EVENTS_PER_TIE = 40;
const MINUTE_MS = 60_000;
const REGISTERED = Date.UTC(2018, 9, 1);

export function openStage(dice: Dice, songs: readonly SongRow[], people: number): Stage {
  return { dice, songs, people: Array.from({ length: people }, (_, n) => person(dice, n)), nextSession: 100 };
}

/** The events of one day in the order of their time; `count` is met exactly. Some share their time with another. */
export function eventsOfDay(stage: Stage, dayStart: number, count: number): LogEvent[] {
  const events: LogEvent[] = [];
  while (events.length < count) {
    const session = stage.dice() < 0.1 ? visit(stage, dayStart) : listening(stage, dayStart);
    events.push(...session.slice(0, count - events.length));
  }
  const inOrder = events.sort((a, b) => a.ts - b.ts);
  for (const [n, event] of inOrder.entries()) {
    const before = inOrder[n - 1];
    if (n % EVENTS_PER_TIE === 0 && before !== undefined && before.sessionId !== event.sessionId)
      event.ts = before.ts;
  }
  return inOrder;
}

/** One person's session: mostly plays, now and then another page; some go from free to paid in the middle of it. */
function listening(stage: Stage, dayStart: number): LogEvent[] {
  const { dice, people } = stage;
  const who = people[between(dice, 0, people.length)] ?? person(dice, 0);
  const sessionId = stage.nextSession++;
  // All times of a day stay on it: the file's name is the day.
  let ts = dayStart + between(dice, 0, 15 * 60 * MINUTE_MS);
  return Array.from({ length: between(dice, 3, 25) }, (_, itemInSession) => {
    ts += between(dice, 2_000, 6 * MINUTE_MS);
    const event = { ...base(who), itemInSession, sessionId, ts };
    if (dice() < 0.85) return { ...event, ...play(stage) };
    if (who.level === 'free' && dice() < 0.15) {
      who.level = 'paid';
      return { ...event, method: 'PUT' as const, page: 'Submit Upgrade', status: 307 };
    }
    return { ...event, page: pick(dice, PAGES) };
  });
}

/** Someone who is not logged in looks around: no user, no play. */
function visit(stage: Stage, dayStart: number): LogEvent[] {
  const { dice } = stage;
  const sessionId = stage.nextSession++;
  const ts = dayStart + between(dice, 0, 23 * 60 * MINUTE_MS);
  const nobody = {
    firstName: null,
    lastName: null,
    gender: null,
    location: null,
    registration: null,
    userAgent: null,
  };
  return ['Home', 'Login'].map((page, itemInSession) => ({
    ...silence,
    ...nobody,
    auth: 'Logged Out' as const,
    level: 'free' as const,
    method: page === 'Login' ? ('PUT' as const) : ('GET' as const),
    page,
    status: page === 'Login' ? 307 : 200,
    itemInSession,
    sessionId,
    ts: ts + itemInSession * 1_000,
    userId: '',
  }));
}

const silence = { artist: null, length: null, song: null } as const;

function base(who: Person) {
  const { level, ...rest } = who;
  return {
    ...silence,
    ...rest,
    auth: 'Logged In' as const,
    level,
    method: 'GET' as const,
    page: 'Home',
    status: 200,
  };
}

/** A play: of a song in the catalogue, of one that only resembles one, or of one that nobody knows. */
function play({ dice, songs }: Stage) {
  const known = songs[between(dice, 0, songs.length)];
  const chance = dice();
  const method = 'PUT' as const;
  const next = { method, page: 'NextSong', status: 200 };
  if (known === undefined || chance < 0.6) {
    const length = between(dice, 9_000_000, 45_000_000) / 100_000;
    return {
      ...next,
      artist: `Unlisted ${between(dice, 1, 400)}`,
      song: `Track ${between(dice, 1, 4000)}`,
      length,
    };
  }
  const { artist_name: artist, title: song, duration: length } = known;
  if (chance < 0.65) return { ...next, artist, song: song.toUpperCase(), length };
  if (chance < 0.7) return { ...next, artist, song: `${song} `, length };
  if (chance < 0.75) return { ...next, artist, song, length: Math.round(length * 1e5 + 1) / 1e5 };
  return { ...next, artist, song, length };
}

function person(dice: Dice, n: number): Person {
  return {
    userId: String(n + 2),
    firstName: FIRST_NAMES[n % FIRST_NAMES.length] ?? 'Ada',
    lastName: n % 17 === 16 ? ' ' : (LAST_NAMES[Math.floor(n / 3) % LAST_NAMES.length] ?? 'Abara'),
    gender: dice() < 0.5 ? 'F' : 'M',
    level: dice() < 0.75 ? 'free' : 'paid',
    location: n % 13 === 12 ? '' : pick(dice, PLACES).name,
    registration: REGISTERED + between(dice, 0, 30 * 24 * 60 * MINUTE_MS),
    userAgent: pick(dice, BROWSERS),
  };
}

const FIELDS = [
  ...[
    'artist',
    'auth',
    'firstName',
    'gender',
    'itemInSession',
    'lastName',
    'length',
    'level',
    'location',
    'method',
  ],
  ...['page', 'registration', 'sessionId', 'song', 'status', 'ts', 'userAgent', 'userId'],
];

/** As the real log writes it: these fields in this order, slashes escaped, `registration` as a decimal. */
export function eventText(event: LogEvent): string {
  return JSON.stringify(event, FIELDS)
    .replaceAll('/', '\\/')
    .replace(/"registration":(\d+)/, '"registration":$1.0');
}
