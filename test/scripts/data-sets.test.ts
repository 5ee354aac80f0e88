/** The data that `npm run generate-data` writes, and the named data sets. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generateSparkify, sparkifyFiles } from '../../scripts/sparkify/data.ts';
import { DATA_SETS } from '../../scripts/sparkify/data-sets.ts';
import { writeSparkify } from '../../scripts/sparkify/write.ts';

describe('the named data sets', () => {
  it('have the stated sizes', () => {
    const logs = [...sparkifyFiles(DATA_SETS.sample.options)].filter(({ path }) =>
      path.startsWith('log_data'),
    );
    const bytes = logs.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const bytesPerEvent = bytes / (30 * DATA_SETS.sample.options.eventsPerDay!);
    const sizes = Object.entries(DATA_SETS).map(([name, { doc, options }]) => {
      const megabytes = (options.days! * options.eventsPerDay! * bytesPerEvent) / 1e6;
      const [, amount = '', unit] = /([\d.]+) (MB|GB) of events/.exec(doc) ?? [];
      return { name, part: megabytes / (Number(amount) * (unit === 'GB' ? 1000 : 1)) };
    });
    expect(sizes).toHaveLength(6);
    for (const { part } of sizes) expect(Math.abs(part - 1)).toBeLessThan(0.05);
  });

  it('have the same bytes for the same seed, on every machine', () => {
    const digestOf = (seed: number) => {
      const hash = createHash('sha256');
      for (const { path, bytes } of sparkifyFiles({ ...DATA_SETS.sample.options, seed }))
        hash.update(`${path}\n`).update(bytes).update('\n');
      return hash.digest('hex');
    };
    expect(digestOf(1)).toBe('abd7ba17febec88c1a7a6312146aad83ce1f9867db23fe170d5abea90963e597');
    expect(digestOf(2)).not.toBe(digestOf(1));
  });

  it('spread many songs over many folders, and data set y over 12 months', () => {
    const foldersOf = (songs: number) =>
      new Set(
        generateSparkify({ songs, days: 0, clean: true }).files.map(({ path }) =>
          path.replace(/\/[^/]+$/, ''),
        ),
      ).size;
    expect(foldersOf(100)).toBeLessThan(19);
    expect(foldersOf(10_000)).toBeGreaterThan(650);
    const days = [...sparkifyFiles({ ...DATA_SETS.y.options, songs: 8, eventsPerDay: 2 })]
      .map(({ path }) => path)
      .filter((path) => path.startsWith('log_data'));
    expect(days).toHaveLength(365);
    expect(new Set(days.map((path) => path.slice(0, 'log_data/2018/11'.length))).size).toBe(12);
  });
});

describe('clean data', () => {
  const { files, expected } = generateSparkify({ songs: 300, days: 3, eventsPerDay: 900, clean: true });
  const objectsOf = (source: string) =>
    files
      .filter(({ path }) => path.startsWith(source))
      .flatMap(({ text }) => text.split('\n'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('have no lost line, and no blank field except the user of logged-out events', () => {
    for (const { lines, kept, filtered, ...rest } of [expected.song_data, expected.log_data]) {
      expect(kept + filtered).toBe(lines);
      expect(rest).toMatchObject({ blank: 0, duplicates: 0, conflicts: 0, quarantined: 0 });
    }
    const blank = [...objectsOf('song_data'), ...objectsOf('log_data')].flatMap((object) =>
      Object.entries(object).filter(([, value]) => typeof value === 'string' && value.trim() === ''),
    );
    expect(new Set(blank.map(([name]) => name))).toEqual(new Set(['userId']));
  });

  it('have no conflicts about a song, artist or user', () => {
    const disagreeing = (objects: Record<string, unknown>[], id: string, fields: readonly string[]) => {
      const told = new Set(
        objects.map((object) => JSON.stringify([id, ...fields].map((name) => object[name]))),
      );
      return told.size - new Set(objects.map((object) => object[id])).size;
    };
    const [songs, plays] = [
      objectsOf('song_data'),
      objectsOf('log_data').filter(({ userId }) => userId !== ''),
    ];
    expect(disagreeing(songs, 'song_id', ['title', 'artist_id', 'year', 'duration'])).toBe(0);
    const artist = ['artist_name', 'artist_location', 'artist_latitude', 'artist_longitude'];
    expect(disagreeing(songs, 'artist_id', artist)).toBe(0);
    expect(disagreeing(plays, 'userId', ['firstName', 'lastName', 'gender', 'level'])).toBe(0);
    const unclean = generateSparkify({ songs: 300, days: 3, eventsPerDay: 900 });
    expect(unclean.expected.log_data.conflicts).toBeGreaterThan(0);
  });
});

describe('a folder of generated data', () => {
  let folder: string;
  const size = { songs: 8, days: 2, eventsPerDay: 20 };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'landfall-data-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('has the generated files, and is left alone if they exist', () => {
    const { written, files, bytes, expected } = writeSparkify(folder, size);
    const data = generateSparkify(size);
    expect({ written, files, expected }).toEqual({
      written: true,
      files: data.files.length,
      expected: data.expected,
    });
    for (const { path, text } of data.files) expect(readFileSync(join(folder, path), 'utf8')).toBe(text);
    expect(bytes).toBe(data.files.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0));
    const names = readdirSync(folder).sort();
    expect(names).toEqual(['.sparkify.json', 'log_data', 'song_data']);
    const again = writeSparkify(folder, size);
    expect(again).toMatchObject({ written: false, files, bytes, expected });
  });

  it('is not written over other data', () => {
    writeSparkify(folder, size);
    expect(() => writeSparkify(folder, { ...size, seed: 2 })).toThrow('song_data is there already');
    rmSync(join(folder, 'song_data'), { recursive: true });
    expect(() => writeSparkify(folder, size)).toThrow('log_data is there already');
    expect(existsSync(join(folder, 'song_data'))).toBe(false);
  });

  it('is replaced on request, but only if it contains generated data', () => {
    writeSparkify(folder, size);
    const { written, expected } = writeSparkify(folder, { ...size, seed: 2 }, 'replace');
    expect({ written, expected }).toEqual({
      written: true,
      expected: generateSparkify({ ...size, seed: 2 }).expected,
    });
    expect(readdirSync(folder).sort()).toEqual(['.sparkify.json', 'log_data', 'song_data']);
    rmSync(join(folder, '.sparkify.json'));
    expect(() => writeSparkify(folder, size, 'replace')).toThrow('is there already');
  });

  it('keeps no partial data if it cannot be written', () => {
    writeFileSync(join(folder, '.sparkify.json'), '{}');
    const place = join(folder, 'file');
    writeFileSync(place, '');
    expect(() => writeSparkify(place, size)).toThrow('ENOTDIR');
    expect(readdirSync(folder).sort()).toEqual(['.sparkify.json', 'file']);
  });
});
