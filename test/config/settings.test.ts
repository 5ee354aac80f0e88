import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { realUri } from '../../src/store/real-uri.ts';
import { resolveSettings } from '../../src/config/settings.ts';
import { linesOf, resolveText, settingsOf, PIPELINE } from './resolve.ts';

describe('settings', () => {
  it('are complete without file, environment or flags', () => {
    const { settings, diagnostics, origins } = resolveSettings({
      env: {},
      flags: {},
      pipeline: PIPELINE,
      cwd: '/home/ann',
    });
    expect(diagnostics).toEqual([]);
    expect(settings).toMatchObject({
      lake: { path: 'file:///home/ann/lake', logs: 'file:///home/ann/lake/_landfall/logs/' },
      sources: {},
      emr: {
        release: 'emr-7.13.0',
        instanceType: 'm5.xlarge',
        coreCount: 2,
        idleTimeout: 600,
        settleSeconds: 60,
      },
      parameters: { songplay_id: 'bigint', songs_partition_by: ['year'] },
      tables: { targetFileSize: 268435456 },
      checks: { maxQuarantined: 0.01 },
      s3: { anonymousInput: false, region: undefined },
      aws: { profile: undefined, credentials: undefined },
    });
    expect(origins.get('emr.coreCount')).toBe('default');
  });

  it('come from the flag, else the environment, else dl.cfg, else the default, and record which', () => {
    const text = '[LAKE]\npath = s3://in-file/lake\n';
    const lake = (env: Record<string, string>, flags: Record<string, string>, cfg = text) => {
      const { settings, origins } = resolveText(cfg, { env, flags });
      return [settings?.lake.path, origins.get('lake.path')];
    };
    expect(lake({ LANDFALL_LAKE: 's3://in-env/lake' }, { lake: 's3://in-flag/lake' })).toEqual([
      's3://in-flag/lake',
      '--lake',
    ]);
    expect(lake({ LANDFALL_LAKE: 's3://in-env/lake' }, {})).toEqual(['s3://in-env/lake', 'LANDFALL_LAKE']);
    expect(lake({ LANDFALL_LAKE: '' }, {})).toEqual(['s3://in-file/lake', 'dl.cfg:2 [LAKE] path']);
    expect(lake({}, {}, '')).toEqual(['file:///home/ann/work/lake', 'default']);
  });

  it('read every type of value', () => {
    const settings = settingsOf(`[EMR]
Region = eu-central-1
RELEASE = emr-spark-8.0.0
core-count = 0
idle_timeout = 2 h
step_timeout = 90 min
keep_alive = true
tags = team=data, cost center = 4=2
cluster_json = conf/cluster.json
[TABLES]
songs_partition_by = year,ARTIST_ID
songplay_id = TEXT
target_file_size = 1.5 GB
[CHECKS]
max_quarantined = 0.5%
[S3]
endpoint = http://127.0.0.1:9000/
anonymous_input = yes
bucket_owner = 123456789012
`);
    expect(settings.emr).toMatchObject({
      region: 'eu-central-1',
      release: 'emr-spark-8.0.0',
      coreCount: 0,
      idleTimeout: 7200,
      stepTimeout: 5400,
      keepAlive: true,
      tags: { team: 'data', 'cost center': '4=2' },
      clusterJson: '/home/ann/work/conf/cluster.json',
    });
    expect(settings.tables).toEqual({ targetFileSize: 1610612736 });
    expect(settings.parameters).toEqual({ songplay_id: 'text', songs_partition_by: ['year', 'artist_id'] });
    expect(settings.checks.maxQuarantined).toBeCloseTo(0.005);
    expect(settings.s3).toMatchObject({
      endpoint: 'http://127.0.0.1:9000',
      anonymousInput: true,
      bucketOwner: '123456789012',
      region: 'eu-central-1',
    });
  });

  it('report all mistakes at once, each with its origin and value', () => {
    const resolved = resolveText(`[EMR]
core_count = "two"
idle_timeout = 30
release = 7.13.0
[CHECKS]
max_quarantined = 1
[S3]
anonymous_input = perhaps
endpoint = localhost:9000
[LAKE]
path = gs://bucket/x
`);
    expect(resolved.settings).toBeUndefined();
    expect(linesOf(resolved, 'error')).toEqual([
      'dl.cfg:11 [LAKE] path = "gs://bucket/x": gs: is not a place Landfall can read or write; write s3://bucket/prefix, or a local folder',
      'dl.cfg:4 [EMR] release = "7.13.0": not an EMR release; such as emr-7.13.0',
      'dl.cfg:2 [EMR] core_count = "two": not a whole number',
      'dl.cfg:3 [EMR] idle_timeout = "30": not between 60 and 604800',
      'dl.cfg:6 [CHECKS] max_quarantined = "1": could mean 1% or all; write 1% or 100%',
      'dl.cfg:9 [S3] endpoint = "localhost:9000": not an http:// or https:// URL',
      'dl.cfg:8 [S3] anonymous_input = "perhaps": neither yes nor no',
    ]);
  });

  it('need all inputs or none, unless the verb only reads the lake', () => {
    const input = { env: {}, flags: { 'song-data': 'songs' }, pipeline: PIPELINE, cwd: '/home/ann' };
    expect(linesOf(resolveSettings(input), 'error')).toHaveLength(1);
    expect(resolveSettings({ ...input, ignoreInputs: true }).settings).toBeDefined();
  });

  it('refuse an empty flag and an unreadable environment variable by their names', () => {
    const resolved = resolveText('', { flags: { lake: '' }, env: { AWS_REGION: 'Frankfurt' } });
    expect(linesOf(resolved, 'error')).toEqual([
      '--lake = "": is empty',
      'AWS_REGION = "Frankfurt": not an AWS region; such as us-west-2',
    ]);
  });

  it('resolve relative paths of dl.cfg from its folder, and those of flags and variables from the current one', () => {
    const cfg = { path: 'conf/dl.cfg', text: '[LAKE]\npath = out\n[INPUT]\nsong_data = ~/songs\n' };
    const settings = settingsOf('', {
      cfg,
      env: { HOME: '/home/ann' },
      flags: { 'log-data': '../log [2018] %20' },
    });
    expect(settings.lake.path).toBe('file:///home/ann/work/conf/out');
    expect(settings.sources).toEqual({
      song_data: 'file:///home/ann/songs',
      log_data: 'file:///home/ann/log [2018] %20',
    });
  });

  it('know endpoints by the names that AWS gave them', () => {
    const env = { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1', AWS_ENDPOINT_URL: 'http://127.0.0.1:2' };
    const settings = settingsOf('', { env });
    expect([settings.s3.endpoint, settings.emr.endpoint]).toEqual([
      'http://127.0.0.1:1',
      'http://127.0.0.1:2',
    ]);
  });

  it('warn about an unknown LANDFALL_ variable that resembles a known one', () => {
    const resolved = resolveText('', {
      env: { LANDFALL_LAK: 'x', LANDFALL_SOMEONE_ELSES: 'x', LANDFALL_HOME: '/h' },
    });
    expect(linesOf(resolved, 'warning')).toEqual([
      'LANDFALL_LAK: this variable is not read; did you mean LANDFALL_LAKE?',
    ]);
  });
});

describe('places', () => {
  const input = '[INPUT]\nsong_data = s3://music/song_data\nlog_data = s3://music/log_data\n';

  it.each([
    ['s3://music/song_data/', 'is also'],
    ['s3://music/song_data/lake', 'lies inside'],
    ['s3://music', 'lies around'],
    ['s3a://music/song_data', 'is also'],
  ])('refuse the lake %s, which %s an input', (lake, how) => {
    const errors = linesOf(resolveText(input, { flags: { lake } }), 'error');
    expect(errors[0]).toContain(`--lake: the lake s3://music`);
    expect(errors[0]).toContain(
      `${how} the input song_data s3://music/song_data (dl.cfg:2 [INPUT] song_data)`,
    );
  });

  it.each(['s3://music/song_data2', 's3://music/song', 's3://other/song_data/lake', './song_data'])(
    'accept the lake %s, which only resembles an input',
    (lake) => {
      expect(linesOf(resolveText(input, { flags: { lake } }), 'error')).toEqual([]);
    },
  );

  it('refuse to read an input without credentials from the bucket that the lake is written to', () => {
    const text = `${input}[S3]\nanonymous_input = yes\n`;
    expect(linesOf(resolveText(text, { flags: { lake: 's3://music/lake' } }), 'error')).toEqual(
      ['song_data', 'log_data'].map(
        (name) =>
          `dl.cfg:5 [S3] anonymous_input: the input ${name} s3://music/${name} lies in the bucket of the lake s3://music/lake, which cannot be written without credentials; set anonymous_input = no, and the input is read with the credentials of the lake; or give the lake another bucket`,
      ),
    );
    for (const lake of ['s3://music2/lake', './lake'])
      expect(linesOf(resolveText(text, { flags: { lake } }), 'error')).toEqual([]);
    expect(linesOf(resolveText(input, { flags: { lake: 's3://music/lake' } }), 'error')).toEqual([]);
  });

  it('refuse a lake that is, contains or is inside an input through a link or `..`', () => {
    const cwd = mkdtempSync(join(tmpdir(), 'landfall places '));
    mkdirSync(join(cwd, 'data/song_data'), { recursive: true });
    mkdirSync(join(cwd, 'data/log_data'));
    symlinkSync('data', join(cwd, 'link'));
    const sources = { 'song-data': 'data/song_data', 'log-data': 'data/log_data' };
    const errors = (lake: string, others = sources) =>
      linesOf(resolveText('', { cwd, realPlace: realUri, flags: { lake, ...others } }), 'error').join();
    try {
      expect(errors('link/song_data')).toContain('is also the input song_data');
      expect(errors('link/song_data/new/lake')).toContain('lies inside the input song_data');
      expect(errors('link')).toContain('lies around the input song_data');
      expect(errors('other/../data/song_data/')).toContain('is also the input song_data');
      expect(errors('lake', { ...sources, 'log-data': 'link/song_data' })).toContain('read as both');
      expect(errors('link/lake')).toBe('');
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });

  it('refuse logs inside an input', () => {
    const resolved = resolveText(`${input}[LAKE]\npath = s3://lake\nlogs = s3://music/log_data/emr\n`);
    expect(linesOf(resolved, 'error')).toEqual([
      'dl.cfg:6 [LAKE] logs: the logs s3://music/log_data/emr/ would lie inside the input log_data s3://music/log_data',
    ]);
  });

  it('refuse one folder for two inputs', () => {
    const resolved = resolveText('[INPUT]\nsong_data = data\nlog_data = ./data/\n');
    expect(linesOf(resolved, 'error')[0]).toContain('the same objects would be read as both');
  });

  it('require all inputs or none, and name the key to add', () => {
    const resolved = resolveText('', { flags: { 'song-data': 's3://music/song_data' } });
    expect(linesOf(resolved, 'error')).toEqual([
      '--song-data: gives song_data, but nothing gives log_data; add `log_data = s3://my-bucket/log_data` under [INPUT], or --log-data',
    ]);
  });

  it.each(['s3://my_bucket/x', 's3://data.2018/x', 's3://data-/x', 's3://1.2.3', 's3://a..b/x'])(
    'refuse the lake %s, whose bucket Spark cannot reach',
    (lake) => {
      const [error] = linesOf(resolveText('', { flags: { lake } }), 'error');
      expect(error).toMatch(/^--lake: Spark cannot reach the bucket .*: its name is not a host name/);
    },
  );

  it.each(['s3://lake/a:b/[1]', 's3://lake/09:30 *', './a:b {c}', './a:b\\c', './at 9:30?'])(
    'refuse the lake %s, which Spark reads as a broken pattern',
    (lake) => {
      const [error] = linesOf(resolveText('', { flags: { lake } }), 'error');
      expect(error).toMatch(/^--lake: Spark cannot read .*a colon/);
    },
  );

  it.each(['s3://123bucket/09:30', 's3://data.x2018/[1]', 's3://logs-2018/%41 ü', './a:b', './[a] {b} *?'])(
    'accept the lake %s',
    (lake) => {
      expect(linesOf(resolveText('', { flags: { lake } }), 'error')).toEqual([]);
    },
  );

  it('refuse credentials in a URI without repeating them', () => {
    const uri = 's3n://AKIAXXXX:abcd1234@music/song_data';
    const { diagnostics } = resolveText('', {
      flags: { 'song-data': uri, 'log-data': 's3://music/log_data' },
    });
    expect(diagnostics[0]).toMatchObject({ at: '--song-data', message: 'has credentials in it' });
    expect(JSON.stringify(diagnostics)).not.toContain('abcd1234');
  });

  it('refuse an S3 URI with `..` in it', () => {
    const lake = 's3://bucket/../x';
    const [error] = linesOf(resolveText('', { flags: { lake } }), 'error');
    expect(error).toMatch(/^--lake = "s3:\/\/bucket\/\.\.\/x": neither an S3 URI nor a local folder/);
  });
});
