import { describe, expect, it } from '@jest/globals';
import { localConf, s3Conf } from '../../src/local/spark-conf.ts';

const GIB = 2 ** 30;

const machine = { cores: 4, memory: GIB, sparkJars: '/s/jars/*' };

describe('the configuration of the local Spark', () => {
  it('gives files the mode that the umask allows, if that is known', () => {
    const key = 'spark.hadoop.fs.permissions.umask-mode';
    expect(localConf({ ...machine, umask: '0027' })[key]).toBe('0027');
    expect(Object.keys(localConf(machine))).not.toContain(key);
  });

  it.each([
    [1, '512m'],
    [4, '1365m'],
    [64, '4096m'],
  ])('of %d GB of memory uses %s', (gigabytes, memory) => {
    expect(localConf({ ...machine, memory: gigabytes * GIB })['spark.driver.memory']).toBe(memory);
  });

  it('keeps Spark on this machine, and leaves no files outside the step', () => {
    expect(localConf(machine)).toMatchObject({
      'spark.master': 'local[4]',
      'spark.driver.bindAddress': '127.0.0.1',
      'spark.sql.shuffle.partitions': '8',
      'spark.sql.catalogImplementation': 'in-memory',
      'spark.sql.warehouse.dir': 'spark-warehouse',
    });
  });

  it('puts the jars of S3A on the launch class path under the scheme s3', () => {
    const conf = s3Conf(['/h/a.jar', '/h/b.jar'], {});
    expect(conf['spark.driver.extraClassPath']).toBe('/h/a.jar:/h/b.jar');
    expect(conf['spark.hadoop.fs.s3.impl']).toBe('org.apache.hadoop.fs.s3a.S3AFileSystem');
    expect(Object.keys(conf).filter((key) => key.endsWith('endpoint') || key.includes('path.style'))).toEqual(
      [],
    );
  });

  it.each([
    ['http://127.0.0.1:9000', 'false'],
    ['https://s3.example.org', 'true'],
  ])('addresses %s in path style', (endpoint, ssl) => {
    expect(s3Conf([], { endpoint, region: 'eu-central-1' })).toMatchObject({
      'spark.hadoop.fs.s3a.endpoint': endpoint,
      'spark.hadoop.fs.s3a.endpoint.region': 'eu-central-1',
      'spark.hadoop.fs.s3a.path.style.access': 'true',
      'spark.hadoop.fs.s3a.connection.ssl.enabled': ssl,
    });
  });

  it('reads single buckets without credentials, or in another region', () => {
    const conf = s3Conf([], { anonymousBuckets: ['public.data'], bucketRegions: { far: 'us-west-2' } });
    expect(conf).toMatchObject({
      'spark.hadoop.fs.s3a.bucket.public.data.aws.credentials.provider':
        'org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider',
      'spark.hadoop.fs.s3a.bucket.far.endpoint.region': 'us-west-2',
    });
  });

  it('encrypts what is written to single buckets', () => {
    expect(s3Conf([], { bucketKeys: { lake: 'alias/mine' } })).toMatchObject({
      'spark.hadoop.fs.s3a.bucket.lake.encryption.algorithm': 'SSE-KMS',
      'spark.hadoop.fs.s3a.bucket.lake.encryption.key': 'alias/mine',
    });
  });

  it('contains no credentials', () => {
    expect(Object.keys(s3Conf([], {})).filter((key) => /secret|access\.key|session/.test(key))).toEqual([]);
  });
});
