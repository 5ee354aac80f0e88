import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CWD, linesOf, resolveText } from './resolve.ts';

const REGION = 'us-west-2';
const console1 = 'https://s3.console.aws.amazon.com/s3/buckets/music';
const console2 = `https://${REGION}.console.aws.amazon.com/s3/buckets/music`;

/** What people write, and what they meant. */
const MEANT: [string, string][] = [
  ['s3:/music/raw', 's3://music/raw'],
  ['s3:music/raw', 's3://music/raw'],
  ['s3a:music', 's3://music'],
  ['s3n:/music/', 's3://music'],
  ['S3:/music', 's3://music'],
  ['s3//music/raw', 's3://music/raw'],
  ['s3a//music', 's3://music'],
  ['s3:///music/raw', 's3://music/raw'],
  ['s3:\\\\music\\raw', 's3://music/raw'],
  ['arn:aws:s3:::music', 's3://music'],
  ['arn:aws:s3:::music/raw/2018', 's3://music/raw/2018'],
  ['arn:aws-cn:s3:::music/raw', 's3://music/raw'],
  ['s3://arn:aws:s3:::music/raw', 's3://music/raw'],
  ['https://music.s3.amazonaws.com/raw/', 's3://music/raw'],
  [`https://music.s3.${REGION}.amazonaws.com/raw`, 's3://music/raw'],
  [`https://music.s3-${REGION}.amazonaws.com/raw`, 's3://music/raw'],
  [`https://music.s3.dualstack.${REGION}.amazonaws.com/raw`, 's3://music/raw'],
  ['https://music.s3-accelerate.amazonaws.com/raw', 's3://music/raw'],
  [`http://music.s3-website-${REGION}.amazonaws.com/raw`, 's3://music/raw'],
  ['https://my.dotted.music.s3.amazonaws.com/raw', 's3://my.dotted.music/raw'],
  ['https://music.s3.cn-north-1.amazonaws.com.cn/raw', 's3://music/raw'],
  ['https://s3.amazonaws.com/music/raw', 's3://music/raw'],
  [`https://s3.${REGION}.amazonaws.com/music/raw%20data`, 's3://music/raw data'],
  [`https://s3-${REGION}.amazonaws.com/music`, 's3://music'],
  ['https://music.s3.region.amazonaws.com/raw', 's3://music/raw'],
  ['music.s3.amazonaws.com/raw', 's3://music/raw'],
  [`s3.${REGION}.amazonaws.com/music/raw`, 's3://music/raw'],
  ['s3.console.aws.amazon.com/s3/buckets/music?prefix=raw/', 's3://music/raw'],
  ['s3://music.s3.amazonaws.com/raw', 's3://music/raw'],
  [`s3://s3.${REGION}.amazonaws.com/music/raw`, 's3://music/raw'],
  [console1, 's3://music'],
  [`${console1}?region=${REGION}&prefix=raw/2018/&showversions=false`, 's3://music/raw/2018'],
  [`${console2}?prefix=raw%2F2018%2F`, 's3://music/raw/2018'],
  [`${console2}?region=${REGION}&tab=objects#`, 's3://music'],
  ['https://console.aws.amazon.com/s3/buckets/music/raw/?region=x', 's3://music/raw'],
  [`https://${REGION}.console.aws.amazon.com/s3/object/music?prefix=raw/a.json`, 's3://music/raw/a.json'],

  ['path s3://music/raw', 's3://music/raw'],
  ['\u201cs3://music/raw', 's3://music/raw'],
  ['/home/ann/s3://music/raw', 's3://music/raw'],
  ['s3://Music/Raw', 's3://music/Raw'],
  ['file:raw/2018', 'file:///raw/2018 or ./raw/2018'],
  ['file://raw/2018', 'file:///raw/2018 or ./raw/2018'],
];

/** What people write without a form that is certainly meant. */
const REFUSED: [string, RegExp][] = [
  ['hdfs:/raw', /hdfs: is not a place Landfall can read or write; write s3:\/\/bucket\/prefix, or a local/],
  ['hdfs://namenode:8020/raw', /hdfs: is not a place/],
  ['hdfs:raw', /hdfs: is not a place/],
  ['gs://music/raw', /gs: is not a place/],
  ['gs:/music', /gs: is not a place/],
  ['abfss://c@account.dfs.core.windows.net/raw', /has credentials in it/],
  ['abfss://account/raw', /abfss: is not a place/],
  ['wasbs:/raw', /wasbs: is not a place/],
  ['dbfs:/mnt/raw', /dbfs: is not a place/],
  ['dbfs:raw', /dbfs: is not a place/],
  ['s4://music/raw', /s4: is not a place/],
  ['foo+bar:/x', /foo\+bar: is not a place/],
  ['C:/Users/ann/raw', /a Windows path; write \/mnt\/c\/Users\/ann\/raw under WSL/],
  ['C:\\Users\\ann\\raw', /a Windows path; write \/mnt\/c\/Users\/ann\/raw under WSL/],
  ['d:raw', /a Windows path/],
  ['\\\\server\\share\\raw', /a Windows path; write the folder where it is mounted/],
  ['data\\song_data', /a Windows path; write data\/song_data/],
  ['..\\data', /a Windows path; write \.\.\/data/],
  ['s3:', /not an S3 URI; write s3:\/\/bucket\/prefix/],
  ['s3://', /not an S3 URI; write s3:\/\/bucket\/prefix/],
  ['s3a:///', /not an S3 URI; write s3:\/\/bucket\/prefix/],
  ['s3:// music', /letters, digits, hyphens and dots only/],
  ['arn:aws:iam::123456789012:role/raw', /an ARN, not an S3 URI/],
  ['arn:aws:s3:us-west-2:123456789012:accesspoint/music', /an access point.*s3:\/\/bucket\/prefix/],
  ['s3://arn:aws:s3:us-west-2:123456789012:accesspoint/music/raw', /an access point/],
  ['https://example.com/music/raw', /a web address, not an S3 URI; write s3:\/\/bucket\/prefix/],
  ['http:/x', /a web address/],
  [`https://${REGION}.console.aws.amazon.com/emr/home#/clusters/j-1`, /an address of the AWS console/],
  ['https://s3.console.aws.amazon.com/s3/home?region=x', /an address of the AWS console/],
  ['s3://ab/x', /3 to 63 characters/],
  [`s3://${'a'.repeat(64)}/x`, /3 to 63 characters/],
  ['s3://a b/x', /letters, digits, hyphens and dots only/],
  ['s3://bucket:9000/x', /letters, digits, hyphens and dots only/],
  ['://music', /neither a URI nor a local folder/],
  ['$HOME/raw', /variables are not expanded/],
  ['${HOME}/raw', /variables are not expanded/],
  ['%USERPROFILE%/raw', /variables are not expanded/],
  ['~bob/raw', /home folder of another user/],
];

