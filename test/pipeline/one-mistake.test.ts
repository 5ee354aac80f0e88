/** One mistake in the files of a pipeline causes one message, where the mistake is. */
import { describe, expect, it } from '@jest/globals';
import { SHIPPED, readPipelineFolder } from '../../src/session/pipeline-folder.ts';
import { formatDiagnostic } from '../../src/faults.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';

const { files: shipped } = readPipelineFolder(SHIPPED);

/** The errors after a text in a file was replaced; without a text, after the file was removed. */
function errors(path: string, was?: string, is = ''): string[] {
  const files = shipped.flatMap((file) => {
    if (file.path !== path) return [file];
    if (was === undefined) return [];
    if (!file.text.includes(was)) throw new Error(`${path} has no ${was}`);
    return [{ path, text: file.text.replace(was, is) }];
  });
  const { diagnostics } = loadPipeline(files);
  return diagnostics.filter(({ severity }) => severity === 'error').map(formatDiagnostic);
}

const PIPELINE = 'pipeline.yaml';
const SONG_SOURCE = 'sources/song_data.yaml';
const LOG_SOURCE = 'sources/log_data.yaml';
const SONGS = 'tables/song_transform/songs.sql.hbs';
const PLAYS = 'tables/log_transform/songplays.sql.hbs';

describe('one mistake causes one message', () => {
  it.each<[string, [string, string?, string?], RegExp]>([
    [
      'a source’s name in the list of sources',
      [PIPELINE, '[song_data, log_data]', '[song_dat, log_data]'],
      /pipeline\.yaml:20: missing file .*song_dat\.yaml; did you mean sources\/song_data\.yaml\?$/,
    ],
    [
      'a source’s name under reads',
      [PIPELINE, 'reads: [song_data]', 'reads: [song_dat]'],
      /pipeline\.yaml:25: unknown name song_dat; did you mean song_data\?$/,
    ],
    [
      'a table’s name under reads',
      [PIPELINE, 'song_keys, songs, artists]\n    writes', 'song_keyz, songs, artists]\n    writes'],
      /unknown name song_keyz; did you mean song_keys\?$/,
    ],
    [
      'a table’s name under writes',
      [PIPELINE, '[songs, artists', '[songz, artists'],
      /missing file .*songz\.sql\.hbs; did you mean .*songs\.sql\.hbs\?$/,
    ],
    [
      'a step’s name',
      [PIPELINE, '- name: song_transform', '- name: song_transfrom'],
      /pipeline\.yaml:23: missing folder .*song_transfrom; did you mean song_transform\?$/,
    ],
    ['a key', [PIPELINE, 'steps:', 'stepz:'], /unknown key stepz; did you mean steps\?$/],
    [
      'a key of a step',
      [PIPELINE, '    writes: [users', '    writs: [users'],
      /unknown key steps\[1\]\.writs; did you mean writes\?$/,
    ],
    ['YAML that does not close', [PIPELINE, 'log_data]', 'log_data'], /pipeline\.yaml:22: /],
    ['a source’s file that is gone', ['sources/log_data.yaml'], /missing file .*sources\/log_data\.yaml$/],
    ['a table’s file that is gone', [SONGS], /missing file .*tables\/song_transform\/songs\.sql\.hbs$/],
    [
      'a type',
      [SONG_SOURCE, 'DOUBLE, doc: Seconds', 'DUOBLE, doc: Seconds'],
      /song_data\.yaml:12: .*did you mean DOUBLE\?$/,
    ],
    [
      'the name in a source’s file',
      [SONG_SOURCE, 'name: song_data', 'name: song_datta'],
      /the file belongs to song_data, but names song_datta$/,
    ],
    [
      'a key of a field',
      [SONG_SOURCE, 'default: 0, doc: Year', 'defalt: 0, doc: Year'],
      /unknown key fields\[8\]\.defalt; did you mean default\?$/,
    ],
    [
      'a key of a view',
      [LOG_SOURCE, 'event_key:', 'event_kei:'],
      /log_data\.yaml:\d+: unknown key views\[0\]\.event_kei; did you mean event_key\?$/,
    ],
    [
      'the name of a view',
      [LOG_SOURCE, 'name: plays', 'name: playz'],
      /pipeline\.yaml:30: unknown name plays; did you mean playz\?$/,
    ],
    [
      'a source that is read instead of its view',
      [PIPELINE, 'reads: [plays,', 'reads: [log_data,'],
      /log_data is a source, and steps read views; read one of its views: plays, all_events$/,
    ],
    [
      'the field of a filter',
      [LOG_SOURCE, 'field: page', 'field: pag'],
      /unknown field pag; did you mean page\?$/,
    ],
    [
      'a required field',
      [LOG_SOURCE, 'required: [ts, userId', 'required: [ts, userID'],
      /unknown field userID; did you mean userId\?$/,
    ],
    [
      'a field that others use',
      [SONG_SOURCE, 'name: duration', 'name: durration'],
      /song_data has no column duration; did you mean durration\?$/,
    ],
    [
      'a field that appears twice',
      [SONG_SOURCE, 'name: year', 'name: duration'],
      /the field duration appears twice/,
    ],
    ['a key of a table', [SONGS, 'columns:', 'colums:'], /unknown key colums; did you mean columns\?$/],
    [
      'a column of the key',
      [SONGS, 'key: [song_id]', 'key: [song_idd]'],
      /unknown column song_idd; did you mean song_id\?$/,
    ],
    ['a check', [SONGS, 'check: references', 'check: refrences'], /did you mean references\?$/],
    [
      'a check’s column',
      [SONGS, 'column: artist_id', 'column: artist_idd'],
      /unknown column artist_idd; did you mean artist_id\?$/,
    ],
    [
      'a check’s table',
      [SONGS, 'table: artists', 'table: artits'],
      /neither reads nor writes a table artits; did you mean artists\?$/,
    ],
    ['a check’s view', [PLAYS, 'equals: plays', 'equals: playz'], /did you mean plays\?$/],
    [
      'a needed view',
      [PLAYS, 'song_data: [title', 'song_dat: [title'],
      /unknown view song_dat; did you mean song_data\?$/,
    ],
    [
      'a view',
      [SONGS, 'view: song_data', 'view: song_dat'],
      /does not read song_dat; did you mean song_data\?$/,
    ],
    [
      'a column’s name',
      [SONGS, 'name: duration, type', 'name: durration, type'],
      /unknown column duration; did you mean durration\?$/,
    ],
    ['front matter that does not end', [SONGS, '\n---\n--', '\n--\n--'], /songs\.sql\.hbs/],
    ['a parameter in a query', [PLAYS, 'songplay_id "text"', 'songplay_idd "text"'], /songplay_idd/],
  ])('%s', (_, [path, was, is], message) => {
    expect(errors(path, was, is)).toEqual([expect.stringMatching(message)]);
  });

  it('and two mistakes cause two', () => {
    const twice = errors(PIPELINE, 'reads: [plays, song_keys, songs', 'reads: [playz, song_keyz, songs');
    expect(twice).toEqual([
      expect.stringContaining('unknown name playz;'),
      expect.stringContaining('unknown name song_keyz;'),
    ]);
  });
});
