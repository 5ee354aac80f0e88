/** dl.cfg files of public Sparkify projects: the shared cases if they are present, and similar ones. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CWD, linesOf, resolveText } from './resolve.ts';

const cases = join(import.meta.dirname, '../../../shared/cases/dl-cfg');
const DEND = ['s3://udacity-dend/song_data', 's3://udacity-dend/log_data'];
const here = (...paths: string[]) => paths.map((path) => `file://${CWD}/${path}`);

interface Expected {
  lake: string;
  sources?: string[];
  local?: { lake?: string; sources?: string[] };
  credentials?: true;
}

const SHARED: Record<string, Expected> = {
  '01-general-s3-dest.cfg': { lake: 's3://spark-dl', sources: DEND },
  '07-key-secret-no-section.cfg': { lake: here('lake')[0]!, credentials: true },
  '09-prd-and-local.cfg': {
    lake: 's3://udacity-datalake-output',
    sources: DEND,
    local: { lake: here('data/output')[0]!, sources: here('data/input/song_data', 'data/input/log_data') },
  },
  '10-aws-key-aws-secret.cfg': { lake: 's3://dend-bucket-x', sources: DEND, credentials: true },
  '12-aws-and-local-suffixes.cfg': {
    lake: 's3://my-out',
    sources: [`${DEND[0]!}/A/B/C`, `${DEND[1]!}/2018/11`],
    local: { lake: here('data/output_data')[0]!, sources: here('data/song_data/song_data', 'data/log_data') },
    credentials: true,
  },
  '15-prod-dev.cfg': {
    lake: 's3://my-out',
    sources: DEND,
    local: { sources: ['s3://my-dev/song_data', 's3://my-dev/log_data'] },
  },
  '16-aws-output-bucket.cfg': { lake: 's3://my-out', credentials: true },
  '19-default-section.cfg': { lake: here('lake')[0]!, credentials: true },
  '21-inputdata-section.cfg': {
    lake: 's3://my-out',
    sources: DEND,
    local: { lake: here('data/out')[0]!, sources: here('data/song_data', 'data/log_data') },
  },
  '22-interpolation.cfg': { lake: 's3://my-out', sources: DEND },
  '24-multiline.cfg': { lake: 's3://my-out', sources: DEND },
  '26-quoted-bucket-trailing.cfg': { lake: 's3://my-out', sources: DEND, credentials: true },
};

const CREDENTIALS = 'AWS_ACCESS_KEY_ID=AKIAEXAMPLE\nAWS_SECRET_ACCESS_KEY=secret/example+not-a-key\n';

/** Similar files. */
const OTHERS: Record<string, Expected & { text: string }> = {
  'paths in a section of their own, as patterns': {
    text: '[PATHS]\nsong_data_path=s3://udacity-dend/song_data/*/*/*/*\nlog_data_path=s3n://udacity-dend/log_data/*/*/*\noutput_data_path=s3://my-out\n',
    lake: 's3://my-out',
    sources: DEND,
  },
  'buckets for code, output and logs': {
    text: `[AWS]\n${CREDENTIALS}[S3]\nCODE_BUCKET=my-code\nOUTPUT_BUCKET=my-out\nLOG_BUCKET=my-logs\n[DATALAKE]\nINPUT_DATA=s3a://udacity-dend/\nOUTPUT_DATA=s3a://my-out/\n[IAM]\nROLE_NAME=MyEmrRole\n`,
    lake: 's3://my-out',
    sources: DEND,
    credentials: true,
  },
  'a cluster of EMR beside one output in three spellings': {
    text: '[CLUSTER]\nemr_release_label = emr-5.35.0\naws_region = us-east-1\n[S3_BUCKET]\ninput_data = s3a://udacity-dend/\noutput_bucket_name = my-out\noutput_data = s3://my-out/\noutput_data_s3a = s3a://my-out/\n',
    lake: 's3://my-out',
    sources: DEND,
  },
  'AWS_ACCESS_KEY and AWS_SECRET_KEY': {
    text: '[AWS]\nAWS_ACCESS_KEY=AKIAEXAMPLE\nAWS_SECRET_KEY=secret/example\n[S3]\nLOG_DATA=s3a://udacity-dend/log_data\nSONG_DATA=s3a://udacity-dend/song_data\nOUTPUT_DATA=s3a://my-out\n',
    lake: 's3://my-out',
    sources: DEND,
    credentials: true,
  },
  'a file that is indented as a whole, with Redshift in it': {
    text: "    [CLUSTER]\n    HOST = h #TODO\n    DB_PASSWORD = Passw0rd #TODO\n    [IAM_ROLE]\n    ARN ='arn:aws:iam::1:role/x' #TODO\n    [S3]\n    INPUT_DATA = s3a://udacity-dend/\n    OUTPUT_DATA = s3a://my-out/ #TODO\n",
    lake: 's3://my-out',
    sources: DEND,
  },
  'buckets by name beside local folders': {
    text: '[LOCAL_DATA]\nINPUT=data/\nOUTPUT=out/\n[S3]\nINPUT_BUCKET=udacity-dend\nOUTPUT_BUCKET=my-out\n',
    lake: 's3://my-out',
    sources: DEND,
    local: { lake: here('out')[0]!, sources: here('data/song_data', 'data/log_data') },
  },
  'two profiles of the AWS CLI with nested settings': {
    text: '[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = one/x\n[work]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = two/x\nsource_profile = default\ns3 =\n    max_concurrent_requests = 20\noutput = text\n',
    lake: here('lake')[0]!,
    credentials: true,
  },
  'a section for each credential': {
    text: '[AWS_ACCESS_KEY_ID]\nKEY=AKIAEXAMPLE\n[AWS_SECRET_ACCESS_KEY]\nSECRET=secret/example\n',
    lake: here('lake')[0]!,
    credentials: true,
  },
  '[DEFAULT] for all sections': {
    text: `[DEFAULT]\nbucket = udacity-dend\n[AWS]\n${CREDENTIALS}[DATA]\nINPUT : s3a://%(BUCKET)s/\nOUTPUT : s3a://my-out/100%%\n`,
    lake: 's3://my-out/100%',
    sources: DEND,
    credentials: true,
  },
  'tables, Spark and a format that are its own business': {
    text: '[SPARK]\nmaster = local[*]\n[IO]\ninput_path = s3a://udacity-dend\noutput_path = s3a://my-out\noutput = parquet\n[TABLE_NAMES]\nsongs = songs_table\n',
    lake: 's3://my-out',
    sources: DEND,
  },
  'Windows line ends, tabs and a byte order mark': {
    text: '\uFEFF[S3]\r\nINPUT_DATA\t=\ts3a://udacity-dend/\t# theirs\r\nOUTPUT_DATA\t:\ts3a://my-out/\r\n',
    lake: 's3://my-out',
    sources: DEND,
  },
};

