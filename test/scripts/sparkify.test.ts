/** `npm run generate-data`: Sparkify data with known results. */
import { describe, expect, it } from '@jest/globals';
import { generateSparkify } from '../../scripts/sparkify/data.ts';
import type { SparkifyData } from '../../scripts/sparkify/data.ts';

type Fields = Record<string, unknown>;

const filesOf = ({ files }: SparkifyData, source: string) =>
  files.filter(({ path }) => path.startsWith(`${source}/`));

function parsed(line: string): Fields | undefined {
  try {
    return JSON.parse(line) as Fields;
  } catch {
    return undefined;
  }
}

/** The rules of the data, implemented again in a simple way, over only the text of the files. */
function countLog(sample: SparkifyData) {
  const seen = new Map<string, string>();
  const counts = { lines: 0, blank: 0, kept: 0, filtered: 0, duplicates: 0, conflicts: 0, quarantined: 0 };
  const plays: Fields[] = [];
  for (const line of filesOf(sample, 'log_data').flatMap(({ text }) => text.split('\n'))) {
    if (line.trim() === '') {
      counts.blank += 1;
      continue;
    }
    counts.lines += 1;
    const event = parsed(line);
    const page = event?.['page'];
    if (event === undefined || page === undefined) counts.quarantined += 1;
    else if (page !== 'NextSong') counts.filtered += 1;
    else if (event['userId'] === '' || (event['ts'] as number) < 946684800000) counts.quarantined += 1;
    else {
      const key = JSON.stringify([event['ts'], event['userId'], event['sessionId'], event['itemInSession']]);
      const before = seen.get(key);
      if (before === undefined) {
        seen.set(key, line);
        plays.push(event);
        counts.kept += 1;
      } else {
        counts.duplicates += 1;
        if (before !== line) counts.conflicts += 1;
      }
    }
  }
  return { counts, plays };
}

describe('the generated data', () => {
  it.each([
    {},
    { seed: 7, songs: 300, days: 3, eventsPerDay: 900 },
    { days: 1, eventsPerDay: 20, songs: 8 },
    { seed: 2, clean: true },
  ])('has the results that it states, with %j', (options) => {
    const sample = generateSparkify(options);
    const { counts, plays } = countLog(sample);
    expect(sample.expected.log_data).toMatchObject(counts);
    const songs = filesOf(sample, 'song_data')
      .map(({ text }) => parsed(text))
      .filter((song) => song !== undefined);
    const match = (title: unknown, artist: unknown, length: unknown) =>
      JSON.stringify([title, artist, length]);
    const known = new Set(songs.map((song) => match(song['title'], song['artist_name'], song['duration'])));
    const { rows, matches, song_data: songBooks } = sample.expected;
    expect(rows).toEqual({
      songplays: plays.length,
      users: new Set(plays.map((play) => play['userId'])).size,
      songs: new Set(songs.map((song) => song['song_id'])).size,
      artists: new Set(songs.map((song) => song['artist_id'])).size,
      time: new Set(plays.map((play) => play['ts'])).size,
    });
    expect(matches).toBe(
      plays.filter((play) => known.has(match(play['song'], play['artist'], play['length']))).length,
    );
    expect(songBooks.kept).toBe(songs.length);
    expect(songBooks.lines).toBe(filesOf(sample, 'song_data').length);
  });

  it('includes every irregularity by default, but fewer bad lines than a run accepts', () => {
    const { expected } = generateSparkify();
    const { log_data, rows, matches, loggedOut, usersByLevel } = expected;
    for (const count of [
      matches,
      loggedOut,
      log_data.duplicates,
      log_data.conflicts,
      log_data.quarantined,
      log_data.blank,
    ]) {
      expect(count).toBeGreaterThan(0);
    }
    expect(log_data.conflicts).toBeLessThan(log_data.duplicates);
    expect(rows.time).toBeLessThan(rows.songplays);
    expect(usersByLevel.free + usersByLevel.paid).toBe(rows.users);
    expect(log_data.quarantined / log_data.lines).toBeLessThan(0.006);
    const { song_data } = generateSparkify({ songs: 250 }).expected;
    expect(song_data.quarantined).toBe(1);
  });

  it('has conflicting rows about songs and artists, and blanks', () => {
    const songs = filesOf(generateSparkify(), 'song_data').map(({ text }) => parsed(text) ?? {});
    const disagreeing = (by: string, on: string) =>
      [...new Set(songs.map((song) => song[by]))].filter(
        (id) => new Set(songs.filter((song) => song[by] === id).map((song) => song[on])).size > 1,
      );
    expect(disagreeing('song_id', 'year')).toHaveLength(1);
    expect(disagreeing('artist_id', 'artist_name').length).toBeGreaterThan(0);
    expect(songs.some((song) => song['artist_location'] === '')).toBe(true);
    expect(songs.some((song) => !('year' in song))).toBe(true);
  });

  it('resembles the real data', () => {
    const { files } = generateSparkify();
    const names = files.map(({ path }) => path);
    expect(new Set(names).size).toBe(names.length);
    for (const { path, text } of files) {
      const match = /^song_data\/([A-Z])\/([A-Z])\/([A-Z])\/TR(\w)(\w)(\w)\w+\.json$/.exec(path);
      if (match === null) expect(path).toMatch(/^log_data\/2018\/11\/2018-11-\d\d-events\.json$/);
      else expect(match.slice(1, 4)).toEqual(match.slice(4, 7));
      expect(text.endsWith('\n')).toBe(false);
    }
    const line = filesOf(generateSparkify(), 'log_data')[0]?.text.split('\n')[0] ?? '';
    expect(Object.keys(parsed(line) ?? {})).toEqual(
      'artist auth firstName gender itemInSession lastName length level location method page registration sessionId song status ts userAgent userId'.split(
        ' ',
      ),
    );
    expect(line).toMatch(/"registration":\d+\.0,/);
  });

  it('has one file per day', () => {
    for (const { path, text } of filesOf(generateSparkify(), 'log_data')) {
      for (const line of text.split('\n')) {
        const ts = parsed(line)?.['ts'];
        if (typeof ts === 'number' && ts > 1e12)
          expect(path).toContain(new Date(ts).toISOString().slice(0, 10));
      }
    }
  });

  it('is the same for the same seed only', () => {
    expect(generateSparkify({ seed: 3 })).toEqual(generateSparkify({ seed: 3 }));
    expect(generateSparkify({ seed: 3 }).files).not.toEqual(generateSparkify({ seed: 4 }).files);
  });
});
