/** The log half of the data: people, their sessions, and the text of each event. */
import { between, pick } from '../../src/dice.ts';
import type { Dice } from '../../src/dice.ts';
import { BROWSERS, FIRST_NAMES, LAST_NAMES, PLACES } from './names.ts';
import type { SongRow } from './songs.ts';

/**
 * One line of a log. What a person and a page add to a line is text already: most of the time of writing a log would go
 * into making the same texts again.
 */
export interface LogEvent {
  who: Person;
  what: Page;
  level: 'free' | 'paid';
  itemInSession: number;
  sessionId: number;
  /** Epoch milliseconds. */
  ts: number;
}

/** Parts of a line, as JSON, between the fields that differ from event to event. */
export interface Person {
  userId: string;
  level: 'free' | 'paid';
  /** auth, firstName, gender. */
  name: string;
  lastName: string;
  location: string;
  registration: string;
  /** userAgent, userId. */
  agent: string;
}

export interface Page {
  page: string;
  /** The song that is played is one of the catalogue. */
  matches: boolean;
  artist: string;
  length: string;
  /** method, page. */
  request: string;
  /** song, status. */
  song: string;
}

/** What the events of all days share. */
export interface Stage {
  dice: Dice;
  people: Person[];
  /** Plays of the songs of the catalogue. */
  plays: readonly (Page & { row: SongRow })[];
  isKnown: (row: Played) => boolean;
  /** Nobody's level changes. */
  clean: boolean;
  nextSession: number;
}

type Played = Pick<SongRow, 'title' | 'artist_name' | 'duration'>;

const OTHER_PAGES = ['Home', 'About', 'Help', 'Settings', 'Downgrade', 'Error'].map((name) =>
  silentPage('GET', name, 200),
);
const VISIT = [silentPage('GET', 'Home', 200), silentPage('PUT', 'Login', 307)];
const UPGRADE = silentPage('PUT', 'Submit Upgrade', 307);
const NOBODY: Person = {
  userId: '',
  level: 'free',
  name: '"auth":"Logged Out","firstName":null,"gender":null',
  lastName: '"lastName":null',
  location: '"location":null',
  registration: '"registration":null',
  agent: '"userAgent":null,"userId":""',
};
const EVENTS_PER_TIE = 40;
const MINUTE_MS = 60_000;
const REGISTERED = Date.UTC(2018, 9, 1);

export interface StageOptions {
  songs: readonly SongRow[];
  people: number;
  clean: boolean;
}

export function openStage(dice: Dice, { songs, people, clean }: StageOptions): Stage {
  const key = ({ title, artist_name, duration }: Played) => `${title}\n${artist_name}\n${duration}`;
  const known = new Set(songs.map(key));
  return {
    dice,
    people: Array.from({ length: people }, (_, n) => person(dice, n, clean)),
    plays: songs.map((row) => ({ ...playOf(row, true), row })),
    isKnown: (row) => known.has(key(row)),
    clean,
    nextSession: 100,
  };
}

/** The events of one day in the order of their time; `count` is met exactly. Some share their time with another. */
export function eventsOfDay(stage: Stage, dayStart: number, count: number): LogEvent[] {
  const events: LogEvent[] = [];
  while (events.length < count) {
    const session = stage.dice() < 0.1 ? visit(stage, dayStart) : listening(stage, dayStart);
    for (const event of session.slice(0, count - events.length)) events.push(event);
  }
  const inOrder = events.sort((a, b) => a.ts - b.ts);
  for (let n = EVENTS_PER_TIE; n < inOrder.length; n += EVENTS_PER_TIE) {
    const [before, event] = inOrder.slice(n - 1, n + 1);
    if (before && event && before.sessionId !== event.sessionId) event.ts = before.ts;
  }
  return inOrder;
}

/** One person's session: mostly plays, now and then another page; some go from free to paid in the middle of it. */
function listening(stage: Stage, dayStart: number): LogEvent[] {
  const { dice, people, clean } = stage;
  const who = pick(dice, people);
  const sessionId = stage.nextSession++;
  // All times of a day stay on it: the file's name is the day.
  let ts = dayStart + between(dice, 0, 15 * 60 * MINUTE_MS);
  const events: LogEvent[] = [];
  const count = between(dice, 3, 25);
  for (let itemInSession = 0; itemInSession < count; itemInSession += 1) {
    ts += between(dice, 2_000, 6 * MINUTE_MS);
    const { level } = who;
    let what: Page;
    if (dice() < 0.85) what = play(stage);
    else if (!clean && level === 'free' && dice() < 0.15) {
      who.level = 'paid';
      what = UPGRADE;
    } else what = pick(dice, OTHER_PAGES);
    events.push({ who, what, level, itemInSession, sessionId, ts });
  }
  return events;
}

