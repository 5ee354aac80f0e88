/** One mistake in dl.cfg, the environment or a flag causes one error. */
import { describe, expect, it } from '@jest/globals';
import { linesOf, resolveText } from './resolve.ts';

const input = (song: string) => `[INPUT]\n${song}\nlog_data = s3://raw/log_data\n`;

describe('one mistake causes one error', () => {
  it.each([
    ['a source’s key', input('song_dat = songs'), /song_dat: unknown key; did you mean song_data/],
    ['a source’s place', input('song_data = s3:/raw/song_data'), /did you mean s3:\/\/raw\/song_data\?$/],
    ['a source that is a placeholder', input('song_data = <YOUR_BUCKET>/song_data'), /a placeholder/],
    ['a source that is empty', input('song_data ='), /song_data/],
    ['a source that is not given', input('# none'), /gives log_data, but nothing gives song_data/],
    ['the same source twice', input('song_data = s3://raw/log_data'), /log_data is also song_data/],
    ['a key', '[EMR]\nrelese = emr-7.13.0\n', /did you mean release/],
    ['a section', '[EMRR]\nrelease = emr-7.13.0\nregion = us-east-1\n', /did you mean \[EMR\]/],
    ['a quote', '[LAKE]\npath = "x\n', /a quote is opened/],
  ])('%s', (_, text, message) => {
    expect(linesOf(resolveText(text), 'error')).toEqual([expect.stringMatching(message)]);
  });

  it('also in a flag or a variable', () => {
    const other = { 'log-data': 's3://raw/log_data' };
    const flags = resolveText('', { flags: { ...other, 'song-data': 's3:/raw/songs' } });
    expect(linesOf(flags, 'error')).toEqual([expect.stringContaining('did you mean s3://raw/songs?')]);
    const env = resolveText('', { flags: other, env: { LANDFALL_SONG_DATA: 's3:/raw/songs' } });
    expect(linesOf(env, 'error')).toEqual([expect.stringContaining('did you mean s3://raw/songs?')]);
  });

  it('and a path with a line break is allowed in a flag, but not in dl.cfg', () => {
    const typed = resolveText('', { flags: { lake: '/srv/a\nb' } });
    expect([linesOf(typed, 'error'), typed.settings?.lake.path]).toEqual([[], 'file:///srv/a\nb']);
    const uri = resolveText('', { flags: { lake: 's3://lake/a\nb' } });
    expect(linesOf(uri, 'error')).toEqual([expect.stringContaining('contains a line break')]);
  });
});
