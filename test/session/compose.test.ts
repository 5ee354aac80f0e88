import '../support/one-realm.ts';
import { describe, expect, it } from '@jest/globals';
import { sparkS3Access } from '../../src/session/compose.ts';
import { settingsOf } from '../config/resolve.ts';

describe('what Spark on this machine is told of buckets', () => {
  const access = (lake: string, s3: string) => {
    const settings = settingsOf(
      `[LAKE]\npath = ${lake}\n[INPUT]\nsong_data = s3://public/song_data\nlog_data = s3://events/log_data\n[S3]\nregion = eu-north-1\n${s3}`,
    );
    return sparkS3Access(settings, [settings.lake.path]);
  };

  it('is the region of the inputs for those that are not the lake’s', () => {
    const region = 'input_region = us-west-2\n';
    expect(access('s3://lake/landed', region)).toMatchObject({
      region: 'eu-north-1',
      bucketRegions: { public: 'us-west-2', events: 'us-west-2' },
    });
    expect(access('s3://events/landed', region)?.bucketRegions).toEqual({ public: 'us-west-2' });
  });

  it('is the lake’s key for the lake’s bucket alone, and no credentials for public inputs', () => {
    expect(access('s3://lake/landed', 'anonymous_input = yes\nkms_key_id = alias/lake\n')).toMatchObject({
      anonymousBuckets: ['public', 'events'],
      bucketKeys: { lake: 'alias/lake' },
      bucketRegions: {},
    });
  });
});