/** Someone who is not logged in looks around: no user, no play. */
function visit(stage: Stage, dayStart: number): LogEvent[] {
  const sessionId = stage.nextSession++;
  const start = dayStart + between(stage.dice, 0, 23 * 60 * MINUTE_MS);
  return VISIT.map((what, itemInSession) => ({
    who: NOBODY,
    what,
    level: 'free',
    itemInSession,
    sessionId,
    ts: start + itemInSession * 1_000,
  }));
}

/** A play: of a song in the catalogue, of one that only resembles one, or of one that nobody knows. */
function play({ dice, plays, isKnown }: Stage): Page {
  const known = pick(dice, plays);
  const chance = dice();
  if (chance < 0.6) {
    const duration = between(dice, 9_000_000, 45_000_000) / 100_000;
    const [artist_name, title] = [`Unlisted ${between(dice, 1, 400)}`, `Track ${between(dice, 1, 4000)}`];
    return playOf({ artist_name, title, duration }, false);
  }
  if (chance >= 0.75) return known;
  const { title, artist_name, duration } = known.row;
  const similar = { title, artist_name, duration };
  if (chance < 0.65) similar.title = title.toUpperCase();
  else if (chance < 0.7) similar.title = `${title} `;
  else similar.duration = Math.round(duration * 1e5 + 1) / 1e5;
  return playOf(similar, isKnown(similar));
}

function playOf({ title, artist_name, duration }: Played, matches: boolean): Page {
  return {
    page: 'NextSong',
    matches,
    artist: `"artist":${json(artist_name)}`,
    length: `"length":${duration}`,
    request: '"method":"PUT","page":"NextSong"',
    song: `"song":${json(title)},"status":200`,
  };
}

function silentPage(method: 'GET' | 'PUT', page: string, status: number): Page {
  return {
    page,
    matches: false,
    artist: '"artist":null',
    length: '"length":null',
    request: `"method":"${method}","page":${json(page)}`,
    song: `"song":null,"status":${status}`,
  };
}

function person(dice: Dice, n: number, clean: boolean): Person {
  const userId = String(n + 2);
  const blank = (text: string) => (clean ? null : text);
  const firstName = FIRST_NAMES[n % FIRST_NAMES.length];
  const lastName = n % 17 === 16 ? blank(' ') : LAST_NAMES[Math.floor(n / 3) % LAST_NAMES.length];
  const gender = dice() < 0.5 ? 'F' : 'M';
  const level = dice() < 0.75 ? 'free' : 'paid';
  const location = n % 13 === 12 ? blank('') : pick(dice, PLACES).name;
  const registration = REGISTERED + between(dice, 0, 30 * 24 * 60 * MINUTE_MS);
  return {
    userId,
    level,
    name: `"auth":"Logged In","firstName":${json(firstName)},"gender":"${gender}"`,
    lastName: `"lastName":${json(lastName)}`,
    location: locationText(location),
    registration: `"registration":${registration}.0`,
    agent: agentText(pick(dice, BROWSERS), userId),
  };
}

export const locationText = (location: string | null): string => `"location":${json(location)}`;

const agentText = (agent: string, userId: string) => `"userAgent":${json(agent)},"userId":"${userId}"`;

/** The event as another one, whose user is unknown. */
export const withoutUser = (event: LogEvent): LogEvent => ({
  ...event,
  who: { ...event.who, userId: '', agent: event.who.agent.replace(/"\d+"$/, '""') },
});

/** As the real log writes it: slashes escaped. */
function json(value: unknown): string {
  return JSON.stringify(value).replaceAll('/', '\\/');
}

/** As the real log writes it: its fields in its order, `registration` as a decimal. */
export function eventText({ who, what, level, itemInSession, sessionId, ts }: LogEvent): string {
  return `{${what.artist},${who.name},"itemInSession":${itemInSession},${who.lastName},${what.length},"level":"${level}",${who.location},${what.request},${who.registration},"sessionId":${sessionId},${what.song},"ts":${ts},${who.agent}}`;
}