/** The first error of each way to give a location. */
function errorsOf(place: string): string[] {
  const [slashed, unslashed] = [resolveText('', { flags: { lake: place } }), { LANDFALL_SONG_DATA: place }];
  const file = `[LAKE]\nlogs = "${place}"\n`;
  return [
    linesOf(slashed, 'error')[0],
    linesOf(resolveText('', { env: { LANDFALL_LAKE: place } }), 'error')[0],
    linesOf(resolveText('', { env: unslashed }), 'error')[0],
    linesOf(resolveText(file), 'error')[0],
    linesOf(resolveText(file.replace('logs', 'path')), 'error')[0],
  ].map((line) => line ?? 'no error');
}

describe('a value that only resembles a place', () => {
  it.each(MEANT.filter(([written, form]) => written !== form))(
    '%s is refused, in a flag, the environment and dl.cfg, with the correct form',
    (written, form) => {
      for (const error of errorsOf(written)) expect(error).toContain(`; did you mean ${form}?`);
    },
  );

  it.each(REFUSED)(
    '%s is refused, in a flag, the environment and dl.cfg, with what to write',
    (written, why) => {
      for (const error of errorsOf(written)) expect(error).toMatch(why);
    },
  );

  it('is reported with its origin', () => {
    expect(errorsOf('s3:/music')).toEqual([
      '--lake = "s3:/music": not an S3 URI; did you mean s3://music?',
      'LANDFALL_LAKE = "s3:/music": not an S3 URI; did you mean s3://music?',
      'LANDFALL_SONG_DATA = "s3:/music": not an S3 URI; did you mean s3://music?',
      'dl.cfg:2 [LAKE] logs = "s3:/music": not an S3 URI; did you mean s3://music?',
      'dl.cfg:2 [LAKE] path = "s3:/music": not an S3 URI; did you mean s3://music?',
    ]);
  });

  it('is never taken as a local folder, whatever is between the scheme and the bucket', () => {
    const scheme = fc.constantFrom(
      's3',
      's3a',
      's3n',
      'S3',
      'hdfs',
      'gs',
      'abfss',
      'dbfs',
      'https',
      'C',
      'arn',
    );
    const between = fc.constantFrom(':', ':/', ':\\', ':\\\\', ':///', '://///');
    const rest = fc.stringMatching(/^[a-z0-9./_-]{1,30}$/);
    fc.assert(
      fc.property(scheme, between, rest, (start, middle, end) => {
        const { settings } = resolveText('', { flags: { lake: `${start}${middle}${end}` } });
        expect(settings?.lake.path ?? 's3://').toMatch(/^s3:\/\//);
      }),
    );
  });

  it('is shown without the credentials or signature that it contains', () => {
    const signed = 'https://music.s3.amazonaws.com/raw?X-Amz-Credential=AKIAX&X-Amz-Signature=ab12cd34';
    for (const place of ['s3a:AKIAXXXX:ab12cd34@music/raw', 's3:/AKIAXXXX:ab12cd34@music', signed])
      for (const error of errorsOf(place)) expect(error).not.toMatch(/ab12cd34|AKIAX/);
    expect(errorsOf(signed)[0]).toBe('--lake: a web address, not an S3 URI; did you mean s3://music/raw?');
  });

  it.each([
    ['S3://music/raw', 's3://music/raw'],
    ['s3n://music/raw//', 's3://music/raw'],
    ['file:///srv/raw', 'file:///srv/raw'],
    ['file:/srv/raw', 'file:///srv/raw'],
    ['file://localhost/srv/raw', 'file:///srv/raw'],
    ['./s3:/music', './s3:/music'],
    ['./C:', './C:'],
    ['09:30', './09:30'],
    ['2018-11 at:noon', './2018-11 at:noon'],
    ['lake~', './lake~'],
    ['./s3.amazonaws.com/x', './s3.amazonaws.com/x'],
    ['s3', './s3'],
  ])('is not %s, which is read as it is', (written, place) => {
    const resolved = resolveText('', { flags: { lake: written } });
    expect(linesOf(resolved, 'error')).toEqual([]);
    expect(resolved.settings?.lake.path).toBe(place.replace(/^\./, `file://${CWD}`));
  });
});
