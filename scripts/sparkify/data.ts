/** Invented data of Sparkify, of any size, whose answers are known: for tests and the bench. */
import { diceOf } from '../../src/dice.ts';
import type { SampleFile } from '../../src/local/generate-sample.ts';
import { eventsOfDay, eventText, locationText, openStage, withoutUser } from './events.ts';
import type { LogEvent } from './events.ts';
import { openLines } from './lines.ts';
import { sampleSongs } from './songs.ts';

export interface SparkifyOptions {
  /** Same options, same bytes. */
  seed?: number;
  /** Different songs; default 80, at least 8. From 250 on one file cannot be read. */
  songs?: number;
  /** From 2018-11-01 on; default 7. */
  days?: number;
  /** Honest events a day, default 250. Duplicates and bad lines come on top: one each for every 200 events. */
  eventsPerDay?: number;
  /** Every line is an event, none comes twice, records agree and nothing is blank: any reader makes the same tables. */
  clean?: boolean;
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

/** What a run must find. */
export interface SparkifyFigures {
  song_data: SourceFigures;
  log_data: SourceFigures;
  rows: { songplays: number; users: number; songs: number; artists: number; time: number };
  /** Plays that match a song. */
  matches: number;
  usersByLevel: { free: number; paid: number };
  loggedOut: number;
}

export interface SparkifyFile {
  path: string;
  bytes: Buffer;
}

export interface SparkifyData {
  files: SampleFile[];
  expected: SparkifyFigures;
}

const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(2018, 10, 1);
const EVENTS_PER_ODDITY = 200;

/** The files one after another, a day of events at a time; then what is in them. Pure: neither clock nor chance beyond the seed. */
export function* sparkifyFiles(options: SparkifyOptions = {}): Generator<SparkifyFile, SparkifyFigures> {
  const { seed = 1, songs = 80, days = 7, eventsPerDay = 250, clean = false } = options;
  const dice = diceOf(seed);
  const catalogue = sampleSongs(dice, Math.max(8, songs), clean);
  const people = Math.max(4, Math.round(Math.sqrt(days * eventsPerDay)));
  const stage = openStage(dice, { songs: catalogue.rows, people, clean });
  for (const { path, text } of catalogue.files) yield { path, bytes: Buffer.from(text) };
  const tally = openTally();
  for (let day = 0; day < days; day += 1) {
    const dayStart = FIRST_DAY + day * DAY_MS;
    const honest = eventsOfDay(stage, dayStart, eventsPerDay);
    count(tally, honest);
    const { path, bytes, ...added } = layOut(dayStart, honest, clean ? undefined : day);
    tally.added.push(added);
    yield { path, bytes };
  }
  return {
    song_data: {
      ...catalogue.expected,
      objects: catalogue.files.length,
      blank: 0,
      filtered: 0,
      duplicates: 0,
      conflicts: 0,
    },
    log_data: booksOf(tally),
    rows: {
      songplays: tally.plays,
      users: tally.latest.size,
      songs: catalogue.expected.songs,
      artists: catalogue.expected.artists,
      time: tally.times,
    },
    matches: tally.matches,
    usersByLevel: countLevels([...tally.latest.values()]),
    loggedOut: tally.loggedOut,
  };
}

export function generateSparkify(options: SparkifyOptions = {}): SparkifyData {
  const made = sparkifyFiles(options);
  const files: SampleFile[] = [];
  for (let next = made.next(); ; next = made.next()) {
    if (next.done === true) return { files, expected: next.value };
    files.push({ path: next.value.path, text: next.value.bytes.toString() });
  }
}

interface Added {
  duplicates: number;
  conflicts: number;
  bad: number;
  blank: number;
}

/** What the events so far come to. */
interface Tally {
  events: number;
  plays: number;
  matches: number;
  loggedOut: number;
  /** Different times of plays. */
  times: number;
  /** The latest play by user. */
  latest: Map<string, LogEvent>;
  /** By day. */
  added: Added[];
}

const openTally = (): Tally => ({
  events: 0,
  plays: 0,
  matches: 0,
  loggedOut: 0,
  times: 0,
  latest: new Map(),
  added: [],
});

/** Counts a day's events, which are in the order of their time, and later than those of earlier days. */
function count(tally: Tally, events: readonly LogEvent[]): void {
  tally.events += events.length;
  let lastTime: number | undefined;
  for (const event of events) {
    const { userId } = event.who;
    if (userId === '') tally.loggedOut += 1;
    if (event.what.page !== 'NextSong') continue;
    tally.plays += 1;
    if (event.what.matches) tally.matches += 1;
    if (event.ts !== lastTime) tally.times += 1;
    lastTime = event.ts;
    const before = tally.latest.get(userId);
    if (before === undefined || isLater(event, before)) tally.latest.set(userId, event);
  }
}

const isLater = (one: LogEvent, other: LogEvent) =>
  (one.ts - other.ts || one.sessionId - other.sessionId || one.itemInSession - other.itemInSession) > 0;

/**
 * The day's file: honest events, and with a number of the day, every so often one of them again, and a line that is no
 * event.
 */
function layOut(dayStart: number, honest: readonly LogEvent[], dayNumber: number | undefined) {
  const day = new Date(dayStart).toISOString().slice(0, 10);
  const path = `log_data/${day.slice(0, 4)}/${day.slice(5, 7)}/${day}-events.json`;
  const lines = openLines();
  const added: Added = { duplicates: 0, conflicts: 0, bad: 0, blank: 0 };
  let sinceOddity = 0;
  for (const event of honest) {
    lines.add(eventText(event));
    if (dayNumber !== undefined && added.blank === 0) {
      lines.add('  ');
      added.blank = 1;
    }
    sinceOddity += 1;
    if (dayNumber === undefined || sinceOddity < EVENTS_PER_ODDITY || event.what.page !== 'NextSong')
      continue;
    sinceOddity = 0;
    const differs = (dayNumber + added.duplicates) % 2 === 1;
    lines.add(eventText(differs ? elsewhere(event) : event));
    lines.add(badLine(event, dayNumber + added.bad));
    added.duplicates += 1;
    added.conflicts += differs ? 1 : 0;
    added.bad += 1;
  }
  return { path, bytes: lines.bytes(), ...added };
}

const elsewhere = (event: LogEvent): LogEvent => ({
  ...event,
  who: { ...event.who, location: locationText('Somewhere Else') },
});

/** Each kind of line that must end in quarantine, in turn. */
function badLine(event: LogEvent, kind: number): string {
  const text = eventText({ ...event, itemInSession: event.itemInSession + 1000 });
  const kinds = [
    text.slice(0, 120),
    `${text} ${text}`,
    eventText({ ...event, ts: Math.floor(event.ts / 1000) }),
    eventText(withoutUser(event)),
    text.replace('"page":"NextSong",', ''),
  ];
  return kinds[kind % kinds.length] ?? text;
}

function booksOf({ events, plays, added }: Tally): SourceFigures {
  const sum = (of: (day: Added) => number) => added.reduce((total, day) => total + of(day), 0);
  const [duplicates, quarantined] = [sum((day) => day.duplicates), sum((day) => day.bad)];
  return {
    objects: added.length,
    lines: events + duplicates + quarantined,
    blank: sum((day) => day.blank),
    kept: plays,
    filtered: events - plays,
    duplicates,
    conflicts: sum((day) => day.conflicts),
    quarantined,
  };
}

function countLevels(latest: readonly LogEvent[]): { free: number; paid: number } {
  const paid = latest.filter(({ level }) => level === 'paid').length;
  return { free: latest.length - paid, paid };
}
