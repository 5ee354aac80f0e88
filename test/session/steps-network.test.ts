import '../support/one-realm.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { throughOurNetwork } from '../../src/session/steps-network.ts';
import { LandfallError } from '../../src/faults.ts';
import { proxyVariables } from '../../src/local/s3-proxy.ts';
import { s3Conf } from '../../src/local/spark-conf.ts';
import type { S3Access } from '../../src/local/spark-conf.ts';

const PREFIX = 'spark.hadoop.fs.s3a.';
const certificate = join(import.meta.dirname, '../fixtures/tls/certificate.pem');

/** The proxy settings of S3A. */
function told(env: Record<string, string>, access: S3Access = { region: 'eu-north-1' }) {
  const conf = Object.entries(s3Conf([], throughOurNetwork(access, env)));
  return Object.fromEntries(
    conf.filter(([key]) => key.includes('proxy')).map(([key, value]) => [key.slice(PREFIX.length), value]),
  );
}

const HTTPS_PROXY = 'http://proxy.example.com:3128';
const through = { 'proxy.host': 'proxy.example.com', 'proxy.port': '3128' };

describe('the proxy of local steps', () => {
  it('is the one that the driver uses for S3', () => {
    expect(told({})).toEqual({});
    expect(told({ HTTPS_PROXY })).toEqual(through);
    expect(told({ https_proxy: 'proxy.example.com' })).toEqual({ ...through, 'proxy.port': '80' });
    expect(told({ HTTPS_PROXY: 'http://[::1]:8080' })).toEqual({ 'proxy.host': '::1', 'proxy.port': '8080' });
  });

  it('depends on the protocol of an endpoint, and is not used for this machine', () => {
    const env = { HTTP_PROXY: 'http://plain.example.com:1', HTTPS_PROXY };
    expect(told(env, { endpoint: 'https://s3.example.org' })).toEqual(through);
    expect(told(env, { endpoint: 'http://minio.example.org:9000' })).toMatchObject({
      'proxy.host': 'plain.example.com',
    });
    expect(told(env, { endpoint: 'http://127.0.0.1:9000' })).toEqual({});
  });

  it.each(['*', '.amazonaws.com', 's3.eu-north-1.amazonaws.com', 's3.eu-north-1.amazonaws.com:443'])(
    'is not used with NO_PROXY=%s',
    (list) => expect(told({ HTTPS_PROXY, NO_PROXY: `localhost,${list}` })).toEqual({}),
  );

  it('is not used for a single bucket that NO_PROXY names', () => {
    expect(told({ HTTPS_PROXY, NO_PROXY: 'raw.s3.eu-north-1.amazonaws.com' })).toEqual({
      ...through,
      'bucket.raw.proxy.host': '',
      'bucket.raw.proxy.port': '-1',
    });
  });

  it('is used for a bucket in another region than the one that NO_PROXY names', () => {
    const access = { region: 'eu-north-1', bucketRegions: { far: 'us-west-2' } };
    expect(told({ HTTPS_PROXY, NO_PROXY: 's3.eu-north-1.amazonaws.com' }, access)).toEqual({
      'bucket.far.proxy.host': 'proxy.example.com',
      'bucket.far.proxy.port': '3128',
    });
  });

  it('gets its credentials from variables, not from configuration', () => {
    const env = { HTTPS_PROXY: 'http://me:p%40ss%25word@proxy.example.com:3128' };
    const { proxy } = throughOurNetwork({}, env);
    const conf = told(env);
    expect(JSON.stringify(conf)).not.toMatch(/p@ss|p%40ss/);
    const variables = proxy && proxyVariables(proxy);
    const value = (key: string) => variables?.[/^\$\{env\.(\w+)\}$/.exec(conf[key] ?? '')?.[1] ?? ''];
    expect([value('proxy.username'), value('proxy.password')]).toEqual(['me', 'p@ss%word']);
  });

  it.each([
    ['https://me:secret@proxy.example.com', 'the proxy for S3 begins with https://'],
    ['http://me:s%C3%A9cret@proxy.example.com', 'the sign-in of the proxy for S3 is not plain ASCII'],
  ])('is refused if S3A cannot use it, unless S3 is reached without it', (address, message) => {
    const refusal = `${message} (HTTPS_PROXY, HTTP_PROXY)`;
    expect(() => told({ HTTPS_PROXY: address })).toThrow(new LandfallError('input', refusal));
    expect(told({ HTTPS_PROXY: address, NO_PROXY: 'amazonaws.com' })).toEqual({});
  });
});

describe('the certificate authorities of local steps', () => {
  it('are those of AWS_CA_BUNDLE', () => {
    const { authorities } = throughOurNetwork({}, { AWS_CA_BUNDLE: certificate });
    expect(authorities).toBe(readFileSync(certificate, 'utf8'));
    expect(throughOurNetwork({}, {}).authorities).toBeUndefined();
  });
});
