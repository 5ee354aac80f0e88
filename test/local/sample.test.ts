import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generateSample } from '../../src/local/sample-data.ts';
import type { Sample } from '../../src/local/sample-data.ts';
import { ensureSample, writeSample } from '../../src/local/write-sample.ts';

type Fields = Record<string, unknown>;

const filesOf = ({ files }: Sample, source: string) =>
  files.filter(({ path }) => path.startsWith(`${source}/`));

function parsed(line: string): Fields | undefined {
  try {
    return JSON.parse(line) as Fields;
  } catch {
    return undefined;
  }
}

/** The rules of the data, said once more and plainly, over nothing but the text of the files. */
function countLog(sample: Sample) {
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

describe('the sample', () => {
  it.each([{}, { seed: 7, songs: 300, days: 3, eventsPerDay: 900 }, { days: 1, eventsPerDay: 20, songs: 8 }])(
    'holds what it says it holds, with %j',
    (options) => {
      const sample = generateSample(options);
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
    },
  );

  it('plants every oddity by default, and stays below the bad lines that a run accepts', () => {
    const { expected } = generateSample();
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
    const { song_data } = generateSample({ songs: 250 }).expected;
    expect(song_data.quarantined).toBe(1);
  });

  it('has songs and artists about which rows disagree, and blanks', () => {
    const songs = filesOf(generateSample(), 'song_data').map(({ text }) => parsed(text) ?? {});
    const disagreeing = (by: string, on: string) =>
      [...new Set(songs.map((song) => song[by]))].filter(
        (id) => new Set(songs.filter((song) => song[by] === id).map((song) => song[on])).size > 1,
      );
    expect(disagreeing('song_id', 'year')).toHaveLength(1);
    expect(disagreeing('artist_id', 'artist_name').length).toBeGreaterThan(0);
    expect(songs.some((song) => song['artist_location'] === '')).toBe(true);
    expect(songs.some((song) => !('year' in song))).toBe(true);
  });

  it('looks like the real data', () => {
    const { files } = generateSample();
    const names = files.map(({ path }) => path);
    expect(new Set(names).size).toBe(names.length);
    for (const { path, text } of files) {
      const match = /^song_data\/([A-Z])\/([A-Z])\/([A-Z])\/TR(\w)(\w)(\w)\w+\.json$/.exec(path);
      if (match === null) expect(path).toMatch(/^log_data\/2018\/11\/2018-11-\d\d-events\.json$/);
      else expect(match.slice(1, 4)).toEqual(match.slice(4, 7));
      expect(text.endsWith('\n')).toBe(false);
    }
    const line = filesOf(generateSample(), 'log_data')[0]?.text.split('\n')[0] ?? '';
    expect(Object.keys(parsed(line) ?? {})).toEqual(
      'artist auth firstName gender itemInSession lastName length level location method page registration sessionId song status ts userAgent userId'.split(
        ' ',
      ),
    );
    expect(line).toMatch(/"registration":\d+\.0,/);
  });

  it('keeps each day in its file', () => {
    for (const { path, text } of filesOf(generateSample(), 'log_data')) {
      for (const line of text.split('\n')) {
        const ts = parsed(line)?.['ts'];
        if (typeof ts === 'number' && ts > 1e12)
          expect(path).toContain(new Date(ts).toISOString().slice(0, 10));
      }
    }
  });

  it('is the same for the same seed only', () => {
    expect(generateSample({ seed: 3 })).toEqual(generateSample({ seed: 3 }));
    expect(generateSample({ seed: 3 }).files).not.toEqual(generateSample({ seed: 4 }).files);
  });
});

describe('writing the sample', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "landfall 'sample' "));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it('makes it once and leaves it alone afterwards', () => {
    const first = ensureSample(home);
    const again = ensureSample(home);
    expect([first.written, again.written]).toEqual([true, false]);
    expect(again.sources).toEqual(first.sources);
    const [file] = filesOf(first.sample, 'log_data');
    const path = join(first.sources.log_data, '..', file?.path ?? '');
    expect(readFileSync(path, 'utf8')).toBe(file?.text);
    expect(readdirSync(home)).toHaveLength(1);
  });

  it('refuses a folder with anything else in it, and leaves that as it was', () => {
    const folder = join(home, 'mine');
    mkdirSync(folder);
    writeFileSync(join(folder, 'diary.txt'), 'dear diary');
    expect(() => writeSample(folder)).toThrow('holds other files, such as diary.txt');
    expect(readdirSync(folder)).toEqual(['diary.txt']);
    expect(readdirSync(home)).toEqual(['mine']);
  });

  it('refuses to replace another sample', () => {
    const folder = join(home, 'sample');
    writeSample(folder, { days: 1 });
    expect(() => writeSample(folder, { days: 2 })).toThrow('holds another sample');
  });

  it('takes an empty folder, and refuses what is no folder', () => {
    const folder = join(home, 'empty');
    mkdirSync(folder);
    expect(writeSample(folder, { days: 1 }).written).toBe(true);
    writeFileSync(join(home, 'file'), 'x');
    expect(() => writeSample(join(home, 'file'))).toThrow('is no folder');
  });
});
