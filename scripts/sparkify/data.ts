/** Invented data of Sparkify, of any size, whose answers are known: for tests. */
import { diceOf } from '../../src/local/dice.ts';
import { eventsOfDay, eventText, openStage } from './events.ts';
import type { LogEvent } from './events.ts';
import { sampleSongs } from './songs.ts';
import type { SongRow } from './songs.ts';

export interface SparkifyOptions {
  /** Same options, same bytes. */
  seed?: number;
  /** Different songs; default 80, at least 8. From 250 on one file cannot be read. */
  songs?: number;
  /** From 2018-11-01 on; default 7. */
  days?: number;
  /** Honest events a day, default 250. Duplicates and bad lines come on top: one each for every 200 events. */
  eventsPerDay?: number;
}

export interface SourceFigures {
  objects: number;
  /** Not blank: kept + filtered + duplicates + quarantined. */
  lines: number;
  blank: number;
  kept: number;
  filtered: number;
  duplicates: number;
  /** Of the duplicates, those that differ from the line they repeat. */
  conflicts: number;
  quarantined: number;
}

export interface SparkifyData {
  files: { path: string; text: string }[];
  /** What a run must find. */
  expected: {
    song_data: SourceFigures;
    log_data: SourceFigures;
    rows: { songplays: number; users: number; songs: number; artists: number; time: number };
    /** Plays that match a song. */
    matches: number;
    usersByLevel: { free: number; paid: number };
    loggedOut: number;
  };
}

const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(2018, 10, 1);
const EVENTS_PER_ODDITY = 200;

/** Pure: neither clock nor chance beyond the seed. */
export function generateSparkify(options: SparkifyOptions = {}): SparkifyData {
  const { seed = 1, songs = 80, days = 7, eventsPerDay = 250 } = options;
  const dice = diceOf(seed);
  const catalogue = sampleSongs(dice, Math.max(8, songs));
  const stage = openStage(dice, catalogue.rows, Math.max(4, Math.round(Math.sqrt(days * eventsPerDay))));
  const log: LogDay[] = [];
  for (let day = 0; day < days; day += 1) {
    const dayStart = FIRST_DAY + day * DAY_MS;
    log.push(layOut(dayStart, eventsOfDay(stage, dayStart, eventsPerDay), log.length));
  }
  const events = log.flatMap(({ honest }) => honest);
  const plays = events.filter(({ page }) => page === 'NextSong');
  return {
    files: [...catalogue.files, ...log.map(({ path, text }) => ({ path, text }))],
    expected: {
      song_data: {
        ...catalogue.expected,
        objects: catalogue.files.length,
        blank: 0,
        filtered: 0,
        duplicates: 0,
        conflicts: 0,
      },
      log_data: bookLog(log, events.length - plays.length, plays.length),
      rows: {
        songplays: plays.length,
        users: latestLevels(plays).size,
        songs: catalogue.expected.songs,
        artists: catalogue.expected.artists,
        time: new Set(plays.map(({ ts }) => ts)).size,
      },
      matches: countMatches(plays, catalogue.rows),
      usersByLevel: countLevels(latestLevels(plays)),
      loggedOut: events.filter(({ auth }) => auth === 'Logged Out').length,
    },
  };
}

interface LogDay {
  path: string;
  text: string;
  honest: LogEvent[];
  duplicates: number;
  conflicts: number;
  bad: number;
}

/** The day's file: honest events, every so often one of them again, and a line that is no event. */
function layOut(dayStart: number, honest: LogEvent[], dayNumber: number): LogDay {
  const day = new Date(dayStart).toISOString().slice(0, 10);
  const lines: string[] = [];
  const added = { duplicates: 0, conflicts: 0, bad: 0 };
  let sinceOddity = 0;
  for (const event of honest) {
    lines.push(eventText(event));
    sinceOddity += 1;
    if (sinceOddity < EVENTS_PER_ODDITY || event.page !== 'NextSong') continue;
    sinceOddity = 0;
    const differs = (dayNumber + added.duplicates) % 2 === 1;
    lines.push(eventText(differs ? { ...event, location: 'Somewhere Else' } : event));
    lines.push(badLine(event, dayNumber + added.bad));
    added.duplicates += 1;
    added.conflicts += differs ? 1 : 0;
    added.bad += 1;
  }
  lines.splice(1, 0, '  ');
  const path = `log_data/${day.slice(0, 4)}/${day.slice(5, 7)}/${day}-events.json`;
  return { path, text: lines.join('\n'), honest, ...added };
}

/** Each kind of line that must end in quarantine, in turn. */
function badLine(event: LogEvent, kind: number): string {
  const text = eventText({ ...event, itemInSession: event.itemInSession + 1000 });
  const kinds = [
    text.slice(0, 120),
    `${text} ${text}`,
    eventText({ ...event, ts: Math.floor(event.ts / 1000) }),
    eventText({ ...event, userId: '' }),
    text.replace('"page":"NextSong",', ''),
  ];
  return kinds[kind % kinds.length] ?? text;
}

function bookLog(log: readonly LogDay[], filtered: number, kept: number): SourceFigures {
  const sum = (of: (day: LogDay) => number) => log.reduce((total, day) => total + of(day), 0);
  const [duplicates, quarantined] = [sum((day) => day.duplicates), sum((day) => day.bad)];
  return {
    objects: log.length,
    lines: kept + filtered + duplicates + quarantined,
    blank: log.length,
    kept,
    filtered,
    duplicates,
    conflicts: sum((day) => day.conflicts),
    quarantined,
  };
}

function countMatches(plays: readonly LogEvent[], songs: readonly SongRow[]): number {
  const key = (...parts: readonly unknown[]) => JSON.stringify(parts);
  const known = new Set(songs.map(({ title, artist_name, duration }) => key(title, artist_name, duration)));
  return plays.filter(({ song, artist, length }) => known.has(key(song, artist, length))).length;
}

/** Each user's level at the latest play. */
function latestLevels(plays: readonly LogEvent[]): Map<string, 'free' | 'paid'> {
  const inOrder = [...plays].sort(
    (a, b) => a.ts - b.ts || a.sessionId - b.sessionId || a.itemInSession - b.itemInSession,
  );
  return new Map(inOrder.map(({ userId, level }) => [userId, level]));
}

function countLevels(levels: ReadonlyMap<string, 'free' | 'paid'>): { free: number; paid: number } {
  const paid = [...levels.values()].filter((level) => level === 'paid').length;
  return { free: levels.size - paid, paid };
}
