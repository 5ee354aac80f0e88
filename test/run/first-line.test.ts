/** What the first line of a source shows, before anything is started. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatDiagnostic } from '../../src/faults.ts';
import type { SourceContract } from '../../src/pipeline/contract.ts';
import { checkBeginnings } from '../../src/run/first-line.ts';
import type { Beginning } from '../../src/run/first-line.ts';

/** The path may lead below a key of the line. */
const field = (path: string) => ({
  name: nameOf(path),
  path: path.split('.'),
  type: 'STRING' as const,
  doc: path,
});
const nameOf = (path: string) => path.replace('.', '_');
const source = (name: string, required: readonly string[], optional: readonly string[]): SourceContract => ({
  name,
  doc: name,
  fields: [...required, ...optional].map(field),
  views: [{ name, doc: name, required: required.map(nameOf), eventKey: [] }],
});
const SOURCES = [
  source('song_data', ['song_id', 'artist_id'], ['title']),
  source('log_data', ['ts', 'userId'], ['song']),
];
const SONG = '{"song_id":"S","artist_id":"A","title":"T"}';
const PLAY = '{"ts":1,"userId":"8","page":"Home"}';

const said = (text: string, more: Partial<Beginning> = {}) =>
  checkBeginnings(
    [
      {
        source: 'song_data',
        uri: 'file:///in/a b.json',
        text,
        stored: text.length,
        isWhole: true,
        isAlone: false,
        ...more,
      },
    ],
    SOURCES,
  ).map((one) => `${one.severity} ${formatDiagnostic(one)}`);

describe('the first line of a source', () => {
  it.each([
    SONG,
    `${SONG}\n${PLAY}`,
    `\uFEFF${SONG}`,
    `\n \n${SONG}\r\n`,
    '{"song_id":"S"}',
    '{"artist_id":1}\r{',
  ])('is fine with a field that the source requires: %j', (text) => {
    expect(said(text)).toEqual([]);
  });

  it('that has all fields of another source and none of its own is reported as swapped', () => {
    expect(said(PLAY)).toEqual([
      'error /in/a b.json: this looks like log_data, not song_data: its first line has ts, userId, and none of song_id, artist_id; are --song-data and --log-data swapped?',
    ]);
    expect(said(`${SONG}\n`, { source: 'log_data' })[0]).toContain('this looks like song_data, not log_data');
  });

  it('that has none of its own, and not all of another, is a warning with similar keys', () => {
    expect(said('{"Song_ID":"S","ts":1}')).toEqual([
      'warning /in/a b.json: its first line has none of the fields that song_data requires: song_id, artist_id (perhaps Song_ID for song_id)',
    ]);
    expect(said('{}')).toEqual([]);
  });

  it.each([`[${SONG}]`, `  [\n${SONG},`, `\n[`, `[${'x'.repeat(9)}`])(
    'that opens an array is reported with the next move, as an error if there is nothing else: %j',
    (text) => {
      const message = `/in/a b.json: this is a JSON array; Landfall reads one object per line; jq -c '.[]' writes its objects that way`;
      expect(said(text)).toEqual([`warning ${message}`]);
      expect(said(text, { isAlone: true, isWhole: false })).toEqual([`error ${message}`]);
    },
  );

  it.each(['{\n  "song_id": "S"', '{"song_id": "S",\n"x": 1}', '{"a": {\n', '{ "a": [\r\n1]}'])(
    'that leaves its object open is reported as spanning lines: %j',
    (text) => {
      expect(said(text)).toEqual([
        'warning /in/a b.json: its first object spans several lines; Landfall reads one object per line; jq -c . writes its objects that way',
      ]);
      expect(said(text, { isAlone: true })[0]).toMatch(/^error/);
    },
  );

  it('causes no message if it was not read completely, or is not JSON', () => {
    expect(said(PLAY.slice(0, 20), { isWhole: false })).toEqual([]);
    for (const text of ['', 'garbage', '17', 'null', '"x"', '{"song', '\u0000\u0001'])
      expect(said(text)).toEqual([]);
  });

  it('never causes a crash', () => {
    fc.assert(
      fc.property(fc.string(), fc.boolean(), (text, isWhole) => {
        said(text, { isWhole });
      }),
    );
  });
});