function check(text: string, { lake, sources = [], local, credentials }: Expected): void {
  for (const cluster of ['new', 'local'] as const) {
    const resolved = resolveText(text, { flags: { cluster } });
    expect(linesOf(resolved, 'error')).toEqual([]);
    const meant = cluster === 'local' ? { lake, sources, ...local } : { lake, sources };
    expect(resolved.settings?.lake.path).toBe(meant.lake);
    expect(Object.values(resolved.settings?.sources ?? {})).toEqual(meant.sources);
    expect(resolved.settings?.aws.credentials !== undefined).toBe(credentials === true);
    const said = JSON.stringify(resolved.diagnostics);
    expect(said).not.toMatch(/secret\/example|one\/x|two\/x|Passw0rd/);
    const places = resolved.diagnostics.filter(({ message }) => message.startsWith('two places'));
    expect(places.length > 0).toBe(local !== undefined);
    if (cluster === 'local' && local !== undefined)
      for (const { message } of places)
        expect(message).toMatch(/is used because of --cluster local; without it dl\.cfg:\d+/);
  }
}

describe('a dl.cfg of an existing project', () => {
  if (existsSync(cases)) {
    it('has a case for each known file', () => {
      expect(readdirSync(cases).sort()).toEqual(Object.keys(SHARED).sort());
    });
    it.each(Object.entries(SHARED))('is read: %s', (name, expected) => {
      check(readFileSync(join(cases, name), 'utf8'), expected);
    });
  }

  it.each(Object.entries(OTHERS))('is read: %s', (_, { text, ...expected }) => {
    check(text, expected);
  });

  it('gets one list of unneeded keys, grouped by their first word', () => {
    const text = `[AWS]\n${CREDENTIALS}[CLUSTER]\nHOST=h\nDB_PASSWORD hunter2 = x\n[S3]\nLOG_JSONPATH=s3://x/y.json\n`;
    expect(linesOf(resolveText(text), 'notice')[0]).toBe(
      'dl.cfg: not needed, and not used: [CLUSTER] HOST, [CLUSTER] DB_PASSWORD, [S3] LOG_JSONPATH',
    );
  });

  it('may be completed with our keys, which take precedence and are still checked', () => {
    const text = `[AWS]\n${CREDENTIALS}[DATA]\nOUTPUT=s3a://my-out/\n[IAM]\nROLE=x\n[LAKE]\npath = s3://my-lake\n`;
    const resolved = resolveText(text);
    expect(resolved.settings?.lake.path).toBe('s3://my-lake');
    expect(linesOf(resolved, 'notice')).toContain(
      'dl.cfg:5 [DATA] OUTPUT: not used: dl.cfg:9 [LAKE] path takes precedence',
    );
    expect(
      linesOf(resolveText(`${text}[EMR]\ncore_cuont = 2\n[TABELS]\nsongplay_id = text\n`), 'error'),
    ).toEqual([
      'dl.cfg:11 [EMR] core_cuont: unknown key; did you mean core_count under [EMR]?',
      'dl.cfg:12 [TABELS]: unknown section; did you mean [TABLES]?'.replace('12', '13'),
    ]);
  });

  it('with two places of one kind is a mistake that names both lines', () => {
    const text = '[A]\nOUTPUT_DATA = s3://one-lake\n[B]\nOUTPUT_DATA = s3://two-lakes\n';
    expect(linesOf(resolveText(text), 'error')).toEqual([
      'dl.cfg:4 [B] OUTPUT_DATA: given twice; first in line 2; remove line 2 or line 4',
    ]);
  });

  it('does not mention a choice that a flag has made', () => {
    const text = 'OUTPUT_LOCAL = out\nOUTPUT_S3 = s3://my-out\n';
    expect(linesOf(resolveText(text, { flags: { lake: 's3://mine' } }), 'notice').join()).not.toContain(
      'two places',
    );
  });
});

