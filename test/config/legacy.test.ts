import { describe, expect, it } from '@jest/globals';
import { linesOf, resolveText, settingsOf } from './resolve.ts';
import type { Settings } from '../../src/config/settings.ts';

const ID = 'AKIAINVENTED00000001';
const KEY = 'invented+secret/000000000000000000000000';

const revealed = ({ aws }: Settings) => [
  aws.credentials?.accessKeyId.reveal(),
  aws.credentials?.secretAccessKey.reveal(),
];

describe('dl.cfg of an existing Sparkify project', () => {
  it.each([
    ['bare', `[AWS]\nAWS_ACCESS_KEY_ID=${ID}\nAWS_SECRET_ACCESS_KEY=${KEY}\n`],
    ['in single quotes', `[AWS]\nAWS_ACCESS_KEY_ID='${ID}'\nAWS_SECRET_ACCESS_KEY='${KEY}'\n`],
    ['in double quotes', `[AWS]\nAWS_ACCESS_KEY_ID = "${ID}"\nAWS_SECRET_ACCESS_KEY = "${KEY}"\n`],
    ['without a section', `AWS_ACCESS_KEY_ID=${ID}\nAWS_SECRET_ACCESS_KEY=${KEY}\n`],
    ['as KEY : value', `[AWS]\nAWS_ACCESS_KEY_ID : ${ID}\nAWS_SECRET_ACCESS_KEY : ${KEY}\n`],
    ['in lower case', `[default]\naws_access_key_id = ${ID}\naws_secret_access_key = ${KEY}\n`],
    ['as KEY and SECRET', `[AWS]\nKEY=${ID}\nSECRET=${KEY}\n`],
  ])('has its credentials %s, with the advice to keep them elsewhere', (_, text) => {
    const resolved = resolveText(text);
    expect(linesOf(resolved, 'error')).toEqual([]);
    expect(revealed(settingsOf(text))).toEqual([ID, KEY]);
    const [warning] = linesOf(resolved, 'warning');
    expect(warning).toMatch(/^dl\.cfg:\d .*credentials in a file are easily lost; better: a profile/);
  });

  it('with empty quotes leaves credentials to the default chain', () => {
    const text = "[AWS]\nAWS_ACCESS_KEY_ID=''\nAWS_SECRET_ACCESS_KEY=''\n";
    expect(settingsOf(text).aws.credentials).toBeUndefined();
    expect(linesOf(resolveText(text), 'warning')).toEqual([]);
  });

  it('gets an error for what it lacks, with the keys to add', () => {
    expect(linesOf(resolveText("[AWS]\nAWS_ACCESS_KEY_ID=''\n"), 'notice')).toEqual([
      'dl.cfg:2 [AWS] AWS_ACCESS_KEY_ID: is empty, and not used',
      'dl.cfg: names no lake: ./lake is used; add `path = s3://my-bucket/lake` under [LAKE]',
      'dl.cfg: names no input; add `song_data = s3://my-bucket/song_data` and `log_data = s3://my-bucket/log_data` under [INPUT]',
    ]);
  });

  it('with [AWS S3] in backticks names both inputs, although one key is called the destination', () => {
    const text = `[AWS]
AWS_ACCESS_KEY_ID = ${ID}
AWS_SECRET_ACCESS_KEY = ${KEY}

[AWS S3]
SOURCE_S3_BUCKET = \`s3a://invented-bucket/log_data\`
DEST_S3_BUCKET = \`s3a://invented-bucket/song_data\`
LOG_JSONPATH = \`s3a://invented-bucket/log_json_path.json\`
`;
    expect(settingsOf(text).sources).toEqual({
      song_data: 's3://invented-bucket/song_data',
      log_data: 's3://invented-bucket/log_data',
    });
    const resolved = resolveText(text);
    expect(resolved.origins.get('sources.song_data')).toBe('dl.cfg:7 [AWS S3] DEST_S3_BUCKET');
    expect(linesOf(resolved, 'notice')).toEqual([
      'dl.cfg: not needed, and not used: [AWS S3] LOG_JSONPATH',
      'dl.cfg: names no lake: ./lake is used; add `path = s3://my-bucket/lake` under [LAKE]',
    ]);
  });

  it('with [S3] uses a destination that is not an input as the lake', () => {
    const { lake, sources } = settingsOf(`[S3]
LOG_DATA = 's3a://invented-bucket/log_data/*/*/*.json'
SONG_DATA = 's3a://invented-bucket/song_data/'
DEST_S3_BUCKET = invented-lake
`);
    expect(lake.path).toBe('s3://invented-lake');
    expect(sources).toEqual({
      song_data: 's3://invented-bucket/song_data',
      log_data: 's3://invented-bucket/log_data',
    });
  });

  it('with input and output paths next to the credentials has its sources below the input', () => {
    const text = `[AWS]
AWS_ACCESS_KEY_ID=${ID}
AWS_SECRET_ACCESS_KEY=${KEY}
INPUT_DATA=s3a://invented-dend/
OUTPUT_DATA=s3a://invented-lake/tables/
`;
    const settings = settingsOf(text);
    expect(settings.lake.path).toBe('s3://invented-lake/tables');
    expect(settings.sources).toEqual({
      song_data: 's3://invented-dend/song_data',
      log_data: 's3://invented-dend/log_data',
    });
    expect(linesOf(resolveText(text), 'notice')).toEqual([]);
  });

  it('with local folders resolves them next to the file', () => {
    const text = 'input_data = data/\noutput_data = "output_data/"\n';
    const settings = settingsOf(text, { cfg: { path: 'old/dwh.cfg', text } });
    expect(settings.lake.path).toBe('file:///home/ann/work/old/output_data');
    expect(settings.sources['log_data']).toBe('file:///home/ann/work/old/data/log_data');
  });

  it('prefers an explicitly named source to one below the input', () => {
    const settings = settingsOf('INPUT_DATA = s3://invented-dend\n[INPUT]\nsong_data = s3://other/songs\n');
    expect(settings.sources).toEqual({
      song_data: 's3://other/songs',
      log_data: 's3://invented-dend/log_data',
    });
  });

  it('is refused if the output folder contains the input', () => {
    const resolved = resolveText('[DATA]\nINPUT_PATH = s3a://invented/raw\nOUTPUT_PATH = s3a://invented/\n');
    expect(linesOf(resolved, 'error')).toHaveLength(2);
    expect(linesOf(resolved, 'error')[0]).toContain('lies around the input song_data');
  });

  it('has its Redshift keys ignored, without showing the password', () => {
    const resolved = resolveText('[CLUSTER]\nHOST=h\nDB_PASSWORD=Passw0rdInvented\n[IAM_ROLE]\nARN=arn:x\n');
    expect(linesOf(resolved, 'error')).toEqual([]);
    expect(linesOf(resolved, 'notice')[0]).toBe(
      'dl.cfg: not needed, and not used: [CLUSTER] HOST, [CLUSTER] DB_PASSWORD, [IAM_ROLE] ARN',
    );
  });

  it('has its region found wherever it is', () => {
    expect(settingsOf('[AWS]\nREGION = us-west-2\n').emr.region).toBe('us-west-2');
    const twice = resolveText('[AWS]\nAWS_DEFAULT_REGION = us-west-2\n[EMR]\nregion = us-east-1\n');
    expect(twice.settings?.emr.region).toBe('us-east-1');
    expect(linesOf(twice, 'notice')[0]).toBe(
      'dl.cfg:2 [AWS] AWS_DEFAULT_REGION: not used: dl.cfg:4 [EMR] region takes precedence',
    );
  });
});