describe('a placeholder', () => {
  it.each([
    '<YOUR_BUCKET>',
    's3a://<your bucket>/',
    's3a://*****/',
    's3://xxx/lake',
    'YOUR_BUCKET_HERE',
    'CHANGE_ME',
    'your-bucket',
    '...',
  ])('for a place is reported with its key, its line and what to write: %s', (value) => {
    expect(linesOf(resolveText(`[DATA]\nOUTPUT_DATA = ${value}\n`), 'error')).toEqual([
      `dl.cfg:2 [DATA] OUTPUT_DATA = ${JSON.stringify(value)}: a placeholder, not a value; put the value there, such as s3://my-bucket/lake`,
    ]);
  });

  const credentials = [
    '<YOUR_KEY>',
    'YOUR_KEY_HERE',
    'xxx',
    'XXXXXXXXXXXXXXXXXXXX',
    'AKIAXXXXXXXX',
    '***',
    'CHANGE_ME',
    '<key goes here>',
    'AWS_SECRET_KEY',
  ];
  it.each(credentials)('for a credential never reaches AWS, and is reported: %s', (value) => {
    const text = `[AWS]\nAWS_ACCESS_KEY_ID = ${value}\nAWS_SECRET_ACCESS_KEY = '${value}'\n`;
    const onAws = linesOf(resolveText(text, { flags: { cluster: 'new' } }), 'error');
    expect(onAws).toHaveLength(2);
    expect(onAws[0]).toMatch(
      /^dl\.cfg:2 \[AWS\] AWS_ACCESS_KEY_ID: a placeholder, not a credential; put the credential/,
    );
    const here = resolveText(text, { flags: { cluster: 'local' } });
    expect(here.settings?.aws.credentials).toBeUndefined();
    expect(linesOf(here, 'error')).toEqual([]);
    expect(linesOf(here, 'warning')).toEqual(onAws);
    const outranked = resolveText(text, { flags: { cluster: 'new' }, env: { AWS_PROFILE: 'dev' } });
    expect(linesOf(outranked, 'error')).toEqual([]);
  });

  it('is not a value that only resembles one', () => {
    for (const lake of ['s3://my-out', 's3://yourself/x', 's3://xx-large', './here', '..', './your data'])
      expect(linesOf(resolveText('', { flags: { lake } }), 'error')).toEqual([]);
  });

  it('that is empty is reported too, and leaves credentials to the environment', () => {
    const resolved = resolveText(
      "[AWS]\nAWS_ACCESS_KEY_ID=\nAWS_SECRET_ACCESS_KEY=''\n[S3]\nOUTPUT_BUCKET=\n",
    );
    expect(linesOf(resolved, 'notice').slice(0, 3)).toEqual([
      'dl.cfg:2 [AWS] AWS_ACCESS_KEY_ID: is empty, and not used',
      'dl.cfg:3 [AWS] AWS_SECRET_ACCESS_KEY: is empty, and not used',
      'dl.cfg:5 [S3] OUTPUT_BUCKET: is empty, and not used; give it a value, or name the place by --lake or [LAKE] path',
    ]);
    expect(linesOf(resolved, 'error')).toEqual([]);
  });
});
